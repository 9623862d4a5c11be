import type { Member } from "./members.ts";

/**
 * Where pointers to a lead stand: with the contact's other strong identifiers, and with each browser that has touches which counted.
 * @returns the touches by identifierId; undefined where all up to the lead are meant
 */
export function pointersOf({ entry, record, strong = [] }: Member): Map<string, string[] | undefined> {
  const pointers = new Map<string, string[] | undefined>();
  for (const { id } of record.touches) {
    const [identifierId = "", touchId = ""] = id.split(".");
    pointers.set(identifierId, [...(pointers.get(identifierId) ?? []), touchId]);
  }
  for (const identifierId of strong) pointers.set(identifierId, undefined);
  pointers.delete(entry.identifierId);
  return pointers;
}
