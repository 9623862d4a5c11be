import type { Outcome } from "./function-instance.ts";
import type { CommonEvent } from "./gateway-event.ts";
import { authorizerEvent, identityOf } from "./gateway-event.ts";
import { isRecord } from "./intrinsics.ts";
import type { AuthorizerDefinition } from "./stack.ts";

export type Decision =
  | { kind: "allowed"; context: Record<string, unknown> }
  /** No identity: the authorizer was not asked. */
  | { kind: "unauthorized" }
  | { kind: "denied" }
  | { kind: "failed" };

/** Beyond this the cache forgets what it learnt first. */
const mostRemembered = 10_000;

/**
 * Asks Lambda authorizers with simple responses, and remembers what they say, allowed or denied, by the values of the
 * identity source for the authorizer's time to live.
 *
 * @param run invokes a function with JSON
 * @param clock milliseconds that only grow
 */
export function authorizers(
  run: (functionName: string, payload: string) => Promise<Outcome>,
  clock: () => number = () => performance.now(),
): (authorizer: AuthorizerDefinition, event: CommonEvent) => Promise<Decision> {
  const remembered = new Map<string, { decision: Promise<Decision>; until: number }>();
  return async (authorizer, event) => {
    const identity = identityOf(event, authorizer.identitySource);
    if (!identity) return { kind: "unauthorized" };
    const key = JSON.stringify([authorizer.id, ...identity]);
    const known = remembered.get(key);
    const now = clock();
    if (known && known.until > now) return known.decision;
    const payload = JSON.stringify(authorizerEvent(event, identity));
    const decision = run(authorizer.functionName, payload).then(decide);
    if (authorizer.timeToLiveSeconds === 0) return decision;
    remembered.delete(key);
    remembered.set(key, { decision, until: now + authorizer.timeToLiveSeconds * 1_000 });
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!);
    const decided = await decision;
    if (decided.kind === "failed" || decided.kind === "unauthorized") remembered.delete(key);
    return decided;
  };
}

function decide(outcome: Outcome): Decision {
  // Throwing "Unauthorized" is how an authorizer says that the identity itself is no good.
  if (!outcome.ok)
    return { kind: outcome.failure.errorMessage === "Unauthorized" ? "unauthorized" : "failed" };
  const result: unknown = JSON.parse(outcome.payload);
  if (!isRecord(result) || typeof result.isAuthorized !== "boolean") return { kind: "failed" };
  if (!result.isAuthorized) return { kind: "denied" };
  return { kind: "allowed", context: isRecord(result.context) ? result.context : {} };
}
