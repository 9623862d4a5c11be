import {
  type Activity,
  foldActivity,
  type Heard,
  type Kept,
  type Refused,
  stretchOf,
} from "../access/activity.ts";
import {
  activityKey,
  activityPartition,
  type activityPrefixes,
  activityRange,
} from "../table/activity-keys.ts";
import { type Item, queryAll, queryPage, type Table } from "./table.ts";

/** How long it is known when a source was last heard, in days. */
const rememberedDays = 400;
const day = 24 * 60 * 60 * 1000;

type Kind = keyof typeof activityPrefixes;

/** What one process counted of a source in a stretch of ten minutes. Put again with a larger count it replaces itself. */
export const activityItem = (
  source: string,
  kind: Kind,
  stretch: string,
  process: string,
  counted: Heard | Kept | Refused,
): Item => ({
  ...activityKey(source, kind, stretch, process),
  body: JSON.stringify({ v: 1, ...counted }),
  expiresAt: Math.floor((Date.parse(`${stretch}:00Z`) + rememberedDays * day) / 1000),
});

const bodies = <Body>(items: readonly Item[]): Body[] =>
  items.map(({ body }) => JSON.parse(String(body)) as Body);

/** More processes than write at once for one source. */
const processes = 10;

async function lastOf<Body>(table: Table, source: string, kind: Kind): Promise<Body[]> {
  const range = { beginsWith: activityRange(kind), descending: true, limit: processes };
  return bodies((await queryPage(table, activityPartition(source), range)).items);
}

/** When the last usable item of a source came. */
export const readLastUsableAt = async (table: Table, source: string): Promise<string | null> =>
  foldActivity({ heard: await lastOf<Heard>(table, source, "heard"), kept: [], refused: [] }).lastUsableAt;

/** What a source did in the last 24 hours, to ten minutes, and when it was last heard and refused. */
export async function readActivity(table: Table, source: string, now: Date): Promise<Activity> {
  const since = stretchOf(new Date(now.getTime() - day).toISOString());
  const recent = async <Body>(kind: Kind): Promise<Body[]> => {
    const range = { from: activityRange(kind, since), to: activityRange(kind, "~") };
    return bodies(await queryAll(table, activityPartition(source), range));
  };
  const [heard, kept, refused] = await Promise.all([
    recent<Heard>("heard"),
    recent<Kept>("kept"),
    recent<Refused>("refused"),
  ]);
  const before = <Body>(rows: readonly Body[], kind: Kind): Promise<Body[]> | Body[] =>
    rows.length > 0 ? [] : lastOf<Body>(table, source, kind);
  const [lastHeard, lastKept, lastRefused] = await Promise.all([
    before(heard, "heard"),
    before(kept, "kept"),
    before(refused, "refused"),
  ]);
  return foldActivity({ heard, kept, refused }, { heard: lastHeard, kept: lastKept, refused: lastRefused });
}
