import type { AccessKey } from "../access/access-key.ts";
import type { Source } from "../access/source.ts";
import { accessKeyKey, accessKeyPrefix, partitions, sourceKey, sourcePrefix } from "../table/keys.ts";
import { type Item, putFirst, putItem, queryAll, type Table } from "./table.ts";

/** Every sender and every key there is: a short list, read whole and kept for a while. */
export interface Senders {
  sources: Source[];
  keys: AccessKey[];
}

const parsed = <Value>(items: readonly Item[]): Value[] => items.map((item) => JSON.parse(String(item.body)) as Value);

export async function readSources(table: Table): Promise<Source[]> {
  return parsed<Source>(await queryAll(table, partitions.config, { beginsWith: sourcePrefix }));
}

export async function readAccessKeys(table: Table): Promise<AccessKey[]> {
  return parsed<AccessKey>(await queryAll(table, partitions.config, { beginsWith: accessKeyPrefix }));
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
/** A key that is not in the list may be new; the list is read again for it, but not more often than this. */
const rereadAfter = 1_000;

/** A list kept in memory: read again when it is old, or when something is missing in it. */
export class CachedSenders {
  readonly #table: Table;
  #senders: Promise<Senders> | undefined;
  #readAt = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @param now milliseconds since 1970; @param missing that the list, as last read, lacked what was looked for */
  async read(now: number, missing = false): Promise<Senders> {
    const age = now - this.#readAt;
    if (!this.#senders || age >= keptFor || (missing && age >= rereadAfter)) {
      this.#readAt = now;
      const reading = Promise.all([readSources(this.#table), readAccessKeys(this.#table)]).then(
        ([sources, keys]) => ({ sources, keys }),
      );
      this.#senders = reading;
      // A failed read must not be remembered: the next request tries again.
      reading.catch(() => {
        if (this.#senders === reading) this.#senders = undefined;
      });
    }
    return this.#senders;
  }
}
