import * as z from "zod/mini";
import { stages } from "../lead/stage.ts";
import { leadEntrySchema, touchAnswerSchema } from "./answers.ts";

/** What `GET /v1/accounts/{domain}` answers. */
export const accountSchema = z.strictObject({
  domain: z.string(),
  policyVersion: z.int(),
  /** Contacts with a touch that counts. */
  engaged: z.int(),
  /** What counts of all of them in the window that ends now. */
  counted: z.int(),
  points: z.number(),
  /** Whether the sums, touches and leads are of all of the company's addresses, and not of a thousand of them. */
  complete: z.boolean(),
  /** What the policy asks of a company, where it asks for anything. */
  reach: z.nullable(z.strictObject({ threshold: z.number(), minContacts: z.int(), reached: z.boolean() })),
  contacts: z.strictObject({
    items: z.array(
      z.strictObject({
        id: z.string(),
        email: z.nullable(z.string()),
        name: z.nullable(z.string()),
        jobTitle: z.nullable(z.string()),
        count: z.int(),
        points: z.number(),
        lifecycle: z.enum(stages),
        segments: z.array(z.string()),
        firstTouchAt: z.nullable(z.string()),
        lastTouchAt: z.nullable(z.string()),
      }),
    ),
    next: z.nullable(z.string()),
  }),
  /** By what counts, the most first: twenty at most. */
  campaigns: z.array(z.strictObject({ campaign: z.string(), counted: z.int(), contacts: z.int() })),
  /** The latest hundred, newest first. */
  touches: z.array(z.extend(touchAnswerSchema, { contactId: z.string() })),
  leads: z.array(leadEntrySchema),
});
