import { noCredentials, type StoredCredentials } from "../access/credentials.ts";
import type { Attempt, Endpoint, SentEvent } from "../endpoint/endpoint.ts";
import { partitions } from "../table/keys.ts";
import {
  attemptKey,
  attemptPrefix,
  deliveredKey,
  endpointKey,
  endpointPrefix,
  endpointSecretKey,
  goneKey,
  gonePrefix,
  sendingKey,
  webhookPartition,
} from "../table/webhook-keys.ts";
import { getItem, putItem, queryAll, queryPage, type Table } from "./table.ts";

/** Every webhook of others that is not deleted, as of now, oldest first. */
export async function readEndpoints(table: Table): Promise<Endpoint[]> {
  const items = await queryAll(table, partitions.config, { beginsWith: endpointPrefix, consistent: true });
  return items
    .map(({ body }) => JSON.parse(String(body)) as Endpoint)
    .filter(({ deletedAt }) => deletedAt === undefined)
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** One of them; undefined also where it is deleted. */
export async function readEndpoint(table: Table, id: string): Promise<Endpoint | undefined> {
  const item = await getItem(table, endpointKey(id), true);
  const endpoint = item && (JSON.parse(String(item.body)) as Endpoint);
  return endpoint?.deletedAt === undefined ? endpoint : undefined;
}

export const putEndpoint = (table: Table, endpoint: Endpoint): Promise<void> =>
  putItem(table, { ...endpointKey(endpoint.id), body: JSON.stringify(endpoint) });

/** What an endpoint's messages are signed with; readable only by those who sign or set it. */
export async function readEndpointSecret(table: Table, id: string): Promise<StoredCredentials> {
  const item = await getItem(table, endpointSecretKey(id), true);
  return item ? (JSON.parse(String(item.body)) as StoredCredentials) : noCredentials;
}

export const putEndpointSecret = (table: Table, id: string, secret: StoredCredentials): Promise<void> =>
  putItem(table, { ...endpointSecretKey(id), body: JSON.stringify(secret) });

/** When an endpoint last said that it is gone. */
export async function readGoneAt(table: Table, endpoint: string): Promise<string | undefined> {
  const page = await queryPage(table, webhookPartition(endpoint), {
    beginsWith: gonePrefix,
    descending: true,
    limit: 1,
    consistent: true,
  });
  return page.items[0]?.sk.slice(gonePrefix.length);
}

export const putGone = (table: Table, endpoint: string, at: string): Promise<void> =>
  putItem(table, { ...goneKey(endpoint, at) });

/** How long attempts can be looked at, in seconds. */
const keptFor = 30 * 24 * 60 * 60;
const expiry = (at: string): number => Math.floor(Date.parse(at) / 1000) + keptFor;

export const putAttempt = (table: Table, endpoint: string, attempt: Attempt): Promise<void> =>
  putItem(table, {
    ...attemptKey(endpoint, attempt.at, attempt.event.id, attempt.attempt),
    body: JSON.stringify(attempt),
    expiresAt: expiry(attempt.at),
  });

/** A page of an endpoint's attempts, newest first. @param before the sort key to continue behind */
export async function readAttempts(
  table: Table,
  endpoint: string,
  { before, limit }: { before?: string; limit: number },
): Promise<{ attempts: Attempt[]; last: string | undefined }> {
  const page = await queryPage(table, webhookPartition(endpoint), {
    beginsWith: attemptPrefix,
    descending: true,
    limit,
    ...(before !== undefined && { after: { pk: webhookPartition(endpoint), sk: before } }),
  });
  return {
    attempts: page.items.map(({ body }) => JSON.parse(String(body)) as Attempt),
    last: page.last && String(page.last.sk),
  };
}

/** Notes that an event is on its way to an endpoint: announced again, it is not sent again. */
export const putSending = (table: Table, endpoint: string, event: SentEvent, at: string): Promise<void> =>
  putItem(table, {
    ...sendingKey(endpoint, event.id),
    body: JSON.stringify(event),
    expiresAt: expiry(at),
  });

/** The event that is, or was, on its way to an endpoint within the last 30 days. */
export async function readSending(
  table: Table,
  endpoint: string,
  eventId: string,
): Promise<SentEvent | undefined> {
  const item = await getItem(table, sendingKey(endpoint, eventId), true);
  return item && (JSON.parse(String(item.body)) as SentEvent);
}

/** Notes for good that a sending of an event arrived. */
export const putDelivered = (
  table: Table,
  endpoint: string,
  eventId: string,
  sending: string,
): Promise<void> => putItem(table, { ...deliveredKey(endpoint, eventId, sending) });

export const isDelivered = async (
  table: Table,
  endpoint: string,
  eventId: string,
  sending: string,
): Promise<boolean> => (await getItem(table, deliveredKey(endpoint, eventId, sending), true)) !== undefined;
