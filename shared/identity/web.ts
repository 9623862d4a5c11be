import type { IdentifierType } from "../touchpoint/identifier.ts";
import {
  compareHands,
  contactLimits,
  type HandFact,
  type IdentifierFacts,
  isStrong,
  mostDevices,
  mostInWeb,
  mostPeopleOfDevice,
  mostStrongLinks,
  pairOf,
  type ReadFacts,
  type Refusal,
  refusedByValue,
  type Sighting,
} from "./facts.ts";

/** Another identifier that one was seen with, and the hours in which it was: the same from either side. */
export interface Neighbour {
  identifierId: string;
  type: IdentifierType;
  hours: Set<string>;
  sources: Set<string>;
}

/** The web of identifiers that facts describe, as far as they were read. A value of the set of facts only. */
export class Web {
  readonly #read: ReadFacts;
  readonly #neighbours = new Map<string, Map<string, Neighbour>>();
  readonly #hands = new Map<string, HandFact>();
  readonly #refusals = new Map<string, Refusal | null>();

  constructor(read: ReadFacts) {
    this.#read = read;
    for (const facts of read.values()) {
      if (!facts) continue;
      for (const sighting of facts.links) {
        if (sighting.other !== facts.identifierId) this.#see(facts, sighting);
      }
      for (const hand of facts.hands) this.#judge(pairOf(facts.identifierId, hand.other), hand);
    }
  }

  #see(facts: IdentifierFacts, { other, type, hour, source }: Sighting): void {
    const { identifierId } = facts;
    const known = this.#neighbours.get(identifierId)?.get(other);
    if (known) {
      known.hours.add(hour);
      known.sources.add(source);
      return;
    }
    const when = { hours: new Set([hour]), sources: new Set([source]) };
    this.#neighboursOf(identifierId).set(other, { identifierId: other, type, ...when });
    this.#neighboursOf(other).set(identifierId, { identifierId, type: facts.type, ...when });
  }

  #neighboursOf(id: string): Map<string, Neighbour> {
    const neighbours = this.#neighbours.get(id) ?? new Map<string, Neighbour>();
    this.#neighbours.set(id, neighbours);
    return neighbours;
  }

  #judge(pair: string, hand: HandFact): void {
    const other = this.#hands.get(pair);
    if (!other || compareHands(hand, other) > 0) this.#hands.set(pair, hand);
  }

  /** undefined where it was not read yet, null where there is nothing. */
  facts(id: string): IdentifierFacts | null | undefined {
    return this.#read.get(id);
  }

  /** The fact by which a pair stands separated, if it does. */
  separation(a: string, b: string): HandFact | undefined {
    const hand = this.#hands.get(pairOf(a, b));
    return hand?.act === "separated" ? hand : undefined;
  }

  /** All that an identifier was seen with, also what a person separated from it. */
  seenWith(id: string): Neighbour[] {
    return [...(this.#neighbours.get(id)?.values() ?? [])];
  }

  /** What an identifier was seen with, without what a person separated from it. */
  neighbours(id: string, strength: "strong" | "weak"): Neighbour[] {
    return this.seenWith(id).filter(
      (one) => isStrong(one.type) === (strength === "strong") && !this.separation(id, one.identifierId),
    );
  }

  /**
   * Why an identifier joins nobody, by what its own partition says; null where it may. A separated pair does not count
   * among its links: that is how a person cures an identifier that was seen with too many.
   */
  refusal(id: string): Refusal | null {
    const known = this.#refusals.get(id);
    if (known !== undefined) return known;
    const facts = this.facts(id);
    const refusal = facts?.erased
      ? "erased"
      : facts
        ? (refusedByValue(facts.type, facts.value) ?? this.#overLimit(facts))
        : null;
    this.#refusals.set(id, refusal);
    return refusal;
  }

  #overLimit({ identifierId, type }: IdentifierFacts): "too_many_links" | null {
    const strong = this.neighbours(identifierId, "strong");
    if (!isStrong(type)) return strong.length > mostPeopleOfDevice ? "too_many_links" : null;
    const held = (wanted: "email" | "crm") =>
      strong.filter((one) => one.type === wanted).length + (type === wanted ? 1 : 0);
    // A second account of one's own product is what happens to people, and is refused link by link.
    return strong.length > mostStrongLinks ||
      held("email") > contactLimits.email ||
      held("crm") > contactLimits.crm
      ? "too_many_links"
      : null;
  }

  /** Why no browser is this strong identifier's; null where browsers may be. */
  deviceRefusal(id: string): Refusal | null {
    const erased = this.facts(id)?.erased;
    if (erased) return erased.claims ? null : "erased";
    return this.refusal(id) ?? (this.neighbours(id, "weak").length > mostDevices ? "too_many_links" : null);
  }

  /**
   * The strong identifiers that links reach from one, over identifiers that may join: all that can bear on its contact,
   * whichever of the links are refused later. The same from each of its members.
   */
  reach(start: string): Reach {
    const seen = new Set([start]);
    const members: string[] = [];
    const unread: string[] = [];
    for (const id of seen) {
      const facts = this.facts(id);
      if (facts === undefined) unread.push(id);
      if (!facts || this.refusal(id)) continue;
      members.push(id);
      if (members.length > mostInWeb) return this.#tooLarge(start);
      for (const { identifierId } of this.neighbours(id, "strong")) seen.add(identifierId);
    }
    return { members, unread, tooLarge: false };
  }

  /** Its own neighbours are read all the same, so that each refused link has its reason. */
  #tooLarge(start: string): Reach {
    const beside = this.neighbours(start, "strong").map(({ identifierId }) => identifierId);
    return {
      members: [start],
      unread: beside.filter((id) => this.facts(id) === undefined),
      tooLarge: true,
    };
  }
}

export interface Reach {
  /** Those that may join. */
  members: string[];
  /** What has to be read before more is known. */
  unread: string[];
  /** There are more than a web may have: each stands alone, and `members` is the start. */
  tooLarge: boolean;
}
