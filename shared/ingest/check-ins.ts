import { badRequest } from "../http/problem.ts";
import { type ParsedBody, parseBody } from "../request/body.ts";
import { decodeText } from "../request/character-set.ts";
import {
  type CheckInRow,
  checkInFrom,
  checkInsFromCsv,
  inRow,
  type ListSettings,
} from "../request/check-ins.ts";
import { isList } from "../request/csv-records.ts";
import type { Refusal } from "../request/refusal.ts";
import { identifierIds } from "../touchpoint/identifier.ts";
import { normalised, occurred } from "../touchpoint/reception.ts";
import type { TouchpointInput } from "../touchpoint/touch.ts";
import type { Receipt } from "./intake.ts";

/** Part of the identity of every check-in, whichever way it came in. */
export const checkInsRoute = "check-ins";

/** A check-in to be judged (see `Candidate`). */
export type CheckInCandidate = { item: unknown; touchpoint: TouchpointInput } | { refusal: Refusal };

/** Check-ins as a request brought them. */
export interface CheckInBatch {
  candidates: CheckInCandidate[];
  /** The id of each one's event, part of its touch's identity. */
  eventIds: string[];
  /** Where each stands in its spreadsheet, if they came as one. */
  rows: (number | undefined)[];
}

/** A body of check-ins. A list is told by its header, whatever the label and whatever stands above it. */
export function parseCheckIns(bytes: Buffer, contentType: string | undefined): ParsedBody {
  if (!/^multipart\//i.test(contentType ?? "")) {
    const text = decodeText(bytes);
    if (!/^\s*[{[]/.test(text) && isList(text)) return { kind: "csv", text };
  }
  return parseBody(bytes, contentType);
}

/**
 * Reads check-ins from a body: one, an array, or a list as CSV.
 * @param settings what a list does not say of itself
 * @param namespace the deployment's, for identifier ids
 * @param now when it arrived
 */
export function checkInBatch(
  body: ParsedBody,
  settings: ListSettings,
  namespace: string,
  now: Date,
): CheckInBatch {
  const batch: CheckInBatch = { candidates: [], eventIds: [], rows: [] };
  const add = (candidate: CheckInCandidate, eventId: string, row?: number) => {
    batch.candidates.push(candidate);
    batch.eventIds.push(eventId);
    // A refusal made while reading names its row already.
    batch.rows.push("refusal" in candidate ? undefined : row);
  };
  if (body.kind === "csv") {
    for (const one of checkInsFromCsv(body.text, settings).rows) {
      const { candidate, eventId } = candidateOfRow(one, namespace, now);
      add(candidate, eventId, one.row);
    }
  } else if (body.kind === "json") {
    for (const item of Array.isArray(body.value) ? body.value : [body.value]) {
      const read = checkInFrom(item);
      if ("refusal" in read) add(read, "");
      else add({ item, touchpoint: read.touchpoint }, read.eventId);
    }
  } else {
    throw badRequest("not_json_or_csv", "", "check-ins come as JSON or as text/csv");
  }
  return batch;
}

/**
 * A row's time may be this far ahead of its list's arrival: zones are 14 hours from UTC at most, so a time read in a wrong one is
 * no further off. What is further ahead is a list of who will come, or a date read in a wrong order.
 */
const allowedAhead = 15 * 60 * 60 * 1000;

/**
 * The check-in of a row. A list grows from day to day and is sent whole each time, so a row is named by what does not change:
 * by the id of its scan, else by who came to which event when (once to an event, where the list has no times).
 * @param now when the list arrived; a row far ahead of it is refused
 */
export function candidateOfRow(
  { row, checkIn }: CheckInRow,
  namespace: string,
  now: Date,
): { candidate: CheckInCandidate; eventId: string } {
  const read = checkInFrom(checkIn, row);
  if ("refusal" in read) return { candidate: read, eventId: "" };
  const touchpoint = { ...read.touchpoint };
  if (Date.parse(touchpoint.occurredAt ?? "") - now.getTime() > allowedAhead) {
    const detail = `the time was read as ${touchpoint.occurredAt}, which is still to come: nobody has checked in then; if somebody has, see to the order of the date (dateOrder) and to the time zone (timeZone)`;
    const refusal = { code: "future_time", field: "checkedInAt", detail };
    return { candidate: { refusal: inRow(row, refusal) }, eventId: "" };
  }
  const sent = normalised(touchpoint.identifiers);
  const identifiers = "identifiers" in sent ? sent.identifiers : touchpoint.identifiers;
  const person = "identifiers" in sent ? identifierIds(namespace, identifiers)[0]?.[1] : undefined;
  if (touchpoint.id === undefined && person !== undefined) {
    touchpoint.id = touchpoint.occurredAt === undefined ? person : `${person}@${touchpoint.occurredAt}`;
  }
  return { candidate: { item: itemOf({ ...touchpoint, identifiers }), touchpoint }, eventId: read.eventId };
}

/**
 * What of a row its touch's hash is taken over: who, when, where, and what it says of the person; not the columns that are
 * only kept, such as notes and ratings. Those are written on between two exports of a list, and no count, contact or lead is made
 * from them: the row is the same touch then, and the version stored last is kept. A row that says something else of its
 * person is shown as a conflict, since which of two was true must not follow from which was stored last.
 */
function itemOf({ properties: _, ...said }: TouchpointInput): unknown {
  return said;
}

/** A receipt whose refusals say in which row of the spreadsheet to look. */
export const receiptWithRows = (receipt: Receipt, { rows }: CheckInBatch): Receipt => ({
  ...receipt,
  rejected: receipt.rejected.map(({ index, ...refusal }) => {
    const row = rows[index];
    return { index, ...(row === undefined ? refusal : inRow(row, refusal)) };
  }),
});

/** Items of a preview. */
const previewed = 10;

/**
 * What the first items of a batch were read as: `touchpoint` in the shape of `POST /v1/touchpoints`, at the time that it would be
 * stored with if it arrived now, or why there is none.
 */
export const previewOf = ({ candidates, rows }: CheckInBatch, now: Date): unknown[] =>
  candidates.slice(0, previewed).map((candidate, index) => ({
    row: rows[index],
    ...("refusal" in candidate ? candidate : { touchpoint: asStored(candidate.touchpoint, now) }),
  }));

function asStored(touchpoint: TouchpointInput, now: Date): TouchpointInput {
  const time = occurred(touchpoint, { sourceType: "server", receivedAt: now.toISOString() });
  return "refusal" in time ? touchpoint : { ...touchpoint, occurredAt: time.occurredAt };
}
