import type { LedgerEntry } from "../lead/ledger.ts";
import type { PersonFacts } from "../policy/evaluate.ts";
import { identifierTypes } from "../touchpoint/identifier.ts";
import type { Identifiers, Touch, Traits } from "../touchpoint/touch.ts";
import { foldTouches, type TimelineTouch } from "./timeline.ts";

/** The facts of one identifier, as read: what a contact is folded from. */
export interface PersonPartition {
  identifierId: string;
  touches: Touch[];
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
  ledger: LedgerEntry[];
  person: PersonFacts;
}

/** The latest non-empty value of each trait, by the time it happened. @param touches oldest first */
export function foldTraits(touches: readonly TimelineTouch[]): Traits {
  const traits: Traits = {};
  for (const touch of touches) {
    for (const [name, value] of Object.entries(touch.traits ?? {})) {
      if (value && !touch.conflict) traits[name as keyof Traits] = value;
    }
  }
  return traits;
}

/** Folds the facts of a person. The same set of facts gives the same contact, in whatever order they arrived. */
export function foldContact(partition: PersonPartition): Contact {
  const touches = foldTouches(partition.touches);
  const own = ownIdentifier(partition, touches);
  const emails = own?.type === "email" ? [own.value] : [];
  return {
    contactId: partition.identifierId,
    identifiers: own ? [own] : [],
    emails,
    traits: foldTraits(touches),
    touches,
    ledger: partition.ledger,
    person: { emails, unsubscribed: false, doNotContact: false },
  };
}

/**
 * The identifier a partition belongs to: it says so itself, or its touches do. They stand with the first identifier that
 * each of them has, so a touch with an e-mail stands with its e-mail.
 */
function ownIdentifier(
  { identifier }: PersonPartition,
  touches: readonly TimelineTouch[],
): { type: string; value: string } | undefined {
  const sources = [identifier, ...touches.map((touch) => touch.identifiers)];
  for (const identifiers of sources) {
    for (const type of identifierTypes) {
      const value = identifiers?.[type];
      if (value) return { type, value };
    }
  }
  return undefined;
}
