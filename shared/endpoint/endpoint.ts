import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { type EventType, eventTypes, type OutgoingEvent } from "../lead/event.ts";

/** A webhook of others, as an administrator sets it. */
export const endpointSettingsSchema = z.strictObject({
  url: z.string().check(z.minLength(1), z.maxLength(2_000)),
  /** What it is told of; everything, also what will be added one day, where it is left out or null. */
  events: z.optional(z.nullable(z.array(z.enum(eventTypes)).check(z.minLength(1), z.maxLength(50)))),
  description: z.optional(z.nullable(z.string().check(z.maxLength(500)))),
});

/** A webhook of others, as it is stored: by whom it was last enabled says when what it said before no longer counts. */
export interface Endpoint {
  v: 1;
  id: string;
  url: string;
  events: EventType[] | null;
  description: string | null;
  createdAt: string;
  /** Since when it is to be told nothing; absent where it is enabled. */
  disabledAt?: string;
  /** When it was enabled again. */
  enabledAt?: string;
  deletedAt?: string;
}

/** An event that only says that the way is there. */
export type TestEvent = { v: 1; id: string; type: "webhook.test"; at: string };
/** What an endpoint can be sent. */
export type SentEvent = OutgoingEvent | TestEvent;

/** Whether an endpoint wants to hear of an event; a test it always gets. */
export const subscribes = ({ events }: Pick<Endpoint, "events">, { type }: SentEvent): boolean =>
  type === "webhook.test" || events === null || events.includes(type);

/**
 * Why an endpoint is told nothing; undefined where it is told.
 * @param goneAt when it last said that it is gone
 */
export function disabledBecause(
  { disabledAt, enabledAt, createdAt }: Endpoint,
  goneAt: string | undefined,
): "by_hand" | "gone" | undefined {
  if (disabledAt !== undefined) return "by_hand";
  return goneAt !== undefined && goneAt >= (enabledAt ?? createdAt) ? "gone" : undefined;
}

/** A new signing secret after Standard Webhooks: `whsec_` and base64 of 32 random bytes. */
export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** What travels through the queue to one endpoint. */
export interface Delivery {
  v: 1;
  kind: "delivery";
  /** The endpoint's id. */
  endpoint: string;
  event: SentEvent;
  /** Which sending of the event it is: `first`, or a UUID for each time that somebody had it sent again. */
  sending: string;
}

/** What became of one attempt. */
export interface Attempt {
  v: 1;
  event: SentEvent;
  sending: string;
  /** How many there were of this sending, from 1. */
  attempt: number;
  /** When it ended, ISO 8601. */
  at: string;
  /**
   * `delivered`: answered with 2xx. `failed`: it comes back. `given_up`: it was the last. `gone`: what it would have told of is no
   * more, so that nothing was sent. `disabled`: the endpoint was, or said so now.
   */
  outcome: "delivered" | "failed" | "given_up" | "gone" | "disabled";
  /** Of the answer. */
  status?: number;
  /** Where there was no answer: why. */
  error?: DeliveryError;
  durationMs: number;
  /** When it is tried again, about. */
  nextAt?: string;
}

/** Why there was no answer: a word, for whoever looks after the receiver. */
export const deliveryErrors = [
  "timeout",
  "name_not_found",
  "address_refused",
  "connection_refused",
  "connection_lost",
  "certificate",
  "unreachable",
] as const;
export type DeliveryError = (typeof deliveryErrors)[number];
