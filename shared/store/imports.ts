import type { SaidOfList } from "../request/check-ins.ts";
import { importKey, importsPartition } from "../table/keys.ts";
import { getItem, type Item, putFirst, queryPage, setOnce, type Table } from "./table.ts";

/** What was asked for: a file that is to be uploaded, and how it is to be read. Written once. */
export interface ImportRequest extends SaidOfList {
  v: 1;
  /** Begins with the time of asking, so that ids sort by it. */
  id: string;
  /** The id of the source that its touches are from. */
  source: string;
  name?: string | undefined;
  dryRun: boolean;
  createdAt: string;
}

/** The beginning of the work, written once: every attempt works on the same bytes, at the same time of arrival. */
export interface ImportStart {
  startedAt: string;
  /** Of the file, as S3 tells it; another upload since then is another file. */
  etag: string;
  bytes: number;
}

/** The end, written once. `problem` is there where the file could not be read, or not to its end. */
export interface ImportOutcome {
  completedAt: string;
  rows: number;
  accepted: number;
  refused: number;
  /** Refused rows by code. */
  refusals: Record<string, number>;
  problem?: { code: string; detail: string };
}

export interface Import extends ImportRequest {
  start?: ImportStart;
  outcome?: ImportOutcome;
}

const importOf = (item: Item): Import => ({
  ...(JSON.parse(String(item.body)) as ImportRequest),
  ...(item.start === undefined ? {} : { start: JSON.parse(String(item.start)) as ImportStart }),
  ...(item.outcome === undefined ? {} : { outcome: JSON.parse(String(item.outcome)) as ImportOutcome }),
});

export const addImport = (table: Table, asked: ImportRequest): Promise<boolean> =>
  putFirst(table, { ...importKey(asked.id), body: JSON.stringify(asked) });

/** One import, as of now. */
export async function readImport(table: Table, id: string): Promise<Import | undefined> {
  const item = await getItem(table, importKey(id), true);
  return item && importOf(item);
}

/** One page of imports, newest first. @param after the id to continue behind */
export async function readImports(
  table: Table,
  limit: number,
  after?: string,
): Promise<{ imports: Import[]; more: boolean }> {
  const page = await queryPage(table, importsPartition, {
    descending: true,
    consistent: true,
    limit,
    after: after === undefined ? undefined : { ...importKey(after) },
  });
  return { imports: page.items.map(importOf), more: page.last !== undefined };
}

/** Begins an import. @returns whether this call was the first */
export const startImport = (table: Table, id: string, start: ImportStart): Promise<boolean> =>
  setOnce(table, importKey(id), { start: JSON.stringify(start) }, "start");

/** Ends an import. @returns whether this call was the first */
export const completeImport = (table: Table, id: string, outcome: ImportOutcome): Promise<boolean> =>
  setOnce(table, importKey(id), { outcome: JSON.stringify(outcome) }, "outcome");
