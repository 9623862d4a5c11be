import { randomUUID } from "node:crypto";
import type { Source } from "../access/source.ts";
import { Problem } from "../http/problem.ts";
import { failureOf } from "../observe/failure.ts";
import { count, logger } from "../observe/observe.ts";
import { openQueue, type Patience, type Queue, QueueUnavailable, sendAll } from "../queue/queue.ts";
import type { FormConsent } from "../request/form-consent.ts";
import type { Refusal } from "../request/refusal.ts";
import { setting } from "../settings.ts";
import { CachedSenders } from "../store/config.ts";
import { Secrets } from "../store/secrets.ts";
import { openTable } from "../store/table.ts";
import { acceptTouchpoint } from "../touchpoint/accept.ts";
import { acceptConsents } from "../touchpoint/accept-consents.ts";
import {
  encodeMessages,
  type Fact,
  type PersonFactMessage,
  type TallyFact,
  type TouchFact,
} from "../touchpoint/message.ts";
import type { Reception } from "../touchpoint/reception.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";

/** What every ingest function stands on. */
export interface Intake {
  queue: Queue;
  senders: CachedSenders;
  secrets: Secrets;
}

/** @param patience how long the queue may keep a sender waiting */
export function openIntake(patience?: Patience): Intake {
  const table = openTable();
  return {
    queue: openQueue(setting("touchpointsQueue"), patience),
    senders: new CachedSenders(table),
    secrets: new Secrets(table),
  };
}

/**
 * One item as it came, and the same in the shape of `POST /v1/touchpoints`, with the consents that stood in it; or why there is no
 * such shape.
 */
export type Candidate =
  | { item: unknown; touchpoint: unknown; consents?: readonly FormConsent[] }
  | { refusal: Refusal };

/** The sender's verdict: what was taken under which id, and what was refused and why. */
export interface Receipt {
  accepted: number;
  ids: string[];
  rejected: ({ index: number } & Refusal)[];
  /** What was kept in quarantine because its sender could not mend it. */
  quarantined?: ({ index: number } & Refusal)[];
}

export interface Delivery {
  source: Source;
  route: string;
  /** The form's or the event's id, for routes that have one; a function where each item has its own. */
  scope: string | ((index: number) => string);
  now: Date;
}

/**
 * Takes items: makes facts of those that can be used, and answers when SQS has every one of them. One item that cannot be
 * used refuses itself alone. Throws QueueUnavailable, after which nothing may be acknowledged.
 */
export async function takeIn(
  intake: Intake,
  candidates: readonly Candidate[],
  delivery: Delivery,
): Promise<Receipt> {
  const { facts, receipt } = await judge(intake, candidates, delivery);
  const tally = tallyOf(receipt, delivery);
  if (facts.length > 0) await sendFacts(intake, tally ? [...facts, { kind: "tally", ...tally }] : facts);
  else if (tally) await sendTally(intake, tally);
  // What is accepted is counted where it is stored, a batch at a time: a metric per request costs as much as a log line.
  count({ Rejected: receipt.rejected.length });
  return receipt;
}

/** More than this in one request and the answer, or the work, would outgrow what a function may do. */
export const maximumItems = 10_000;

/** What `takeIn` would answer and hand to the queue. */
export async function judge(
  intake: Intake,
  candidates: readonly Candidate[],
  delivery: Delivery,
): Promise<{ facts: Fact[]; receipt: Receipt }> {
  if (candidates.length > maximumItems) {
    const detail = `at most ${maximumItems} items in a request; these are ${candidates.length}`;
    throw new Problem({ status: 413, code: "too_many_items", detail });
  }
  const { source, route, scope, now } = delivery;
  const namespace = await intake.secrets.namespace();
  const reception: Omit<Reception, "freshId" | "scope"> = {
    source: source.id,
    sourceType: source.type,
    route,
    receivedAt: now.toISOString(),
    namespace,
  };
  const facts: Fact[] = [];
  const receipt: Receipt = { accepted: 0, ids: [], rejected: [] };
  for (const [index, candidate] of candidates.entries()) {
    const one = {
      ...reception,
      scope: typeof scope === "string" ? scope : scope(index),
      freshId: randomUUID(),
    };
    const result = "refusal" in candidate ? candidate : acceptCandidate(candidate, one);
    if ("refusal" in result) {
      receipt.rejected.push({ index, ...result.refusal });
    } else {
      facts.push(result.fact, ...result.beside);
      receipt.ids.push(publicTouchId(result.fact.touch.identifierId, result.fact.touch.touchId));
    }
  }
  receipt.accepted = receipt.ids.length;
  return { facts, receipt };
}

/** The facts of one item: its touch, and what came with it; or why it is none. */
function acceptCandidate(
  { item, touchpoint, consents = [] }: Extract<Candidate, { touchpoint: unknown }>,
  reception: Reception,
): { fact: TouchFact; beside: PersonFactMessage[] } | { refusal: Refusal } {
  const accepted = acceptTouchpoint(item, touchpoint, reception);
  if ("refusal" in accepted) return accepted;
  const beside = acceptConsents(item, consents, accepted.fact, reception);
  return "refusal" in beside ? beside : { fact: accepted.fact, beside: beside.facts };
}

/** What a receipt refuses, for the source's figures; undefined where that is nothing. */
function tallyOf({ rejected }: Receipt, { source, now }: Delivery): Tally | undefined {
  const last = rejected.at(-1);
  return (
    last && {
      source: source.id,
      at: now.toISOString(),
      rejected: rejected.length,
      ignored: 0,
      reason: last.code,
    }
  );
}

type Tally = Omit<TallyFact, "kind">;

/** Has figures counted that go with no fact. Where the queue does not take them the answer to their sender is the same. */
export async function sendTally(intake: Intake, tally: Tally): Promise<void> {
  try {
    await sendFacts(intake, [{ kind: "tally", ...tally }]);
  } catch (error) {
    if (!(error instanceof QueueUnavailable)) throw error;
    logger.warn("figures lost", { source: tally.source, ...failureOf(error) });
  }
}

/** Hands facts to the queue; returns when it has them all. */
export async function sendFacts(intake: Intake, facts: readonly Fact[]): Promise<void> {
  if (facts.length > 0) await sendAll(intake.queue, encodeMessages(facts));
}
