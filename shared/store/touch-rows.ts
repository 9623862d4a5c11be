import { personPartition, touchPrefix } from "../table/keys.ts";
import { eachOf } from "./each-of.ts";
import { type Item, queryAll, queryPage, type Table } from "./table.ts";

/** A touch as it is stored, in a partition that is known. */
export interface TouchRow {
  sk: string;
  body: string;
}

/** Where a touch stands in time, of its key: `2026-11-21T10:00:00.000Z#touchId#hash16`. */
export const touchPlace = (sortKey: string): string => sortKey.slice(touchPrefix.length);

/** Parts of a range that takes more than a page, by time: nobody knows where in it the touches are. */
const parts = 24;
const partsAtOnce = 8;

/** The touches' keys and bodies from one place to another, both inclusive. */
export async function readRows(
  table: Table,
  identifierId: string,
  from: string,
  to: string,
  consistent = false,
): Promise<TouchRow[]> {
  const pk = personPartition(identifierId);
  const range = { from: touchPrefix + from, to: touchPrefix + to, attributes: ["sk", "body"], consistent };
  const first = await queryPage(table, pk, range);
  if (!first.last) return first.items.map(rowOf);
  const begin = String(first.last.sk);
  const [newest] = (await queryPage(table, pk, { ...range, descending: true, limit: 1 })).items;
  const bounds = boundsBetween(begin, newest?.sk ?? begin);
  const read: Item[][] = [];
  await eachOf([...bounds.keys()], partsAtOnce, async (index) => {
    const upper = bounds[index + 1] ?? range.to;
    const part = await queryAll(table, pk, { ...range, from: bounds[index]!, to: upper });
    // Both ends are in it; what ends one part begins the next.
    read[index] = part.filter(({ sk }) => sk !== upper || upper === range.to);
  });
  return [...first.items, ...read.flat().filter(({ sk }) => sk > begin)].map(rowOf);
}

const rowOf = ({ sk, body }: Item): TouchRow => ({ sk, body: String(body) });

/** Where the parts of a range of sort keys begin. */
function boundsBetween(first: string, last: string): string[] {
  const [from, to] = [first, last].map((sk) => Date.parse(touchPlace(sk).split("#", 1)[0]!)) as [
    number,
    number,
  ];
  const inner = Array.from({ length: parts - 1 }, (_, index) => {
    const time = from + ((to - from) * (index + 1)) / parts;
    return touchPrefix + new Date(time).toISOString();
  });
  return [first, ...inner.filter((bound) => bound > first && bound < last)];
}
