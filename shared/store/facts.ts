import { activeKey, identifierKey, linkKey, touchKey } from "../table/keys.ts";
import { packTouch } from "../table/touch-item.ts";
import type { TouchFact } from "../touchpoint/message.ts";
import type { Item } from "./table.ts";

/** Days that a marker of activity is of use: the longest window a policy may have, twice. */
const markerDays = 1461;

/** The items that make a fact durable. Their content follows from the fact alone, so putting them again changes nothing. */
export function itemsOf(fact: TouchFact): Item[] {
  const { touch, identifierIds } = fact;
  const items: Item[] = [
    {
      ...touchKey(touch.identifierId, touch.occurredAt, touch.touchId, touch.hash16),
      body: packTouch(touch),
    },
  ];
  const hour = touch.occurredAt.slice(0, 13);
  for (const [type, other] of Object.entries(identifierIds)) {
    if (other === touch.identifierId) continue;
    const ownType = Object.entries(identifierIds).find(([, id]) => id === touch.identifierId)?.[0] ?? "";
    items.push({ ...linkKey(touch.identifierId, other, hour), body: JSON.stringify({ v: 1, type }) });
    items.push({
      ...linkKey(other, touch.identifierId, hour),
      body: JSON.stringify({ v: 1, type: ownType }),
    });
    const value = touch.identifiers[type as keyof typeof touch.identifiers] ?? "";
    items.push(identifierItem(other, type, value));
  }
  return items;
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
