import { ownPartitions } from "../lead/cycle.ts";
import type { LeadPointer, LeadStatus, LedgerEntry } from "../lead/ledger.ts";
import { statusOf } from "../lead/stage.ts";
import {
  changePrefix,
  leadKey,
  leadPointerKey,
  leadsIndex,
  leadsPrefix,
  outboxKey,
  partitions,
} from "../table/keys.ts";
import type { Person } from "../timeline/contact.ts";
import { readContact } from "./contact.ts";
import { eachOf } from "./each-of.ts";
import { ledgerEntryOf } from "./person.ts";
import { deleteItem, getItem, putFirst, putItem, queryAll, queryPage, setOnce, type Table } from "./table.ts";

/** Pointers put at once. */
const concurrency = 8;

const statusPartition = (status: LeadStatus): string => `${leadsPrefix}${status}`;
const indexSort = (entry: LedgerEntry): string => `${entry.qualifiedAt}#${entry.leadId}`;

/** The entry without what is only a cache of other facts. */
const bodyOf = ({ listedAs: _, ...entry }: LedgerEntry): string => JSON.stringify(entry);

/**
 * Enters a lead in the ledger, unless its contact and cycle are there.
 * @returns whether this call was the first
 */
export const enterLead = (table: Table, entry: LedgerEntry): Promise<boolean> =>
  putFirst(table, {
    ...leadKey(entry.identifierId, entry.cycle),
    body: bodyOf(entry),
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
    body: bodyOf(entry),
    run,
    exportedAt: at,
    gsi1pk: statusPartition("exported"),
    gsi1sk: indexSort(entry),
  };
  const isFirst = await setOnce(table, leadKey(entry.identifierId, entry.cycle), values, "run");
  const said = isFirst ? run : (await readLead(table, entry.identifierId, entry.cycle))?.run;
  // Sales may have answered while it waited, above all where it was found between two nights.
  await settleStatus(table, entry.identifierId);
  return said;
}

/** Notes that it was told that nobody has answered a lead in time; once. */
export const markOverdue = async (table: Table, entry: LedgerEntry, at: string): Promise<void> => {
  await setOnce(table, leadKey(entry.identifierId, entry.cycle), { overdueAt: at }, "overdueAt");
};

/**
 * Lists every lead of a person under the status that the facts give it: sets what is not so, and reads again, consistently, until what
 * was read gives what is set. So of several at once who learnt of different facts the last one always sees all of them. To be called
 * behind every fact that moves a lead; whoever dies in between leaves it to the night, which looks at all whom a day touched.
 * @param known the person as already read, consistently or not; nothing more is read where all is so
 * @returns the person as last read; undefined where nothing is known of the identifier
 */
export async function settleStatus(
  table: Table,
  identifierId: string,
  known?: Person,
): Promise<Person | undefined> {
  const read = () => readContact(table, identifierId, { consistent: true, only: "facts" });
  for (let person = known ?? (await read()); person; person = await read()) {
    const found = person;
    const wrong = ownPartitions(found)
      .flatMap(({ ledger }) => ledger)
      .map((entry) => ({ entry, status: statusOf(found, entry) }))
      .filter(({ entry, status }) => entry.listedAs !== status);
    if (wrong.length === 0) return found;
    await eachOf(wrong, concurrency, async ({ entry, status }) => {
      const values = { gsi1pk: statusPartition(status), gsi1sk: indexSort(entry) };
      await setOnce(table, leadKey(entry.identifierId, entry.cycle), values);
    });
  }
  return undefined;
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
  status: LeadStatus,
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
  const rows = await queryAll(table, partitions.outbox, { consistent: true });
  return rows.map(({ sk }) => sk).filter((sk) => !sk.startsWith(changePrefix));
}
