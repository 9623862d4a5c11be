import type { SigningKey } from "../access/token.ts";
import { evidenceToken } from "../access/token.ts";
import { evaluateCycle } from "../lead/cycle.ts";
import { buildLead, type LeadRecord, LeadUnmade } from "../lead/lead.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import type { Evaluation } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { type Contact, foldContact, type Person } from "../timeline/contact.ts";
import { readContact } from "./contact.ts";
import { readPolicyVersion } from "./policies.ts";
import type { Table } from "./table.ts";

/** How long an evidence link opens its page, in seconds. */
const evidenceLifetime = 90 * 24 * 60 * 60;

/** The signed link to a lead's evidence page, good for 90 days from an instant. */
export const evidenceUrl = (publicUrl: string, key: SigningKey, leadId: string, from: string): string =>
  `${publicUrl}/e/${evidenceToken(key, { v: 1, leadId, expires: Math.floor(Date.parse(from) / 1000) + evidenceLifetime })}`;

/** A contact whose lead an entry is, and what counts for it. */
export interface LeadReading {
  contact: Contact;
  /** As of the moment it qualified, under the policy it qualified under. */
  evaluation: Evaluation;
}

/** What counts for an entry's lead, by the facts that were read of its person. */
export function evaluateLead(person: Person, entry: LedgerEntry, policy: Policy): LeadReading {
  const contact = foldContact(person, policy);
  return { contact, evaluation: evaluateCycle(person, contact, policy, entry.qualifiedAt, { start: entry.cycleStart ?? null }) };
}

/**
 * A lead as sales gets it.
 * @throws LeadUnmade where nothing counts
 */
export const recordOf = (
  entry: LedgerEntry,
  { contact, evaluation }: LeadReading,
  evidence: string | null,
): LeadRecord =>
  buildLead({
    leadId: entry.leadId,
    contactId: contact.contactId,
    cycle: entry.cycle,
    evaluation,
    qualifiedAt: entry.qualifiedAt,
    allTouches: contact.touches,
    traits: contact.traits,
    emails: contact.emails,
    policyVersion: entry.policyVersion,
    emailOptOut: contact.person.unsubscribed,
    evidenceUrl: evidence,
    segments: contact.segments,
  });

/**
 * A lead with its proof: folded as of the moment it qualified, under the policy it qualified under. Reads consistently.
 * @throws LeadUnmade where the facts, as they are now, no longer make the lead
 */
export async function readLeadRecord(
  table: Table,
  entry: LedgerEntry,
  evidence: string | null,
): Promise<{ record: LeadRecord; contact: Contact }> {
  const { policy } = await readPolicyVersion(table, entry.policyVersion);
  // All there is, not only the windows that count: the first campaign and the name may be years old.
  const person = await readContact(table, entry.identifierId, { consistent: true });
  if (!person) throw new LeadUnmade();
  const reading = evaluateLead(person, entry, policy);
  return { record: recordOf(entry, reading, evidence), contact: reading.contact };
}
