import type { LedgerEntry } from "../lead/ledger.ts";
import type { PersonFacts } from "../policy/evaluate.ts";
import { identifierTypes } from "../touchpoint/identifier.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import type { Identifiers, Touch, Traits } from "../touchpoint/touch.ts";
import { foldFacts } from "./facts.ts";
import { compareText, foldTouches, type TimelineTouch } from "./timeline.ts";

/** The facts of one identifier, as read: what a contact is folded from. */
export interface PersonPartition {
  identifierId: string;
  touches: Touch[];
  facts: PersonFact[];
  ledger: LedgerEntry[];
  links: { other: string; hour: string; type: string }[];
  /** Type and value, where the partition says them itself. */
  identifier?: Identifiers;
}

/** One person, derived from facts at every reading and never stored. */
export interface Contact {
  contactId: string;
  identifiers: { type: string; value: string }[];
  /** Normalised addresses, the one last used first. */
  emails: string[];
  traits: Traits;
  touches: TimelineTouch[];
  /** What is known of the person and is no touch, oldest first. */
  facts: PersonFact[];
  ledger: LedgerEntry[];
  person: PersonFacts;
}

/** The latest non-empty value of each trait, by the time it happened, from touches and from what was said without one. */
export function foldTraits(touches: readonly TimelineTouch[], facts: readonly PersonFact[] = []): Traits {
  const said = [
    ...touches.filter(({ conflict }) => !conflict).map((touch) => ({ ...touch, id: touch.touchId })),
    ...facts.flatMap((fact) => (fact.type === "traits" ? [{ ...fact, id: fact.factId }] : [])),
  ];
  said.sort((a, b) => compareText(a.occurredAt, b.occurredAt) || compareText(a.id, b.id));
  const traits: Traits = {};
  for (const one of said) {
    for (const [name, value] of Object.entries(one.traits ?? {})) {
      if (value) traits[name as keyof Traits] = value;
    }
  }
  return traits;
}

/** Folds the facts of a person. The same set of facts gives the same contact, in whatever order they arrived. */
export function foldContact(partition: PersonPartition): Contact {
  const facts = foldFacts(partition.facts);
  const cancelled = new Set(facts.flatMap((fact) => (fact.type === "cancellation" ? [fact.touchId] : [])));
  const touches = foldTouches(partition.touches).map(
    (touch): TimelineTouch => (cancelled.has(touch.touchId) ? { ...touch, exclusion: "cancelled" } : touch),
  );
  const own = ownIdentifier(partition, touches);
  const emails = own?.type === "email" ? [own.value] : [];
  return {
    contactId: partition.identifierId,
    identifiers: own ? [own] : [],
    emails,
    traits: foldTraits(touches, facts),
    touches,
    facts,
    ledger: partition.ledger,
    person: { emails, unsubscribed: optedOut(facts), doNotContact: false },
  };
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
    if (!complained && !(fact.type === "consent" && fact.purpose === "email")) continue;
    const out = complained || fact.status === "withdrawn";
    if (fact.occurredAt > latest.at || out) latest = { at: fact.occurredAt, out };
  }
  return latest.out;
}

/**
 * The identifier a partition belongs to: it says so itself, or its facts do. They stand with the first identifier that
 * each of them has, so a touch with an e-mail stands with its e-mail.
 */
function ownIdentifier(
  { identifier, facts }: PersonPartition,
  touches: readonly TimelineTouch[],
): { type: string; value: string } | undefined {
  const sources = [identifier, ...[...touches, ...facts].map(({ identifiers }) => identifiers)];
  for (const identifiers of sources) {
    for (const type of identifierTypes) {
      const value = identifiers?.[type];
      if (value) return { type, value };
    }
  }
  return undefined;
}
