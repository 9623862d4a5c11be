import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { decodeChunkedBody } from "./chunked-body.ts";
import { notImplemented, S3Error } from "./errors.ts";

/** What a body turned out to be. `etag` is the quoted MD5; `checksums` are base64 by algorithm, as the sender gave. */
export interface BodyDigest {
  size: number;
  etag: string;
  checksums: Record<string, string>;
}

/** A body on its way in: read `content` to its end, which throws where the body is not what was declared. */
export interface ReceivedBody {
  content: AsyncIterable<Buffer>;
  /** The digest of what was read; complete only after `content` ended. */
  digest(): BodyDigest;
}

interface RunningDigest {
  update(piece: Buffer): void;
  value(): Buffer;
}

const LARGEST_OBJECT = 5 * 1024 ** 3;
const CHECKSUM_HEADER = /^x-amz-checksum-(?!mode$|type$|algorithm$)(.+)$/;
const DIGEST_BYTES: Record<string, number> = { crc32: 4, sha1: 20, sha256: 32 };

function startDigest(algorithm: string): RunningDigest {
  if (algorithm === "crc32") {
    let sum = 0;
    return {
      update: (piece) => {
        sum = crc32(piece, sum);
      },
      value: () => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(sum);
        return bytes;
      },
    };
  }
  const hash = createHash(algorithm);
  return { update: (piece) => void hash.update(piece), value: () => hash.digest() };
}

/** Whether the body is in the `aws-chunked` encoding, which the SDK uses for streams and trailing checksums. */
function isChunked(headers: Record<string, string>): boolean {
  return (
    (headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-") ||
    (headers["content-encoding"] ?? "").split(",").some((encoding) => encoding.trim() === "aws-chunked")
  );
}

/** The payload's size in bytes as declared. Like S3, a body whose length nobody states is refused. */
function declaredSize(headers: Record<string, string>): number {
  const chunked = isChunked(headers);
  if (!chunked && headers["transfer-encoding"] !== undefined) throw notImplemented("Transfer-Encoding");
  const declared = headers[chunked ? "x-amz-decoded-content-length" : "content-length"];
  if (declared === undefined || !/^[0-9]{1,15}$/.test(declared))
    throw new S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  const size = Number(declared);
  if (size > LARGEST_OBJECT)
    throw new S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  return size;
}

function declaredChecksums(headers: Record<string, string>): Map<string, string> {
  const declared = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const algorithm = CHECKSUM_HEADER.exec(name)?.[1];
    if (algorithm !== undefined) declared.set(algorithm, value);
  }
  return declared;
}

function trailingAlgorithms(headers: Record<string, string>): string[] {
  const names = (headers["x-amz-trailer"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "").map((name) => CHECKSUM_HEADER.exec(name)?.[1] ?? name);
}

function badDigest(what: string): S3Error {
  return new S3Error(400, "BadDigest", `The ${what} you specified did not match the calculated checksum.`);
}

function contentMd5(headers: Record<string, string>): Buffer | undefined {
  const value = headers["content-md5"];
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== 16)
    throw new S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
  return bytes;
}

/**
 * Takes in a request's body: undoes `aws-chunked`, and holds the payload to everything that was declared of it:
 * its length, `Content-MD5`, `x-amz-content-sha256`, and CRC32, SHA-1 and SHA-256 checksums in headers or trailers.
 * Throws at once: `MissingContentLength`, `InvalidDigest`, `NotImplemented` (another checksum algorithm),
 * `InvalidRequest`. Throws at the end of `content`: `BadDigest`, `XAmzContentSHA256Mismatch`, `IncompleteBody`,
 * `MalformedTrailerError`.
 */
export function receiveBody(headers: Record<string, string>, source: AsyncIterable<Buffer>): ReceivedBody {
  const size = declaredSize(headers);
  const md5 = contentMd5(headers);
  const checksums = declaredChecksums(headers);
  const trailing = trailingAlgorithms(headers);
  const payloadHash = headers["x-amz-content-sha256"] ?? "";
  const payloadHashGiven = /^[0-9a-f]{64}$/.test(payloadHash);

  const digests = new Map<string, RunningDigest>([["md5", startDigest("md5")]]);
  for (const algorithm of [...checksums.keys(), ...trailing]) {
    const bytes = DIGEST_BYTES[algorithm];
    if (bytes === undefined) throw notImplemented(`the checksum algorithm ${algorithm}`);
    const value = checksums.get(algorithm);
    if (value !== undefined && Buffer.from(value, "base64").length !== bytes)
      throw new S3Error(400, "InvalidRequest", `Value for x-amz-checksum-${algorithm} header is invalid.`);
    digests.set(algorithm, startDigest(algorithm));
  }
  if (payloadHashGiven && !digests.has("sha256")) digests.set("sha256", startDigest("sha256"));

  const finished = new Map<string, Buffer>();
  async function* content(): AsyncGenerator<Buffer> {
    const trailers = new Map<string, string>();
    let received = 0;
    for await (const piece of isChunked(headers) ? decodeChunkedBody(source, trailers) : source) {
      received += piece.length;
      if (received > size) break;
      for (const digest of digests.values()) digest.update(piece);
      yield piece;
    }
    if (received !== size)
      throw new S3Error(400, "IncompleteBody", "The body is not as long as the request's headers say");
    for (const algorithm of trailing) {
      const value = trailers.get(`x-amz-checksum-${algorithm}`);
      if (value === undefined)
        throw new S3Error(400, "MalformedTrailerError", "The request announces a trailer that it lacks");
      checksums.set(algorithm, value);
    }
    for (const [algorithm, digest] of digests) finished.set(algorithm, digest.value());
    if (md5 !== undefined && !finished.get("md5")!.equals(md5)) throw badDigest("Content-MD5");
    for (const [algorithm, value] of checksums)
      if (finished.get(algorithm)!.toString("base64") !== value) throw badDigest(algorithm.toUpperCase());
    if (payloadHashGiven && finished.get("sha256")!.toString("hex") !== payloadHash)
      throw new S3Error(
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
  }

  return {
    content: content(),
    digest: () => ({
      size,
      etag: `"${finished.get("md5")!.toString("hex")}"`,
      checksums: Object.fromEntries(checksums),
    }),
  };
}

/** Reads a small body whole, verified as `receiveBody` does. `limit` is in bytes; a longer one is `EntityTooLarge`. */
export async function receiveText(
  headers: Record<string, string>,
  source: AsyncIterable<Buffer>,
  limit: number,
): Promise<string> {
  if (declaredSize(headers) > limit)
    throw new S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  const pieces: Buffer[] = [];
  for await (const piece of receiveBody(headers, source).content) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}
