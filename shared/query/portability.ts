import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, encodeCursor, pagingSchema } from "../http/paging.ts";
import { ownsTouch } from "../identity/identity.ts";
import { runIdOf } from "../lead/run.ts";
import { currentConsents } from "../timeline/consents.ts";
import type { Person } from "../timeline/contact.ts";
import type { PersonPartition } from "../timeline/partition.ts";
import { compareText } from "../timeline/timeline.ts";
import type { Api } from "./api.ts";
import { consentView } from "./consent-view.ts";
import { contactView, type JudgedContact, wholeContactOfPath } from "./contacts.ts";
import { validQuery } from "./request.ts";

export const personalDataQuery = z.strictObject(pagingSchema);

/** Records in a page, unless fewer are asked for or they are large. */
const mostRecords = 200;

/** A function answers with 6 MB at most, in which the page stands once more escaped; in bytes of that. */
const mostBytes = 4.5 * 1024 * 1024;

/** One thing that is held of a person, as it is stored. */
export interface PersonalRecord {
  /** What it is. */
  record: string;
  /** When it happened, or was said. */
  at: string;
  /** Under which of the person's identifiers it stands. */
  identifierId: string;
  [name: string]: unknown;
}

/**
 * `GET /v1/contacts/{id}/export`: all that is held of a person, for them to have. The first page says who they are and what follows
 * from it; every page has records as they are stored, oldest first, as many as an answer can carry.
 */
export async function exportContact(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = mostRecords, cursor } = validQuery(personalDataQuery, event);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0];
  const judged = await wholeContactOfPath(api, event);
  const { items, next } = pageOf(personalRecords(judged.person), after, limit);
  const { contactId } = judged.contact;
  const about = after === undefined ? { person: personSummary(judged) } : {};
  return json(
    200,
    { contactId, exportedAt: api.clock().toISOString(), ...about, items, next },
    { "content-disposition": `attachment; filename="contact-${contactId}.json"` },
  );
}

/** Who somebody is to us, and what was made of them. */
function personSummary(judged: JudgedContact) {
  const { contact } = judged;
  const { facts: _, ...view } = contactView(judged);
  return {
    ...view,
    consents: currentConsents(contact.facts).map(consentView),
    leads: contact.ledger.map(({ leadId, cycle, qualifiedAt, policyVersion, run, exportedAt }) => ({
      leadId,
      cycle,
      qualifiedAt,
      policyVersion,
      /** The export that handed the lead to sales. */
      runId: run === undefined ? null : runIdOf(run),
      exportedAt: exportedAt ?? null,
    })),
    /** Leads of which the person's identifiers were a part. */
    partOfLeads: contact.pointers.map(({ leadId, cycle, qualifiedAt }) => ({ leadId, cycle, qualifiedAt })),
  };
}

/**
 * Everything that is stored of a person, oldest first. Of a browser that others use too, only what is this person's: what it was seen
 * with else is about somebody else.
 */
export function personalRecords({ identity, partitions }: Person): PersonalRecord[] {
  const own = new Set([...identity.strong, ...identity.weak].map(({ identifierId }) => identifierId));
  const strong = new Set(identity.strong.map(({ identifierId }) => identifierId));
  const records = partitions.flatMap((partition): PersonalRecord[] => {
    const { identifierId } = partition;
    const isOwn = strong.has(identifierId);
    const happened = <Fact extends { occurredAt: string }>(facts: readonly Fact[]) =>
      facts.filter(({ occurredAt }) => isOwn || ownsTouch(identity, identifierId, occurredAt));
    const touches = happened(partition.touches);
    const touchIds = new Set(touches.map(({ touchId }) => touchId));
    const seen = <Seen extends { other: string }>(all: readonly Seen[]) =>
      all.filter(({ other }) => isOwn || strong.size === 0 || own.has(other));
    return [
      ...touches.map((touch) => ({ record: "touch", at: touch.occurredAt, ...touch })),
      ...happened(partition.facts).map((fact) => ({ record: fact.type, at: fact.occurredAt, ...fact })),
      ...seen(partition.links).map((link) => ({
        record: "seen_together",
        at: `${link.hour}:00:00.000Z`,
        identifierId,
        ...link,
      })),
      ...seen(partition.hands).map((hand) => ({ record: "word_by_hand", identifierId, ...hand })),
      ...partition.verdicts
        .filter(({ touchId }) => isOwn || touchIds.has(touchId))
        .map((verdict) => ({ record: "verdict", identifierId, ...verdict })),
      ...(isOwn || strong.size === 0 ? saidBySales(partition, own) : []),
    ];
  });
  return records.sort((a, b) => compareText(placeOf(a), placeOf(b)));
}

/** Of what became of somebody at sales, all but who else was named with them in a deal. */
function saidBySales(
  { identifierId, ledger, feedback, receipts, deals }: PersonPartition,
  own: ReadonlySet<string>,
): PersonalRecord[] {
  return [
    ...ledger.map((entry) => ({ record: "lead", at: entry.qualifiedAt, ...entry })),
    ...feedback.map((answer) => ({ record: "feedback", at: answer.occurredAt, identifierId, ...answer })),
    ...receipts.map((receipt) => ({ record: "receipt", identifierId, ...receipt })),
    ...deals.map((deal) => ({
      record: "deal",
      at: deal.updatedAt,
      identifierId,
      ...deal,
      contacts: deal.contacts.filter(({ identifierIds }) => identifierIds.some((id) => own.has(id))),
    })),
  ];
}

/** A record's place among the others; equal only for equal records. */
const placeOf = (record: PersonalRecord): string =>
  [
    record.at,
    record.record,
    record.identifierId,
    record.touchId ?? record.factId ?? record.other ?? record.leadId ?? record.dealId ?? record.cycle ?? "",
    record.hash16 ?? record.id ?? record.source ?? record.who ?? "",
  ].join("#");

/** The records behind a place, as many as asked for and as an answer can carry; always at least one. */
export function pageOf(
  records: readonly PersonalRecord[],
  after: string | undefined,
  limit: number,
): { items: PersonalRecord[]; next: string | null } {
  const from = after === undefined ? 0 : records.findIndex((record) => placeOf(record) > after);
  const items: PersonalRecord[] = [];
  let bytes = 0;
  for (const record of from < 0 ? [] : records.slice(from, from + limit)) {
    bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(record)));
    if (items.length > 0 && bytes > mostBytes) break;
    items.push(record);
  }
  const last = items.at(-1);
  const more = last !== undefined && from + items.length < records.length;
  return { items, next: more ? encodeCursor([placeOf(last)]) : null };
}
