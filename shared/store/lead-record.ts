import type { SigningKey } from "../access/token.ts";
import { evidenceToken } from "../access/token.ts";
import { buildLead, type LeadRecord } from "../lead/lead.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { evaluate } from "../policy/evaluate.ts";
import { type Contact, foldContact } from "../timeline/contact.ts";
import { readPerson } from "./person.ts";
import { readPolicyVersion } from "./policies.ts";
import type { Table } from "./table.ts";

/** How long an evidence link opens its page, in seconds. */
const evidenceLifetime = 90 * 24 * 60 * 60;

/** The signed link to a lead's evidence page, good for 90 days from an instant. */
export const evidenceUrl = (publicUrl: string, key: SigningKey, leadId: string, from: string): string =>
  `${publicUrl}/e/${evidenceToken(key, { v: 1, leadId, expires: Math.floor(Date.parse(from) / 1000) + evidenceLifetime })}`;

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
  const contact = foldContact(await readPerson(table, entry.identifierId, { consistent: true }));
  const evaluation = evaluate(contact.touches, policy, entry.qualifiedAt, contact.person);
  const record = buildLead({
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
  });
  return { record, contact };
}
