import type { ReadFacts } from "../identity/facts.ts";
import type { Identity } from "../identity/identity.ts";
import { identify } from "../identity/identity.ts";
import { personOf, settle } from "../store/contact.ts";
import { markerDays } from "../store/facts.ts";
import type { Table } from "../store/table.ts";
import type { Person } from "../timeline/contact.ts";

const day = 24 * 60 * 60 * 1000;

/**
 * Reads the person whom an identifier stands for when everybody is to be counted once; undefined where another of their identifiers
 * does, where nothing is known of it, and for a browser that nobody is known by. Of the others no touch is read to find that out.
 * @param now ISO 8601
 */
export async function readRepresented(table: Table, id: string, now: string): Promise<Person | undefined> {
  const reading = await settle(table, id, { startOnly: true });
  const identity = identify(reading.read, id);
  if (!identity || representativeOf(identity, reading.read, now) !== id) return undefined;
  return personOf(table, id, {}, reading);
}

/**
 * The one identifier by which a person is counted, the same from each of theirs, and one that is listed: it was seen with another, which
 * left a marker that is still there. An address where there is one, since touches stand with it, and it is read whole to begin with.
 */
export function representativeOf(
  { contactId, strong }: Identity,
  read: ReadFacts,
  now: string,
): string | undefined {
  if (strong.length < 2) return strong[0]?.identifierId;
  // What is seen is marked when it comes, which is never before it happened.
  const since = new Date(Date.parse(now) - markerDays * day).toISOString().slice(0, 13);
  const isListed = (id: string) => read.get(id)?.links.some(({ hour }) => hour >= since) ?? false;
  const listed = strong.filter(({ identifierId }) => isListed(identifierId));
  return (listed.find(({ type }) => type === "email") ?? listed[0])?.identifierId ?? contactId;
}
