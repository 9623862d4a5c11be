import { silentSince } from "../access/activity.ts";
import { readLastUsableAt } from "../store/activity.ts";
import { readSources } from "../store/config.ts";
import { eachOf } from "../store/each-of.ts";
import type { Table } from "../store/table.ts";

/** Sources read at once. */
const concurrency = 8;

/** The ids, sorted, of the sources from which nothing usable has come for longer than they may be silent. */
export async function silentSources(table: Table, now: Date): Promise<string[]> {
  const silent: string[] = [];
  const watched = (await readSources(table)).filter((source) => !source.deletedAt && source.silentAfterHours);
  await eachOf(watched, concurrency, async (source) => {
    if (silentSince(source, await readLastUsableAt(table, source.id), now) !== undefined)
      silent.push(source.id);
  });
  return silent.sort();
}
