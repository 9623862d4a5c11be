import { isUtf8 } from "node:buffer";
import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, noContent } from "../http/answer.ts";
import { defaultLimit, pagingSchema } from "../http/paging.ts";
import { notFound } from "../http/problem.ts";
import {
  deleteQuarantine,
  type QuarantineEntry,
  readQuarantine,
  type StoredQuarantine,
} from "../store/quarantine.ts";
import { parseQuarantineId, publicQuarantineId } from "../touchpoint/quarantine-id.ts";
import type { Api } from "./api.ts";
import { searchQuarantine } from "./quarantine-search.ts";
import { pathParameter, validQuery } from "./request.ts";

const word = z.optional(z.string().check(z.maxLength(200)));

/** Which entries; each may be left out. */
export const quarantineFilterSchema = { source: word, reason: word, from: word, to: word };

export const quarantineQuery = z.strictObject({ ...quarantineFilterSchema, ...pagingSchema });

/** An entry as lists show it. */
function entryView(entry: QuarantineEntry) {
  const { source, route, reason, field, detail, receivedAt, contentType, bytes } = entry;
  return {
    id: publicQuarantineId(entry),
    source,
    route,
    reason,
    field,
    detail,
    receivedAt,
    contentType,
    bytes,
  };
}

/** `GET /v1/quarantine`: what could not be used, newest first. */
export async function listQuarantine(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor, ...filter } = validQuery(quarantineQuery, event);
  const { found, next } = await searchQuarantine(api, filter, { newestFirst: true, limit, cursor });
  return json(200, { items: found.map(({ entry }) => entryView(entry)), next });
}

async function entryOfPath(api: Api, event: HttpEvent): Promise<StoredQuarantine> {
  const place = parseQuarantineId(pathParameter(event, "id"));
  const entry = place && (await readQuarantine(api.table, api.files, place));
  if (!entry) throw notFound("entry");
  return entry;
}

/** `GET /v1/quarantine/{id}`: an entry with its raw bytes, as text where they are text. */
export async function getQuarantine(api: Api, event: HttpEvent): Promise<Answer> {
  const entry = await entryOfPath(api, event);
  const bytes = Buffer.from(entry.raw, "base64");
  const readable = isUtf8(bytes);
  return json(200, {
    ...entryView(entry),
    headers: entry.headers ?? {},
    encoding: readable ? "utf8" : "base64",
    raw: readable ? bytes.toString("utf8") : entry.raw,
  });
}

/** `DELETE /v1/quarantine/{id}`: for spam. */
export async function removeQuarantine(api: Api, event: HttpEvent): Promise<Answer> {
  await deleteQuarantine(api.table, api.files, await entryOfPath(api, event));
  return noContent();
}
