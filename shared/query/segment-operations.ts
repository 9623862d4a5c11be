import * as z from "zod/mini";
import type { RouteKeyOf } from "../http/routes.ts";
import { messageTypes } from "../segment/message.ts";
import type { Operation } from "./openapi.ts";

/** What of a message is read. Libraries send more, and nothing of it is refused. */
const messageShape = {
  messageId: z.optional(z.string()),
  userId: z.optional(z.string()),
  anonymousId: z.optional(z.string()),
  event: z.optional(z.string()),
  name: z.optional(z.string()),
  previousId: z.optional(z.string()),
  traits: z.optional(z.record(z.string(), z.unknown())),
  properties: z.optional(z.record(z.string(), z.unknown())),
  context: z.optional(z.record(z.string(), z.unknown())),
  timestamp: z.optional(z.string()),
  originalTimestamp: z.optional(z.string()),
  sentAt: z.optional(z.string()),
  writeKey: z.optional(z.string()),
};
const message = z.looseObject(messageShape);
const batch = z.looseObject({
  batch: z.array(z.looseObject({ type: z.enum(messageTypes), ...messageShape })),
  context: z.optional(z.record(z.string(), z.unknown())),
  sentAt: z.optional(z.string()),
  writeKey: z.optional(z.string()),
});

const answer = z.strictObject({
  success: z.literal(true),
  accepted: z.int(),
  ignored: z.int(),
  quarantined: z.int(),
  rejected: z.int(),
});

const operation = (summary: string, body: z.core.$ZodType): Operation => ({
  summary,
  body: { "application/json": body, "text/plain": body },
  answer: [200, answer],
});

const [forBatch, forTrack, forPage, forScreen, forIdentify, forGroup, forAlias] = [
  operation("Messages of the Segment HTTP API, of any type.", batch),
  operation(
    "An event, as the Segment HTTP API has it: a touch of the channel that its name maps to.",
    message,
  ),
  operation("A page seen, as the Segment HTTP API has it.", message),
  operation("A screen seen, as the Segment HTTP API has it.", message),
  operation("What is known of a person, as the Segment HTTP API has it.", message),
  operation("A person's company, as the Segment HTTP API has it.", message),
  operation("Two ids of one person, as the Segment HTTP API has it.", message),
];

/** The routes of the Segment HTTP API, and the short ones that libraries in browsers call. */
export const segmentOperations = {
  "POST /v1/batch": forBatch,
  "POST /v1/track": forTrack,
  "POST /v1/page": forPage,
  "POST /v1/screen": forScreen,
  "POST /v1/identify": forIdentify,
  "POST /v1/group": forGroup,
  "POST /v1/alias": forAlias,
  "POST /v1/b": forBatch,
  "POST /v1/t": forTrack,
  "POST /v1/p": forPage,
  "POST /v1/s": forScreen,
  "POST /v1/i": forIdentify,
  "POST /v1/g": forGroup,
  "POST /v1/a": forAlias,
  "POST /beacon/v1/batch": forBatch,
} as const satisfies Partial<Record<RouteKeyOf<"collect">, Operation>>;
