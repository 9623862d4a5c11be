import { deleteFile, type Files, putFile } from "../files/files.ts";
import { objectPrefixes, quarantineKey, quarantinePartition } from "../table/keys.ts";
import type { QuarantineFact } from "../touchpoint/message.ts";
import { deleteItem, type Item, putFirst, putItem, queryPage, type Table } from "./table.ts";

/** A body larger than this goes to a file of its own; an item may have 400 KB and every KB is a write unit. */
const largestBodyInTable = 100 * 1024;

/** What the list of the quarantine shows: all but the body. */
export type QuarantineEntry = Omit<QuarantineFact, "kind" | "raw"> & { bytes: number };

const fileOf = (fact: QuarantineFact): string =>
  `${objectPrefixes.quarantine}${fact.receivedAt.slice(0, 10)}/${fact.id}`;

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

/** One page of a day's quarantine, newest first. @param after the sort key to continue behind */
export async function readQuarantineDay(
  table: Table,
  day: string,
  limit: number,
  after?: string,
): Promise<{ entries: { key: string; entry: QuarantineEntry }[]; more: boolean }> {
  const pk = quarantinePartition(day);
  const page = await queryPage(table, pk, {
    descending: true,
    limit,
    after: after ? { pk, sk: after } : undefined,
  });
  return {
    entries: page.items.map(({ sk, body }) => {
      const { v: _, ...entry } = JSON.parse(String(body)) as QuarantineEntry & { v: number };
      return { key: sk, entry };
    }),
    more: page.last !== undefined,
  };
}
