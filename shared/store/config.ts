import type { AccessKey } from "../access/access-key.ts";
import type { Source } from "../access/source.ts";
import {
  accessKeyKey,
  accessKeyPrefix,
  partitions,
  sha256Hex,
  sourceKey,
  sourcePrefix,
} from "../table/keys.ts";
import { Cached } from "./cached.ts";
import { getItem, type Item, putFirst, putItem, queryAll, type Table } from "./table.ts";

/** Every sender and every key there is: a short list, read whole and kept for a while. */
export interface Senders {
  sources: Source[];
  keys: AccessKey[];
}

const parsed = <Value>(items: readonly Item[]): Value[] =>
  items.map((item) => JSON.parse(String(item.body)) as Value);

export async function readSources(table: Table): Promise<Source[]> {
  return parsed<Source>(
    await queryAll(table, partitions.config, { beginsWith: sourcePrefix, consistent: true }),
  );
}

export async function readAccessKeys(table: Table): Promise<AccessKey[]> {
  return parsed<AccessKey>(
    await queryAll(table, partitions.config, { beginsWith: accessKeyPrefix, consistent: true }),
  );
}

/** The key that a secret is, by its hash, as of now. */
export async function readAccessKey(table: Table, secret: string): Promise<AccessKey | undefined> {
  const item = await getItem(table, accessKeyKey(sha256Hex(secret)), true);
  return item && (JSON.parse(String(item.body)) as AccessKey);
}

/** @returns false where a source of that id exists */
export const addSource = (table: Table, source: Source): Promise<boolean> =>
  putFirst(table, { ...sourceKey(source.id), body: JSON.stringify(source) });

export const putSource = (table: Table, source: Source): Promise<void> =>
  putItem(table, { ...sourceKey(source.id), body: JSON.stringify(source) });

export const putAccessKey = (table: Table, key: AccessKey): Promise<void> =>
  putItem(table, { ...accessKeyKey(key.hash), body: JSON.stringify(key) });

/** How long a revocation or a changed setting may take to be seen, in milliseconds. */
const keptFor = 60_000;

/** The list of senders, kept in memory and read again when it is a minute old. */
export class CachedSenders {
  readonly #table: Table;
  readonly #senders: Cached<Senders>;

  constructor(table: Table) {
    this.#table = table;
    this.#senders = new Cached(async () => {
      const [sources, keys] = await Promise.all([readSources(table), readAccessKeys(table)]);
      return { sources, keys };
    }, keptFor);
  }

  /** @param now milliseconds since 1970 */
  read(now: number): Promise<Senders> {
    return this.#senders.get(now);
  }

  /**
   * What `find` finds in the list for a key that was presented. A key that the list lacks may be newer than the list: where
   * the table knows it, the list is read again, so that a key works from the moment it was made.
   */
  async find<Found>(
    presented: string,
    now: number,
    find: (senders: Senders) => Found | undefined,
  ): Promise<Found | undefined> {
    const found = find(await this.read(now));
    if (found !== undefined) return found;
    if (!(await readAccessKey(this.#table, presented))) return undefined;
    this.#senders.forget();
    return find(await this.read(now));
  }
}
