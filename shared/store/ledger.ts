import type { LeadPointer, LedgerEntry } from "../lead/ledger.ts";
import { leadKey, leadPointerKey, leadsIndex, outboxKey, partitions } from "../table/keys.ts";
import { eachOf } from "./each-of.ts";
import { ledgerEntryOf } from "./person.ts";
import { deleteItem, getItem, putFirst, putItem, queryAll, queryPage, setOnce, type Table } from "./table.ts";

/** Pointers put at once. */
const concurrency = 8;

const statusPartition = (status: string): string => `leads#${status}`;
const indexSort = (entry: LedgerEntry): string => `${entry.qualifiedAt}#${entry.leadId}`;

/**
 * Enters a lead in the ledger, unless its contact and cycle are there.
 * @returns whether this call was the first
 */
export const enterLead = (table: Table, entry: LedgerEntry): Promise<boolean> =>
  putFirst(table, {
    ...leadKey(entry.identifierId, entry.cycle),
    body: JSON.stringify(entry),
    gsi1pk: statusPartition(entry.baseline === undefined ? "qualified" : "baseline"),
    gsi1sk: indexSort(entry),
  });

export async function readLead(
  table: Table,
  identifierId: string,
  cycle: string,
): Promise<LedgerEntry | undefined> {
  const item = await getItem(table, leadKey(identifierId, cycle), true);
  return item && ledgerEntryOf(item);
}

/**
 * Adds to an entry which run exported it, once and for ever, with what made it a lead then.
 * @param entry as it is exported
 * @returns the run that it says
 */
export async function markExported(
  table: Table,
  entry: LedgerEntry,
  run: number,
  at: string,
): Promise<number | undefined> {
  const values = {
    body: JSON.stringify(entry),
    run,
    exportedAt: at,
    gsi1pk: statusPartition("exported"),
    gsi1sk: indexSort(entry),
  };
  if (await setOnce(table, leadKey(entry.identifierId, entry.cycle), values, "run")) return run;
  return (await readLead(table, entry.identifierId, entry.cycle))?.run;
}

/**
 * Puts what tells the other identifiers of a lead's contact that they have a part in it. The same lead has the same pointers.
 * @param touchIds by identifierId; without them where all touches up to the lead are meant
 */
export async function putPointers(
  table: Table,
  { leadId, identifierId: home, cycle, qualifiedAt }: LedgerEntry,
  others: ReadonlyMap<string, string[] | undefined>,
): Promise<void> {
  const items = [...others].map(([identifierId, touchIds]) => {
    const pointer: LeadPointer = { v: 1, leadId, home, cycle, qualifiedAt, ...(touchIds && { touchIds }) };
    return { ...leadPointerKey(identifierId, cycle, home), body: JSON.stringify(pointer) };
  });
  await eachOf(items, concurrency, (item) => putItem(table, item));
}

/** One page of the leads of a status, newest first. @param before the sort key to continue behind */
export async function readLeadsPage(
  table: Table,
  status: string,
  options: { since?: string; before?: string; limit: number },
): Promise<{ entries: { sort: string; entry: LedgerEntry }[]; more: boolean }> {
  if (options.since && options.before && options.since > options.before) return { entries: [], more: false };
  const page = await queryPage(table, statusPartition(status), {
    index: leadsIndex,
    from: options.since ?? "0",
    to: options.before ?? "~",
    descending: true,
    limit: options.limit,
  });
  const entries = page.items
    .filter((item) => item.gsi1sk !== options.before)
    .map((item) => ({ sort: String(item.gsi1sk), entry: ledgerEntryOf(item) }));
  return { entries, more: page.last !== undefined };
}

/** Notes that a lead waits for an export. */
export const putOutbox = (table: Table, leadId: string): Promise<void> =>
  putItem(table, { ...outboxKey(leadId) });

export const clearOutbox = (table: Table, leadId: string): Promise<void> =>
  deleteItem(table, outboxKey(leadId));

/** The leads that wait for an export, as of now. */
export async function readOutbox(table: Table): Promise<string[]> {
  return (await queryAll(table, partitions.outbox, { consistent: true })).map(({ sk }) => sk);
}
