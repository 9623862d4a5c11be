import { type WhatIf, whatIfSets } from "../lead/what-if.ts";
import type { WhatIfReport } from "../lead/what-if-report.ts";
import type { WhatIfSums } from "../lead/what-if-tally.ts";
import {
  doneRow,
  examplesRow,
  idsRow,
  listRow,
  reportRow,
  sumsRow,
  whatIfKey,
  whatIfPartition,
  whatIfPrefix,
  whatIfRows,
  whatIfsPartition,
} from "../table/what-if-keys.ts";
import { eachOf } from "./each-of.ts";
import { getItem, type Item, putFirst, putItem, queryAll, queryPage, setOnce, type Table } from "./table.ts";

/** Names a recount. */
export type WhatIfName = Pick<WhatIf, "version" | "number">;

/** Who is counted, of one first digit of ids: frozen once, by whoever lists them first. */
export interface WhatIfList {
  v: 1;
  /** Tells where the ids stand. */
  hash: string;
  chunks: number;
  ids: number;
  /** When it was made; ISO 8601. */
  at: string;
}

/** Rows put at once. */
const concurrency = 8;

/** How long what was put together on the way is kept, in days, and what is told of single people: what they add up to says the rest. */
const keptDays = 30;

const whatIfOf = ({ body, completedAt }: Item): WhatIf => ({
  ...(JSON.parse(String(body)) as WhatIf),
  ...(typeof completedAt === "string" && { completedAt }),
});

/** A recount, as of now. */
export async function readWhatIf(table: Table, name: WhatIfName): Promise<WhatIf | undefined> {
  const item = await getItem(table, whatIfKey(name.version, name.number), true);
  return item && whatIfOf(item);
}

/** The latest recount under a version, as of now. */
export async function readLatestWhatIf(table: Table, version: number): Promise<WhatIf | undefined> {
  const { items } = await queryPage(table, whatIfsPartition, {
    beginsWith: whatIfPrefix(version),
    descending: true,
    limit: 1,
    consistent: true,
  });
  return items[0] && whatIfOf(items[0]);
}

/** Every recount there was. */
export const readWhatIfs = async (table: Table): Promise<WhatIf[]> =>
  (await queryAll(table, whatIfsPartition, { consistent: true })).map(whatIfOf);

/** @returns false where another took the number */
export const addWhatIf = (table: Table, whatIf: WhatIf): Promise<boolean> =>
  putFirst(table, { ...whatIfKey(whatIf.version, whatIf.number), body: JSON.stringify(whatIf) });

const keyOf = ({ version, number }: WhatIfName, sk: string) => ({ pk: whatIfPartition(version, number), sk });

const lasting = (at: string): { expiresAt: number } => ({
  expiresAt: Math.floor(Date.parse(at) / 1000) + keptDays * 24 * 60 * 60,
});

/**
 * Freezes who is counted, of one first digit of ids. The ids are durable before the list is: whoever sees it finds them.
 * @param chunks ids, cut
 * @returns the list that stands: this one, or the one that was first
 */
export async function freezeList(
  table: Table,
  name: WhatIfName,
  shard: string,
  list: WhatIfList,
  chunks: readonly (readonly string[])[],
): Promise<WhatIfList> {
  await eachOf([...chunks.entries()], concurrency, async ([index, ids]) =>
    putItem(table, {
      ...keyOf(name, idsRow(shard, list.hash, index)),
      body: packIds(ids),
      ...lasting(list.at),
    }),
  );
  const row = { ...keyOf(name, listRow(shard)), body: JSON.stringify(list), ...lasting(list.at) };
  if (await putFirst(table, row)) return list;
  return (await readList(table, name, shard))!;
}

/** Ids are 32 hex digits, which are half as many bytes: what is written is paid by the KB. */
const packIds = (ids: readonly string[]): string =>
  Buffer.from(ids.join("").replaceAll("-", ""), "hex").toString("base64");

const unpackIds = (body: string): string[] =>
  (Buffer.from(body, "base64").toString("hex").match(/.{32}/g) ?? []).map((hex) =>
    hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
  );

export async function readList(
  table: Table,
  name: WhatIfName,
  shard: string,
): Promise<WhatIfList | undefined> {
  const item = await getItem(table, keyOf(name, listRow(shard)), true);
  return item && (JSON.parse(String(item.body)) as WhatIfList);
}

/** The lists that are made, by first digit. */
export async function readLists(
  table: Table,
  { version, number }: WhatIfName,
): Promise<Map<string, WhatIfList>> {
  const items = await queryAll(table, whatIfPartition(version, number), {
    beginsWith: whatIfRows.list,
    consistent: true,
  });
  return new Map(
    items.map(({ sk, body }) => [sk.slice(whatIfRows.list.length), JSON.parse(String(body)) as WhatIfList]),
  );
}

/** The ids of a chunk. */
export async function readIds(
  table: Table,
  name: WhatIfName,
  shard: string,
  { hash }: WhatIfList,
  chunk: number,
): Promise<string[]> {
  const item = await getItem(table, keyOf(name, idsRow(shard, hash, chunk)), true);
  if (!item) throw new Error(`chunk ${chunk} of ${shard} of what-if ${name.version} is not stored`);
  return unpackIds(String(item.body));
}

/** Keeps what a chunk adds up to, and only then that it is done. Done twice it is the same. */
export async function putCounted(
  table: Table,
  name: WhatIfName,
  { shard, chunk, at }: { shard: string; chunk: number; at: string },
  sums: WhatIfSums,
): Promise<void> {
  await putItem(table, {
    ...keyOf(name, sumsRow(shard, chunk)),
    body: JSON.stringify(sums),
    ...lasting(at),
  });
  await putItem(table, { ...keyOf(name, doneRow(shard, chunk)), at, ...lasting(at) });
}

export const isCounted = async (
  table: Table,
  name: WhatIfName,
  shard: string,
  chunk: number,
): Promise<boolean> => (await getItem(table, keyOf(name, doneRow(shard, chunk)), true)) !== undefined;

/** The chunks that are done, and when each was; by first digit. @param shard only those of one */
export async function readCounted(
  table: Table,
  { version, number }: WhatIfName,
  shard?: string,
): Promise<Map<string, Map<number, string>>> {
  const items = await queryAll(table, whatIfPartition(version, number), {
    beginsWith: shard === undefined ? whatIfRows.done : `${whatIfRows.done}${shard}#`,
    consistent: true,
  });
  const counted = new Map<string, Map<number, string>>();
  for (const { sk, at } of items) {
    const [, digit = "", chunk = ""] = sk.split("#");
    const chunks = counted.get(digit) ?? new Map<number, string>();
    counted.set(digit, chunks.set(Number(chunk), String(at)));
  }
  return counted;
}

/** What every chunk added up to. */
export async function readSums(table: Table, { version, number }: WhatIfName): Promise<WhatIfSums[]> {
  const items = await queryAll(table, whatIfPartition(version, number), {
    beginsWith: whatIfRows.sums,
    consistent: true,
  });
  return items.map(({ body }) => JSON.parse(String(body)) as WhatIfSums);
}

/** Keeps a report and ends its recount: of several the first stands. @returns whether this call was the first */
export async function completeWhatIf(
  table: Table,
  name: WhatIfName,
  report: WhatIfReport,
  completedAt: string,
): Promise<boolean> {
  const { examples, ...sums } = report;
  const ofExamples = { ...keyOf(name, examplesRow), body: JSON.stringify(examples) };
  await putFirst(table, { ...ofExamples, ...lasting(completedAt) });
  await putFirst(table, { ...keyOf(name, reportRow), body: JSON.stringify(sums) });
  return setOnce(table, whatIfKey(name.version, name.number), { completedAt }, "completedAt");
}

/** A report; without examples after thirty days. */
export async function readReport(table: Table, name: WhatIfName): Promise<WhatIfReport | undefined> {
  const item = await getItem(table, keyOf(name, reportRow), true);
  if (!item) return undefined;
  const ofExamples = await getItem(table, keyOf(name, examplesRow), true);
  const none = Object.fromEntries(whatIfSets.map((set) => [set, []]));
  const examples = ofExamples ? JSON.parse(String(ofExamples.body)) : none;
  return { ...JSON.parse(String(item.body)), examples } as WhatIfReport;
}
