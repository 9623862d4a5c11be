import * as z from "zod/mini";
import { correctionSchema } from "../lead/corrections.ts";
import { leadSchema } from "../lead/lead.ts";
import { leadTouchSchema } from "../lead/lead-touch.ts";
import { leadEntrySchema } from "./answers.ts";
import { answeredFields } from "./feedback-operations.ts";

/**
 * A lead as it stands: its line of the ledger, the proof as of the moment it qualified, and what has changed in that since. Where the
 * facts no longer make it a lead, there is no proof and still who it is; where nothing is known of the person, the line alone.
 */
export const leadAnswerSchema = z.strictObject({
  ...z.partial(leadSchema).shape,
  ...leadEntrySchema.shape,
  ...z.partial(z.strictObject(answeredFields)).shape,
  /** When sales first got it: a download of its export with a key of role sales, or a webhook that took it. */
  receivedAt: z.optional(z.nullable(z.string())),
  corrections: z.array(correctionSchema),
  /** What the person did after that moment, oldest first: the latest fifty. */
  laterTouches: z.array(leadTouchSchema),
});
