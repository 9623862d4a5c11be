import { longestRetention } from "../policy/retention.ts";
import {
  accountKey,
  activeKey,
  factKey,
  heldKey,
  identifierKey,
  type Key,
  linkKey,
  linkPrefix,
  partitions,
  touchKey,
} from "../table/keys.ts";
import { packTouch } from "../table/touch-item.ts";
import { companyDomain } from "../touchpoint/company-domain.ts";
import type { PersonFactMessage, TouchFact } from "../touchpoint/message.ts";
import type { PersonFact, SeenIdentifier } from "../touchpoint/person-fact.ts";
import type { Item } from "./table.ts";

/** Days that a marker of activity is of use: until its day has left the longest retention, and a year for nights that are late. */
export const markerDays = longestRetention + 366;

/** The items that make a fact durable. Their content follows from the fact alone, so putting them again changes nothing. */
export const itemsOf = (fact: TouchFact | PersonFactMessage): Item[] =>
  fact.kind === "touch" ? touchItems(fact) : personFactItems(fact);

function touchItems({ touch, identifierIds }: TouchFact): Item[] {
  const { identifierId, occurredAt, touchId, hash16, identifiers, source } = touch;
  const seen = Object.entries(identifierIds).map(([type, id]) => ({
    type: type as SeenIdentifier["type"],
    id,
    value: identifiers[type as SeenIdentifier["type"]] ?? "",
  }));
  return [
    { ...touchKey(identifierId, occurredAt, touchId, hash16), body: packTouch(touch) },
    ...sightings(seen, occurredAt, source),
    ...accountItems(seen),
  ];
}

function personFactItems({ fact, seen }: PersonFactMessage): Item[] {
  const { identifierId, occurredAt, source } = fact;
  const links = [...sightings(seen, occurredAt, source), ...accountItems(seen)];
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

/**
 * What identifiers that were seen together leave in the partitions of all of them: that they were, each with each, and what each
 * one is. Each pair, because one of them may be one that joins nobody: the others belong together all the same.
 */
function sightings(seen: readonly SeenIdentifier[], occurredAt: string, source: string): Item[] {
  const distinct = [...new Map(seen.map((one) => [one.id, one])).values()];
  if (distinct.length < 2) return [];
  const hour = occurredAt.slice(0, 13);
  return distinct.flatMap(({ id, type, value }) => [
    identifierItem(id, type, value),
    ...distinct
      .filter((other) => other.id !== id)
      .map((other) => ({
        ...linkKey(id, other.id, hour, source),
        body: JSON.stringify({ v: 1, type: other.type }),
      })),
  ]);
}

/** Where addresses are found by their company. */
const accountItems = (seen: readonly SeenIdentifier[]): Item[] =>
  seen.flatMap(({ type, id, value }) => {
    const domain = type === "email" ? companyDomain(value) : undefined;
    return domain === undefined ? [] : [{ ...accountKey(domain, id) }];
  });

/** Whether a row's key says all it has to say, so that who has put it need not put it again. */
export const isSighting = ({ pk, sk }: Key): boolean =>
  sk === identifierKey("").sk || sk.startsWith(linkPrefix) || pk.startsWith(partitions.account);

/** Type and value of an identifier, for a partition in which no touch carries them. */
export const identifierItem = (identifierId: string, type: string, value: string): Item => ({
  ...identifierKey(identifierId),
  body: JSON.stringify({ v: 1, type, value }),
});

/** Notes that something is held of an identifier since the day of `now`, for retention to find, where the night has nothing to look at. */
export const heldItem = (identifierId: string, now: Date): Item => ({
  ...heldKey(now.toISOString().slice(0, 10), identifierId),
  expiresAt: Math.floor(now.getTime() / 1000) + markerDays * 24 * 60 * 60,
});

/** Marks an identifier as active on the day of `now`, for the night to find. */
export const activeItem = (identifierId: string, now: Date): Item => ({
  ...activeKey(now.toISOString().slice(0, 10), identifierId),
  expiresAt: Math.floor(now.getTime() / 1000) + markerDays * 24 * 60 * 60,
});
