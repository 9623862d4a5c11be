import type { HandFact } from "../identity/facts.ts";
import { handKey, handPrefix, personPartition } from "../table/keys.ts";
import { activeItem } from "./facts.ts";
import { putAll, queryAll, type Table } from "./table.ts";

/** A word by hand on one pair. */
export type HandWord = Omit<HandFact, "other">;

/** Every word by hand on an identifier, the newest too. */
export async function readHands(table: Table, identifierId: string): Promise<HandFact[]> {
  const range = { beginsWith: handPrefix, consistent: true };
  const items = await queryAll(table, personPartition(identifierId), range);
  return items.map(({ body }) => JSON.parse(String(body)) as HandFact);
}

/**
 * Keeps a word by hand in both partitions of each pair, and marks all of them for the night. Under keys that follow from the
 * word, so that saying it again changes nothing.
 * @returns whether all of it is durable
 */
export async function putHands(
  table: Table,
  pairs: readonly (readonly [string, string])[],
  word: HandWord,
  now: Date,
): Promise<boolean> {
  const sides = pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
  const failed = await putAll(
    table,
    sides.map(([id, other]) => ({
      ...handKey(id, other, word.at, word.id),
      body: JSON.stringify({ v: 1, other, ...word }),
    })),
  );
  const marked = await putAll(
    table,
    [...new Set(pairs.flat())].map((id) => activeItem(id, now)),
  );
  return failed.size + marked.size === 0;
}
