import { randomUUID } from "node:crypto";
import type { Source } from "../access/source.ts";
import type { Refusal } from "../request/refusal.ts";
import { acceptTouchpoint } from "../touchpoint/accept.ts";
import { acceptConsents } from "../touchpoint/accept-consents.ts";
import { acceptPersonFact } from "../touchpoint/accept-person-fact.ts";
import type { FactInput, Finding } from "../touchpoint/finding.ts";
import type { Fact, PersonFactMessage, QuarantineFact, TallyFact, TouchFact } from "../touchpoint/message.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";
import type { Intake } from "./intake.ts";

/** How the items of a request came: what each of them that cannot be used takes with it into quarantine. */
export interface Arrival {
  source: Source;
  /** In the words that replay understands: `webhooks/sendgrid`, `segment`. */
  route: string;
  receivedAt: string;
  contentType: string;
  headers?: Record<string, string>;
  /** The whole body as it came, kept where it is one item. */
  body?: Buffer;
  /** Of a replayed item: the id it has in quarantine, which is that of a touch without an id of its own. */
  replayed?: string;
}

/** What becomes of findings: facts for the queue, items to be looked up, and how many there were of each. */
export interface Judgement {
  facts: Fact[];
  /** Items that a look-up completes, as quarantine would keep them: where the look-up never works, they end there. */
  lookUps: QuarantineFact[];
  accepted: number;
  ids: string[];
  ignored: number;
  quarantined: Refusal[];
  /** Items too large even for quarantine, and counted. */
  rejected: number;
}

/**
 * Makes facts of what an adapter found. Nobody reads the answer to a webhook or to an SDK's batch, so what cannot be used is
 * not refused but goes to quarantine, item by item. What is known and not wanted, and what is too large even for quarantine, is counted.
 */
export async function judgeFindings(
  intake: Pick<Intake, "secrets">,
  findings: readonly Finding[],
  arrival: Arrival,
): Promise<Judgement> {
  const namespace = await intake.secrets.namespace();
  const judgement: Judgement = {
    facts: [],
    lookUps: [],
    accepted: 0,
    ids: [],
    ignored: 0,
    quarantined: [],
    rejected: 0,
  };
  const keep = (item: unknown, refusal: Refusal, where: QuarantineFact[] | Fact[]): boolean => {
    const raw = findings.length === 1 && arrival.body ? arrival.body : Buffer.from(JSON.stringify(item));
    const fits = raw.length <= largestQuarantined;
    if (fits) where.push(quarantined(raw, arrival, refusal));
    else judgement.rejected++;
    return fits;
  };
  for (const finding of findings) {
    if ("ignored" in finding) {
      judgement.ignored++;
    } else if ("lookUp" in finding) {
      const detail = "what the provider was to be asked could not be had";
      const refusal = { code: "look_up_failed", field: "", detail };
      if (keep(finding.item, refusal, judgement.lookUps)) judgement.accepted++;
    } else {
      const result =
        "refusal" in finding ? finding : acceptAll(finding.item, finding.facts, arrival, namespace);
      if ("refusal" in result) {
        if (keep(finding.item, result.refusal, judgement.facts)) judgement.quarantined.push(result.refusal);
        continue;
      }
      judgement.accepted++;
      judgement.facts.push(...result.facts);
      judgement.ids.push(...result.facts.flatMap((fact) => (fact.kind === "touch" ? [touchIdOf(fact)] : [])));
    }
  }
  judgement.facts.push(...tallied(judgement, arrival));
  return judgement;
}

/** What a sender is answered: how many items became what. */
export const figuresOf = ({ accepted, ignored, quarantined, rejected }: Judgement) => ({
  accepted,
  ignored,
  quarantined: quarantined.length,
  rejected,
});

/** The figures of what became no fact. */
function tallied({ ignored, rejected }: Judgement, { source, receivedAt }: Arrival): TallyFact[] {
  if (ignored + rejected === 0) return [];
  const reason = rejected > 0 ? { reason: "too_large" } : {};
  return [{ kind: "tally", source: source.id, at: receivedAt, rejected, ignored, ...reason }];
}

const touchIdOf = ({ touch }: TouchFact): string => publicTouchId(touch.identifierId, touch.touchId);

/** All facts of one item, or why it is none: half an item would be in two places. */
function acceptAll(
  item: unknown,
  inputs: readonly FactInput[],
  { source, route, receivedAt, replayed }: Arrival,
  namespace: string,
): { facts: (TouchFact | PersonFactMessage)[] } | { refusal: Refusal } {
  const facts: (TouchFact | PersonFactMessage)[] = [];
  for (const input of inputs) {
    const reception = {
      source: source.id,
      sourceType: source.type,
      route,
      scope: input.scope ?? "",
      receivedAt,
      namespace,
      freshId: replayed ?? randomUUID(),
    };
    const result =
      "touch" in input
        ? acceptTouchpoint(item, input.touch, reception)
        : acceptPersonFact(item, input.person, reception);
    if ("refusal" in result) return result;
    facts.push(result.fact);
    if (result.fact.kind !== "touch" || !("touch" in input) || !input.consents) continue;
    const consents = acceptConsents(item, input.consents, result.fact, reception);
    if ("refusal" in consents) return consents;
    facts.push(...consents.facts);
  }
  return { facts };
}

/** In base64, and with what stands around it, this much fits into one message. */
export const largestQuarantined = 700 * 1024;

/** An item as it goes into quarantine; again under the id it has there where it comes from there. */
export function quarantined(raw: Buffer, arrival: Arrival, refusal: Refusal): QuarantineFact {
  const { source, route, receivedAt, contentType, headers } = arrival;
  return {
    kind: "quarantine",
    id: arrival.replayed ?? randomUUID(),
    source: source.id,
    route,
    reason: refusal.code,
    ...(refusal.field ? { field: refusal.field } : {}),
    detail: refusal.detail,
    receivedAt,
    contentType,
    ...(headers && Object.keys(headers).length > 0 ? { headers } : {}),
    raw: raw.toString("base64"),
  };
}
