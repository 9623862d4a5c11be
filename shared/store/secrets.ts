import { randomBytes, randomUUID } from "node:crypto";
import type { SigningKey } from "../access/token.ts";
import { namespaceKey, partitions, signingKey, signingPrefix } from "../table/keys.ts";
import { Cached } from "./cached.ts";
import { getItem, putFirst, queryAll, type Table } from "./table.ts";

interface Namespace {
  v: 1;
  namespace: string;
  madeAt: string;
}

/** What the deployment keeps to itself. Made on first use; every process reads it once. */
export class Secrets {
  readonly #table: Table;
  readonly #namespace: Cached<Namespace>;
  readonly #signingKeys: Cached<SigningKey[]>;

  constructor(table: Table) {
    this.#table = table;
    this.#namespace = new Cached(() => this.#readNamespace(), Number.POSITIVE_INFINITY);
    this.#signingKeys = new Cached(() => this.#readSigningKeys(), Number.POSITIVE_INFINITY);
  }

  /** The namespace in which identifierIds are made: random, once per deployment, for ever. */
  async namespace(): Promise<string> {
    return (await this.#namespace.get(0)).namespace;
  }

  /** The day on which the deployment took its first item, `YYYY-MM-DD`: nothing is older than it. */
  async firstDay(): Promise<string> {
    return (await this.#namespace.get(0)).madeAt.slice(0, 10);
  }

  /** The keys that sign links, oldest first; the last one signs, all verify. */
  signingKeys(): Promise<SigningKey[]> {
    return this.#signingKeys.get(0);
  }

  /** The key that signs. */
  async signingKey(): Promise<SigningKey> {
    return (await this.signingKeys()).at(-1)!;
  }

  async #readNamespace(): Promise<Namespace> {
    const stored = await getItem(this.#table, namespaceKey, true);
    if (stored) return JSON.parse(String(stored.body)) as Namespace;
    const made: Namespace = { v: 1, namespace: randomUUID(), madeAt: new Date().toISOString() };
    if (await putFirst(this.#table, { ...namespaceKey, body: JSON.stringify(made) })) return made;
    return this.#readNamespace();
  }

  async #readSigningKeys(): Promise<SigningKey[]> {
    const stored = await queryAll(this.#table, partitions.secret, {
      beginsWith: signingPrefix,
      consistent: true,
    });
    if (stored.length > 0) return stored.map((item) => JSON.parse(String(item.body)) as SigningKey);
    const first: SigningKey = { kid: "0001", secret: randomBytes(32).toString("base64url") };
    await putFirst(this.#table, { ...signingKey(first.kid), body: JSON.stringify(first) });
    return this.#readSigningKeys();
  }
}
