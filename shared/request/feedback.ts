import * as z from "zod/mini";
import { type Feedback, feedbackIdOf, type Outcome, outcomes } from "../lead/feedback.ts";
import { dayNumber, startOfDay } from "../policy/calendar.ts";
import { hash16Of } from "../touchpoint/touch-id.ts";
import type { Refusal } from "./refusal.ts";
import { cleanText } from "./text.ts";
import { parseTime } from "./time.ts";

const text = (maximum: number) => z.string().check(z.maxLength(maximum));
const time = z.union([text(60), z.number()]);

/** What an answer says beside its outcome. Ids may be numbers; what is empty counts as not said. */
export const feedbackFields = {
  /** The sender's own id: sent again, it is the same answer. Without it, what is said is its id. */
  id: z.optional(z.union([text(200), z.number()])),
  /** Of a rejection, needed; of a recycling, if one likes. One of the policy's `rejectionReasons`. */
  reason: z.optional(text(60)),
  /** When it was, ISO 8601 with a time zone; without it, now. */
  occurredAt: z.optional(time),
  /** Who answered, as sales calls them. */
  by: z.optional(text(200)),
  /** Of a recycling: from when on the contact may be a lead again, an instant or a day. */
  until: z.optional(time),
  note: z.optional(text(2000)),
  /** Takes the lead back on purpose. */
  moveBack: z.optional(z.boolean()),
};

/** What `POST /v1/leads/{id}/feedback` takes. */
export const newFeedbackSchema = z.strictObject({ outcome: z.enum(outcomes), ...feedbackFields });
export type NewFeedback = z.output<typeof newFeedbackSchema>;

/** What an answer is read by. */
export interface FeedbackTerms {
  /** Why a lead may be rejected. */
  reasons: readonly string[];
  /** In which a day of `until` begins. */
  timeZone: string;
  /** When it arrived. */
  now: Date;
  /** The id of the key with which it was sent. */
  who: string;
}

/** A sender's clock may be this far ahead before its time is set to the arrival, as with touches. */
const allowedAhead = 5 * 60 * 1000;

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

/** Clean, and undefined where nothing is left. */
const said = (value: string | number | undefined): string | undefined => {
  const clean = cleanText(String(value ?? ""));
  return clean === "" ? undefined : clean;
};

/**
 * The answer to a lead that was sent, or why it is none. What is further ahead than five minutes happened when it arrived.
 * @param sent as `newFeedbackSchema` has it
 */
export function feedbackFrom(
  leadId: string,
  sent: NewFeedback,
  { reasons, timeZone, now, who }: FeedbackTerms,
): { feedback: Feedback } | { refusal: Refusal } {
  const { outcome, moveBack } = sent;
  const [reason, by, note] = [said(sent.reason), said(sent.by), said(sent.note)];
  const fault = reasonFault(outcome, reason, reasons);
  if (fault) return { refusal: fault };

  const claimed = said(sent.occurredAt) === undefined ? undefined : parseTime(sent.occurredAt!);
  if (claimed === undefined && said(sent.occurredAt) !== undefined)
    return refuse(
      "invalid_time",
      "occurredAt",
      "ISO 8601 with a time zone, in the years 2000 to 2100, is needed",
    );
  const receivedAt = now.toISOString();
  const isAhead = claimed !== undefined && Date.parse(claimed) - now.getTime() > allowedAhead;
  const occurredAt = claimed === undefined || isAhead ? receivedAt : claimed;

  const named = said(sent.until);
  const until = named === undefined ? undefined : (parseTime(sent.until!) ?? firstOfDay(named, timeZone));
  if (named !== undefined && outcome !== "recycled")
    return refuse("invalid_field", "until", "only a recycled lead comes again from a date on");
  if (named !== undefined && until === undefined)
    return refuse(
      "invalid_time",
      "until",
      "ISO 8601 with a time zone, or a day such as 2027-01-15, is needed",
    );
  if (until !== undefined && until <= occurredAt)
    return refuse("invalid_field", "until", "must be later than occurredAt");

  // As it was said, not as it is understood by the clock and the policy of the day: else a resend would say something else.
  const content = {
    outcome,
    reason,
    by,
    note,
    until: parseTime(sent.until ?? "") ?? named,
    occurredAt: claimed,
    moveBack,
  };
  const hash16 = hash16Of(content);
  const id = said(sent.id) ?? hash16;
  return {
    feedback: {
      leadId,
      feedbackId: feedbackIdOf(leadId, id),
      hash16,
      id,
      outcome,
      ...(reason !== undefined && { reason }),
      ...(until !== undefined && { until }),
      ...(note !== undefined && { note }),
      occurredAt,
      receivedAt,
      ...(by !== undefined && { by }),
      who,
      ...(moveBack === true && { moveBack }),
    },
  };
}

function reasonFault(
  outcome: Outcome,
  reason: string | undefined,
  reasons: readonly string[],
): Refusal | undefined {
  const list = reasons.join(", ");
  if (reason === undefined)
    return outcome === "rejected"
      ? {
          code: "reason_needed",
          field: "reason",
          detail: `a rejection needs one of the policy's reasons: ${list}`,
        }
      : undefined;
  if (outcome === "contacted" || outcome === "accepted")
    return {
      code: "invalid_field",
      field: "reason",
      detail: "only a rejected or a recycled lead has a reason",
    };
  return reasons.includes(reason)
    ? undefined
    : { code: "unknown_reason", field: "reason", detail: `must be one of the policy's reasons: ${list}` };
}

/** The first moment of a day `YYYY-MM-DD`; undefined where it is none. */
function firstOfDay(day: string, timeZone: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const midnight = parseTime(`${day}T00:00:00Z`);
  return midnight && new Date(startOfDay(dayNumber(Date.parse(midnight), "UTC"), timeZone)).toISOString();
}
