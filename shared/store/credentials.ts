import { credentialsAt, noCredentials, type StoredCredentials } from "../access/credentials.ts";
import { sourceSecretKey } from "../table/keys.ts";
import type { Credentials } from "../webhook/adapter.ts";
import { Cached } from "./cached.ts";
import { getItem, putItem, type Table } from "./table.ts";

/** The credentials of a source; none where none were ever set. */
export async function readCredentials(table: Table, source: string): Promise<StoredCredentials> {
  const item = await getItem(table, sourceSecretKey(source), true);
  return item ? (JSON.parse(String(item.body)) as StoredCredentials) : noCredentials;
}

export const putCredentials = (table: Table, source: string, credentials: StoredCredentials): Promise<void> =>
  putItem(table, { ...sourceSecretKey(source), body: JSON.stringify(credentials) });

/** How long a replaced secret may go on here after its time, in milliseconds. */
const keptFor = 60_000;

/** Readings before their time, at most so many in so many milliseconds: forged requests must not become reads of the table. */
const renewals = { most: 5, within: 10_000 };

interface Kept {
  credentials: Cached<Credentials>;
  renewedSince: number;
  renewed: number;
}

/** The credentials of each source, kept in memory and read again when they are a minute old. */
export class CachedCredentials {
  readonly #table: Table;
  readonly #kept = new Map<string, Kept>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** @param now milliseconds since 1970 */
  get(source: string, now: number): Promise<Credentials> {
    return this.#of(source).credentials.get(now);
  }

  /**
   * The same, read again now: what a request fails under may have been replaced a moment ago. Where it was read again too
   * often already, the credentials kept, as the same object.
   */
  renewed(source: string, now: number): Promise<Credentials> {
    const kept = this.#of(source);
    if (now - kept.renewedSince >= renewals.within) {
      kept.renewedSince = now;
      kept.renewed = 0;
    }
    if (kept.renewed < renewals.most) {
      kept.renewed++;
      kept.credentials.forget();
    }
    return kept.credentials.get(now);
  }

  #of(source: string): Kept {
    let kept = this.#kept.get(source);
    if (!kept) {
      const read = async () => credentialsAt(await readCredentials(this.#table, source), new Date());
      kept = { credentials: new Cached(read, keptFor), renewedSince: 0, renewed: 0 };
      this.#kept.set(source, kept);
    }
    return kept;
  }
}
