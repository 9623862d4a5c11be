import * as z from "zod/mini";
import { apiKeyOf, newSecret } from "../access/access-key.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, noContent } from "../http/answer.ts";
import { badRequest, notFound } from "../http/problem.ts";
import { putAccessKey, readAccessKeys } from "../store/config.ts";
import type { Api } from "./api.ts";
import { keyView } from "./key-view.ts";
import { type Caller, pathParameter, validBody } from "./request.ts";

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
