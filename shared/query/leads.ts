import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest } from "../http/problem.ts";
import { type LedgerEntry, leadStatuses } from "../lead/ledger.ts";
import { runIdOf } from "../lead/run.ts";
import { parseTime } from "../request/time.ts";
import { readLeadsPage } from "../store/ledger.ts";
import type { Api } from "./api.ts";
import { validQuery } from "./request.ts";

export const leadsQuery = z.strictObject({
  ...pagingSchema,
  status: z.optional(z.enum(leadStatuses)),
  since: z.optional(z.string()),
});

/** A line of the ledger as the API shows it, under the status that the list of leads has it. */
export const entryView = (entry: LedgerEntry) => ({
  leadId: entry.leadId,
  contactId: entry.identifierId,
  cycle: entry.cycle,
  status: entry.listedAs ?? (entry.run === undefined ? "qualified" : "exported"),
  qualifiedAt: entry.qualifiedAt,
  policyVersion: entry.policyVersion,
  runId: entry.run === undefined ? null : runIdOf(entry.run),
  exportedAt: entry.exportedAt ?? null,
});

/** `GET /v1/leads`: the ledger, newest first, of one status or of all. */
export async function listLeads(api: Api, event: HttpEvent): Promise<Answer> {
  const query = validQuery(leadsQuery, event);
  const limit = query.limit ?? defaultLimit;
  const since = query.since === undefined ? undefined : parseTime(query.since);
  if (query.since !== undefined && since === undefined) {
    throw badRequest("invalid_time", "since", "ISO 8601 with a time zone is needed");
  }
  const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1)[0];
  // One more than asked for tells whether there is a next page; one more again, as the page before ends on its first.
  const pages = await Promise.all(
    (query.status ? [query.status] : leadStatuses).map((status) =>
      readLeadsPage(api.table, status, { since, before, limit: limit + 2 }),
    ),
  );
  // A lead that moved on while the pages were read stands on two of them.
  const found = new Map(pages.flatMap((one) => one.entries).map((one) => [one.sort, one]));
  const entries = [...found.values()].sort((a, b) => (a.sort < b.sort ? 1 : -1));
  const shown = entries.slice(0, limit);
  const more = entries.length > limit;
  return json(200, {
    items: shown.map(({ entry }) => entryView(entry)),
    next: more ? encodeCursor([shown.at(-1)!.sort]) : null,
  });
}
