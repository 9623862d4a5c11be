import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  type DeleteObjectCommandInput,
  type DeleteObjectsCommandInput,
  type GetObjectCommandInput,
  type ListObjectsV2CommandInput,
  type ListObjectVersionsCommandInput,
  NoSuchKey,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { clientInMemory } from "./memory-client.ts";

interface Version {
  id: string;
  /** Undefined where this version says that the object is deleted. */
  body: Buffer | undefined;
}

/** A versioned bucket in memory, as far as this product asks. */
export class MemoryBucket {
  /** The newest version last. */
  readonly #objects = new Map<string, Version[]>();
  #made = 0;

  /** What stands for the SDK's client. */
  client(): S3Client {
    return clientInMemory(S3Client, (name, input) => this.#answer(name, input));
  }

  #answer(name: string, input: object): object {
    switch (name) {
      case "PutObjectCommand":
        return this.#put(input as PutObjectCommandInput);
      case "GetObjectCommand":
        return this.#get(input as GetObjectCommandInput);
      case "DeleteObjectCommand":
        return this.#delete(input as DeleteObjectCommandInput);
      case "DeleteObjectsCommand":
        for (const one of (input as DeleteObjectsCommandInput).Delete?.Objects ?? []) this.#delete(one);
        return {};
      case "ListObjectsV2Command":
        return this.#list(input as ListObjectsV2CommandInput);
      case "ListObjectVersionsCommand":
        return this.#listVersions(input as ListObjectVersionsCommandInput);
      default:
        throw new Error(`the bucket in memory has no ${name}`);
    }
  }

  #add(key: string, body: Buffer | undefined): string {
    const version = { id: String(++this.#made).padStart(8, "0"), body };
    const versions = this.#objects.get(key);
    if (versions) versions.push(version);
    else this.#objects.set(key, [version]);
    return version.id;
  }

  #put({ Key, Body, IfNoneMatch, IfMatch }: PutObjectCommandInput): object {
    if (IfNoneMatch === "*" && this.#objects.get(Key!)?.at(-1)?.body)
      throw refused(412, "PreconditionFailed");
    const current = this.#objects.get(Key!)?.at(-1)?.body;
    if (IfMatch !== undefined && (!current || etagOf(current) !== IfMatch))
      throw refused(412, "PreconditionFailed");
    const body = Buffer.from((Body ?? "") as string | Buffer);
    return { VersionId: this.#add(Key!, body), ETag: etagOf(body) };
  }

  #get({ Key, VersionId, IfMatch }: GetObjectCommandInput): object {
    const versions = this.#objects.get(Key!) ?? [];
    const version = VersionId === undefined ? versions.at(-1) : versions.find(({ id }) => id === VersionId);
    if (!version?.body) throw new NoSuchKey({ $metadata: { httpStatusCode: 404 }, message: "no such key" });
    const { body } = version;
    if (IfMatch !== undefined && IfMatch !== etagOf(body)) throw refused(412, "PreconditionFailed");
    const Body = Object.assign(Readable.from([body]), {
      transformToString: async () => body.toString(),
      transformToByteArray: async () => new Uint8Array(body),
    });
    return { Body, VersionId: version.id, ETag: etagOf(body), ContentLength: body.length };
  }

  #delete({ Key, VersionId }: Pick<DeleteObjectCommandInput, "Key" | "VersionId">): object {
    if (VersionId === undefined) return { DeleteMarker: true, VersionId: this.#add(Key!, undefined) };
    const left = (this.#objects.get(Key!) ?? []).filter(({ id }) => id !== VersionId);
    if (left.length > 0) this.#objects.set(Key!, left);
    else this.#objects.delete(Key!);
    return {};
  }

  #keys(prefix = ""): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #list(input: ListObjectsV2CommandInput): object {
    const { Prefix, MaxKeys = 1000, ContinuationToken, StartAfter } = input;
    const after = ContinuationToken ?? StartAfter ?? "";
    const found = this.#keys(Prefix).flatMap((Key) => {
      const body = this.#objects.get(Key)?.at(-1)?.body;
      return body && Key > after ? [{ Key, Size: body.length, ETag: etagOf(body) }] : [];
    });
    const Contents = found.slice(0, MaxKeys);
    const IsTruncated = found.length > MaxKeys;
    return { Contents, IsTruncated, ...(IsTruncated && { NextContinuationToken: Contents.at(-1)!.Key }) };
  }

  /** All on one page, each key's newest first. */
  #listVersions({ Prefix, KeyMarker }: ListObjectVersionsCommandInput): object {
    if (KeyMarker !== undefined) throw new Error("the bucket in memory lists all versions on one page");
    const all = this.#keys(Prefix).flatMap((Key) =>
      this.#objects
        .get(Key)!
        .toReversed()
        .map(({ id: VersionId, body }, index) => ({ Key, VersionId, IsLatest: index === 0, body })),
    );
    const shown = (isDeleted: boolean) =>
      all.filter(({ body }) => (body === undefined) === isDeleted).map(({ body: _, ...rest }) => rest);
    return { Versions: shown(false), DeleteMarkers: shown(true), IsTruncated: false };
  }
}

const etagOf = (body: Buffer): string => `"${createHash("md5").update(body).digest("hex")}"`;

const refused = (httpStatusCode: number, name: string): S3ServiceException =>
  new S3ServiceException({ name, $fault: "client", $metadata: { httpStatusCode } });
