import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import {
  noCredentials,
  type StoredCredentials,
  shownCredentials,
  withCredentials,
} from "../access/credentials.ts";
import { reachOf, urlFault } from "../deliver/address.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import {
  type Attempt,
  disabledBecause,
  type Endpoint,
  endpointSettingsSchema,
  newSigningSecret,
} from "../endpoint/endpoint.ts";
import { type Answer, json, noContent } from "../http/answer.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { eachOf } from "../store/each-of.ts";
import {
  putEndpoint,
  putEndpointSecret,
  readAttempts,
  readEndpointSecret,
  readEndpoints,
  readGoneAt,
} from "../store/endpoints.ts";
import type { Api } from "./api.ts";
import { validBody } from "./request.ts";
import { attemptView, endpointOfPath } from "./webhook-attempts.ts";

/** What of an endpoint may change: `PATCH /v1/webhook-endpoints/{id}`. */
export const endpointChangeSchema = z.strictObject({
  ...z.partial(endpointSettingsSchema).shape,
  disabled: z.optional(z.boolean()),
  /** Makes a new secret; for so many hours messages are signed with the old one as well. */
  rotateSecret: z.optional(
    z.strictObject({ overlapHours: z.number().check(z.minimum(0), z.maximum(24 * 30)) }),
  ),
});

/** Every event is handed to each of them, one after the other. */
const mostEndpoints = 50;

/** Endpoints read at once. */
const concurrency = 8;

/** Of so many attempts it is looked whether one said anything of the endpoint. */
const looksBack = 20;

/** The last attempt that the endpoint itself had to do with. */
const lastHeard = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.find(({ status, error }) => status !== undefined || error !== undefined);

/** An endpoint as it is shown: never its secret, but since when it has it. */
async function endpointView(api: Api, endpoint: Endpoint, stored?: StoredCredentials) {
  const { table } = api;
  const [goneAt, { attempts }, credentials] = await Promise.all([
    readGoneAt(table, endpoint.id),
    readAttempts(table, endpoint.id, { limit: looksBack }),
    stored ?? readEndpointSecret(table, endpoint.id),
  ]);
  const because = disabledBecause(endpoint, goneAt);
  const last = lastHeard(attempts);
  const { id, url, events, description, createdAt, disabledAt } = endpoint;
  return {
    id,
    url,
    events,
    description,
    createdAt,
    state:
      because !== undefined
        ? "disabled"
        : last !== undefined && last.outcome !== "delivered"
          ? "failing"
          : "enabled",
    disabled:
      because === undefined ? null : { because, since: because === "gone" ? goneAt : (disabledAt ?? null) },
    secret: shownCredentials(credentials, api.clock()).secret ?? null,
    lastAttempt: last ? attemptView(last) : null,
  };
}

/** Throws Problem 400 where nothing can or may be sent to a URL. */
function checkUrl({ publicUrl }: Api, url: string): void {
  const fault = urlFault(url, reachOf(publicUrl));
  if (fault !== undefined) throw badRequest("invalid_url", "url", fault);
}

/** `POST /v1/webhook-endpoints`: a new one; its secret is in this answer and nowhere else. */
export async function createEndpoint(api: Api, event: HttpEvent): Promise<Answer> {
  const { url, events, description } = await validBody(endpointSettingsSchema, event);
  checkUrl(api, url);
  if ((await readEndpoints(api.table)).length >= mostEndpoints) {
    throw new Problem({
      status: 409,
      code: "too_many",
      detail: `there are ${mostEndpoints} endpoints already, which is the most`,
    });
  }
  const now = api.clock();
  const endpoint: Endpoint = {
    v: 1,
    id: randomUUID(),
    url,
    events: events ?? null,
    description: description ?? null,
    createdAt: now.toISOString(),
  };
  const secret = newSigningSecret();
  const stored = withCredentials(noCredentials, { secret }, now, 0);
  // The secret first: an endpoint is never there without one.
  await putEndpointSecret(api.table, endpoint.id, stored);
  await putEndpoint(api.table, endpoint);
  return json(201, { ...(await endpointView(api, endpoint, stored)), signingSecret: secret });
}

/** `GET /v1/webhook-endpoints`: all of them, oldest first. */
export async function listEndpoints(api: Api): Promise<Answer> {
  const endpoints = await readEndpoints(api.table);
  const items: unknown[] = new Array(endpoints.length);
  await eachOf([...endpoints.entries()], concurrency, async ([index, endpoint]) => {
    items[index] = await endpointView(api, endpoint);
  });
  return json(200, { items, next: null });
}

/** `GET /v1/webhook-endpoints/{id}` */
export const getEndpoint = async (api: Api, event: HttpEvent): Promise<Answer> =>
  json(200, await endpointView(api, await endpointOfPath(api, event)));

/** `PATCH /v1/webhook-endpoints/{id}`: changes settings, disables or enables, and with `rotateSecret` answers a new secret. */
export async function changeEndpoint(api: Api, event: HttpEvent): Promise<Answer> {
  const { rotateSecret, disabled, ...settings } = await validBody(endpointChangeSchema, event);
  if (settings.url !== undefined) checkUrl(api, settings.url);
  const { disabledAt, ...endpoint } = await endpointOfPath(api, event);
  const now = api.clock();
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const changed: Endpoint = {
    ...endpoint,
    ...given,
    ...(disabled === true && { disabledAt: disabledAt ?? now.toISOString() }),
    ...(disabled === false && { enabledAt: now.toISOString() }),
    ...(disabled === undefined && disabledAt !== undefined && { disabledAt }),
  };
  await putEndpoint(api.table, changed);
  if (!rotateSecret) return json(200, await endpointView(api, changed));
  const secret = newSigningSecret();
  const stored = withCredentials(
    await readEndpointSecret(api.table, changed.id),
    { secret },
    now,
    rotateSecret.overlapHours,
  );
  await putEndpointSecret(api.table, changed.id, stored);
  return json(200, { ...(await endpointView(api, changed, stored)), signingSecret: secret });
}

/** `DELETE /v1/webhook-endpoints/{id}`: it is told nothing more, and its secret is forgotten. */
export async function deleteEndpoint(api: Api, event: HttpEvent): Promise<Answer> {
  const endpoint = await endpointOfPath(api, event);
  await putEndpoint(api.table, { ...endpoint, deletedAt: api.clock().toISOString() });
  await putEndpointSecret(api.table, endpoint.id, noCredentials);
  return noContent();
}
