import { activePartition, heldPartition, shards } from "../table/keys.ts";
import { eachOf } from "./each-of.ts";
import { queryAll, type Table } from "./table.ts";

/** Queries under way at once. */
const concurrency = 16;

/**
 * The identifiers that got a fact on one of these days, in a range of ids, sorted. Work grows with them and with the days,
 * never with the table.
 * @param range from inclusive, to exclusive
 */
export const readActive = (table: Table, days: readonly string[], range = everybody): Promise<string[]> =>
  readMarked(table, activePartition, days, range);

/** The same, with those of whom something came that is no news to the night. */
export async function readHeld(table: Table, days: readonly string[], range = everybody): Promise<string[]> {
  const held = await readMarked(table, heldPartition, days, range);
  return [...new Set([...held, ...(await readActive(table, days, range))])].sort();
}

const everybody = { from: "0", to: "g" };

async function readMarked(
  table: Table,
  partitionOf: (day: string, shard: string) => string,
  days: readonly string[],
  range: { from: string; to: string },
): Promise<string[]> {
  const within = shards.filter((shard) => shard >= range.from.slice(0, 1) && shard < range.to);
  const partitions = days.flatMap((day) => within.map((shard) => partitionOf(day, shard)));
  const ids = new Set<string>();
  await eachOf(partitions, concurrency, async (partition) => {
    for (const { sk } of await queryAll(table, partition, { from: range.from, to: range.to })) {
      if (sk < range.to) ids.add(sk);
    }
  });
  return [...ids].sort();
}
