import * as z from "zod/mini";
import { deliveryErrors, endpointSettingsSchema } from "../endpoint/endpoint.ts";
import { eventTypes } from "../lead/event.ts";
import { listOf } from "./answers.ts";
import type { Operation } from "./openapi.ts";
import { attemptsQuery } from "./webhook-attempts.ts";
import { endpointChangeSchema } from "./webhook-endpoints.ts";

const time = z.string();

/** An attempt to deliver an event. */
export const attemptSchema = z.strictObject({
  /** What the message has as `webhook-id`. */
  eventId: z.string(),
  type: z.enum([...eventTypes, "webhook.test"]),
  leadId: z.nullable(z.string()),
  runId: z.nullable(z.string()),
  source: z.nullable(z.string()),
  at: time,
  /** `gone`: there was nothing to tell any more. `disabled`: the endpoint was, or answered 410. */
  outcome: z.enum(["delivered", "failed", "given_up", "gone", "disabled"]),
  /** The how-manieth it was, from 1. */
  attempt: z.int(),
  status: z.nullable(z.int()),
  error: z.nullable(z.enum(deliveryErrors)),
  durationMs: z.int(),
  nextAt: z.nullable(time),
});

/** A webhook of others. */
export const endpointSchema = z.strictObject({
  id: z.string(),
  url: z.string(),
  events: z.nullable(z.array(z.enum(eventTypes))),
  description: z.nullable(z.string()),
  createdAt: time,
  /** `failing`: its last attempt was not answered with 2xx. */
  state: z.enum(["enabled", "failing", "disabled"]),
  disabled: z.nullable(z.strictObject({ because: z.enum(["by_hand", "gone"]), since: z.nullable(time) })),
  secret: z.nullable(z.strictObject({ setAt: time, formerUntil: z.optional(time) })),
  lastAttempt: z.nullable(attemptSchema),
  /** Only where it was just made: it is shown once. */
  signingSecret: z.optional(z.string()),
});

const queuedSchema = z.strictObject({ eventId: z.string() });

/** How others are told what happens here. */
export const webhookOperations = {
  "POST /v1/webhook-endpoints": {
    summary: "A webhook to tell what happens. Its signing secret is shown once.",
    body: { "application/json": endpointSettingsSchema },
    answer: [201, endpointSchema],
  },
  "GET /v1/webhook-endpoints": {
    summary: "The webhooks that are told what happens, and how they answer.",
    answer: [200, listOf(endpointSchema)],
  },
  "GET /v1/webhook-endpoints/{id}": { summary: "One of them.", answer: [200, endpointSchema] },
  "PATCH /v1/webhook-endpoints/{id}": {
    summary: "Changes a webhook, disables or enables it, or rotates its signing secret.",
    body: { "application/json": endpointChangeSchema },
    answer: [200, endpointSchema],
  },
  "DELETE /v1/webhook-endpoints/{id}": {
    summary: "Ends a webhook.",
    answer: [204, null, "Ended"],
  },
  "POST /v1/webhook-endpoints/{id}/test": {
    summary: "Sends a webhook.test event.",
    answer: [202, queuedSchema],
  },
  "GET /v1/webhook-endpoints/{id}/attempts": {
    summary: "What was sent in the last 30 days and how it was answered, newest first.",
    query: attemptsQuery,
    answer: [200, listOf(attemptSchema)],
  },
  "POST /v1/webhook-endpoints/{id}/attempts/{eventId}/retry": {
    summary: "Sends an event of the last 30 days again, also one that arrived.",
    answer: [202, queuedSchema],
  },
} as const satisfies Record<string, Operation>;
