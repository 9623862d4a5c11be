import { type Activity, foldActivity, type Heard, type Refused, stretchOf } from "../access/activity.ts";
import { activityKey, activityPartition, type activityPrefixes, activityRange } from "../table/keys.ts";
import { type Item, queryAll, queryPage, type Table } from "./table.ts";

/** How long it is known when a source was last heard, in days. */
const rememberedDays = 400;
const day = 24 * 60 * 60 * 1000;

type Kind = keyof typeof activityPrefixes;

/** What one process counted of a source in a stretch of ten minutes. Put again with a larger count it replaces itself. */
export function activityItem(
  source: string,
  stretch: string,
  process: string,
  counted: { heard: Heard } | { refused: Refused },
): Item {
  const [kind, body] =
    "heard" in counted ? (["heard", counted.heard] as const) : (["refused", counted.refused] as const);
  return {
    ...activityKey(source, kind, stretch, process),
    body: JSON.stringify({ v: 1, ...body }),
    expiresAt: Math.floor((Date.parse(`${stretch}:00Z`) + rememberedDays * day) / 1000),
  };
}

const bodies = <Body>(items: readonly Item[]): Body[] =>
  items.map(({ body }) => JSON.parse(String(body)) as Body);

/** More processes than write at once for one source. */
const processes = 10;

async function lastOf<Body>(table: Table, source: string, kind: Kind): Promise<Body[]> {
  const range = { beginsWith: activityRange(kind), descending: true, limit: processes };
  return bodies((await queryPage(table, activityPartition(source), range)).items);
}

/** When the last item of a source came that was not refused. */
export const readLastItemAt = async (table: Table, source: string): Promise<string | null> =>
  foldActivity(await lastOf<Heard>(table, source, "heard"), []).lastItemAt;

/** What a source did in the last 24 hours, to ten minutes, and when it was last heard and refused. */
export async function readActivity(table: Table, source: string, now: Date): Promise<Activity> {
  const since = stretchOf(new Date(now.getTime() - day).toISOString());
  const recent = async <Body>(kind: Kind): Promise<Body[]> => {
    const range = { from: activityRange(kind, since), to: activityRange(kind, "~") };
    return bodies(await queryAll(table, activityPartition(source), range));
  };
  const [heard, refused] = await Promise.all([recent<Heard>("heard"), recent<Refused>("refused")]);
  const [lastHeard, lastRefused] = await Promise.all([
    heard.length > 0 ? [] : lastOf<Heard>(table, source, "heard"),
    refused.length > 0 ? [] : lastOf<Refused>(table, source, "refused"),
  ]);
  const { lastItemAt, lastRefusal } = foldActivity(lastHeard, lastRefused);
  return foldActivity(heard, refused, { lastItemAt: lastItemAt ?? undefined, lastRefusal });
}
