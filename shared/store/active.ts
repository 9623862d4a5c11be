import { activePartition, shards } from "../table/keys.ts";
import { eachOf } from "./each-of.ts";
import { queryAll, type Table } from "./table.ts";

/** Queries under way at once. */
const concurrency = 16;

/**
 * The identifiers that got a fact on one of these days, in a range of ids, sorted. Work grows with them and with the days,
 * never with the table.
 * @param range from inclusive, to exclusive
 */
export async function readActive(
  table: Table,
  days: readonly string[],
  range: { from: string; to: string } = { from: "0", to: "g" },
): Promise<string[]> {
  const within = shards.filter((shard) => shard >= range.from.slice(0, 1) && shard < range.to);
  const partitions = days.flatMap((day) => within.map((shard) => activePartition(day, shard)));
  const ids = new Set<string>();
  await eachOf(partitions, concurrency, async (partition) => {
    for (const { sk } of await queryAll(table, partition, { from: range.from, to: range.to })) {
      if (sk < range.to) ids.add(sk);
    }
  });
  return [...ids].sort();
}
