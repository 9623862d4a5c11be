import * as z from "zod/mini";
import { readEvidenceToken } from "../access/token.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, page } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest, notFound } from "../http/problem.ts";
import { evidencePage } from "../lead/evidence-page.ts";
import { type LeadRecord, LeadUnmade, leadTouchOf } from "../lead/lead.ts";
import { type LedgerEntry, leadStatuses } from "../lead/ledger.ts";
import { runIdOf } from "../lead/run.ts";
import { formErrorPage } from "../request/form-page.ts";
import { parseTime } from "../request/time.ts";
import { evidenceUrl, readLeadRecord } from "../store/lead-record.ts";
import { readLead, readLeadsPage } from "../store/ledger.ts";
import type { Contact } from "../timeline/contact.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { pathParameter, validQuery } from "./request.ts";

export const leadsQuery = z.strictObject({
  ...pagingSchema,
  status: z.optional(z.enum(leadStatuses)),
  since: z.optional(z.string()),
});

/** A line of the ledger as the API shows it. */
export const entryView = (entry: LedgerEntry) => ({
  leadId: entry.leadId,
  contactId: entry.identifierId,
  cycle: entry.cycle,
  status: entry.run === undefined ? "qualified" : "exported",
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
  const entries = pages.flatMap((one) => one.entries).sort((a, b) => (a.sort < b.sort ? 1 : -1));
  const shown = entries.slice(0, limit);
  const more = entries.length > limit;
  return json(200, {
    items: shown.map(({ entry }) => entryView(entry)),
    next: more ? encodeCursor([shown.at(-1)!.sort]) : null,
  });
}

async function recordOf(
  api: Api,
  entry: LedgerEntry,
): Promise<{ record: LeadRecord; contact: Contact } | undefined> {
  const url = evidenceUrl(
    api.publicUrl,
    await api.secrets.signingKey(),
    entry.leadId,
    api.clock().toISOString(),
  );
  try {
    return await readLeadRecord(api.table, entry, url);
  } catch (error) {
    if (error instanceof LeadUnmade) return undefined;
    throw error;
  }
}

/** `GET /v1/leads/{id}`: a lead with its proof. */
export async function getLead(api: Api, event: HttpEvent): Promise<Answer> {
  const parts = parseLeadId(pathParameter(event, "id"));
  const entry = parts && (await readLead(api.table, parts.identifierId, parts.cycle));
  if (!entry) throw notFound("lead");
  const { record } = (await recordOf(api, entry)) ?? {};
  // The contact as it is now; the entry names it as it was found, which leads to it for ever.
  const contactId = record?.contactId ?? entry.identifierId;
  return json(200, { ...record, ...entryView(entry), contactId });
}

const sorry = (status: number, title: string, detail: string): Answer =>
  page(status, formErrorPage({ title, detail }));

/** `GET /e/{token}`: the readable page behind a lead's signed link. */
export async function getEvidencePage(api: Api, event: HttpEvent): Promise<Answer> {
  const ticket = readEvidenceToken(await api.secrets.signingKeys(), pathParameter(event, "token"));
  const parts = ticket && parseLeadId(ticket.leadId);
  if (!ticket || !parts)
    return sorry(404, "There is no such page", "The link is not complete, or not one of ours.");
  const now = api.clock();
  if (ticket.expires * 1000 < now.getTime()) {
    return sorry(
      410,
      "This link has expired",
      "Evidence links are good for 90 days. A new one is in the lead itself.",
    );
  }
  const entry = await readLead(api.table, parts.identifierId, parts.cycle);
  const found = entry && (await recordOf(api, entry));
  if (!entry || !found) return sorry(410, "This lead is gone", "The evidence behind it is no longer held.");
  const { record, contact } = found;
  const laterTouches = contact.touches
    .filter((touch) => touch.occurredAt > entry.qualifiedAt && !touch.conflict)
    .map((touch) => leadTouchOf(touch, 0));
  const corrections =
    record.points < record.threshold
      ? [
          `By what is known today it stands at ${record.points} of ${record.threshold}; it was handed over on what was known then.`,
        ]
      : [];
  return page(200, evidencePage(record, { generatedAt: now.toISOString(), laterTouches, corrections }));
}
