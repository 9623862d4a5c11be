import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ByteRange } from "./conditions.ts";
import { S3Error } from "./errors.ts";
import { versionIdOf } from "./listing.ts";
import { objectFileName, readObjectTail, writeObjectTail } from "./object-file.ts";
import type { BodyDigest } from "./received-body.ts";
import { type ObjectVersion, VersionIndex } from "./version-index.ts";

/** A bucket to serve; objects of a bucket that is no longer defined stay on disk. */
export interface BucketDefinition {
  name: string;
  versioned: boolean;
}

/** A bucket with the versions of its objects. */
export interface Bucket extends BucketDefinition {
  readonly index: VersionIndex;
}

/** What a delete did: the version that is gone or the marker that was made; neither where there was nothing. */
export interface Deletion {
  versionId?: string;
  deleteMarker: boolean;
}

const BUCKET_NAME = /^[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/;
/** Other files, which a desktop may put into any folder, are let be. */
const OBJECT_FILE = /^[0-9a-f]{64}-(null|[0-9a-f]+)$/;
/** No bucket can have this name. */
const INCOMING = ".incoming";

/**
 * Objects on disk: `<data directory>/<bucket>/<file of a version>`.
 *
 * Each change is one rename or one unlink of one file, so a process killed at any moment leaves either the state before
 * or the state after, and what is acknowledged was renamed. There is no fsync: the kernel keeps what a killed process
 * wrote, and a power cut is not what a one-machine instance is to survive.
 *
 * A change is checked, written and entered in the index in one synchronous step, which is what makes conditional writes
 * of one key exclude each other. Two processes must not share a data directory.
 */
export class ObjectStore {
  readonly #directory: string;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #lastSequence = 0;

  /** Reads what the directory holds, and removes what uploads cut short by a crash have left. */
  constructor(directory: string, definitions: readonly BucketDefinition[], now: () => number) {
    this.#directory = directory;
    this.#now = now;
    rmSync(join(directory, INCOMING), { recursive: true, force: true });
    mkdirSync(join(directory, INCOMING), { recursive: true });
    for (const { name, versioned } of definitions) {
      if (!BUCKET_NAME.test(name)) throw new Error(`Not a valid bucket name: ${name}`);
      const index = new VersionIndex();
      mkdirSync(join(directory, name), { recursive: true });
      for (const file of readdirSync(join(directory, name))) {
        if (!OBJECT_FILE.test(file)) continue;
        const version = readObjectTail(join(directory, name, file));
        index.put(version);
        this.#lastSequence = Math.max(this.#lastSequence, version.sequence);
      }
      this.#buckets.set(name, { name, versioned, index });
    }
  }

  /** The buckets, in the order of their names. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The bucket of this name. Throws `NoSuchBucket`. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist");
    return bucket;
  }

  /**
   * Stores an object and returns when it is on disk under its final name. `digest` is asked after `content` has ended;
   * `guard` is called at the moment of commitment with the current object, and stops the write by throwing.
   */
  async put(
    bucket: Bucket,
    key: string,
    body: { content: AsyncIterable<Buffer>; digest(): BodyDigest },
    headers: Record<string, string>,
    guard: (current: ObjectVersion | undefined) => void,
  ): Promise<ObjectVersion> {
    const staged = join(this.#directory, INCOMING, randomUUID());
    const handle = await open(staged, "wx");
    try {
      await handle.writeFile(body.content);
      const digest = body.digest();
      guard(bucket.index.current(key));
      const version = this.#next(bucket, key, { ...digest, deleteMarker: false, headers });
      writeObjectTail(handle.fd, version);
      this.#commit(bucket, staged, version);
      return version;
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** Deletes a key as a request without a version id does: by a delete marker where versions exist. */
  delete(bucket: Bucket, key: string): Deletion {
    const older = bucket.index.versions(key).some((version) => version.versionId !== "null");
    if (!bucket.versioned && !older) {
      this.deleteVersion(bucket, key, "null");
      return { deleteMarker: false };
    }
    const nothing = { size: 0, etag: "", checksums: {}, headers: {} };
    const marker = this.#next(bucket, key, { ...nothing, deleteMarker: true });
    const staged = join(this.#directory, INCOMING, randomUUID());
    const descriptor = openSync(staged, "wx");
    try {
      writeObjectTail(descriptor, marker);
      this.#commit(bucket, staged, marker);
    } finally {
      closeSync(descriptor);
    }
    return { deleteMarker: true, versionId: marker.versionId };
  }

  /** Removes one version for good. A version that is not there is as good as removed. */
  deleteVersion(bucket: Bucket, key: string, versionId: string): Deletion {
    const version = bucket.index.versions(key).find((other) => other.versionId === versionId);
    if (version === undefined) return { deleteMarker: false, versionId };
    unlinkSync(this.#path(bucket, version));
    bucket.index.remove(key, versionId);
    return { deleteMarker: version.deleteMarker, versionId };
  }

  /**
   * The bytes of a range of a version's body. The file is opened in the step that looked the version up, so it is that
   * version that is read to the end, whatever is written or deleted meanwhile.
   */
  readBody(bucket: Bucket, version: ObjectVersion, { first, last }: ByteRange): Readable {
    // An inclusive end cannot say "nothing", and behind the body stands what is no part of it.
    if (last < first) return Readable.from([]);
    const fd = openSync(this.#path(bucket, version), "r");
    return createReadStream("", { fd, start: first, end: last });
  }

  #next(
    bucket: Bucket,
    key: string,
    rest: Omit<ObjectVersion, "key" | "versionId" | "sequence" | "lastModified">,
  ): ObjectVersion {
    const sequence = ++this.#lastSequence;
    const versionId = bucket.versioned ? versionIdOf(sequence, randomBytes(10).toString("hex")) : "null";
    return { key, versionId, sequence, lastModified: this.#now(), ...rest };
  }

  #commit(bucket: Bucket, staged: string, version: ObjectVersion): void {
    renameSync(staged, this.#path(bucket, version));
    bucket.index.put(version);
  }

  #path(bucket: Bucket, version: ObjectVersion): string {
    return join(this.#directory, bucket.name, objectFileName(version.key, version.versionId));
  }
}
