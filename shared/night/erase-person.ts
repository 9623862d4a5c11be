import { claimantAt, claimsOn } from "../identity/device.ts";
import { isStrong, type Sighting } from "../identity/facts.ts";
import { Web } from "../identity/web.ts";
import { readAccountKey } from "../store/accounts.ts";
import { emptyReading, settle } from "../store/contact.ts";
import { dealIdsOf, redactDeals } from "../store/deals.ts";
import { deleteAll } from "../store/delete-all.ts";
import type { ErasedIdentifier } from "../store/erasures.ts";
import { clearOutbox } from "../store/ledger.ts";
import { type Item, type Page, putExisting, queryAll, queryPage, type Table } from "../store/table.ts";
import {
  behindTouches,
  erasedKey,
  erasedSort,
  factPrefixes,
  handPrefix,
  type Key,
  leadPrefix,
  linkPrefix,
  personPartition,
  touchPrefix,
  verdictPrefix,
} from "../table/keys.ts";
import { packTouch, unpackTouch } from "../table/touch-item.ts";
import { identifierIds } from "../touchpoint/identifier.ts";
import type { Sought } from "../touchpoint/mentions.ts";
import { redactedTouch } from "../touchpoint/suppression.ts";
import type { Identifiers } from "../touchpoint/touch.ts";
import { noteErasedLeads } from "./changes.ts";
import type { Night } from "./night.ts";

/** What says of an identifier that it was erased, and all that is left of it. */
export const tombstone = ({ identifierId, type, claims }: ErasedIdentifier): Item => ({
  ...erasedKey(identifierId),
  body: JSON.stringify({ v: 1, type, claims }),
});

/**
 * Takes out all that is held under one identifier of an erased person, and what of it is named in the facts of others: those
 * first, because the links that lead to them go with it. Links from others stay: they hold ids and hours, and who else belongs
 * together must not change.
 * @param isKnown whether every process knows of the erasure. One that does not may still write a fact that names the person, and
 * not again the link that it wrote before: until it is known the links to others stay, to find such facts by
 */
export async function eraseIdentifier(
  night: Pick<Night, "table" | "files">,
  identifierId: string,
  sought: Sought,
  isKnown: boolean,
): Promise<void> {
  const { table } = night;
  const pk = personPartition(identifierId);
  const rows = await queryAll(table, pk, { from: behindTouches, consistent: true });
  const others = new Set(rows.flatMap(({ sk, body }) => otherNamed(sk, String(body))));
  const isOfOthers = (other: string) => !sought.identifierIds.has(other);
  for (const other of others) if (isOfOthers(other)) await redactOther(table, other, sought);
  for (const { sk } of rows)
    if (sk.startsWith(leadPrefix) && sk.split("#").length === 2)
      await clearOutbox(table, `${identifierId}.${sk.slice(leadPrefix.length)}`);
  await noteErasedLeads(night, identifierId, rows);
  await redactDeals(table, dealIdsOf(rows), sought.identifierIds);
  await deleteAll(table, await readAccountKey(table, identifierId, rows));
  // Before what sales said of them: whoever does this again must not take an accepted lead for another.
  await deleteAll(table, keysOf(rows.filter(({ sk }) => sk.startsWith(leadPrefix))));
  // What is worked out from touches sorts before them.
  await eachPage(table, pk, "!", behindTouches, (items) => deleteAll(table, keysOf(items)));
  const stays = ({ sk, body }: Item): boolean =>
    sk === erasedSort ||
    sk.startsWith(leadPrefix) ||
    (!isKnown && sk.startsWith(linkPrefix) && otherNamed(sk, String(body)).some(isOfOthers));
  await deleteAll(table, keysOf(rows.filter((row) => !stays(row))));
}

/** Whom a row names beside its own: who may have facts that name this one too, and to whom something was said of both by hand. */
function otherNamed(sk: string, body: string): string[] {
  const other = sk.split("#")[1] ?? "";
  if (sk.startsWith(handPrefix)) return [other];
  if (!sk.startsWith(linkPrefix)) return [];
  return isStrong((JSON.parse(body) as Pick<Sighting, "type">).type) ? [other] : [];
}

/** Takes erased people's identifiers out of facts that stand with somebody else and named them. */
async function redactOther(table: Table, identifierId: string, sought: Sought): Promise<void> {
  await eachPage(table, personPartition(identifierId), touchPrefix, "~", async (items) => {
    for (const item of items) {
      const body = bodyWithout(identifierId, item, sought);
      if (body !== undefined) await putExisting(table, { ...item, body });
    }
  });
}

/** @returns undefined where the item names no erased person */
function bodyWithout(identifierId: string, item: Item, sought: Sought): string | undefined {
  const { sk } = item;
  const body = String(item.body ?? "{}");
  if (sk.startsWith(touchPrefix)) {
    const touch = unpackTouch(identifierId, sk, body);
    const names = namesGone(touch.identifiers, sought);
    return names.size === 0 ? undefined : packTouch(redactedTouch(touch, names, sought));
  }
  if (sk.startsWith(handPrefix)) {
    const hand = JSON.parse(body) as { other: string; reason: string };
    const told = sought.identifierIds.has(hand.other) && hand.reason !== "";
    return told ? JSON.stringify({ ...hand, reason: "" }) : undefined;
  }
  if (!Object.values(factPrefixes).some((prefix) => sk.startsWith(prefix))) return undefined;
  const fact = JSON.parse(body) as { identifiers?: Identifiers };
  const names = namesGone(fact.identifiers ?? {}, sought);
  if (names.size === 0) return undefined;
  const left = Object.entries(fact.identifiers ?? {}).filter(([type]) => !names.has(type));
  return JSON.stringify({ ...fact, identifiers: Object.fromEntries(left) });
}

const namesGone = (identifiers: Identifiers, sought: Sought): Set<string> =>
  new Set(
    identifierIds(sought.namespace, identifiers).flatMap(([type, id]) =>
      sought.identifierIds.has(id) ? [type] : [],
    ),
  );

/** Takes out what erased people did in a browser that others use too: there each touch is one person's, by who was seen when. */
export async function eraseOnDevice(table: Table, device: string, sought: Sought): Promise<void> {
  const { read } = await settle(table, device, { consistent: true }, emptyReading());
  const claims = claimsOn(new Web(read), device);
  const isTheirs = (at: string): boolean => {
    const claimant = claimantAt(claims, at);
    return claimant !== undefined && sought.identifierIds.has(claimant);
  };
  const pk = personPartition(device);
  const rows = await queryAll(table, pk, { from: behindTouches, consistent: true });
  const verdicts = rows.filter(({ sk }) => sk.startsWith(verdictPrefix));
  await eachPage(table, pk, touchPrefix, behindTouches, async (items) => {
    const theirs = items.filter(({ sk }) => isTheirs(sk.slice(touchPrefix.length).split("#", 1)[0]!));
    const gone = new Set(theirs.map(({ sk }) => sk.split("#")[2]!));
    // First what was said of a touch: without it nothing tells whose that is.
    await deleteAll(table, keysOf(verdicts.filter(({ sk }) => gone.has(sk.split("#")[1]!))));
    await deleteAll(table, keysOf(theirs));
  });
  // What is worked out from touches sorts before them, and counts those that are gone.
  await eachPage(table, pk, "!", touchPrefix, (items) => deleteAll(table, keysOf(items)));
  const isFact = ({ sk }: Item) => Object.values(factPrefixes).some((prefix) => sk.startsWith(prefix));
  const facts = rows.filter(
    (row) => isFact(row) && isTheirs((JSON.parse(String(row.body)) as { occurredAt: string }).occurredAt),
  );
  await deleteAll(table, keysOf(facts));
  await redactOther(table, device, sought);
}

const keysOf = (items: readonly Item[]): Key[] => items.map(({ pk, sk }) => ({ pk, sk }));

async function eachPage(
  table: Table,
  pk: string,
  from: string,
  to: string,
  work: (items: readonly Item[]) => Promise<void>,
): Promise<void> {
  let after: Page["last"];
  do {
    const page: Page = await queryPage(table, pk, { from, to, consistent: true, after });
    await work(page.items);
    after = page.last;
  } while (after);
}
