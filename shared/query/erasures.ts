import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { notFound, Problem } from "../http/problem.ts";
import { Web } from "../identity/web.ts";
import { runIdOf } from "../lead/run.ts";
import { tombstone } from "../night/erase-person.ts";
import type { Night, NightMessage } from "../night/night.ts";
import { sendAll } from "../queue/queue.ts";
import { personOf, settle } from "../store/contact.ts";
import {
  addErasure,
  type ErasedExport,
  type ErasedIdentifier,
  type Erasure,
  readErasure,
  readErasures,
  type StoredErasure,
} from "../store/erasures.ts";
import { readLead } from "../store/ledger.ts";
import { readSuppressed, readSuppression, suppress } from "../store/suppressions.ts";
import { putAll } from "../store/table.ts";
import type { Person } from "../timeline/contact.ts";
import { isIdentifierId } from "../touchpoint/touch-id.ts";
import { type Caller, pathParameter, validQuery } from "./request.ts";

export const erasuresQuery = z.strictObject(pagingSchema);

/**
 * `DELETE /v1/contacts/{id}`: erases a person. First what keeps the person from coming back, then what says that it was asked for, then
 * what hides it all at once; the work itself is done behind the queue. Again for any of the person's ids: the same erasure.
 */
export async function eraseContact(api: Night, event: HttpEvent, caller?: Caller): Promise<Answer> {
  const id = pathParameter(event, "id");
  if (!isIdentifierId(id)) throw notFound("contact");
  const former = await readSuppression(api.table, id);
  const known = former && (await readErasure(api.table, former.erasureId));
  const erasure = known ?? (await beginErasure(api, id, caller?.keyId ?? "", former?.erasureId));
  if (erasure.completedAt === undefined) {
    await hide(api, erasure);
    await sendAll(api.queue, [
      JSON.stringify({ v: 1, kind: "erase", id: erasure.id } satisfies NightMessage),
    ]);
  }
  return json(erasure.completedAt === undefined ? 202 : 200, erasureView(erasure));
}

/** @param begunAs the id of an erasure of this person that ended before it was noted */
async function beginErasure(
  api: Night,
  start: string,
  requestedBy: string,
  begunAs: string | undefined,
): Promise<StoredErasure> {
  // Before anything is read: a run that completes after it may have frozen the person.
  const requestedAt = api.clock().toISOString();
  const options = { consistent: true, only: "facts" } as const;
  const reading = await settle(api.table, start, options);
  const person = await personOf(api.table, start, options, reading);
  if (!person) throw notFound("contact");
  const web = new Web(reading.read);
  const { strong, weak } = person.identity;
  const suppressed = await readSuppressed(api.table);
  const own = new Set(strong.map(({ identifierId }) => identifierId));
  const isOwn = (id: string) => own.has(id) || suppressed.has(id);
  const [ownDevices, sharedDevices] = [true, false].map((wanted) =>
    weak.filter(({ claims }) => claims.every(({ identifierId }) => isOwn(identifierId)) === wanted),
  );
  const identifiers: ErasedIdentifier[] = [...strong, ...ownDevices!].map(({ identifierId, type }) => ({
    identifierId,
    type,
    claims: type !== "anonymous" && web.deviceRefusal(identifierId) === null,
  }));
  const erasure: Erasure = {
    v: 1,
    id: begunAs ?? `${requestedAt.replace(/\D/g, "")}-${crypto.randomUUID().slice(0, 8)}`,
    requestedAt,
    requestedBy,
    contactId: person.identity.contactId,
    identifiers,
    sharedDevices: sharedDevices!.map(({ identifierId }) => identifierId),
    exports: await exportsOf(api, person, new Set(identifiers.map(({ identifierId }) => identifierId))),
  };
  for (const { identifierId, type } of identifiers)
    await suppress(api.table, identifierId, { v: 1, type, erasureId: erasure.id, at: requestedAt });
  return (await addErasure(api.table, erasure)) ? erasure : (await readErasure(api.table, erasure.id))!;
}

/**
 * The exports that had a lead of the person, or one that the person had a part in.
 * @param own a browser shared with others tells of their leads too
 */
async function exportsOf(api: Night, person: Person, own: ReadonlySet<string>): Promise<ErasedExport[]> {
  const partitions = person.partitions.filter(({ identifierId }) => own.has(identifierId));
  const entries = partitions.flatMap(({ ledger }) => ledger);
  for (const { home, cycle } of partitions.flatMap(({ pointers }) => pointers)) {
    const entry = await readLead(api.table, home, cycle);
    if (entry) entries.push(entry);
  }
  const exports = new Map<number, ErasedExport>();
  for (const { run, exportedAt, leadId } of entries) {
    if (run === undefined) continue;
    const known = exports.get(run) ?? { run, exportedAt: exportedAt ?? null, leadIds: [] };
    exports.set(run, known);
    if (!known.leadIds.includes(leadId)) known.leadIds.push(leadId);
  }
  return [...exports.values()].sort((a, b) => a.run - b.run);
}

/** From now on the person is found by nobody, also where the work has to wait. */
async function hide({ table }: Night, { identifiers }: Erasure): Promise<void> {
  const unwritten = await putAll(table, identifiers.map(tombstone));
  if (unwritten.size === 0) return;
  const detail = "the erasure was noted and could not be begun; ask again";
  throw new Problem({ status: 503, code: "unavailable", detail, retryAfter: 5 });
}

function erasureView(erasure: StoredErasure) {
  const { id, contactId, requestedAt, requestedBy, completedAt, identifiers, exports } = erasure;
  return {
    id,
    contactId,
    state: completedAt === undefined ? ("running" as const) : ("completed" as const),
    requestedAt,
    requestedBy,
    completedAt: completedAt ?? null,
    identifiers: identifiers.length,
    exports: exports.map(({ run, exportedAt, leadIds }) => ({ runId: runIdOf(run), exportedAt, leadIds })),
  };
}

/** `GET /v1/erasures`: newest first. */
export async function listErasures(api: Night, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor } = validQuery(erasuresQuery, event);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0];
  const { erasures, more } = await readErasures(api.table, limit, after);
  const last = erasures.at(-1);
  return json(200, { items: erasures.map(erasureView), next: more && last ? encodeCursor([last.id]) : null });
}

const idPattern = /^\d{17}-[0-9a-f]{8}$/;

/** `GET /v1/erasures/{id}` */
export async function getErasure(api: Night, event: HttpEvent): Promise<Answer> {
  const id = pathParameter(event, "id");
  const erasure = idPattern.test(id) ? await readErasure(api.table, id) : undefined;
  if (!erasure) throw notFound("erasure");
  return json(200, erasureView(erasure));
}
