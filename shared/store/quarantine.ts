import { deleteFile, deleteOlderVersions, type Files, putFile, readFile } from "../files/files.ts";
import { objectPrefixes, quarantineKey, quarantinePartition } from "../table/keys.ts";
import type { QuarantineFact } from "../touchpoint/message.ts";
import {
  deleteItem,
  getItem,
  type Item,
  type Page,
  putExisting,
  putFirst,
  putItem,
  queryPage,
  type Table,
} from "./table.ts";

/** A body larger than this goes to a file of its own; an item may have 400 KB and every KB is a write unit. */
const largestBodyInTable = 100 * 1024;

/** What is known of something in quarantine without its body. */
export type QuarantineEntry = Omit<QuarantineFact, "kind" | "raw"> & { bytes: number };

/** Something in quarantine, whole. */
export type StoredQuarantine = QuarantineFact & { bytes: number };

const fileOf = ({ receivedAt, id }: Pick<QuarantineFact, "receivedAt" | "id">): string =>
  `${objectPrefixes.quarantine}${receivedAt.slice(0, 10)}/${id}`;

/** The item of a quarantined thing; a large body is put into a file first, so that the item never points at nothing. */
async function itemFor(files: Files, fact: QuarantineFact): Promise<Item> {
  const { raw, kind: _, ...rest } = fact;
  const entry = JSON.stringify({ v: 1, ...rest, bytes: Buffer.byteLength(raw, "base64") });
  const item: Item = { ...quarantineKey(fact.receivedAt, fact.id), body: entry };
  if (raw.length <= largestBodyInTable) return { ...item, raw };
  await putFile(files, fileOf(fact), raw, "text/plain");
  return { ...item, file: fileOf(fact) };
}

/** Keeps something that could not be used. */
export async function putQuarantine(table: Table, files: Files, fact: QuarantineFact): Promise<void> {
  await putItem(table, await itemFor(files, fact));
}

/** The same, unless it is there. @returns whether this call was the first */
export async function putFirstQuarantine(table: Table, files: Files, fact: QuarantineFact): Promise<boolean> {
  return putFirst(table, await itemFor(files, fact));
}

/** Takes something out again that turned out to be usable. */
export async function leaveQuarantine(table: Table, files: Files, fact: QuarantineFact): Promise<void> {
  await deleteItem(table, quarantineKey(fact.receivedAt, fact.id));
  if (fact.raw.length > largestBodyInTable) await deleteFile(files, fileOf(fact));
}

/**
 * Takes an entry out for good. Its file first: where this ends in between, the entry is still there, and taking it out again
 * leaves nothing behind.
 */
export async function deleteQuarantine(table: Table, files: Files, entry: StoredQuarantine): Promise<void> {
  if (entry.raw.length > largestBodyInTable) await deleteFile(files, fileOf(entry));
  await deleteItem(table, quarantineKey(entry.receivedAt, entry.id));
}

/**
 * Goes through one day's quarantine, and keeps of each entry what may be kept. What an entry was before is left nowhere.
 * @param keep the entry itself where all of it may be kept, undefined where nothing
 * @param reached told the place of the last entry of each part that is done, undefined for the last part; of a day without entries nothing
 * @param place where to go on, behind an entry
 */
export async function redactQuarantineDay(
  table: Table,
  files: Files,
  day: string,
  keep: (entry: QuarantineFact) => QuarantineFact | undefined,
  reached: (place: string | undefined) => Promise<void>,
  place?: string,
): Promise<void> {
  let after: Page["last"] = place === undefined ? undefined : { pk: quarantinePartition(day), sk: place };
  do {
    const page: Page = await queryPage(table, quarantinePartition(day), {
      consistent: true,
      limit: itemsPerQuery,
      after,
    });
    for (const item of page.items) {
      const file = item.file === undefined ? undefined : String(item.file);
      const raw = file === undefined ? String(item.raw) : await readFile(files, file);
      if (raw === undefined) {
        // Its deletion ended behind its file.
        await deleteItem(table, { pk: item.pk, sk: item.sk });
        continue;
      }
      const { bytes: _, ...entry } = entryOf(item);
      const whole: QuarantineFact = { kind: "quarantine", ...entry, raw };
      const kept = keep(whole);
      if (file !== undefined) {
        // Before the entry changes: as long as it names the file, whoever goes on where this ended finds it.
        if (kept && kept !== whole) await putFile(files, file, kept.raw, "text/plain");
        await (kept ? deleteOlderVersions : deleteFile)(files, file);
      }
      if (kept === whole) continue;
      // An entry that was replayed meanwhile must not come back.
      const next = kept && (await itemFor(files, kept));
      if (next) await putExisting(table, next);
      else await deleteItem(table, { pk: item.pk, sk: item.sk });
      if (file !== undefined && next)
        await (next.file === file ? deleteOlderVersions : deleteFile)(files, file);
    }
    after = page.last;
    if (page.items.length > 0 || place !== undefined) await reached(after && String(after.sk));
  } while (after);
}

const entryOf = ({ body }: Item): QuarantineEntry => {
  const { v: _, ...entry } = JSON.parse(String(body)) as QuarantineEntry & { v: number };
  return entry;
};

/**
 * One entry with its raw bytes, by its key; undefined where it is not there. Bytes whose file is gone are those of an entry
 * whose deletion was interrupted: empty, and the entry may be deleted.
 */
export async function readQuarantine(
  table: Table,
  files: Files,
  { receivedAt, id }: { receivedAt: string; id: string },
): Promise<StoredQuarantine | undefined> {
  const item = await getItem(table, quarantineKey(receivedAt, id), true);
  if (!item) return undefined;
  const raw = item.file === undefined ? String(item.raw) : await readFile(files, String(item.file));
  return { kind: "quarantine", ...entryOf(item), raw: raw ?? "" };
}

/** Which entries, by when they were received: ISO 8601 UTC with milliseconds, both inclusive. */
export interface QuarantineSpan {
  from: string;
  to: string;
  /** Behind this entry in the direction of the reading. */
  after?: string | undefined;
}

/** Items of a query, at most: with their bodies they are soon a megabyte, which is what a query reads. */
const itemsPerQuery = 100;

/**
 * Reads a part of one day's quarantine.
 * @returns the entries with what to continue behind, and whether the day has more
 */
export async function readQuarantineDay(
  table: Table,
  day: string,
  { from, to, after }: QuarantineSpan,
  newestFirst: boolean,
): Promise<{ entries: { place: string; entry: QuarantineEntry }[]; more: boolean }> {
  // `#` follows the time in a key, and `$` follows `#`.
  let [low, high] = [from, `${to}$`];
  // As a bound, and not as the key to start behind: DynamoDB refuses one outside of the range.
  if (after !== undefined && newestFirst && after < high) high = after;
  if (after !== undefined && !newestFirst && after > low) low = after;
  if (low > high) return { entries: [], more: false };
  const range = { from: low, to: high, descending: newestFirst, limit: itemsPerQuery };
  const page = await queryPage(table, quarantinePartition(day), range);
  return {
    entries: page.items
      .filter(({ sk }) => sk !== after)
      .map((item) => ({ place: item.sk, entry: entryOf(item) })),
    more: page.last !== undefined,
  };
}
