import { failureOf, isOutage } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import { fastTrackOf } from "../policy/touch-rule.ts";
import { openQueue, type Queue, QueueUnavailable, sendAll } from "../queue/queue.ts";
import { setting } from "../settings.ts";
import { Cached } from "../store/cached.ts";
import { type PolicyVersion, readPolicy } from "../store/policies.ts";
import type { Table } from "../store/table.ts";
import type { Written } from "./process.ts";

/** Where those go who are to be looked at before the night, and what tells who they are. */
export interface FastTrack {
  queue: Queue;
  /** The policy in force, half a minute ago at the latest. */
  policy: Cached<Pick<PolicyVersion, "policy">>;
}

const keptFor = 30_000;

/** The fast track of this deployment. */
export const openFastTrack = (table: Table): FastTrack => ({
  queue: openQueue(setting("fastTrackQueue")),
  policy: cachedFastTrack(table),
});

/** The policy in force, read again after half a minute: so long a new rule may not be known yet. */
export const cachedFastTrack = (table: Table): FastTrack["policy"] =>
  new Cached((now) => readPolicy(table, new Date(now)), keptFor);

/** What happened longer ago waits for the night: an import of history must not be judged person by person. */
const atOnce = 7 * 24 * 60 * 60 * 1000;

/**
 * Sends whom touches concern that qualify at once by a rule of the policy. The facts and markers of these touches are durable; the same
 * may be sent again and again.
 * @returns the messages whose people could not be sent: they must be delivered again
 */
export async function notifyAtOnce(
  { queue, policy }: FastTrack,
  written: readonly Written[],
  now: Date,
): Promise<string[]> {
  const touched = written.flatMap(({ messageId, fact }) =>
    fact.kind === "touch" && now.getTime() - Date.parse(fact.touch.occurredAt) < atOnce
      ? [{ messageId, ...fact }]
      : [],
  );
  if (touched.length === 0) return [];
  let fast = touched;
  try {
    const rules = (await policy.get(now.getTime())).policy;
    fast = touched.filter(({ touch }) => fastTrackOf(rules, touch) !== null);
    // Of one touch all at once: they may be one person's.
    const messages = fast.map(({ touch, identifierIds }) => {
      const ids = [...new Set([touch.identifierId, ...Object.values(identifierIds)])];
      const isAhead = touch.occurredAt > now.toISOString();
      return JSON.stringify({ v: 1, ids, ...(isAhead && { at: touch.occurredAt }) });
    });
    if (messages.length > 0) await sendAll(queue, [...new Set(messages)]);
    return [];
  } catch (error) {
    logger.error("fast track not told", failureOf(error));
    // A policy that this release cannot read must not hold up facts: the night is there.
    const isFault = !(error instanceof QueueUnavailable) && !isOutage(error);
    return isFault ? [] : fast.map(({ messageId }) => messageId);
  }
}
