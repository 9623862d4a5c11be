import { isStrong, mostInWeb, mostPeopleOfDevice } from "../identity/facts.ts";
import { type DealVersion, foldDeals } from "../lead/deal.ts";
import type { Feedback } from "../lead/feedback.ts";
import {
  behindTouches,
  contactDealPrefix,
  factPrefixes,
  feedbackPrefix,
  handPrefix,
  type Key,
  linkKey,
  linkPrefix,
  personPartition,
  receiptPrefix,
  touchPrefix,
  verdictPrefix,
} from "../table/keys.ts";
import type { PersonPartition } from "../timeline/partition.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import { readAccountKey } from "./accounts.ts";
import { dealIdsOf, expireDeals } from "./deals.ts";
import { deleteAll } from "./delete-all.ts";
import { readPerson } from "./person.ts";
import { type Item, putExisting, queryAll, queryPage, type Table } from "./table.ts";

/** What one expiry stands on. */
export interface Expiring {
  table: Table;
  /** ISO 8601 UTC: what happened before goes. */
  cutoff: string;
}

/**
 * Takes out of one person's partition what happened before the cutoff. While anything newer is held of the person, who they are
 * stays (links, words by hand, identifiers), and so does what they allowed or refused and what they bought: neither an unsubscribe nor a
 * customer must wear off, nor what sales said of their leads. When nothing newer is left in any partition of theirs, all of it goes
 * but lines of the ledger and what was decided about them, which hold ids and nothing personal.
 *
 * Only rows that were read and are old are deleted, and the start's own last: what arrives meanwhile stays, and one that died half
 * way is done by doing it again.
 * @returns how many rows went
 */
export async function expirePerson(expiring: Expiring, identifierId: string): Promise<number> {
  const { table, cutoff } = expiring;
  const rows = await queryAll(table, personPartition(identifierId), {
    from: behindTouches,
    consistent: true,
  });
  if (rows.some((row) => isNewer(row, cutoff)) || (await hasTouch(expiring, identifierId)))
    return expireFacts(expiring, identifierId, rows);
  const crowd = new Set(rows.flatMap(({ sk, body }) => linkedPerson(sk, String(body))));
  if (crowd.size > mostPeopleOfDevice) {
    const mirrored = rows.flatMap(({ sk }) => mirrorOf(identifierId, sk));
    await deleteAll(table, mirrored);
    return mirrored.length + (await clear(expiring, identifierId));
  }
  const others = await neighbourhood(expiring, identifierId, rows);
  if (others === "held") return expireFacts(expiring, identifierId, rows);
  let gone = 0;
  // The farthest first: from the start everybody who is left can still be found.
  for (const other of [...others].reverse()) gone += await clear(expiring, other);
  return gone + (await clear(expiring, identifierId));
}

/** Deletes what goes while the person stays. @param rows all that is no touch */
async function expireFacts(expiring: Expiring, identifierId: string, rows: readonly Item[]): Promise<number> {
  const { table, cutoff } = expiring;
  const replaced = replacedDeals(rows);
  const facts = rows.filter(
    (row) => isOld(row, cutoff) && (replaced.has(row.sk) || goesAlone(row.sk, String(row.body))),
  );
  await deleteAll(table, keysOf(facts));
  const deals = await expireDeals(table, dealIdsOf(rows.filter((row) => isOld(row, cutoff))), cutoff);
  return facts.length + deals + (await expireTouches(expiring, identifierId, rows));
}

/** Whether anything of an identifier happened before the cutoff: touches, and facts that came late. Three small reads. */
export async function hasOld({ table, cutoff }: Expiring, identifierId: string): Promise<boolean> {
  const pk = personPartition(identifierId);
  const found = await Promise.all(
    [touchPrefix, factPrefixes.delivery, factPrefixes.traits].map((prefix) =>
      queryPage(table, pk, { from: prefix, to: prefix + cutoff, limit: 1 }),
    ),
  );
  return found.some(({ items }) => items.length > 0);
}

/** Deletes old touches a page at a time, and before each of them what was said of it. @param rows all that is no touch */
async function expireTouches(
  { table, cutoff }: Expiring,
  identifierId: string,
  rows: readonly Item[],
): Promise<number> {
  const said = new Map<string, Item[]>();
  for (const row of rows) {
    if (!row.sk.startsWith(verdictPrefix) && !row.sk.startsWith(factPrefixes.cancellation)) continue;
    const touchId = row.sk.split("#")[1] ?? "";
    said.set(touchId, [...(said.get(touchId) ?? []), row]);
  }
  let gone = 0;
  let more = true;
  while (more) {
    const range = { from: touchPrefix, to: touchPrefix + cutoff, consistent: true };
    const page = await queryPage(table, personPartition(identifierId), range);
    const about = page.items.flatMap(({ sk }) => said.get(sk.split("#")[2] ?? "") ?? []);
    await deleteAll(table, keysOf([...new Set(about)]));
    await deleteAll(table, keysOf(page.items));
    gone += page.items.length;
    more = page.last !== undefined;
  }
  return gone;
}

const keysOf = (items: readonly Key[]): Key[] => items.map(({ pk, sk }) => ({ pk, sk }));

const timed = [factPrefixes.delivery, factPrefixes.consent, factPrefixes.traits];

/** What sales and the CRM say: of a lead by its cycle, of a deal by its id, and then when. */
const sales = [feedbackPrefix, contactDealPrefix];

/** Of a partition's words on deals those that a later one replaced, by sort key. */
function replacedDeals(rows: readonly Item[]): Set<string> {
  const words = new Map(
    rows.flatMap(({ sk, body }) =>
      sk.startsWith(contactDealPrefix) ? [[JSON.parse(String(body)) as DealVersion, sk] as const] : [],
    ),
  );
  for (const standing of foldDeals([...words.keys()])) words.delete(standing);
  return new Set(words.values());
}

/** When a row happened, to what the row says; undefined for one that has no time of its own. */
function timeOf({ sk, body }: Item): string | undefined {
  if (timed.some((prefix) => sk.startsWith(prefix))) return sk.split("#")[1];
  if ([linkPrefix, handPrefix, ...sales].some((prefix) => sk.startsWith(prefix))) return sk.split("#")[2];
  if (sk.startsWith(factPrefixes.cancellation)) return (JSON.parse(String(body)) as PersonFact).occurredAt;
  return undefined;
}

/** An hour is as old as the day's beginning it is compared with, so its text may be compared as it is. */
const isNewer = (row: Item, cutoff: string): boolean => {
  const time = timeOf(row);
  return time !== undefined && time >= cutoff.slice(0, time.length);
};
const isOld = (row: Item, cutoff: string): boolean => {
  const time = timeOf(row);
  return time !== undefined && time < cutoff.slice(0, time.length);
};

/** What goes while the person stays: what became of e-mails but complaints, and what was said of them long ago. */
const goesAlone = (sk: string, body: string): boolean =>
  sk.startsWith(factPrefixes.traits) ||
  (sk.startsWith(factPrefixes.delivery) && (JSON.parse(body) as { status?: string }).status !== "complained");

const linkedPerson = (sk: string, body: string): string[] =>
  sk.startsWith(linkPrefix) && isStrong((JSON.parse(body) as { type: Parameters<typeof isStrong>[0] }).type)
    ? [sk.split("#")[1] ?? ""]
    : [];

/** The same sighting in the other's partition. */
function mirrorOf(identifierId: string, sk: string): Key[] {
  if (!sk.startsWith(linkPrefix)) return [];
  const [, other = "", hour = "", ...source] = sk.split("#");
  return [linkKey(other, identifierId, hour, source.join("#"))];
}

async function hasTouch({ table, cutoff }: Expiring, identifierId: string): Promise<boolean> {
  const range = { from: touchPrefix + cutoff, to: behindTouches, limit: 1, consistent: true };
  return (await queryPage(table, personPartition(identifierId), range)).items.length > 0;
}

/**
 * Everybody whom an identifier is linked with, near ones first, through identifiers that may join people. One that was seen with a
 * crowd joins nobody and is left to its own time. `held` where something newer is held of any of them, or where they are too many
 * for any of their links to be applied: to take some of those away could make others apply.
 */
async function neighbourhood(
  expiring: Expiring,
  start: string,
  rows: readonly Item[],
): Promise<Set<string> | "held"> {
  const found = new Set<string>();
  let next = new Set(rows.flatMap(({ sk }) => (sk.startsWith(linkPrefix) ? [sk.split("#")[1] ?? ""] : [])));
  while (next.size > 0) {
    const further = new Set<string>();
    for (const id of next) {
      const partition = await readPerson(expiring.table, id, { consistent: true, only: "identity" });
      const strong = new Set(partition.links.flatMap(({ other, type }) => (isStrong(type) ? [other] : [])));
      if (strong.size > mostPeopleOfDevice) continue;
      if (await isHeld(expiring, partition)) return "held";
      found.add(id);
      if (found.size > mostInWeb) return "held";
      for (const { other } of partition.links) if (other !== start && !found.has(other)) further.add(other);
    }
    next = new Set([...further].filter((id) => !found.has(id)));
  }
  return found;
}

async function isHeld(expiring: Expiring, { identifierId, links, hands }: PersonPartition): Promise<boolean> {
  const { table, cutoff } = expiring;
  if (links.some(({ hour }) => hour >= cutoff.slice(0, hour.length)) || hands.some(({ at }) => at >= cutoff))
    return true;
  const facts = timed.map((prefix) => ({
    from: prefix + cutoff,
    to: `${prefix}~`,
    limit: 1,
    consistent: true,
  }));
  const pages = await Promise.all([
    hasTouch(expiring, identifierId),
    ...facts.map(async (range) => {
      const { items } = await queryPage(table, personPartition(identifierId), range);
      return items.length > 0;
    }),
  ]);
  if (pages.includes(true)) return true;
  for (const beginsWith of sales) {
    const rows = await queryAll(table, personPartition(identifierId), { beginsWith, consistent: true });
    if (rows.some((row) => isNewer(row, cutoff))) return true;
  }
  return false;
}

/**
 * Deletes all that an identifier has, but lines of the ledger and what came since the cutoff. Last what `hasOld` looks for: as
 * long as any of it is there, doing it again does the rest.
 */
async function clear(expiring: Expiring, identifierId: string): Promise<number> {
  const { table, cutoff } = expiring;
  const read = await queryAll(table, personPartition(identifierId), {
    from: behindTouches,
    consistent: true,
  });
  const elsewhere = await readAccountKey(table, identifierId, read);
  // What is worked out from touches sorts before them.
  const worked = await queryAll(table, personPartition(identifierId), { from: "!", to: touchPrefix });
  const rows = read.filter(
    (row) =>
      (isOld(row, cutoff) && !row.sk.startsWith(feedbackPrefix)) ||
      row.sk === "identifier" ||
      row.sk.startsWith(verdictPrefix) ||
      row.sk.startsWith(receiptPrefix),
  );
  await forgetWords(table, read, cutoff);
  const facts = rows.filter(({ sk }) => timed.some((prefix) => sk.startsWith(prefix)));
  await deleteAll(table, [
    ...elsewhere,
    ...keysOf(worked),
    ...keysOf(rows.filter((row) => !facts.includes(row))),
  ]);
  const touches = await expireTouches(expiring, identifierId, []);
  const deals = await expireDeals(table, dealIdsOf(rows), cutoff);
  await deleteAll(table, keysOf(facts));
  return elsewhere.length + rows.length + touches + deals;
}

/** Leaves of what sales said of leads what was decided, beside their lines of the ledger; not in whose words, nor who said it. */
async function forgetWords(table: Table, rows: readonly Item[], cutoff: string): Promise<void> {
  for (const row of rows) {
    if (!row.sk.startsWith(feedbackPrefix) || !isOld(row, cutoff)) continue;
    const { note, by, ...decided } = JSON.parse(String(row.body)) as Feedback;
    if (note !== undefined || by !== undefined)
      await putExisting(table, { ...row, body: JSON.stringify(decided) });
  }
}
