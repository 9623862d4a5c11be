import { nightVerdictKey, personPartition, personVerdictKey, touchPrefix } from "../table/keys.ts";
import { unpackTouch } from "../table/touch-item.ts";
import type { TouchVerdict } from "../timeline/verdict.ts";
import type { Touch } from "../touchpoint/touch.ts";
import { activeItem } from "./facts.ts";
import {
  getItem,
  type Item,
  type Page,
  putAll,
  putFirst,
  putItem,
  queryAll,
  queryPage,
  type Table,
} from "./table.ts";

/** Touches looked through at once for one of them. */
const touchesAtOnce = 500;

/** Whether a touch is stored in a partition. Its id does not tell when it was, so it is looked for from the newest on. */
export async function hasTouch(table: Table, identifierId: string, touchId: string): Promise<boolean> {
  let after: Page["last"];
  do {
    const page = await queryPage(table, personPartition(identifierId), {
      beginsWith: touchPrefix,
      descending: true,
      consistent: true,
      limit: touchesAtOnce,
      after,
    });
    if (page.items.some(({ sk }) => sk.split("#")[2] === touchId)) return true;
    after = page.last;
  } while (after);
  return false;
}

/** The touches of a partition from an instant on, ISO 8601; nothing else of it. */
export async function readTouches(table: Table, identifierId: string, from: string): Promise<Touch[]> {
  const range = { from: `${touchPrefix}${from}`, to: `${touchPrefix}~` };
  const items = await queryAll(table, personPartition(identifierId), range);
  return items.map(({ sk, body }) => unpackTouch(identifierId, sk, String(body)));
}

const verdictItem = (identifierId: string, verdict: TouchVerdict): Item => {
  const { touchId, by, at, id } = verdict;
  const key =
    by === "night" ? nightVerdictKey(identifierId, touchId) : personVerdictKey(identifierId, touchId, at, id);
  return { ...key, body: JSON.stringify({ v: 1, ...verdict }) };
};

/**
 * Puts what a person says of a touch, then marks the identifier as active, so that the night counts anew.
 * @returns whether both are durable
 */
export async function putPersonVerdict(
  table: Table,
  identifierId: string,
  verdict: TouchVerdict,
  now: Date,
): Promise<boolean> {
  for (const item of [verdictItem(identifierId, verdict), activeItem(identifierId, now)]) {
    if ((await putAll(table, [item])).size > 0) return false;
  }
  return true;
}

/**
 * Puts what a run found of a click, unless a run has found it before. The identifier is marked as active first, on a day that the
 * run itself covers: a verdict that stands is one whose people this run, or the one before, has looked at.
 * @param day `YYYY-MM-DD`, the last that the run covers
 * @returns whether there is anything new; also not where the touch is gone, since its person was erased
 */
export async function putNightVerdict(
  table: Table,
  identifierId: string,
  occurredAt: string,
  verdict: TouchVerdict,
  day: string,
): Promise<boolean> {
  const { touchId } = verdict;
  if (await getItem(table, nightVerdictKey(identifierId, touchId), true)) return false;
  const touch = await queryPage(table, personPartition(identifierId), {
    beginsWith: `${touchPrefix}${occurredAt}#${touchId}#`,
    consistent: true,
    limit: 1,
  });
  if (touch.items.length === 0) return false;
  await putItem(table, activeItem(identifierId, new Date(`${day}T00:00:00.000Z`)));
  return putFirst(table, verdictItem(identifierId, verdict));
}
