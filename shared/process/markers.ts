import { activeItem, heldItem } from "../store/facts.ts";
import { lateItem } from "../store/id-digest.ts";
import type { Item } from "../store/table.ts";
import type { PersonFactMessage, TouchFact } from "../touchpoint/message.ts";

/**
 * What is put once a fact is durable: that its people were active, for the night; and that a touch came late, for who keeps what
 * was read of their past. An e-mail delivered is no news to the night: it makes nobody a lead, and a mailing would have it look
 * at every recipient. That something is held of them is noted for retention.
 */
export function markersOf(fact: TouchFact | PersonFactMessage, now: Date): Item[] {
  if (fact.kind === "person") {
    const ids = new Set(fact.seen.map(({ id }) => id));
    const isNews = fact.fact.type !== "delivery" || fact.fact.status !== "delivered";
    return [...ids].map((id) => (isNews ? activeItem(id, now) : heldItem(id, now)));
  }
  const { identifierId, occurredAt } = fact.touch;
  const ids = new Set([identifierId, ...Object.values(fact.identifierIds)]);
  const late = lateItem(identifierId, occurredAt, now);
  return [...[...ids].map((id) => activeItem(id, now)), ...(late ? [late] : [])];
}
