import { invalidArgument, noSuchKey, notImplemented, preconditionFailed, S3Error } from "./errors.ts";

type Headers = Readonly<Record<string, string>>;

/** An inclusive range of bytes. */
export interface ByteRange {
  first: number;
  last: number;
}

/** The `Last-Modified` header of a time in milliseconds: HTTP dates have whole seconds. */
export function httpDate(time: number): string {
  return new Date(time).toUTCString();
}

function namesEtag(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const name = item.trim().replace(/^W\//, "");
    return name === "*" || name === etag || `"${name}"` === etag;
  });
}

/**
 * What the conditional headers of a read decide (RFC 9110, 13.2.2): go on, or `not_modified` (304). `lastModified` in
 * milliseconds. Throws `PreconditionFailed`.
 */
export function checkReadConditions(
  headers: Headers,
  etag: string,
  lastModified: number,
): "go_on" | "not_modified" {
  const modified = Math.floor(lastModified / 1000) * 1000;
  const ifMatch = headers["if-match"];
  const unmodifiedSince = Date.parse(headers["if-unmodified-since"] ?? "");
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, etag)) throw preconditionFailed();
  } else if (modified > unmodifiedSince) throw preconditionFailed();
  const ifNoneMatch = headers["if-none-match"];
  const modifiedSince = Date.parse(headers["if-modified-since"] ?? "");
  if (ifNoneMatch !== undefined) return namesEtag(ifNoneMatch, etag) ? "not_modified" : "go_on";
  return modified <= modifiedSince ? "not_modified" : "go_on";
}

/**
 * Refuses a conditional write that must not happen, given the ETag of the current object (undefined where there is none,
 * or a delete marker). Throws `PreconditionFailed`, `NoSuchKey` (If-Match of nothing), or `NotImplemented` (an
 * If-None-Match that is not `*`), as S3 does.
 */
export function checkWriteConditions(headers: Headers, currentEtag: string | undefined): void {
  const ifNoneMatch = headers["if-none-match"];
  const ifMatch = headers["if-match"];
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== "*") throw notImplemented("If-None-Match other than * on a write");
    if (currentEtag !== undefined) throw preconditionFailed();
  }
  if (ifMatch !== undefined) {
    if (currentEtag === undefined) throw noSuchKey();
    if (!namesEtag(ifMatch, currentEtag)) throw preconditionFailed();
  }
}

/**
 * The bytes that a `Range` header asks for of an object of `size` bytes; undefined is all of it: no header, one that is
 * not understood (RFC 9110, 14.2), or an `If-Range` for another state of the object. Throws `InvalidRange` where
 * no byte is in it, and `NotImplemented` for several ranges.
 */
export function requestedRange(
  headers: Headers,
  size: number,
  etag: string,
  lastModified: number,
): ByteRange | undefined {
  const range = headers.range;
  const ifRange = headers["if-range"];
  if (range === undefined) return undefined;
  if (ifRange !== undefined && ifRange !== etag && ifRange !== httpDate(lastModified)) return undefined;
  if (/^bytes=.*,/.test(range)) throw notImplemented("several ranges in one request");
  const [, from, to] = /^bytes=([0-9]*)-([0-9]*)$/.exec(range.trim()) ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  if (from !== "" && to !== "" && Number(from) > Number(to)) return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last)
    throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable", {
      "content-range": `bytes */${size}`,
    });
  return { first, last };
}

/** A whole number of a query, `fallback` where absent and at most `fallback`. Throws `InvalidArgument`. */
export function countParameter(value: string | null, fallback: number): number {
  if (value === null || value === "") return fallback;
  if (!/^[0-9]{1,10}$/.test(value)) throw invalidArgument("Provided max-keys not an integer or within range");
  return Math.min(Number(value), fallback);
}
