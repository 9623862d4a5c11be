import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer as HttpAnswer, json } from "../http/answer.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { listSettings } from "../ingest/list-settings.ts";
import { answerOf } from "../lead/cycle.ts";
import { type Feedback, foldFeedback, receptionOf } from "../lead/feedback.ts";
import { announce } from "../queue/announce.ts";
import { bodyBytes, parseBody } from "../request/body.ts";
import { inRow } from "../request/check-in-list.ts";
import { type FeedbackTerms, feedbackFrom } from "../request/feedback.ts";
import { feedbackFromCsv } from "../request/feedback-list.ts";
import { type ReadRow, rowFromJson } from "../request/feedback-row.ts";
import type { Refusal } from "../request/refusal.ts";
import { dateOrders } from "../request/wall-time.ts";
import { eachOf } from "../store/each-of.ts";
import { type LeadFeedback, putFeedback } from "../store/feedback.ts";
import { settleStatus } from "../store/ledger.ts";
import type { Api } from "./api.ts";
import { eventsOf, feedbackTerms, movesBackwards } from "./feedback.ts";
import { type Caller, validQuery } from "./request.ts";
import { type FoundLead, SpokenLeads } from "./spoken-lead.ts";

const flag = z.optional(z.enum(["true", "false"]));

export const feedbackListQuery = z.strictObject({
  timeZone: z.optional(z.string()),
  dateOrder: z.optional(z.enum(dateOrders)),
  dryRun: flag,
  moveBack: flag,
});

/** What a list may have: rows, and bytes before and after decompression. */
const maximumRows = 10_000;
const maximumBytes = 4 * 2 ** 20;

/** Rows that are worked on together; people read and leads listed at once. */
const slice = 250;
const concurrency = 32;

/** Milliseconds after which no more rows are begun: the gateway waits for 30 seconds. */
const longest = 20_000;

/** Rows that a trial run shows as they were read. */
const previewed = 10;

/** What became of a row. */
type Fate =
  | { answer: LeadFeedback; isNew: boolean }
  | { ignored: "says_nothing" | "unchanged" | "before_lead" }
  | { refusal: Refusal };

interface Row {
  /** In a spreadsheet. */
  row: number | undefined;
  read: ReadRow;
  fate?: Fate;
}

interface Bulk {
  api: Api;
  namespace: string;
  terms: FeedbackTerms;
  isTrial: boolean;
  /** Said of every row that would take its lead back. */
  moveBack: boolean;
}

/**
 * `POST /v1/feedback`: many answers, as JSON or as the CSV that a CRM exports. Each row stands for itself. Sent again, a list changes
 * nothing; a list that could not be worked through in time is sent again for its rest.
 */
export async function giveFeedbackList(
  api: Api,
  event: HttpEvent,
  caller: Caller | undefined,
): Promise<HttpAnswer> {
  const query = validQuery(feedbackListQuery, event);
  const now = api.clock();
  const terms = await feedbackTerms(api, caller, now);
  const bulk: Bulk = {
    api,
    namespace: await api.secrets.namespace(),
    terms,
    isTrial: query.dryRun === "true",
    moveBack: query.moveBack === "true",
  };
  const { timeZone, dateOrder } = listSettings(query);
  const rows = readRows(event, { timeZone: timeZone ?? terms.timeZone, dateOrder }, terms.reasons);
  for (let at = 0; at < rows.length && api.clock().getTime() - now.getTime() < longest; at += slice)
    await takeSlice(bulk, rows.slice(at, at + slice));
  return json(200, { ...receiptOf(rows), ...(bulk.isTrial && { preview: previewOf(rows) }) });
}

function readRows(
  event: HttpEvent,
  reading: Parameters<typeof feedbackFromCsv>[1],
  reasons: readonly string[],
): Row[] {
  const body = parseBody(bodyBytes(event, maximumBytes), event.headers["content-type"], maximumBytes);
  if (body.kind === "csv") return feedbackFromCsv(body.text, reading, reasons);
  if (body.kind !== "json") throw badRequest("not_json_or_csv", "", "answers come as JSON or as text/csv");
  const items = Array.isArray(body.value) ? body.value : [body.value];
  if (items.length > maximumRows) {
    const detail = `A list may have ${maximumRows} rows at most. Split it and send the parts one by one.`;
    throw new Problem({ status: 413, code: "too_many_items", detail });
  }
  return items.map((item) => ({ row: undefined, read: rowFromJson(item, reasons) }));
}

/** Decides on some rows, keeps what is new of them, and lists their leads accordingly. */
async function takeSlice(bulk: Bulk, rows: readonly Row[]): Promise<void> {
  const { api, terms, isTrial } = bulk;
  const spoken = new SpokenLeads(api.table, bulk.namespace);
  const leads = new Map<Row, FoundLead>();
  await eachOf(rows, concurrency, async (row) => {
    if ("reference" in row.read) leads.set(row, await spoken.leadOf(row.read, terms.now));
  });
  // What is said of one lead, or of several of one contact, is judged one after the other.
  const said = new Map<string, Feedback[]>();
  for (const row of rows) row.fate = fateOf(row, leads.get(row), bulk, said);
  if (isTrial) return;

  const taken = rows.flatMap((row) => (row.fate && "answer" in row.fate ? [{ row, ...row.fate }] : []));
  const failed = new Set(
    await putFeedback(
      api.table,
      taken
        .map(({ answer }) => answer)
        .filter(({ feedback, isKept }) => !isKept || isRecent(feedback, terms)),
      terms.now,
    ),
  );
  for (const { row, answer } of taken) if (failed.has(answer)) row.fate = { refusal: notKept };
  const kept = taken.filter(({ answer }) => !failed.has(answer));
  const changed = new Set(kept.filter(({ isNew }) => isNew).map(({ answer }) => answer.entry.identifierId));
  const concerned = new Map(kept.map(({ row, answer }) => [answer.entry.identifierId, leads.get(row)]));
  await eachOf([...concerned], concurrency, async ([id, lead]) => {
    // What is there already was read with the person, and only has to be listed.
    await settleStatus(api.table, id, changed.has(id) || !lead || "none" in lead ? undefined : lead.person);
  });
  const answers = kept.map(({ answer }) => answer.feedback);
  const events = [...said.values()].flatMap((one) => eventsOf(answers, foldFeedback(one), terms.now));
  const batches = Array.from({ length: Math.ceil(events.length / announcedAtOnce) }, (_, index) =>
    events.slice(index * announcedAtOnce, (index + 1) * announcedAtOnce),
  );
  await eachOf(batches, concurrency, (batch) => announce(api.deliveries, batch));
}

/** Events in one message to the queue. */
const announcedAtOnce = 10;

/** Whoever kept it so lately may have died before the night was told: of what is older the sender has heard since. */
const isRecent = ({ receivedAt }: Feedback, { now }: FeedbackTerms): boolean =>
  Date.parse(receivedAt) > now.getTime() - 24 * 60 * 60 * 1000;

const notKept: Refusal = { code: "not_kept", field: "", detail: "it could not be kept: send the list again" };

function fateOf(
  { row, read }: Row,
  lead: FoundLead | undefined,
  { terms, moveBack }: Bulk,
  said: Map<string, Feedback[]>,
): Fate {
  if (!("reference" in read)) return read;
  if (!lead || "none" in lead) {
    if (lead?.none === "before_lead") return { ignored: "before_lead" };
    return refused(row, lead?.none === "unreadable" ? unreadable : noLead);
  }
  const { person, entry } = lead;
  let made = feedbackFrom(entry.leadId, read.sent, terms);
  // A record keeps the day of its next call long after it has passed: that it was put off is true all the same.
  if ("refusal" in made && read.isState && made.refusal.field === "until")
    made = feedbackFrom(entry.leadId, { ...read.sent, until: undefined }, terms);
  if ("refusal" in made) return refused(row, made.refusal);
  const place = `${person.identity.contactId}#${entry.cycle}`;
  const before = said.get(place) ?? answerOf(person, entry.cycle).history;
  said.set(place, before);
  let feedback: Feedback = { ...made.feedback, ...(read.since !== undefined && { since: read.since }) };
  let reception = receptionOf(before, feedback);
  if (reception === "known") {
    const kept = before.find(
      ({ feedbackId, hash16 }) => feedbackId === feedback.feedbackId && hash16 === feedback.hash16,
    );
    return { answer: { entry, feedback: kept ?? feedback, isKept: true }, isNew: false };
  }
  if (read.isState && saysTheSame(before, feedback)) return { ignored: "unchanged" };
  if (reception === "moves_back" && moveBack) {
    feedback = { ...feedback, moveBack };
    reception = receptionOf(before, feedback);
  }
  const { current } = foldFeedback(before);
  if (reception === "moves_back" && current) {
    const { code, field, detail } = movesBackwards(current);
    return refused(row, { code, field, detail: `${detail}, or ?moveBack=true for all rows` });
  }
  said.set(place, [...before, feedback]);
  return { answer: { entry, feedback }, isNew: true };
}

const noLead: Refusal = {
  code: "no_lead",
  field: "lead",
  detail: "there is no such lead, or its contact was never handed over as one",
};

const unreadable: Refusal = {
  code: "unreadable",
  field: "lead",
  detail: "what is held of this contact cannot be read: the log says why",
};

const refused = (row: number | undefined, refusal: Refusal): { refusal: Refusal } => ({
  refusal: row === undefined ? refusal : inRow(row, refusal),
});

/**
 * Whether a record's state is the one that held at its time: a CRM shows it again whenever anything else of the record changes, and
 * that is no answer.
 */
function saysTheSame(
  before: readonly Feedback[],
  { occurredAt, outcome, reason, until, by }: Feedback,
): boolean {
  const held = foldFeedback(before).history.findLast((one) => one.applied && one.occurredAt <= occurredAt);
  return (
    held?.outcome === outcome &&
    held.reason === reason &&
    (until === undefined || held.until === until) &&
    (by === undefined || held.by === by)
  );
}

const notReached: Refusal = {
  code: "not_reached",
  field: "",
  detail: "there was no time for this row: send the list again, what was taken is not taken twice",
};

function receiptOf(rows: readonly Row[]) {
  const fates = rows.map(({ fate }): Fate => fate ?? { refusal: notReached });
  const ignored: Record<string, number> = {};
  for (const fate of fates) if ("ignored" in fate) ignored[fate.ignored] = (ignored[fate.ignored] ?? 0) + 1;
  return {
    accepted: fates.filter((fate) => "answer" in fate).length,
    ignored: fates.filter((fate) => "ignored" in fate).length,
    ignoredBecause: ignored,
    rejected: fates.flatMap((fate, index) => ("refusal" in fate ? [{ index, ...fate.refusal }] : [])),
  };
}

const previewOf = (rows: readonly Row[]) =>
  rows.slice(0, previewed).map(({ row, fate }, index) => {
    if (!fate || !("answer" in fate)) return { index, ...(row && { row }), ...fate };
    const { leadId, id, outcome, reason, until, occurredAt, by } = fate.answer.feedback;
    return {
      index,
      ...(row && { row }),
      isNew: fate.isNew,
      answer: { leadId, id, outcome, reason, until, occurredAt, by },
    };
  });
