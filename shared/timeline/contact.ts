import { type Identity, ownsTouch } from "../identity/identity.ts";
import { type DealVersion, dealsOf } from "../lead/deal.ts";
import type { LeadPointer, LedgerEntry } from "../lead/ledger.ts";
import type { PersonFacts } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { segmentsOfContact } from "../policy/segmentation.ts";
import { accountsOf } from "../touchpoint/company-domain.ts";
import type { IdentifierType } from "../touchpoint/identifier.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import type { Touch, Traits } from "../touchpoint/touch.ts";
import { asksForSilence, isEmailPurpose } from "./consents.ts";
import { foldFacts } from "./facts.ts";
import { judgeClicks } from "./machine.ts";
import type { PersonPartition } from "./partition.ts";
import { foldProfile, type Profile, traitsOf } from "./profile.ts";
import { compareText, foldTouches, type TimelineTouch } from "./timeline.ts";
import type { TouchVerdict } from "./verdict.ts";

/** Who one person is, and every partition of theirs as read: those of their browsers too. */
export interface Person {
  identity: Identity;
  partitions: readonly PersonPartition[];
}

/** One person, derived from facts at every reading and never stored. */
export interface Contact {
  contactId: string;
  /** Best first; browsers last. */
  identifiers: { identifierId: string; type: IdentifierType; value: string }[];
  /** Normalised addresses, the one last used first. */
  emails: string[];
  traits: Traits;
  /** The same, each with where it comes from. */
  profile: Profile;
  /** Company domains of the addresses, that of the one last used first. */
  accounts: string[];
  /** Of the policy, those the contact belongs to. */
  segments: string[];
  touches: TimelineTouch[];
  /** What is known of the person and is no touch, oldest first. */
  facts: PersonFact[];
  /** Deals that the person is a contact of, as they stand. */
  deals: DealVersion[];
  /** Of every partition, the earliest qualified first. */
  ledger: LedgerEntry[];
  /** Leads of others, or of ones the contact once belonged to, that it had a part in. */
  pointers: LeadPointer[];
  person: PersonFacts;
}

/**
 * Folds the facts of a person. The same set of facts gives the same contact, in whatever order they arrived and from whichever
 * identifier it was read.
 * @param policy whose thresholds tell a machine's click
 */
export function foldContact(person: Person, policy: Policy): Contact {
  const { identity, partitions } = person;
  const facts = foldFacts(ownOf(person, ({ facts }) => facts));
  const touches = judgedTouches(
    ownOf(person, ({ touches }) => touches),
    facts,
    partitions.flatMap(({ verdicts }) => verdicts),
    policy,
  );
  const emails = addresses(identity, touches);
  const profile = foldProfile(touches, facts);
  const traits = traitsOf(profile);
  const strong = new Set(identity.strong.map(({ identifierId }) => identifierId));
  const kept = partitions.filter(({ identifierId }) => strong.size === 0 || strong.has(identifierId));
  return {
    contactId: identity.contactId,
    identifiers: [...identity.strong, ...identity.weak]
      .filter(({ value }) => value !== "")
      .map(({ identifierId, type, value }) => ({ identifierId, type, value })),
    emails,
    traits,
    profile,
    accounts: accountsOf(emails),
    segments: segmentsOfContact(policy.segments, { traits, emails }),
    touches,
    facts,
    deals: dealsOf(
      kept.flatMap(({ deals }) => deals),
      new Set(kept.map(({ identifierId }) => identifierId)),
    ),
    ledger: kept
      .flatMap(({ ledger }) => ledger)
      .sort((a, b) => compareText(a.qualifiedAt, b.qualifiedAt) || compareText(a.leadId, b.leadId)),
    pointers: kept
      .flatMap(({ pointers }) => pointers)
      .filter(({ home, withdrawn }) => !strong.has(home) && withdrawn === undefined),
    person: { emails, unsubscribed: optedOut(facts), doNotContact: asksForSilence(facts) },
  };
}

/**
 * The timeline of stored touches, and what else is known of each: that it was taken back, or that a machine made it.
 * @param facts as `foldFacts` makes them
 */
export function judgedTouches(
  stored: readonly Touch[],
  facts: readonly PersonFact[],
  verdicts: readonly TouchVerdict[],
  policy: Pick<Policy, "machineClicks">,
): TimelineTouch[] {
  const cancelled = new Set(facts.flatMap((fact) => (fact.type === "cancellation" ? [fact.touchId] : [])));
  const touches = foldTouches(stored);
  const judgements = judgeClicks(touches, facts, verdicts, policy.machineClicks);
  if (cancelled.size + judgements.size === 0) return touches;
  return touches.map((touch): TimelineTouch => {
    // What is known of the one that counts says nothing of another that came under its id.
    const judgement = touch.conflict ? undefined : judgements.get(touch.touchId);
    const exclusion = cancelled.has(touch.touchId) ? "cancelled" : judgement?.machine && "machine";
    return exclusion || judgement ? { ...touch, ...judgement, ...(exclusion && { exclusion }) } : touch;
  });
}

/** What of a person's partitions is the person's: of a shared browser a part. */
function ownOf<Fact extends { occurredAt: string }>(
  { identity, partitions }: Person,
  factsOf: (partition: PersonPartition) => readonly Fact[],
): Fact[] {
  const strong = new Set(identity.strong.map(({ identifierId }) => identifierId));
  return partitions.flatMap((partition) => {
    const { identifierId } = partition;
    return strong.has(identifierId)
      ? factsOf(partition)
      : factsOf(partition).filter(({ occurredAt }) => ownsTouch(identity, identifierId, occurredAt));
  });
}

/** The contact's addresses, the one last used first; those that no touch was made with in the order of the identity. */
function addresses({ strong }: Identity, touches: readonly TimelineTouch[]): string[] {
  const emails = strong.filter(({ type }) => type === "email").map(({ value }) => value);
  if (emails.length < 2) return emails;
  const lastUsed = new Map<string, number>();
  touches.forEach(({ identifiers: { email } }, index) => {
    if (email !== undefined) lastUsed.set(email, index);
  });
  return emails.sort((a, b) => (lastUsed.get(b) ?? -1) - (lastUsed.get(a) ?? -1));
}

/**
 * Whether a person wants no marketing e-mail: the latest word counts, and a complaint of spam is one. Of two at one instant
 * the one that says no.
 * @param facts oldest first
 */
export function optedOut(facts: readonly PersonFact[]): boolean {
  let latest = { at: "", out: false };
  for (const fact of facts) {
    const complained = fact.type === "delivery" && fact.status === "complained";
    if (!complained && !(fact.type === "consent" && isEmailPurpose(fact.purpose))) continue;
    const out = complained || fact.status === "withdrawn";
    if (fact.occurredAt > latest.at || out) latest = { at: fact.occurredAt, out };
  }
  return latest.out;
}
