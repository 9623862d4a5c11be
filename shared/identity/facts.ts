import { compareText } from "../timeline/timeline.ts";
import { type IdentifierType, isRoleAddress, isSentinel } from "../touchpoint/identifier.ts";

/** An identifier was seen together with another within one hour. Stands in the partitions of both. */
export interface Sighting {
  other: string;
  /** The other's type. */
  type: IdentifierType;
  /** `2026-11-21T10`, in UTC. */
  hour: string;
  /** The id of the source that saw it; empty in what was kept before it was noted. */
  source: string;
}

/** A person separated a pair of identifiers, or took that back. Stands in the partitions of both. */
export interface HandFact {
  other: string;
  /** ISO 8601 in UTC with milliseconds. */
  at: string;
  id: string;
  act: "separated" | "joined";
  reason: string;
  who: string;
}

/** What is known of one identifier: all that its partition says about who it belongs to. */
export interface IdentifierFacts {
  identifierId: string;
  type: IdentifierType;
  /** Normalised. */
  value: string;
  links: readonly Sighting[];
  hands: readonly HandFact[];
  /** There where its person was erased: nothing else is left of it. */
  erased?: Erased;
}

/** What is left of an erased identifier. It joins nobody and is shown to nobody. */
export interface Erased {
  type: IdentifierType;
  /**
   * Whether browsers could be its own when it was erased. Where they could it still claims its touches on browsers shared with
   * others: they are nobody else's because their person is gone.
   */
  claims: boolean;
}

/** What was read so far, by identifierId; null where a partition was read and holds nothing. */
export type ReadFacts = ReadonlyMap<string, IdentifierFacts | null>;

/** Why a link joins nobody. */
export const refusals = [
  "erased",
  "sentinel",
  "role_address",
  "too_many_links",
  "separated_by_hand",
  "limit_user",
  "limit_email",
  "limit_crm",
  "weak",
] as const;
export type Refusal = (typeof refusals)[number];

/** How many identifiers of each strong type one contact may have. */
export const contactLimits = { user: 1, email: 5, crm: 10 } as const;
export type StrongType = keyof typeof contactLimits;

/** A strong identifier seen with more strong ones than fill a contact is nobody's. */
export const mostStrongLinks = contactLimits.user + contactLimits.email + contactLimits.crm - 1;

/** A browser linked with more strong identifiers is a kiosk, and nobody's. */
export const mostPeopleOfDevice = 20;

/** An address or account seen in more browsers is a service's or a tester's: no browser is its own. */
export const mostDevices = 1_000;

/**
 * More strong identifiers than this in one web of links are noise that no order of applying them makes sense of: none of its
 * links is applied. It bounds what has to be read to know one contact.
 */
export const mostInWeb = 200;

export const isStrong = (type: IdentifierType): type is StrongType => type !== "anonymous";

/** The name of a pair, the same from either side. */
export const pairOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** The order in which words by hand were said: the last one of a pair stands. Of two at one instant that of the greater id. */
export const compareHands = (a: HandFact, b: HandFact): number =>
  compareText(a.at, b.at) || compareText(a.id, b.id);

/** Whether a value says by itself that it is no one person's. */
export function refusedByValue(type: IdentifierType, value: string): "sentinel" | "role_address" | null {
  const name = type === "email" ? (value.split("@", 1)[0] ?? "") : value.slice(value.indexOf(":") + 1);
  if (isSentinel(value) || isSentinel(name)) return "sentinel";
  return type === "email" && isRoleAddress(value) ? "role_address" : null;
}
