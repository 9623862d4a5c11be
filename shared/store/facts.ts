import { activeKey, factKey, identifierKey, type Key, linkKey, touchKey } from "../table/keys.ts";
import { packTouch } from "../table/touch-item.ts";
import type { PersonFactMessage, TouchFact } from "../touchpoint/message.ts";
import type { PersonFact, SeenIdentifier } from "../touchpoint/person-fact.ts";
import type { Item } from "./table.ts";

/** Days that a marker of activity is of use: the longest window a policy may have, twice. */
const markerDays = 1461;

/** The items that make a fact durable. Their content follows from the fact alone, so putting them again changes nothing. */
export const itemsOf = (fact: TouchFact | PersonFactMessage): Item[] =>
  fact.kind === "touch" ? touchItems(fact) : personFactItems(fact);

function touchItems({ touch, identifierIds }: TouchFact): Item[] {
  const { identifierId, occurredAt, touchId, hash16, identifiers } = touch;
  const seen = Object.entries(identifierIds).map(([type, id]) => ({
    type: type as SeenIdentifier["type"],
    id,
    value: identifiers[type as SeenIdentifier["type"]] ?? "",
  }));
  return [
    { ...touchKey(identifierId, occurredAt, touchId, hash16), body: packTouch(touch) },
    ...linkItems(identifierId, seen, occurredAt),
  ];
}

function personFactItems({ fact, seen }: PersonFactMessage): Item[] {
  const { identifierId, occurredAt } = fact;
  const links = linkItems(identifierId, seen, occurredAt);
  const key = personFactKey(fact);
  if (key) return [{ ...key, body: factBody(fact) }, ...links];
  const own = seen.find(({ id }) => id === identifierId);
  return own ? [identifierItem(own.id, own.type, own.value), ...links] : links;
}

/** Where a fact stands; undefined for a link, which is its link rows and nothing else. */
function personFactKey(fact: PersonFact): Key | undefined {
  const { type, identifierId, occurredAt, factId, hash16 } = fact;
  if (type === "link") return undefined;
  return factKey(identifierId, type, type === "cancellation" ? fact.touchId : occurredAt, factId, hash16);
}

/** What the key does not say. */
function factBody(fact: PersonFact): string {
  const { identifierId: _, factId: __, hash16: ___, ...rest } = fact;
  return JSON.stringify({ v: 1, ...rest });
}

/** The sightings of other identifiers beside the one whose partition it is, in both partitions. */
function linkItems(identifierId: string, seen: readonly SeenIdentifier[], occurredAt: string): Item[] {
  const hour = occurredAt.slice(0, 13);
  const ownType = seen.find(({ id }) => id === identifierId)?.type ?? "";
  return seen
    .filter(({ id }) => id !== identifierId)
    .flatMap(({ id, type, value }) => [
      { ...linkKey(identifierId, id, hour), body: JSON.stringify({ v: 1, type }) },
      { ...linkKey(id, identifierId, hour), body: JSON.stringify({ v: 1, type: ownType }) },
      identifierItem(id, type, value),
    ]);
}

/** Type and value of an identifier, for a partition in which no touch carries them. */
export const identifierItem = (identifierId: string, type: string, value: string): Item => ({
  ...identifierKey(identifierId),
  body: JSON.stringify({ v: 1, type, value }),
});

/** Marks an identifier as active on the day of `now`, for the night to find. */
export const activeItem = (identifierId: string, now: Date): Item => ({
  ...activeKey(now.toISOString().slice(0, 10), identifierId),
  expiresAt: Math.floor(now.getTime() / 1000) + markerDays * 24 * 60 * 60,
});
