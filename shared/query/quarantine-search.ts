import { decodeCursor, encodeCursor, invalidCursor } from "../http/paging.ts";
import { badRequest } from "../http/problem.ts";
import { parseTime } from "../request/time.ts";
import { type QuarantineEntry, readQuarantineDay } from "../store/quarantine.ts";
import type { Api } from "./api.ts";

/** Which entries of the quarantine; times are inclusive, and a day alone is the whole of it. */
export interface QuarantineFilter {
  source?: string | undefined;
  reason?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** An entry that was found, and the key to go on behind. */
export interface FoundEntry {
  place: string;
  entry: QuarantineEntry;
}

const day = 24 * 60 * 60 * 1000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** What one search looks through at most: filters are applied to what was read, so a rare reason is a long way. */
const bounds = { entries: 2_000, queries: 400, milliseconds: 5_000 };

const timeOf = (field: "from" | "to", text: string, clock: string): string => {
  const time = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? text + clock : text);
  if (time === undefined) throw badRequest("invalid_time", field, "ISO 8601 with a time zone is needed");
  return time;
};

/**
 * The next entries that match. The work is bounded, so a page may be short or empty and yet not the last.
 * @param cursor the `next` of the page before
 * @returns `next` is null where there is nothing behind
 */
export async function searchQuarantine(
  api: Api,
  filter: QuarantineFilter,
  { newestFirst, limit, cursor }: { newestFirst: boolean; limit: number; cursor?: string | undefined },
): Promise<{ found: FoundEntry[]; next: string | null }> {
  const firstDay = await api.secrets.firstDay();
  const begun = api.clock().getTime();
  // A function's clock may be a little ahead of this one's.
  const lastDay = dayOf(begun + day);
  const from = timeOf("from", filter.from ?? firstDay, "T00:00:00.000Z");
  const to = timeOf("to", filter.to ?? lastDay, "T23:59:59.999Z");
  const [low, high] = [
    from.slice(0, 10) > firstDay ? from.slice(0, 10) : firstDay,
    to.slice(0, 10) < lastDay ? to.slice(0, 10) : lastDay,
  ];
  const within = (one: string) => one >= low && one <= high;
  const following = (one: string) => dayOf(Date.parse(one) + (newestFirst ? -day : day));
  const goOn = (one: string, after?: string) =>
    within(one) ? encodeCursor([one, after ?? beginning]) : null;
  const matches = ({ source, reason }: QuarantineEntry) =>
    (filter.source === undefined || source === filter.source) &&
    (filter.reason === undefined || reason === filter.reason);

  let [current, after] = cursor === undefined ? [newestFirst ? high : low] : positionOf(cursor);
  const found: FoundEntry[] = [];
  let examined = 0;
  for (let queries = 0; within(current); queries++) {
    if (queries >= bounds.queries || examined >= bounds.entries) return { found, next: goOn(current, after) };
    if (api.clock().getTime() - begun > bounds.milliseconds) return { found, next: goOn(current, after) };
    const { entries, more } = await readQuarantineDay(api.table, current, { from, to, after }, newestFirst);
    for (const [index, one] of entries.entries()) {
      if (!matches(one.entry)) continue;
      found.push(one);
      if (found.length < limit) continue;
      const last = index === entries.length - 1 && !more;
      return { found, next: last ? goOn(following(current)) : goOn(current, one.place) };
    }
    examined += entries.length;
    after = more ? (entries.at(-1)?.place ?? after) : undefined;
    if (!more) current = following(current);
  }
  return { found, next: null };
}

/** Stands in a cursor for the beginning of its day. */
const beginning = "-";

function positionOf(cursor: string): [day: string, after: string | undefined] {
  const [current = "", after = ""] = decodeCursor(cursor, 2);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(current) || Number.isNaN(Date.parse(current))) throw invalidCursor();
  if (after === beginning) return [current, undefined];
  if (!after.startsWith(current)) throw invalidCursor();
  return [current, after];
}
