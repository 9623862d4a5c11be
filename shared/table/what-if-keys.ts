import { type Key, partitions } from "./keys.ts";

/** The keys of recounts under a version of the policy, and of what each of them has found so far. */

const padded = (number: number): string => String(number).padStart(10, "0");

/** All that were begun. */
export const whatIfsPartition = `${partitions.whatIf}begun`;
export const whatIfPrefix = (version: number): string => `${padded(version)}#`;
/** @param number of the recounts under the version */
export const whatIfKey = (version: number, number: number): Key => ({
  pk: whatIfsPartition,
  sk: `${whatIfPrefix(version)}${padded(number)}`,
});

/** What one of them has found. */
export const whatIfPartition = (version: number, number: number): string =>
  `${partitions.whatIf}${version}#${number}`;

/** By the first hex digit of their ids, who is counted: that they are listed, as what, and which chunks of them are counted. */
export const whatIfRows = { list: "list#", ids: "ids#", sums: "sums#", done: "done#" } as const;

const chunkName = (chunk: number): string => String(chunk).padStart(6, "0");
export const listRow = (shard: string): string => `${whatIfRows.list}${shard}`;
/** @param hash tells this list from another that was made and not taken */
export const idsRow = (shard: string, hash: string, chunk: number): string =>
  `${whatIfRows.ids}${shard}#${hash}#${chunkName(chunk)}`;
export const sumsRow = (shard: string, chunk: number): string =>
  `${whatIfRows.sums}${shard}#${chunkName(chunk)}`;
export const doneRow = (shard: string, chunk: number): string =>
  `${whatIfRows.done}${shard}#${chunkName(chunk)}`;
export const reportRow = "report";
/** The examples of a report, which tell of single people. */
export const examplesRow = "examples";
