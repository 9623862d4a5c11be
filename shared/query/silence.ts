import { silentSince } from "../access/activity.ts";
import { readLastUsableAt } from "../store/activity.ts";
import { readSources } from "../store/config.ts";
import { eachOf } from "../store/each-of.ts";
import type { Table } from "../store/table.ts";

/** Sources read at once. */
const concurrency = 8;

/** A source from which nothing usable has come for longer than it may be silent. */
export interface SilentSource {
  id: string;
  /** When it was last heard, or was made; ISO 8601 UTC. */
  since: string;
}

/** The sources that are silent, sorted by id. */
export async function silentSources(table: Table, now: Date): Promise<SilentSource[]> {
  const silent: SilentSource[] = [];
  const watched = (await readSources(table)).filter((source) => !source.deletedAt && source.silentAfterHours);
  await eachOf(watched, concurrency, async (source) => {
    const since = silentSince(source, await readLastUsableAt(table, source.id), now);
    if (since !== undefined) silent.push({ id: source.id, since });
  });
  return silent.sort((a, b) => (a.id < b.id ? -1 : 1));
}
