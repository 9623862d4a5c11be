import { isProvider } from "../access/provider.ts";
import type { Source } from "../access/source.ts";
import { sendAll } from "../queue/queue.ts";
import { parseJsonBytes } from "../request/json.ts";
import type { Refusal } from "../request/refusal.ts";
import { UnusableBody } from "../request/unusable-body.ts";
import { segmentFindings } from "../segment/findings.ts";
import type { StoredQuarantine } from "../store/quarantine.ts";
import type { Finding } from "../touchpoint/finding.ts";
import { decodeMessage, type QuarantineFact, UnreadableMessage } from "../touchpoint/message.ts";
import { touchIdOf } from "../touchpoint/touch-id.ts";
import { webhookAdapters } from "../webhook/adapters.ts";
import { type Arrival, judgeFindings } from "./findings.ts";
import { formTouchpoint, readFormBody } from "./form.ts";
import { type Intake, sendFacts } from "./intake.ts";
import { arrivalOf } from "./look-up.ts";
import { sendLookUps, type WebhookIntake } from "./webhook.ts";

/** What replaying stands on, opened once. */
export type ReplayIntake = Intake & Pick<WebhookIntake, "lookUps">;

/** One replaying of many entries. */
export interface Replaying {
  intake: ReplayIntake;
  /** As they are now: a replay follows a change of settings. */
  sources: readonly Source[];
  now: Date;
}

export type Replayed = { done: true } | { refusal: Refusal };

/**
 * Puts something quarantined through what reads it today, under the settings its source has today and at the time it first came.
 * When this answers `done` the queue has its facts, and the entry may go; the same entry again makes the same facts.
 * @returns why it still cannot be used, where it cannot
 * @throws QueueUnavailable
 */
export async function replayEntry(
  { intake, sources }: Replaying,
  entry: StoredQuarantine,
): Promise<Replayed> {
  if (entry.route === "process") return replayMessage(intake, entry);
  const source = sources.find(({ id, deletedAt }) => id === entry.source && !deletedAt);
  if (!source) return refused("source_deleted", "its source was deleted");
  const read = await findingsOf(entry, source);
  if ("refusal" in read) return read;
  const judged = await judgeFindings(intake, read.findings, read.arrival);
  if (judged.quarantined[0]) return { refusal: judged.quarantined[0] };
  if (judged.rejected > 0) return refused("too_large", "it holds items that are too large");
  await sendFacts(intake, judged.facts);
  await sendLookUps(intake, judged.lookUps.map(underAnotherId));
  return { done: true };
}

/**
 * What is looked up may be back in quarantine before this entry is deleted: under the entry's own key it would be deleted with it.
 * The other id follows from the first, so that replaying twice is looking up one thing.
 */
const underAnotherId = (fact: QuarantineFact): QuarantineFact => ({
  ...fact,
  id: touchIdOf({ source: fact.source, route: "look-up", scope: "", messageId: fact.id }),
});

const refused = (code: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field: "", detail },
});

/** A message that could not be processed goes back to its queue as it is. */
async function replayMessage({ queue }: ReplayIntake, { raw }: StoredQuarantine): Promise<Replayed> {
  const body = Buffer.from(raw, "base64").toString("utf8");
  try {
    decodeMessage(body);
  } catch (error) {
    if (error instanceof UnreadableMessage) return refused("unreadable_message", error.message);
    throw error;
  }
  await sendAll(queue, [body]);
  return { done: true };
}

type Read = { findings: Finding[]; arrival: Arrival } | { refusal: Refusal };

async function findingsOf(entry: StoredQuarantine, source: Source): Promise<Read> {
  const arrival = arrivalOf(entry, source);
  const [kind = "", name = ""] = entry.route.split(/\/(.*)/s);
  try {
    if (kind === "forms") return await formFindings(entry, source, name, arrival);
    const value = parseJsonBytes(Buffer.from(entry.raw, "base64"));
    if (kind === "segment") {
      const { receivedAt } = entry;
      const circumstances = { receivedAt, sourceType: source.type, events: source.events };
      return { findings: segmentFindings(value, circumstances), arrival };
    }
    if (kind === "webhooks" && isProvider(name)) {
      const headers = entry.headers ?? {};
      return { findings: webhookAdapters[name].findings(value, { headers }, source), arrival };
    }
  } catch (error) {
    if (error instanceof UnusableBody) return refused(error.code, error.detail);
    throw error;
  }
  return refused("unknown_route", "nothing here reads what came over this route");
}

/** A filled honeypot is looked away from: whoever replays it has judged that a person filled it. */
async function formFindings(
  { raw, contentType, headers }: StoredQuarantine,
  source: Source,
  formId: string,
  arrival: Arrival,
): Promise<Read> {
  const { submission } = await readFormBody(Buffer.from(raw, "base64"), contentType || undefined, source);
  const page = { userAgent: headers?.["user-agent"], referer: headers?.referer };
  const { item, touchpoint, consents } = formTouchpoint(submission, formId, source, page);
  // As a touch it came over the route of all forms.
  return {
    findings: [{ item, facts: [{ touch: touchpoint, scope: formId, consents }] }],
    arrival: { ...arrival, route: "forms" },
  };
}
