import * as z from "zod/mini";
import { campaignSchema } from "../touchpoint/touch.ts";
import { touchAnswerSchema } from "./answers.ts";
import { contactSchema } from "./contact-answer.ts";

/** The shapes of what the API answers about what one person did, allowed and left here. */

const time = z.string();

/** A consent among the touches of a timeline. */
export const consentAnswerSchema = z.strictObject({
  type: z.literal("consent"),
  id: z.string(),
  occurredAt: time,
  receivedAt: time,
  source: z.string(),
  purpose: z.string(),
  status: z.enum(["granted", "withdrawn"]),
  basis: z.nullable(z.string()),
  wording: z.nullable(z.string()),
  message: z.nullable(z.string()),
  campaign: z.nullable(campaignSchema),
  detail: z.nullable(z.string()),
});

/** What stands in a timeline. */
export const timelineItemSchema = z.union([
  z.extend(touchAnswerSchema, { type: z.literal("touch") }),
  consentAnswerSchema,
]);

const { facts: _, leads: __, ...personFields } = contactSchema.shape;

export const personalDataSchema = z.strictObject({
  contactId: z.string(),
  exportedAt: time,
  /** On the first page: who they are, and what was made of them. */
  person: z.optional(
    z.strictObject({
      ...personFields,
      consents: z.array(consentAnswerSchema),
      leads: z.array(
        z.strictObject({
          leadId: z.string(),
          cycle: z.string(),
          qualifiedAt: time,
          policyVersion: z.int(),
          runId: z.nullable(z.string()),
          exportedAt: z.nullable(time),
        }),
      ),
      partOfLeads: z.array(z.strictObject({ leadId: z.string(), cycle: z.string(), qualifiedAt: time })),
    }),
  ),
  /** What is stored, whole, oldest first. */
  items: z.array(z.looseObject({ record: z.string(), at: time, identifierId: z.string() })),
  next: z.nullable(z.string()),
});
