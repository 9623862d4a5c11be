import { partitions, suppressionKey } from "../table/keys.ts";
import type { IdentifierType } from "../touchpoint/identifier.ts";
import type { Sought } from "../touchpoint/mentions.ts";
import { Cached } from "./cached.ts";
import type { Secrets } from "./secrets.ts";
import { getItem, putFirst, queryAll, type Table } from "./table.ts";

/** An identifier whose person was erased: what names it is dropped from now on. It holds no value. */
export interface Suppression {
  v: 1;
  type: IdentifierType;
  /** The erasure that put it. */
  erasureId: string;
  /** ISO 8601 in UTC. */
  at: string;
}

/** Suppresses an identifier, unless it is. @returns what stands: this one, or the one that was first */
export async function suppress(
  table: Table,
  identifierId: string,
  suppression: Suppression,
): Promise<Suppression> {
  const item = { ...suppressionKey(identifierId), body: JSON.stringify(suppression) };
  return (await putFirst(table, item)) ? suppression : (await readSuppression(table, identifierId))!;
}

/** As of now; undefined where the identifier is not suppressed. */
export async function readSuppression(table: Table, identifierId: string): Promise<Suppression | undefined> {
  const item = await getItem(table, suppressionKey(identifierId), true);
  return item && (JSON.parse(String(item.body)) as Suppression);
}

/** The ids of all suppressed identifiers, as of now. */
export async function readSuppressed(table: Table): Promise<Set<string>> {
  return new Set((await queryAll(table, partitions.suppressions, { consistent: true })).map(({ sk }) => sk));
}

/** How long a new suppression may take to be seen, in milliseconds. What is written meanwhile the night takes away. */
const keptFor = 30_000;

/** Who is suppressed, kept in memory and read again when it is half a minute old. */
export const cachedSuppressions = (table: Table, secrets: Secrets): Cached<Sought> =>
  new Cached(async () => {
    const identifierIds = await readSuppressed(table);
    // A deployment that has erased nobody need not know in which namespace to look.
    return { identifierIds, namespace: identifierIds.size > 0 ? await secrets.namespace() : "" };
  }, keptFor);
