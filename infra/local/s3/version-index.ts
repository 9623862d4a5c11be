/** A version of an object, or a delete marker: what stands beside the body in its file. */
export interface ObjectVersion {
  key: string;
  /** `null`, the word, for an object put while its bucket was not versioned, as in S3. */
  versionId: string;
  /** Orders the versions of a bucket by the time they were committed. */
  sequence: number;
  deleteMarker: boolean;
  /** Bytes of the body. */
  size: number;
  /** Quoted MD5 of the body. */
  etag: string;
  /** Milliseconds since 1970. */
  lastModified: number;
  /** The headers to answer with: content type and the like, and the user's metadata. */
  headers: Record<string, string>;
  /** Base64 by algorithm, as the sender gave and the server verified. */
  checksums: Record<string, string>;
}

/** Orders keys by their UTF-8 bytes, as S3 lists them; JavaScript's own order differs beyond U+FFFF. */
export function compareKeys(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return byteRank(a) - byteRank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above all others, so they rank above U+E000 to U+FFFF. */
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * All versions of a bucket's objects, in memory, by key and in the order of keys. It is a copy of what the files say,
 * made again at each start; a one-machine instance has some thousands of objects.
 */
export class VersionIndex {
  readonly #versions = new Map<string, ObjectVersion[]>();
  readonly #keys: string[] = [];

  /** The versions of a key, newest first. */
  versions(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** The newest version or delete marker of a key. */
  newest(key: string): ObjectVersion | undefined {
    return this.#versions.get(key)?.[0];
  }

  /** The object that a read without a version id finds: none where the newest is a delete marker. */
  current(key: string): ObjectVersion | undefined {
    const newest = this.newest(key);
    return newest?.deleteMarker === true ? undefined : newest;
  }

  /** Adds a version, in place of one of the same id. */
  put(version: ObjectVersion): void {
    const others = this.versions(version.key).filter((other) => other.versionId !== version.versionId);
    if (!this.#versions.has(version.key)) this.#keys.splice(this.positionOf(version.key), 0, version.key);
    this.#versions.set(
      version.key,
      [...others, version].sort((a, b) => b.sequence - a.sequence),
    );
  }

  /** Forgets a version. */
  remove(key: string, versionId: string): void {
    const left = this.versions(key).filter((version) => version.versionId !== versionId);
    if (left.length > 0) this.#versions.set(key, left);
    else if (this.#versions.delete(key)) this.#keys.splice(this.positionOf(key), 1);
  }

  /** The keys that begin with `prefix` and are not before `from`, in order. */
  *keysFrom(prefix: string, from: string): Generator<string> {
    const start = compareKeys(prefix, from) > 0 ? prefix : from;
    for (let position = this.positionOf(start); position < this.#keys.length; position++) {
      const key = this.#keys[position]!;
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }

  /** Where in the order the key is, or would be put. */
  private positionOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
