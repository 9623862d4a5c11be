import { validateHeaderValue } from "node:http";
import { httpDate } from "./conditions.ts";
import { invalidArgument, notImplemented, S3Error } from "./errors.ts";
import type { ObjectVersion } from "./version-index.ts";

const KEPT = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];
const METADATA = "x-amz-meta-";
const LARGEST_METADATA = 2048;

/** Of the `x-amz-` headers those that this server acts on, or that change nothing on one machine. */
const KNOWN = new RegExp(
  `^x-amz-(${[
    "date",
    "content-sha256",
    "security-token",
    "user-agent",
    "trailer",
    "decoded-content-length",
    "sdk-checksum-algorithm",
    "copy-source",
    "metadata-directive",
    "meta-.+",
    "checksum-.+",
  ].join("|")})$`,
);

/** Refuses what a header asks for and this server would silently not do: tags, encryption keys, locks, grants. */
export function refuseUnknownHeaders(headers: Record<string, string>): void {
  for (const name of Object.keys(headers))
    if (name.startsWith("x-amz-") && !KNOWN.test(name)) throw notImplemented(`the header ${name}`);
}

/** Of a put's headers, those that are answered with the object. Throws `MetadataTooLarge`. */
export function keptHeaders(headers: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  let metadataSize = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(METADATA)) metadataSize += name.length - METADATA.length + value.length;
    else if (!KEPT.includes(name)) continue;
    kept[name] = value;
  }
  if (metadataSize > LARGEST_METADATA)
    throw new S3Error(
      400,
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size",
    );
  const encodings = (kept["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim());
  const ownEncodings = encodings.filter((encoding) => encoding !== "" && encoding !== "aws-chunked");
  if (ownEncodings.length > 0) kept["content-encoding"] = ownEncodings.join(",");
  else delete kept["content-encoding"];
  return { "content-type": "binary/octet-stream", ...kept };
}

/**
 * The headers that describe an object, with the overrides that a signed request may ask for
 * (`response-content-disposition` and its like). Throws `InvalidArgument` for a value that is not a header's.
 */
export function describingHeaders(version: ObjectVersion, query: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {
    ...version.headers,
    "accept-ranges": "bytes",
    etag: version.etag,
    "last-modified": httpDate(version.lastModified),
    ...versionHeaders(version.versionId),
  };
  for (const name of KEPT) {
    const override = query.get(`response-${name}`);
    if (override === null) continue;
    try {
      validateHeaderValue(name, override);
    } catch {
      throw invalidArgument(`response-${name} cannot be the value of a header`);
    }
    headers[name] = override;
  }
  return headers;
}

/** S3 says nothing of versions in a bucket that has none. */
export function versionHeaders(versionId: string | undefined): Record<string, string> {
  return versionId === undefined || versionId === "null" ? {} : { "x-amz-version-id": versionId };
}

/** The checksums that were given with an object, for the client to verify what it gets. */
export function checksumHeaders(version: ObjectVersion): Record<string, string> {
  const entries = Object.entries(version.checksums);
  if (entries.length === 0) return {};
  return {
    ...Object.fromEntries(entries.map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value])),
    "x-amz-checksum-type": "FULL_OBJECT",
  };
}
