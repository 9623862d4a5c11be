import * as z from "zod/mini";
import { type AccessKey, apiKeyOf, newSecret, writeKeyOf } from "../access/access-key.ts";
import { newSourceSchema, type Source, sourceSettingsSchema } from "../access/source.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, noContent } from "../http/answer.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { parsePolicy } from "../policy/policy.ts";
import { bodyBytes, parseBody } from "../request/body.ts";
import { addSource, putAccessKey, putSource, readAccessKeys, readSources } from "../store/config.ts";
import { addPolicy, type PolicyVersion, readPolicy } from "../store/policies.ts";
import type { Api } from "./api.ts";
import { type Caller, pathParameter, validBody } from "./request.ts";

const policyView = ({ version, from, policy }: PolicyVersion) => ({ version, from, ...policy });

/** `GET /v1/policy`: the policy in force. */
export const getPolicy = async (api: Api): Promise<Answer> =>
  json(200, policyView(await readPolicy(api.table)));

/** `PUT /v1/policy`: a new version, in force now. What is left out has its default. */
export async function setPolicy(api: Api, event: HttpEvent): Promise<Answer> {
  const body = await parseBody(bodyBytes(event), "application/json");
  const result = parsePolicy(body.kind === "json" ? withoutVersion(body.value) : undefined);
  if ("issues" in result) {
    const { field, detail } = result.issues[0]!;
    throw new Problem({
      status: 400,
      code: "invalid_policy",
      field,
      detail,
      more: { issues: result.issues },
    });
  }
  const added = await addPolicy(api.table, result.policy, api.clock());
  api.policy.forget();
  return json(200, policyView(added));
}

/** What `GET` answered can be changed and put back: its version and date are not part of the policy. */
function withoutVersion(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  const { version: _, from: __, ...policy } = value as Record<string, unknown>;
  return policy;
}

const keyView = ({ v: _, hash: __, ...key }: AccessKey) => key;
const sourceView = ({ v: _, ...source }: Source, keys: readonly AccessKey[]) => ({
  ...source,
  writeKeys: keys.filter((key) => key.kind === "write" && key.source === source.id).map(keyView),
});

/** `GET /v1/sources`: the senders, with the public names of their keys. */
export async function listSources(api: Api): Promise<Answer> {
  const [sources, keys] = await Promise.all([readSources(api.table), readAccessKeys(api.table)]);
  const items = sources.filter((source) => !source.deletedAt).map((source) => sourceView(source, keys));
  return json(200, { items, next: null });
}

async function newWriteKey(api: Api, source: string): Promise<{ secret: string; key: AccessKey }> {
  const secret = newSecret("write");
  const key = writeKeyOf(secret, source, api.clock().toISOString());
  await putAccessKey(api.table, key);
  return { secret, key };
}

/** `POST /v1/sources`: a new sender; its write key is in this answer and nowhere else. */
export async function createSource(api: Api, event: HttpEvent): Promise<Answer> {
  const settings = await validBody(newSourceSchema, event);
  const source: Source = { v: 1, ...settings, createdAt: api.clock().toISOString() };
  if (!(await addSource(api.table, source))) {
    throw new Problem({
      status: 409,
      code: "exists",
      field: "id",
      detail: "there is, or was, a source of this id",
    });
  }
  const { secret, key } = await newWriteKey(api, source.id);
  return json(201, { ...sourceView(source, [key]), writeKey: secret });
}

async function sourceOfPath(api: Api, event: HttpEvent): Promise<{ source: Source; keys: AccessKey[] }> {
  const id = pathParameter(event, "id");
  const [sources, keys] = await Promise.all([readSources(api.table), readAccessKeys(api.table)]);
  const source = sources.find((one) => one.id === id && !one.deletedAt);
  if (!source) throw notFound("source");
  return { source, keys: keys.filter((key) => key.kind === "write" && key.source === id) };
}

export const sourceChangeSchema = z.strictObject({
  ...sourceSettingsSchema.shape,
  /** Makes a new write key; the old ones go on for so many hours. */
  rotateKey: z.optional(z.strictObject({ overlapHours: z.number().check(z.minimum(0), z.maximum(24 * 90)) })),
});

/** `PATCH /v1/sources/{id}`: changes settings; with `rotateKey` answers a new write key. */
export async function changeSource(api: Api, event: HttpEvent): Promise<Answer> {
  const { rotateKey, ...settings } = await validBody(sourceChangeSchema, event);
  const { source, keys } = await sourceOfPath(api, event);
  const changed: Source = { ...source, ...settings };
  await putSource(api.table, changed);
  if (!rotateKey) return json(200, sourceView(changed, keys));
  const { secret, key } = await newWriteKey(api, source.id);
  const end = new Date(api.clock().getTime() + rotateKey.overlapHours * 60 * 60 * 1000).toISOString();
  const ended = keys.map((old) => ({
    ...old,
    revokedAt: old.revokedAt && old.revokedAt < end ? old.revokedAt : end,
  }));
  for (const old of ended) await putAccessKey(api.table, old);
  return json(200, { ...sourceView(changed, [...ended, key]), writeKey: secret });
}

/** `DELETE /v1/sources/{id}`: it is no longer accepted; what it sent stays. */
export async function deleteSource(api: Api, event: HttpEvent): Promise<Answer> {
  const { source, keys } = await sourceOfPath(api, event);
  const now = api.clock().toISOString();
  await putSource(api.table, { ...source, deletedAt: now });
  for (const key of keys) if (!key.revokedAt) await putAccessKey(api.table, { ...key, revokedAt: now });
  return noContent();
}

export const newKeySchema = z.strictObject({
  role: z.enum(["read", "sales", "admin"]),
  name: z.string().check(z.minLength(1), z.maxLength(100)),
});

/** `GET /v1/keys`: the API keys by their public ids. */
export async function listKeys(api: Api): Promise<Answer> {
  const items = (await readAccessKeys(api.table)).filter((key) => key.kind === "api").map(keyView);
  return json(200, { items, next: null });
}

/** `POST /v1/keys`: a new API key, shown in this answer and nowhere else. */
export async function createKey(api: Api, event: HttpEvent): Promise<Answer> {
  const { role, name } = await validBody(newKeySchema, event);
  const secret = newSecret("api");
  const key = apiKeyOf(secret, role, name, api.clock().toISOString());
  await putAccessKey(api.table, key);
  return json(201, { ...keyView(key), key: secret });
}

/** `DELETE /v1/keys/{id}`: revokes an API key, within the minute that the authorizer remembers. */
export async function revokeKey(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const id = pathParameter(event, "id");
  if (id === caller?.keyId)
    throw badRequest("own_key", "id", "a key cannot revoke itself: use another admin key");
  const key = (await readAccessKeys(api.table)).find((one) => one.kind === "api" && one.id === id);
  if (!key) throw notFound("key");
  if (!key.revokedAt) await putAccessKey(api.table, { ...key, revokedAt: api.clock().toISOString() });
  return noContent();
}
