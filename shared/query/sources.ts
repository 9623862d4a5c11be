import * as z from "zod/mini";
import { type AccessKey, newSecret, writeKeyOf } from "../access/access-key.ts";
import { silentSince } from "../access/activity.ts";
import {
  type CredentialChanges,
  credentialChangesSchema,
  credentialSettingsSchema,
  missingCredentials,
  noCredentials,
  type StoredCredentials,
  shownCredentials,
  withCredentials,
} from "../access/credentials.ts";
import { isProvider } from "../access/provider.ts";
import { newSourceSchema, type Source, sourceSettingsSchema } from "../access/source.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, noContent } from "../http/answer.ts";
import { notFound, Problem } from "../http/problem.ts";
import { readActivity } from "../store/activity.ts";
import { addSource, putAccessKey, putSource, readAccessKeys, readSources } from "../store/config.ts";
import { putCredentials, readCredentials } from "../store/credentials.ts";
import { eachOf } from "../store/each-of.ts";
import { webhookAdapters } from "../webhook/adapters.ts";
import type { Api } from "./api.ts";
import { keyView } from "./key-view.ts";
import { pathParameter, validBody } from "./request.ts";
import { checkCredentials, checkKind } from "./source-checks.ts";

/** A source as it is made: `POST /v1/sources`. */
export const createSourceSchema = z.strictObject({
  ...newSourceSchema.shape,
  ...credentialSettingsSchema.shape,
});

const hours = (maximum: number) => z.number().check(z.minimum(0), z.maximum(maximum));

/** What of a source may change: `PATCH /v1/sources/{id}`. A credential that is null is taken away. */
export const sourceChangeSchema = z.strictObject({
  ...sourceSettingsSchema.shape,
  ...credentialChangesSchema.shape,
  /** A secret that is replaced is good for so many hours more, 24 unless told; 0: it ends at once. */
  secretOverlapHours: z.optional(hours(24 * 30)),
  /** Makes a new write key; the old ones go on for so many hours. */
  rotateKey: z.optional(z.strictObject({ overlapHours: hours(24 * 90) })),
});

const usualSecretOverlap = 24;

/** Settings and credentials apart: the latter are not kept with what every function may read. */
function apart<Body extends CredentialChanges>(body: Body) {
  const { secret, publicKey, topics, apiToken, accountId, clientId, clientSecret, ...settings } = body;
  const all = { secret, publicKey, topics, apiToken, accountId, clientId, clientSecret };
  const given: CredentialChanges = Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
  return { settings, given };
}

/** What a source's credentials are shown as: which are set, which are missing, never what they are. */
const credentialsView = ({ kind }: Source, stored: StoredCredentials, now: Date) =>
  kind !== undefined && isProvider(kind)
    ? {
        credentials: shownCredentials(stored, now),
        missing: missingCredentials(webhookAdapters[kind].needs, stored),
      }
    : {};

/** A source as it is shown, with what is known of its connection. */
async function sourceView(api: Api, source: Source, keys: readonly AccessKey[]) {
  const now = api.clock();
  const provider = source.kind !== undefined && isProvider(source.kind);
  const [activity, credentials] = await Promise.all([
    readActivity(api.table, source.id, now),
    provider ? readCredentials(api.table, source.id) : noCredentials,
  ]);
  const { v: _, ...settings } = source;
  return {
    ...settings,
    ...credentialsView(source, credentials, now),
    ...activity,
    silent: silentSince(source, activity.lastUsableAt, now) !== undefined,
    writeKeys: keys.filter((key) => key.kind === "write" && key.source === source.id).map(keyView),
  };
}

/** A write key just made, and for a provider the address to give it. */
const shownOnce = ({ publicUrl }: Api, { kind }: Source, secret: string) => ({
  writeKey: secret,
  ...(kind !== undefined && isProvider(kind)
    ? { webhookUrl: `${publicUrl}/v1/webhooks/${kind}?writeKey=${secret}` }
    : {}),
});

/** Sources read at once. */
const concurrency = 8;

/** `GET /v1/sources`: the senders, with the public names of their keys, and whether they are connected. */
export async function listSources(api: Api): Promise<Answer> {
  const [sources, keys] = await Promise.all([readSources(api.table), readAccessKeys(api.table)]);
  const alive = sources.filter((source) => !source.deletedAt);
  const items: unknown[] = new Array(alive.length);
  await eachOf([...alive.entries()], concurrency, async ([index, source]) => {
    items[index] = await sourceView(api, source, keys);
  });
  return json(200, { items, next: null });
}

/** `GET /v1/sources/{id}`. */
export async function getSource(api: Api, event: HttpEvent): Promise<Answer> {
  const { source, keys } = await sourceOfPath(api, event);
  return json(200, await sourceView(api, source, keys));
}

async function newWriteKey(api: Api, source: string): Promise<{ secret: string; key: AccessKey }> {
  const secret = newSecret("write");
  const key = writeKeyOf(secret, source, api.clock().toISOString());
  await putAccessKey(api.table, key);
  return { secret, key };
}

/** `POST /v1/sources`: a new sender; its write key is in this answer and nowhere else. */
export async function createSource(api: Api, event: HttpEvent): Promise<Answer> {
  const { settings, given } = apart(await validBody(createSourceSchema, event));
  checkKind(settings);
  checkCredentials(settings.kind, given);
  const now = api.clock();
  const source: Source = { v: 1, ...settings, createdAt: now.toISOString() };
  if (!(await addSource(api.table, source))) {
    throw new Problem({
      status: 409,
      code: "exists",
      field: "id",
      detail: "there is, or was, a source of this id",
    });
  }
  if (Object.keys(given).length > 0)
    await putCredentials(api.table, source.id, withCredentials(noCredentials, given, now, 0));
  const { secret, key } = await newWriteKey(api, source.id);
  return json(201, { ...(await sourceView(api, source, [key])), ...shownOnce(api, source, secret) });
}

async function sourceOfPath(api: Api, event: HttpEvent): Promise<{ source: Source; keys: AccessKey[] }> {
  const id = pathParameter(event, "id");
  const [sources, keys] = await Promise.all([readSources(api.table), readAccessKeys(api.table)]);
  const source = sources.find((one) => one.id === id && !one.deletedAt);
  if (!source) throw notFound("source");
  return { source, keys: keys.filter((key) => key.kind === "write" && key.source === id) };
}

/** `PATCH /v1/sources/{id}`: changes settings and credentials; with `rotateKey` answers a new write key. */
export async function changeSource(api: Api, event: HttpEvent): Promise<Answer> {
  const { rotateKey, secretOverlapHours, ...body } = await validBody(sourceChangeSchema, event);
  const { settings, given } = apart(body);
  const { source, keys } = await sourceOfPath(api, event);
  checkCredentials(source.kind, given);
  const now = api.clock();
  const changed: Source = { ...source, ...settings };
  if (Object.keys(settings).length > 0) await putSource(api.table, changed);
  if (Object.keys(given).length > 0) {
    const stored = await readCredentials(api.table, source.id);
    const overlap = secretOverlapHours ?? usualSecretOverlap;
    await putCredentials(api.table, source.id, withCredentials(stored, given, now, overlap));
  }
  if (!rotateKey) return json(200, await sourceView(api, changed, keys));
  const { secret, key } = await newWriteKey(api, source.id);
  const end = new Date(now.getTime() + rotateKey.overlapHours * 60 * 60 * 1000).toISOString();
  const ended = keys.map((old) => ({
    ...old,
    revokedAt: old.revokedAt && old.revokedAt < end ? old.revokedAt : end,
  }));
  for (const old of ended) await putAccessKey(api.table, old);
  const view = await sourceView(api, changed, [...ended, key]);
  return json(200, { ...view, ...shownOnce(api, changed, secret) });
}

/** `DELETE /v1/sources/{id}`: it is no longer accepted, and its credentials are forgotten; what it sent stays. */
export async function deleteSource(api: Api, event: HttpEvent): Promise<Answer> {
  const { source, keys } = await sourceOfPath(api, event);
  const now = api.clock().toISOString();
  await putSource(api.table, { ...source, deletedAt: now });
  // Also those that were to end later.
  const alive = keys.filter(({ revokedAt }) => !revokedAt || revokedAt > now);
  for (const key of alive) await putAccessKey(api.table, { ...key, revokedAt: now });
  // Put empty rather than deleted: nothing here has the right to delete secrets, among which are those that sign links.
  if (source.kind !== undefined && isProvider(source.kind))
    await putCredentials(api.table, source.id, noCredentials);
  return noContent();
}
