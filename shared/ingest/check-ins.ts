import { badRequest } from "../http/problem.ts";
import type { ParsedBody } from "../request/body.ts";
import { checkInFrom, checkInsFromCsv, inRow } from "../request/check-ins.ts";
import type { Candidate, Receipt } from "./intake.ts";

/** Check-ins as a request brought them. */
export interface CheckInList {
  candidates: Candidate[];
  /** The id of each one's event, part of its touch's identity. */
  eventIds: string[];
  /** Where each stands in its spreadsheet, if they came as one. */
  rows: (number | undefined)[];
}

/**
 * Reads check-ins from a body: one, an array, or a list as CSV.
 * @param event of a list whose rows name none
 */
export function checkInList(body: ParsedBody, event: { id?: string; name?: string }): CheckInList {
  const list: CheckInList = { candidates: [], eventIds: [], rows: [] };
  const add = (item: unknown, checkIn: unknown, row?: number) => {
    const read = checkInFrom(checkIn, row);
    list.candidates.push("refusal" in read ? read : { item, touchpoint: read.touchpoint });
    list.eventIds.push("refusal" in read ? "" : read.eventId);
    // A refusal made while reading names its row already.
    list.rows.push("refusal" in read ? undefined : row);
  };
  if (body.kind === "csv") {
    for (const { row, original, checkIn } of checkInsFromCsv(body.text, event).rows)
      add(original, checkIn, row);
  } else if (body.kind === "json") {
    for (const item of Array.isArray(body.value) ? body.value : [body.value]) add(item, item);
  } else {
    throw badRequest("not_json_or_csv", "", "check-ins come as JSON or as text/csv");
  }
  return list;
}

/** A receipt whose refusals say in which row of the spreadsheet to look. */
export const receiptWithRows = (receipt: Receipt, { rows }: CheckInList): Receipt => ({
  ...receipt,
  rejected: receipt.rejected.map(({ index, ...refusal }) => {
    const row = rows[index];
    return { index, ...(row === undefined ? refusal : inRow(row, refusal)) };
  }),
});
