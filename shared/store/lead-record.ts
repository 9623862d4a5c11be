import type { SigningKey } from "../access/token.ts";
import { evidenceToken } from "../access/token.ts";
import { type Correction, correctionsOf } from "../lead/corrections.ts";
import { evaluateEntry } from "../lead/cycle.ts";
import {
  buildLead,
  type KnownLead,
  knownLead,
  type LeadInput,
  type LeadRecord,
  LeadUnmade,
} from "../lead/lead.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { ownerOf } from "../lead/owner.ts";
import { type Colleague, surroundingsOf } from "../lead/surroundings.ts";
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
  person: Person;
  contact: Contact;
  /** Under which it qualified. */
  policy: Policy;
  /** As of the moment it qualified, under the policy it qualified under. */
  evaluation: Evaluation;
}

/** What counts for an entry's lead, by the facts that were read of its person. */
export function evaluateLead(person: Person, entry: LedgerEntry, policy: Policy): LeadReading {
  const contact = foldContact(person, policy);
  return { person, contact, policy, evaluation: evaluateEntry(person, contact, policy, entry) };
}

/**
 * What a lead's record is made of.
 * @param colleagues null where nobody looked
 */
const inputOf = (
  entry: LedgerEntry,
  { person, contact, policy, evaluation }: LeadReading,
  evidence: string | null,
  colleagues: readonly Colleague[] | null,
): LeadInput & { qualifiedAt: string } => ({
  leadId: entry.leadId,
  contactId: contact.contactId,
  cycle: entry.cycle,
  evaluation,
  qualifiedAt: entry.qualifiedAt,
  decidingTouchId: entry.decidingTouchId,
  fastTrack: entry.fastTrack,
  required: policy.require,
  allTouches: contact.touches,
  traits: contact.traits,
  emails: contact.emails,
  account: contact.accounts[0] ?? null,
  policyVersion: entry.policyVersion,
  owner: ownerOf(person, contact, policy),
  emailOptOut: contact.person.unsubscribed,
  evidenceUrl: evidence,
  segments: contact.segments,
  surroundings: surroundingsOf(person, contact, entry),
  colleagues,
});

/**
 * A lead as sales gets it.
 * @throws LeadUnmade where nothing makes it one
 */
export const recordOf = (
  entry: LedgerEntry,
  reading: LeadReading,
  evidence: string | null,
  colleagues: readonly Colleague[] | null = null,
): LeadRecord => buildLead(inputOf(entry, reading, evidence, colleagues));

/** What is known of a lead's person as of now, all there is: the first campaign and the name may be years old. Reads consistently. */
export async function readLeadReading(table: Table, entry: LedgerEntry): Promise<LeadReading | undefined> {
  const { policy } = await readPolicyVersion(table, entry.policyVersion);
  const person = await readContact(table, entry.identifierId, { consistent: true });
  return person && evaluateLead(person, entry, policy);
}

/**
 * A lead with its proof: folded as of the moment it qualified, under the policy it qualified under. Reads consistently.
 * @throws LeadUnmade where the facts, as they are now, no longer make the lead
 */
export async function readLeadRecord(
  table: Table,
  entry: LedgerEntry,
  evidence: string | null,
): Promise<{ record: LeadRecord; contact: Contact }> {
  const reading = await readLeadReading(table, entry);
  if (!reading) throw new LeadUnmade();
  return { record: recordOf(entry, reading, evidence), contact: reading.contact };
}

/** A lead with what has changed in its proof since it was handed over. */
export interface LeadProof {
  /** The whole record, or what is known of a lead that the facts, as they are now, no longer make. */
  lead: LeadRecord | KnownLead;
  corrections: Correction[];
}

/** What a reading says of a lead, also where it no longer makes it one. */
export function proofOf(
  entry: LedgerEntry,
  reading: LeadReading,
  evidence: string | null,
  colleagues: readonly Colleague[] | null,
): LeadProof {
  const input = inputOf(entry, reading, evidence, colleagues);
  const corrections = correctionsOf(reading.person, entry, reading.policy, reading.evaluation);
  try {
    return { lead: buildLead(input), corrections };
  } catch (error) {
    if (!(error instanceof LeadUnmade)) throw error;
    return { lead: knownLead(input), corrections };
  }
}
