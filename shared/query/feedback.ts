import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer as HttpAnswer, json } from "../http/answer.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { answerOf, ownPartitions } from "../lead/cycle.ts";
import { leadAnswered, type OutgoingEvent } from "../lead/event.ts";
import { type Answer, type Feedback, type JudgedFeedback, receptionOf } from "../lead/feedback.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { statusOf } from "../lead/stage.ts";
import { announce } from "../queue/announce.ts";
import { type FeedbackTerms, feedbackFrom, newFeedbackSchema } from "../request/feedback.ts";
import { withoutNulls } from "../request/without-nulls.ts";
import { readContact } from "../store/contact.ts";
import { putFeedback } from "../store/feedback.ts";
import { settleStatus } from "../store/ledger.ts";
import type { Person } from "../timeline/contact.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { type Caller, pathParameter, valid, validBody } from "./request.ts";

/** An answer as the API shows it; `leadId` tells which lead it was to, where two turned out to be of one contact. */
export const feedbackView = (feedback: Feedback) => ({
  leadId: feedback.leadId,
  id: feedback.id,
  outcome: feedback.outcome,
  reason: feedback.reason ?? null,
  until: feedback.until ?? null,
  note: feedback.note ?? null,
  occurredAt: feedback.occurredAt,
  receivedAt: feedback.receivedAt,
  by: feedback.by ?? null,
  who: feedback.who,
  moveBack: feedback.moveBack ?? false,
});

const judgedView = (feedback: JudgedFeedback) => ({
  ...feedbackView(feedback),
  applied: feedback.applied,
  conflict: feedback.conflict,
});

/** Where a lead stands, what sales' last word on it is, and every word. */
export function answerView(person: Person, entry: LedgerEntry) {
  const { current, history } = answerOf(person, entry.cycle);
  return {
    status: statusOf(person, entry),
    current: current && feedbackView(current),
    history: history.map(judgedView),
  };
}

/** What sales' answers add to a lead of `GET /v1/leads/{id}`. */
export function answeredView(person: Person, entry: LedgerEntry) {
  const { current, history } = answerView(person, entry);
  return {
    outcome: current?.outcome ?? null,
    reason: current?.reason ?? null,
    until: current?.until ?? null,
    answeredAt: current?.occurredAt ?? null,
    answeredBy: current?.by ?? null,
    feedback: history,
  };
}

/** By what the answers that one request brings are read. */
export async function feedbackTerms(api: Api, caller: Caller | undefined, now: Date): Promise<FeedbackTerms> {
  const { policy } = await api.policy.get(now.getTime());
  const { rejectionReasons: reasons, timeZone } = policy;
  return { reasons, timeZone, now, who: caller?.keyId ?? "" };
}

/** An answer that was there before is announced again for so long, in milliseconds: whoever kept it may have died before it was told. */
const announcedAgain = 60 * 60 * 1000;

/** What others are to be told of answers that were kept, now or before. What contradicts another is no news. */
export const eventsOf = (answers: readonly Feedback[], answer: Answer, now: Date): OutgoingEvent[] =>
  answer.history
    .filter(
      ({ conflict, receivedAt }) => !conflict && Date.parse(receivedAt) > now.getTime() - announcedAgain,
    )
    .filter(({ feedbackId, hash16 }) =>
      answers.some((one) => one.feedbackId === feedbackId && one.hash16 === hash16),
    )
    .map(({ leadId, feedbackId, receivedAt }) => leadAnswered(leadId, feedbackId, receivedAt));

/** Why an answer is not kept that would take a lead back; of an answer as `answerOf` gives it. */
export const movesBackwards = (current: Feedback) => ({
  code: "moves_backwards",
  field: "outcome",
  detail: `sales has said ${current.outcome} at ${current.occurredAt}: to take the lead back on purpose, say "moveBack": true`,
});

/** The lead of an id among what is known of its person. */
export const entryOf = (person: Person, leadId: string): LedgerEntry | undefined =>
  ownPartitions(person)
    .flatMap(({ ledger }) => ledger)
    .find((entry) => entry.leadId === leadId);

/** `POST /v1/leads/{id}/feedback`: what sales says of a lead. Answers where the lead stands then. */
export async function giveFeedback(
  api: Api,
  event: HttpEvent,
  caller: Caller | undefined,
): Promise<HttpAnswer> {
  const sent = valid(newFeedbackSchema, withoutNulls(await validBody(z.unknown(), event)));
  const leadId = pathParameter(event, "id");
  const identifierId = parseLeadId(leadId)?.identifierId;
  const person =
    identifierId && (await readContact(api.table, identifierId, { consistent: true, only: "facts" }));
  const entry = person ? entryOf(person, leadId) : undefined;
  if (!identifierId || !person || !entry) throw notFound("lead");

  const now = api.clock();
  const read = feedbackFrom(leadId, sent, await feedbackTerms(api, caller, now));
  if ("refusal" in read) throw badRequest(read.refusal.code, read.refusal.field, read.refusal.detail);
  const { feedback } = read;
  const before = answerOf(person, entry.cycle);
  const reception = receptionOf(before.history, feedback);
  if (reception === "moves_back" && before.current) {
    throw new Problem({
      status: 409,
      ...movesBackwards(before.current),
      more: { current: feedbackView(before.current) },
    });
  }
  const isKept = reception === "known";
  if ((await putFeedback(api.table, [{ entry, feedback, isKept }], now)).length > 0) {
    throw new Problem({
      status: 503,
      code: "unavailable",
      detail: "it could not be kept; send it again",
      retryAfter: 5,
    });
  }
  const after = await settleStatus(api.table, identifierId);
  // Erased while it was kept.
  const found = after && entryOf(after, leadId);
  if (!after || !found) throw notFound("lead");
  const answer = answerOf(after, found.cycle);
  await announce(api.deliveries, eventsOf([feedback], answer, now));
  const own = answer.history.find(
    ({ feedbackId, hash16 }) => feedbackId === feedback.feedbackId && hash16 === feedback.hash16,
  );
  return json(isKept ? 200 : 201, {
    leadId,
    id: feedback.id,
    applied: own?.applied ?? false,
    conflict: own?.conflict ?? false,
    ...answerView(after, found),
  });
}
