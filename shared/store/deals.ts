import { type DealVersion, endOf, foldDeals } from "../lead/deal.ts";
import type { AcceptedDeal } from "../lead/deal-version.ts";
import {
  contactDealKey,
  contactDealPrefix,
  dealKey,
  dealPartition,
  type Key,
  personPartition,
} from "../table/keys.ts";
import { deleteAll } from "./delete-all.ts";
import { eachOf } from "./each-of.ts";
import { activeItem, itemsOf } from "./facts.ts";
import { type Item, keyText, putAll, putExisting, queryAll, queryPage, type Table } from "./table.ts";

/** Deals read at once. */
const concurrency = 16;

const versionOf = ({ body }: Item): DealVersion => JSON.parse(String(body)) as DealVersion;

const bodyOf = (version: DealVersion): string => JSON.stringify({ v: 1, ...version });

/** All that was said of a deal, the oldest word first. @param dealId UUID of the sender's id */
export const readDeal = async (table: Table, dealId: string): Promise<DealVersion[]> =>
  (await queryAll(table, dealPartition(dealId), { consistent: true })).map(versionOf);

/**
 * Keeps deals: what was said where it is found by the deal; then, of all that has been said of it, the latest word in the partition of
 * everybody who was ever named in it, so that whoever is named no longer learns of it; then they are marked for the night. Whoever of two
 * at one time reads later reads both words, so everybody learns the latest; nothing is read to be written back.
 * @param suppressed identifiers of which nothing is kept
 * @returns whether all of it is durable; if not, to keep all of it again does the rest
 */
export async function putDeals(
  table: Table,
  deals: readonly AcceptedDeal[],
  suppressed: ReadonlySet<string>,
  now: Date,
): Promise<boolean> {
  const said = deals.map(({ version }) => version);
  const kept = said.map(
    (version): Item => ({
      ...dealKey(version.dealId, version.updatedAt, version.hash16),
      body: bodyOf(version),
    }),
  );
  if ((await putAll(table, distinct(kept))).size > 0) return false;

  const rows: Item[] = deals.flatMap(({ people }) => people.flatMap(itemsOf));
  const named = new Set<string>();
  const tell = (id: string, version: DealVersion) => {
    if (suppressed.has(id)) return;
    named.add(id);
    rows.push(contactRow(id, withoutRoles(version, suppressed)));
  };
  // What somebody was named in stands with them even where it was not the latest word when it came: whose they were follows from it.
  for (const version of said) for (const id of namedIn([version])) tell(id, version);
  await eachOf([...new Set(said.map(({ dealId }) => dealId))], concurrency, async (dealId) => {
    const versions = await readDeal(table, dealId);
    const [latest] = foldDeals(versions);
    if (latest) for (const id of namedIn(versions)) tell(id, latest);
  });
  if ((await putAll(table, distinct(rows))).size > 0) return false;
  const marked = await putAll(
    table,
    [...named].map((id) => activeItem(id, now)),
  );
  return marked.size === 0;
}

const contactRow = (id: string, version: DealVersion): Item => ({
  ...contactDealKey(id, version.dealId, version.updatedAt, version.hash16),
  body: bodyOf(version),
});

const distinct = (items: readonly Item[]): Item[] => [
  ...new Map(items.map((item) => [keyText(item), item])).values(),
];

const namedIn = (versions: readonly DealVersion[]): Set<string> =>
  new Set(versions.flatMap(({ contacts }) => contacts.flatMap(({ identifierIds }) => identifierIds)));

/** The deals that rows of a person's partition are of, by id. */
export const dealIdsOf = (rows: readonly Key[]): Set<string> =>
  new Set(rows.flatMap(({ sk }) => (sk.startsWith(contactDealPrefix) ? [sk.split("#")[1] ?? ""] : [])));

/**
 * Takes out of deals what they say of erased people beside their ids: what they were in it. Where the deals are found by themselves,
 * and in the partitions of everybody else who was named in them.
 */
export async function redactDeals(
  table: Table,
  dealIds: ReadonlySet<string>,
  suppressed: ReadonlySet<string>,
): Promise<void> {
  await eachOf([...dealIds], concurrency, async (dealId) => {
    const versions = await readDeal(table, dealId);
    const others = [...namedIn(versions)].filter((id) => !suppressed.has(id));
    for (const version of versions) {
      if (![...namedIn([version])].some((id) => suppressed.has(id))) continue;
      const redacted = withoutRoles(version, suppressed);
      for (const id of others) await putExisting(table, contactRow(id, redacted));
      const key = dealKey(dealId, version.updatedAt, version.hash16);
      await putExisting(table, { ...key, body: bodyOf(redacted) });
    }
  });
}

const withoutRoles = (version: DealVersion, suppressed: ReadonlySet<string>): DealVersion => ({
  ...version,
  contacts: version.contacts.map(({ role, ...contact }) =>
    role === undefined || contact.identifierIds.some((id) => suppressed.has(id))
      ? contact
      : { ...contact, role },
  ),
});

/**
 * Takes out what was said of deals before a time, where it is found by the deal: what a later word replaced, and the whole of a deal that
 * ended before and that nobody is left to be named in.
 * @returns how many rows went
 */
export async function expireDeals(
  table: Table,
  dealIds: ReadonlySet<string>,
  cutoff: string,
): Promise<number> {
  let gone = 0;
  await eachOf([...dealIds], concurrency, async (dealId) => {
    const versions = await readDeal(table, dealId);
    const [latest] = foldDeals(versions);
    if (!latest) return;
    const end = latest.status === "open" ? (latest.closedAt ?? "") : endOf(latest);
    const isOver = end < cutoff && !(await isHeld(table, dealId, namedIn(versions)));
    const old = versions.filter((version) => version.updatedAt < cutoff && (isOver || version !== latest));
    await deleteAll(
      table,
      old.map(({ updatedAt, hash16 }) => dealKey(dealId, updatedAt, hash16)),
    );
    gone += old.length;
  });
  return gone;
}

async function isHeld(table: Table, dealId: string, named: ReadonlySet<string>): Promise<boolean> {
  for (const id of named) {
    const range = { beginsWith: `${contactDealPrefix}${dealId}#`, limit: 1, consistent: true };
    if ((await queryPage(table, personPartition(id), range)).items.length > 0) return true;
  }
  return false;
}
