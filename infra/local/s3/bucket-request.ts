import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { S3Error } from "./errors.ts";

/** A request, read: path-style, `/bucket/key`. */
export interface BucketRequest {
  method: string;
  /** Empty for the service itself. */
  bucket: string;
  /** Empty for the bucket itself. Decoded; nothing in it is a path of this machine. */
  key: string;
  query: URLSearchParams;
  /** By lower-case name; repeated ones joined as HTTP joins them. */
  headers: Record<string, string>;
  body: AsyncIterable<Buffer>;
}

/** What is answered. A stream is sent as it is; `content-length` is then in the headers. */
export interface BucketAnswer {
  status: number;
  headers: Record<string, string>;
  body?: string | Readable;
}

/** S3's limit, in bytes of UTF-8. */
const LONGEST_KEY = 1024;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}

/**
 * Reads a request's line and headers. The path is taken apart by hand: a URL parser would resolve `..`, which is a name
 * like another in a key. Errors: `InvalidURI`, `KeyTooLongError`.
 */
export function readRequest(message: IncomingMessage): BucketRequest {
  const target = message.url ?? "";
  const queryAt = target.indexOf("?");
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  if (!path.startsWith("/")) throw new S3Error(400, "InvalidURI", "Couldn't parse the specified URI.");
  const keyAt = path.indexOf("/", 1);
  const key = keyAt < 0 ? "" : decode(path.slice(keyAt + 1));
  if (Buffer.byteLength(key) > LONGEST_KEY) throw new S3Error(400, "KeyTooLongError", "Your key is too long");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headersDistinct))
    if (value !== undefined) headers[name] = value.join(", ");
  return {
    method: message.method ?? "",
    bucket: decode(keyAt < 0 ? path.slice(1) : path.slice(1, keyAt)),
    key,
    query: new URLSearchParams(queryAt < 0 ? "" : target.slice(queryAt + 1)),
    headers,
    // A refused upload is still read to its end, so that its sender gets the answer and not a broken connection.
    body: message.iterator({ destroyOnReturn: false }),
  };
}
