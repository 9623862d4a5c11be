import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import type { Attempt, Delivery, Endpoint, SentEvent } from "../endpoint/endpoint.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { notFound } from "../http/problem.ts";
import { runIdOf } from "../lead/run.ts";
import { sendAll } from "../queue/queue.ts";
import { readAttempts, readEndpoint, readSending } from "../store/endpoints.ts";
import type { Api } from "./api.ts";
import { pathParameter, validQuery } from "./request.ts";

export const attemptsQuery = z.strictObject(pagingSchema);

/** The endpoint of a path. Throws Problem 404. */
export async function endpointOfPath(api: Api, event: HttpEvent): Promise<Endpoint> {
  const endpoint = await readEndpoint(api.table, pathParameter(event, "id"));
  if (!endpoint) throw notFound("webhook endpoint");
  return endpoint;
}

/** An attempt as it is shown: what it was about by ids, and how it ended. */
export function attemptView({ event, at, outcome, attempt, status, error, durationMs, nextAt }: Attempt) {
  const { leadId = null, run, source = null } = event.type === "webhook.test" ? {} : event;
  return {
    eventId: event.id,
    type: event.type,
    leadId,
    runId: run === undefined ? null : runIdOf(run),
    source,
    at,
    outcome,
    attempt,
    status: status ?? null,
    error: error ?? null,
    durationMs,
    nextAt: nextAt ?? null,
  };
}

/** `GET /v1/webhook-endpoints/{id}/attempts`: of the last 30 days, newest first. */
export async function listAttempts(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor } = validQuery(attemptsQuery, event);
  const before = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0];
  const endpoint = await endpointOfPath(api, event);
  const { attempts, last } = await readAttempts(api.table, endpoint.id, {
    limit,
    ...(before !== undefined && { before }),
  });
  return json(200, {
    items: attempts.map(attemptView),
    next: last === undefined ? null : encodeCursor([last]),
  });
}

/** Puts an event on its way to one endpoint, whatever it was sent before. */
const sendTo = (api: Api, endpoint: string, event: SentEvent): Promise<void> => {
  const delivery: Delivery = { v: 1, kind: "delivery", endpoint, event, sending: randomUUID() };
  return sendAll(api.deliveries, [JSON.stringify(delivery)]);
};

/** `POST /v1/webhook-endpoints/{id}/attempts/{eventId}/retry`: sends an event of the last 30 days again, also one that arrived. */
export async function retryEvent(api: Api, event: HttpEvent): Promise<Answer> {
  const endpoint = await endpointOfPath(api, event);
  const sent = await readSending(api.table, endpoint.id, pathParameter(event, "eventId"));
  if (!sent) throw notFound("event of the last 30 days");
  await sendTo(api, endpoint.id, sent);
  return json(202, { eventId: sent.id });
}

/** `POST /v1/webhook-endpoints/{id}/test`: sends an event that says nothing; also to an endpoint that is disabled. */
export async function sendTest(api: Api, event: HttpEvent): Promise<Answer> {
  const endpoint = await endpointOfPath(api, event);
  const id = randomUUID();
  await sendTo(api, endpoint.id, { v: 1, id, type: "webhook.test", at: api.clock().toISOString() });
  return json(202, { eventId: id });
}
