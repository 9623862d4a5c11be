import type { HandFact, IdentifierFacts, ReadFacts, Sighting } from "../../../shared/identity/facts.ts";
import { type Identity, identify, toRead } from "../../../shared/identity/identity.ts";
import { type IdentifierType, identifierId } from "../../../shared/touchpoint/identifier.ts";

const namespace = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

/** Two identifiers as `type:value`, and the hour in which they were seen together. */
export type Seen = readonly [a: string, b: string, hour: string];
/** A word by hand on a pair. */
export type Hand = readonly [a: string, b: string, at: string, act: HandFact["act"], id?: string];

const parts = (name: string): { type: IdentifierType; value: string } => {
  const colon = name.indexOf(":");
  return { type: name.slice(0, colon) as IdentifierType, value: name.slice(colon + 1) };
};

export const idOf = (name: string): string => {
  const { type, value } = parts(name);
  return identifierId(namespace, type, value);
};

/** What the store would hold after these facts: every partition there is. */
export function world(
  seen: readonly Seen[],
  hands: readonly Hand[] = [],
  alone: readonly string[] = [],
): Map<string, IdentifierFacts> {
  const all = new Map<string, IdentifierFacts & { links: Sighting[]; hands: HandFact[] }>();
  const partition = (name: string) => {
    const id = idOf(name);
    const facts = all.get(id) ?? { identifierId: id, ...parts(name), links: [], hands: [] };
    all.set(id, facts);
    return facts;
  };
  for (const name of alone) partition(name);
  for (const [a, b, hour] of seen) {
    partition(a).links.push({ other: idOf(b), type: parts(b).type, hour, source: "crm" });
    partition(b).links.push({ other: idOf(a), type: parts(a).type, hour, source: "crm" });
  }
  for (const [a, b, at, act, id = at] of hands) {
    const word = { at, id, act, reason: "two people", who: "sales" };
    partition(a).hands.push({ ...word, other: idOf(b) });
    partition(b).hands.push({ ...word, other: idOf(a) });
  }
  return all;
}

/**
 * Reads as the store would, step by step, only what is asked for.
 * @param order which of what is asked for to read in a step
 */
export function readFor(
  all: ReadonlyMap<string, IdentifierFacts>,
  start: string,
  order: (asked: string[]) => string[] = (asked) => asked,
): ReadFacts {
  const read = new Map<string, IdentifierFacts | null>();
  for (let asked = toRead(read, start); asked.length > 0; asked = toRead(read, start)) {
    for (const id of order(asked)) read.set(id, all.get(id) ?? null);
  }
  return read;
}

export const contactOf = (all: ReadonlyMap<string, IdentifierFacts>, name: string): Identity | undefined =>
  identify(readFor(all, idOf(name)), idOf(name));

/** `type:value` of each strong identifier, in text order. */
export const namesOf = (identity: Identity | undefined): string[] =>
  (identity?.strong ?? []).map(({ type, value }) => `${type}:${value}`).sort();
