import * as z from "zod/mini";
import type { Contact, Person } from "../timeline/contact.ts";
import { answerOf } from "./cycle.ts";
import { type DealVersion, dealStatuses } from "./deal.ts";
import { outcomes } from "./feedback.ts";
import { type LedgerEntry, leadStatuses } from "./ledger.ts";
import { statusOf } from "./stage.ts";

const text = z.nullable(z.string());

/**
 * Somebody else at the lead's company who did something that counts, or is or was a lead. In the files of an export by id alone: an erased
 * person must not stay in somebody else's lead.
 */
export const colleagueSchema = z.strictObject({
  contactId: z.string(),
  name: text,
  email: text,
  jobTitle: text,
  /** Of what is read: null where it is older than two windows. */
  lastTouchAt: text,
  /** Where their latest lead stands; null where there is none. */
  lead: z.nullable(z.enum(leadStatuses)),
});
export type Colleague = z.infer<typeof colleagueSchema>;

/** A deal that the person is a contact of, as it stands. */
export const leadDealSchema = z.strictObject({
  id: z.string(),
  stage: z.string(),
  status: z.enum(dealStatuses),
  amount: text,
  currency: text,
  owner: text,
  closedAt: text,
});

/** What sales said of the lead, in the order in which it happened. */
export const leadFeedbackSchema = z.strictObject({
  outcome: z.enum(outcomes),
  reason: text,
  until: text,
  note: text,
  by: text,
  occurredAt: z.string(),
  /** False of what would have taken the lead back without saying so, and of what contradicts another word. */
  applied: z.boolean(),
});

/** A lead that the person was before. */
export const earlierLeadSchema = z.strictObject({
  leadId: z.string(),
  qualifiedAt: z.string(),
  status: z.enum(leadStatuses),
  /** Why it was rejected. */
  reason: text,
});

/** What the policy asks of a lead beside its touches: all of it is known of this one. */
export const requiredSchema = z.strictObject({ traits: z.array(z.string()), segments: z.array(z.string()) });

/** What stands around a lead: what was said of it and of the person, and when. */
export interface Surroundings {
  deals: z.infer<typeof leadDealSchema>[];
  feedback: z.infer<typeof leadFeedbackSchema>[];
  earlierLeads: z.infer<typeof earlierLeadSchema>[];
}

const dealView = (deal: DealVersion): Surroundings["deals"][number] => ({
  id: deal.id,
  stage: deal.stage,
  status: deal.status,
  amount: deal.amount ?? null,
  currency: deal.currency ?? null,
  owner: deal.owner ?? null,
  closedAt: deal.closedAt ?? null,
});

/** What stands around the lead of an entry. */
export function surroundingsOf(
  person: Person,
  { deals, ledger }: Pick<Contact, "deals" | "ledger">,
  entry: LedgerEntry,
): Surroundings {
  return {
    deals: deals.map(dealView),
    feedback: answerOf(person, entry.cycle).history.map((said) => ({
      outcome: said.outcome,
      reason: said.reason ?? null,
      until: said.until ?? null,
      note: said.note ?? null,
      by: said.by ?? null,
      occurredAt: said.occurredAt,
      applied: said.applied,
    })),
    earlierLeads: ledger
      .filter(({ cycle, qualifiedAt }) => cycle !== entry.cycle && qualifiedAt < entry.qualifiedAt)
      .map((earlier) => ({
        leadId: earlier.leadId,
        qualifiedAt: earlier.qualifiedAt,
        status: statusOf(person, earlier),
        reason: answerOf(person, earlier.cycle).current?.reason ?? null,
      })),
  };
}
