import { type Key, partitions } from "./keys.ts";

/** The keys of webhooks of others, and of what was sent there. */

export const endpointPrefix = "endpoint#";
/** A webhook of others, which is told what happens here. */
export const endpointKey = (id: string): Key => ({ pk: partitions.config, sk: `${endpointPrefix}${id}` });
/** What is sent there is signed with this. */
export const endpointSecretKey = (id: string): Key => ({
  pk: partitions.secret,
  sk: `${endpointPrefix}${id}`,
});

/** @param endpoint its id */
export const webhookPartition = (endpoint: string): string => `${partitions.webhooks}${endpoint}`;
export const attemptPrefix = "attempt#";
/** An attempt to deliver an event. @param at when it ended, ISO 8601 with milliseconds */
export const attemptKey = (endpoint: string, at: string, eventId: string, attempt: number): Key => ({
  pk: webhookPartition(endpoint),
  sk: `${attemptPrefix}${at}#${eventId}#${attempt}`,
});
/** That an event is on its way to an endpoint. */
export const sendingKey = (endpoint: string, eventId: string): Key => ({
  pk: webhookPartition(endpoint),
  sk: `sending#${eventId}`,
});
/** That an event was delivered. @param sending which of several times, where somebody had it sent again */
export const deliveredKey = (endpoint: string, eventId: string, sending: string): Key => ({
  pk: webhookPartition(endpoint),
  sk: `delivered#${eventId}#${sending}`,
});
export const gonePrefix = "gone#";
/** That an endpoint said that it is gone. */
export const goneKey = (endpoint: string, at: string): Key => ({
  pk: webhookPartition(endpoint),
  sk: `${gonePrefix}${at}`,
});
