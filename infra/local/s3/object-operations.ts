import type { BucketAnswer, BucketRequest } from "./bucket-request.ts";
import { checkReadConditions, checkWriteConditions, requestedRange } from "./conditions.ts";
import { invalidArgument, noSuchKey, notImplemented, S3Error } from "./errors.ts";
import { checksumHeaders, describingHeaders, keptHeaders, versionHeaders } from "./object-headers.ts";
import type { Bucket, Deletion, ObjectStore } from "./object-store.ts";
import { receiveBody } from "./received-body.ts";
import type { ObjectVersion } from "./version-index.ts";
import { element, xmlDocument } from "./xml.ts";

/** PutObject. Conditions are checked when the body is complete: of two puts at once of one key, one finds the other's. */
export async function putObject(store: ObjectStore, request: BucketRequest): Promise<BucketAnswer> {
  const { headers, key } = request;
  const body = receiveBody(headers, request.body);
  const version = await store.put(store.bucket(request.bucket), key, body, keptHeaders(headers), (current) =>
    checkWriteConditions(headers, current?.etag),
  );
  return {
    status: 200,
    headers: { etag: version.etag, ...checksumHeaders(version), ...versionHeaders(version.versionId) },
  };
}

/** GetObject, and HeadObject where the method is HEAD: the same answer without its body. */
export function getObject(store: ObjectStore, request: BucketRequest): BucketAnswer {
  const bucket = store.bucket(request.bucket);
  const version = findVersion(bucket, request.key, request.query.get("versionId"));
  const { etag, lastModified, size } = version;
  const headers = describingHeaders(version, request.query);
  if (checkReadConditions(request.headers, etag, lastModified) === "not_modified")
    return { status: 304, headers };
  const range = requestedRange(request.headers, size, etag, lastModified);
  const { first, last } = range ?? { first: 0, last: size - 1 };
  headers["content-length"] = String(last - first + 1);
  if (range !== undefined) headers["content-range"] = `bytes ${first}-${last}/${size}`;
  else if (request.headers["x-amz-checksum-mode"]?.toUpperCase() === "ENABLED")
    Object.assign(headers, checksumHeaders(version));
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD" || size === 0) return { status, headers };
  return { status, headers, body: store.readBody(bucket, version, { first, last }) };
}

/** DeleteObject: for good with a version id; else by a delete marker where the bucket is versioned. */
export function deleteObject(store: ObjectStore, request: BucketRequest): BucketAnswer {
  if (request.headers["if-match"] !== undefined) throw notImplemented("If-Match on a delete");
  const deletion = deleteKey(
    store,
    store.bucket(request.bucket),
    request.key,
    request.query.get("versionId") ?? undefined,
  );
  const headers = versionHeaders(deletion.versionId);
  if (deletion.deleteMarker) headers["x-amz-delete-marker"] = "true";
  return { status: 204, headers };
}

/** Deletes a key, or one version of it for good. */
export function deleteKey(
  store: ObjectStore,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): Deletion {
  return versionId === undefined ? store.delete(bucket, key) : store.deleteVersion(bucket, key, versionId);
}

/** CopyObject, with its metadata or, where `x-amz-metadata-directive` is REPLACE, with the request's. */
export async function copyObject(store: ObjectStore, request: BucketRequest): Promise<BucketAnswer> {
  const { headers } = request;
  const source = copySource(headers["x-amz-copy-source"] ?? "");
  const sourceBucket = store.bucket(source.bucket);
  const original = findVersion(sourceBucket, source.key, source.versionId);
  const replace = headers["x-amz-metadata-directive"]?.toUpperCase() === "REPLACE";
  if (!replace && source.bucket === request.bucket && source.key === request.key && source.versionId === null)
    throw new S3Error(
      400,
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing its metadata.",
    );
  const bucket = store.bucket(request.bucket);
  const { size, etag, checksums } = original;
  const content = store.readBody(sourceBucket, original, { first: 0, last: size - 1 });
  const copy = await store
    .put(
      bucket,
      request.key,
      { content, digest: () => ({ size, etag, checksums }) },
      replace ? keptHeaders(headers) : original.headers,
      (current) => checkWriteConditions(headers, current?.etag),
    )
    .finally(() => content.destroy());
  const result = [
    element("ETag", copy.etag),
    element("LastModified", new Date(copy.lastModified).toISOString()),
  ];
  const answered: Record<string, string> = {
    "content-type": "application/xml",
    ...versionHeaders(copy.versionId),
  };
  if (original.versionId !== "null") answered["x-amz-copy-source-version-id"] = original.versionId;
  return { status: 200, headers: answered, body: xmlDocument("CopyObjectResult", result) };
}

function copySource(header: string): { bucket: string; key: string; versionId: string | null } {
  const [path = "", query = ""] = header.split("?", 2);
  const parts = /^\/?([^/]+)\/(.+)$/.exec(path);
  try {
    if (parts !== null)
      return {
        bucket: decodeURIComponent(parts[1]!),
        key: decodeURIComponent(parts[2]!),
        versionId: new URLSearchParams(query).get("versionId"),
      };
  } catch {
    // A malformed escape is refused below, like every other malformed source.
  }
  throw invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
}

/** The version that a read asks for. Throws `NoSuchKey`, `NoSuchVersion`, or `MethodNotAllowed` for a delete marker. */
function findVersion(bucket: Bucket, key: string, versionId: string | null): ObjectVersion {
  if (versionId === null) {
    const newest = bucket.index.newest(key);
    if (newest === undefined) throw noSuchKey();
    if (newest.deleteMarker)
      throw noSuchKey({ "x-amz-delete-marker": "true", ...versionHeaders(newest.versionId) });
    return newest;
  }
  const version = bucket.index.versions(key).find((other) => other.versionId === versionId);
  if (version === undefined) throw new S3Error(404, "NoSuchVersion", "The specified version does not exist.");
  if (version.deleteMarker)
    throw new S3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.", {
      "x-amz-delete-marker": "true",
      ...versionHeaders(version.versionId),
    });
  return version;
}
