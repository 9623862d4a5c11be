import * as z from "zod/mini";
import { outcomes } from "../lead/feedback.ts";
import { normaliseIdentifier } from "../touchpoint/identifier.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import { meaningOfStage, meaningOfStatus, type StatusMeaning } from "./crm-status.ts";
import { feedbackFields, type NewFeedback } from "./feedback.ts";
import { fieldKey } from "./field-names.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import { cleanText } from "./text.ts";
import { withoutNulls } from "./without-nulls.ts";

const text = (maximum: number) => z.optional(z.string().check(z.maxLength(maximum)));

/** An item of `POST /v1/feedback`: which lead, by its id, or its contact by e-mail or CRM id; and the answer. */
export const feedbackRowSchema = z.strictObject({
  lead: text(120),
  email: text(320),
  /** `salesforce:00Q…`, `hubspot:17`; a Salesforce id stands for itself. */
  crm: z.optional(z.union([z.string().check(z.maxLength(200)), z.number()])),
  outcome: z.optional(z.enum(outcomes)),
  /** In place of an outcome: a status of Salesforce or HubSpot. */
  status: text(200),
  ...feedbackFields,
});

/** A row as far as it is text: what a list has in its cells. */
export interface RowFields extends Omit<z.output<typeof feedbackRowSchema>, "outcome"> {
  /** One of ours, or a CRM's status. */
  outcome?: string | undefined;
  /** HubSpot's life cycle. */
  stage?: string | undefined;
  /** Where only the day is known: when it began. */
  since?: string | undefined;
  /** Whether Salesforce has made an opportunity of the lead. */
  isConverted?: boolean | undefined;
}

/** Whose answer a row has: the first of these that is known counts. */
export interface LeadReference {
  lead?: string;
  /** Normalised, as `crm` is. */
  email?: string;
  crm?: string;
}

/** An answer of a list. */
export interface FeedbackRow {
  reference: LeadReference;
  sent: NewFeedback;
  /** Said by what a CRM has as the record's state, and not as an answer of its own. */
  isState: boolean;
  /** ISO 8601: where only the day of the answer is known, when that began. */
  since?: string;
}

/** What a row says: an answer, nothing that is an answer, or nothing that can be understood. */
export type ReadRow = FeedbackRow | { ignored: "says_nothing" } | { refusal: Refusal };

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

/** An item of a JSON list. */
export function rowFromJson(item: unknown, reasons: readonly string[]): ReadRow {
  const parsed = feedbackRowSchema.safeParse(withoutNulls(item));
  if (!parsed.success) return { refusal: refusalOf(parsed.error.issues, "an answer") };
  const { outcome, status } = parsed.data;
  if (outcome === undefined && status === undefined)
    return refuse("invalid_field", "outcome", `one of ${outcomes.join(", ")} is needed, or a status`);
  return rowFrom(parsed.data, reasons);
}

/** Salesforce's ids of leads and contacts: 15 characters, or 18 that say the same. They begin with what kind of record it is. */
const salesforceId = /^(00Q|003)[a-z0-9]{12}([a-z0-9]{3})?$/i;

/** What an id in a column of ids names; undefined where it cannot be told. @param isHubspot whether a number is HubSpot's */
export function referenceOf(id: string, isHubspot = false): LeadReference | undefined {
  if (parseLeadId(id)) return { lead: id };
  if (salesforceId.test(id)) return { crm: normaliseIdentifier("crm", `salesforce:${id}`)! };
  if (isHubspot && /^\d{1,19}$/.test(id)) return { crm: `hubspot:${id}` };
  const crm = /^[\w-]+:\S+$/.test(id) ? normaliseIdentifier("crm", id) : undefined;
  return crm === undefined ? undefined : { crm };
}

/**
 * The answer that a row is. A CRM's state is understood leniently, since nobody wrote it for us: a reason that the policy does not know
 * is `other`, with the CRM's words as the note, if there is such a reason.
 * @param reasons of the policy
 */
export function rowFrom(fields: RowFields, reasons: readonly string[]): ReadRow {
  const said = cleanText(fields.outcome ?? "") || cleanText(fields.status ?? "");
  const own = outcomes.find((outcome) => outcome === fieldKey(said));
  const meaning = own ? { outcome: own } : stateOf(said, fields);
  if (!meaning) {
    const detail = `the status is not known: say ${outcomes.join(", ")} in a column Outcome`;
    return refuse("unknown_status", "status", detail);
  }
  const { outcome } = meaning;
  if (outcome === null) return { ignored: "says_nothing" };

  const email = normaliseIdentifier("email", fields.email ?? "");
  const reference = {
    ...referenceOf(cleanText(String(fields.crm ?? ""))),
    ...(fields.lead && referenceOf(cleanText(fields.lead))),
    ...(email !== undefined && { email }),
  };
  if (Object.keys(reference).length === 0)
    return refuse(
      "invalid_field",
      "lead",
      "the row names no lead: by lead, email or crm, such as salesforce:00Q…",
    );

  const { id, occurredAt, by, moveBack } = fields;
  const known = reasons.find((one) => fieldKey(one) === fieldKey(fields.reason ?? ""));
  const sent: NewFeedback = {
    outcome,
    id,
    occurredAt,
    by,
    moveBack,
    note: fields.note,
    reason: known ?? fields.reason,
    until: fields.until,
  };
  const day = fields.since !== undefined && { since: fields.since };
  return own
    ? { reference, sent, isState: false, ...day }
    : { reference, sent: lenient(sent, meaning, reasons), isState: true, ...day };
}

/** What a CRM says of a record beside our own words; undefined where that is not known. */
function stateOf(status: string, { stage = "", isConverted }: RowFields): StatusMeaning | undefined {
  if (isConverted) return { outcome: "accepted" };
  const ofStatus = status === "" ? undefined : meaningOfStatus(status);
  const ofStage = meaningOfStage(stage);
  if (ofStage?.outcome && (!ofStatus?.outcome || ofStatus.outcome === "contacted")) return ofStage;
  return ofStatus ?? (status === "" ? { outcome: null } : undefined);
}

function lenient(
  { reason, until, note, ...sent }: NewFeedback,
  meaning: StatusMeaning,
  reasons: readonly string[],
): NewFeedback {
  const isRecycled = sent.outcome === "recycled";
  if (!isRecycled && sent.outcome !== "rejected") return { ...sent, note };
  const fitting = [reason, meaning.reason, ...(isRecycled ? [] : ["other"])].find(
    (one) => one !== undefined && reasons.includes(one),
  );
  return {
    ...sent,
    ...(isRecycled && { until }),
    reason: fitting,
    note: note || (reason === fitting ? undefined : reason),
  };
}
