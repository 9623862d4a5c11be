import * as z from "zod/mini";
import type { RouteKey } from "../http/routes.ts";
import { outcomes } from "../lead/feedback.ts";
import { leadStatuses } from "../lead/ledger.ts";
import { newFeedbackSchema } from "../request/feedback.ts";
import { feedbackRowSchema } from "../request/feedback-row.ts";
import { feedbackListQuery } from "./feedback-list.ts";
import type { Operation } from "./openapi.ts";

const text = z.string();
const nullable = z.nullable(text);

const wordFields = {
  leadId: text,
  /** The sender's own. */
  id: text,
  outcome: z.enum(outcomes),
  reason: nullable,
  until: nullable,
  note: nullable,
  occurredAt: text,
  receivedAt: text,
  /** Whoever answered, as sales calls them. */
  by: nullable,
  /** The id of the key with which it was sent. */
  who: text,
  moveBack: z.boolean(),
};

/** An answer that stands. */
export const feedbackSchema = z.strictObject(wordFields);
/** The same in a history: whether it moved the lead, and whether something else stands under its id. */
export const judgedFeedbackSchema = z.strictObject({
  ...wordFields,
  applied: z.boolean(),
  conflict: z.boolean(),
});

/** What sales' answers add to a lead. */
export const answeredFields = {
  outcome: z.nullable(z.enum(outcomes)),
  reason: nullable,
  until: nullable,
  answeredAt: nullable,
  answeredBy: nullable,
  /** Every answer, in the order in which they happened. */
  feedback: z.array(judgedFeedbackSchema),
};

export const feedbackAnswerSchema = z.strictObject({
  leadId: text,
  id: text,
  applied: z.boolean(),
  conflict: z.boolean(),
  status: z.enum(leadStatuses),
  current: z.nullable(feedbackSchema),
  history: z.array(judgedFeedbackSchema),
});

const refusalFields = { code: text, field: text, detail: text };

export const feedbackListAnswerSchema = z.strictObject({
  accepted: z.int(),
  ignored: z.int(),
  /** How many for which reason: the CRM says nothing yet, what already holds, or something from before the contact was a lead. */
  ignoredBecause: z.partialRecord(z.enum(["says_nothing", "unchanged", "before_lead"]), z.int()),
  rejected: z.array(z.strictObject({ index: z.int(), ...refusalFields })),
  /** Of a trial run: the first rows as they were read. */
  preview: z.optional(
    z.array(
      z.strictObject({
        index: z.int(),
        row: z.optional(z.int()),
        isNew: z.optional(z.boolean()),
        answer: z.optional(
          z.strictObject({
            leadId: text,
            id: text,
            outcome: z.enum(outcomes),
            reason: z.optional(text),
            until: z.optional(text),
            occurredAt: text,
            by: z.optional(text),
          }),
        ),
        ignored: z.optional(text),
        refusal: z.optional(z.strictObject(refusalFields)),
      }),
    ),
  ),
});

/** What OpenAPI says of sales' answers. */
export const feedbackOperations: Partial<Record<RouteKey, Operation>> = {
  "POST /v1/leads/{id}/feedback": {
    summary:
      "What sales says of a lead. The same id with the same content is one answer (200 when it is there already); what takes the lead back without `moveBack` is a 409.",
    body: { "application/json": newFeedbackSchema },
    answer: [201, feedbackAnswerSchema],
  },
  "POST /v1/feedback": {
    summary:
      "Many answers, by lead, e-mail or CRM id: JSON, or the CSV that Salesforce or HubSpot exports, as it is.",
    query: feedbackListQuery,
    body: { "application/json": z.array(feedbackRowSchema), "text/csv": null },
    answer: [200, feedbackListAnswerSchema],
  },
};
