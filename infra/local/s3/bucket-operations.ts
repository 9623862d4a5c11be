import type { BucketAnswer, BucketRequest } from "./bucket-request.ts";
import { countParameter } from "./conditions.ts";
import { invalidArgument } from "./errors.ts";
import { listObjects, listVersions } from "./listing.ts";
import { deleteKey } from "./object-operations.ts";
import type { ObjectStore } from "./object-store.ts";
import { receiveText } from "./received-body.ts";
import type { ObjectVersion } from "./version-index.ts";
import { element, parseDeleteRequest, xmlDocument } from "./xml.ts";

const LONGEST_PAGE = 1000;
/** Of a DeleteObjects request, in bytes: S3's own limit. */
const LARGEST_DELETE = 2 * 1024 * 1024;
const OWNER = element("Owner", [element("ID", "local"), element("DisplayName", "local")]);

function xmlAnswer(root: string, children: readonly string[]): BucketAnswer {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: xmlDocument(root, children),
  };
}

/** ListBuckets. */
export function listBuckets(store: ObjectStore): BucketAnswer {
  const buckets = store
    .buckets()
    .map(({ name }) =>
      element("Bucket", [element("Name", name), element("CreationDate", new Date(0).toISOString())]),
    );
  return xmlAnswer("ListAllMyBucketsResult", [element("Buckets", buckets), OWNER]);
}

/** HeadBucket. */
export function headBucket(store: ObjectStore, request: BucketRequest): BucketAnswer {
  store.bucket(request.bucket);
  return { status: 200, headers: {} };
}

/** How names are written in a list: as they are, or percent-encoded where `encoding-type=url` asks for it. */
function nameWriter(query: URLSearchParams): (name: string) => string {
  const encoding = query.get("encoding-type");
  if (encoding !== null && encoding !== "url")
    throw invalidArgument("Invalid Encoding Method specified in Request");
  return encoding === null ? (name) => name : (name) => encodeURIComponent(name).replaceAll("%2F", "/");
}

function entry(version: ObjectVersion): string[] {
  const when = element("LastModified", new Date(version.lastModified).toISOString());
  if (version.deleteMarker) return [when];
  return [
    when,
    element("ETag", version.etag),
    ...Object.keys(version.checksums).map((name) => element("ChecksumAlgorithm", name.toUpperCase())),
    element("Size", version.size),
    element("StorageClass", "STANDARD"),
  ];
}

/** A continuation token is the last name of the page before, so a list goes on across changes and restarts. */
function readToken(token: string): string {
  const name = Buffer.from(token, "base64url");
  if (name.length === 0 || name.toString("base64url") !== token)
    throw invalidArgument("The continuation token provided is incorrect");
  return name.toString("utf8");
}

/** ListObjectsV2. */
export function listObjectsV2(store: ObjectStore, request: BucketRequest): BucketAnswer {
  const { query } = request;
  const bucket = store.bucket(request.bucket);
  const name = nameWriter(query);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const limit = countParameter(query.get("max-keys"), LONGEST_PAGE);
  const after = token === null ? (startAfter ?? "") : readToken(token);
  const page = listObjects(bucket.index, { prefix, delimiter, after, limit });
  const children = [
    element("Name", bucket.name),
    element("Prefix", name(prefix)),
    element("KeyCount", page.objects.length + page.commonPrefixes.length),
    element("MaxKeys", limit),
    element("IsTruncated", page.next !== undefined),
  ];
  if (delimiter !== "") children.push(element("Delimiter", name(delimiter)));
  if (startAfter !== null) children.push(element("StartAfter", name(startAfter)));
  if (token !== null) children.push(element("ContinuationToken", token));
  if (query.has("encoding-type")) children.push(element("EncodingType", "url"));
  if (page.next !== undefined)
    children.push(element("NextContinuationToken", Buffer.from(page.next).toString("base64url")));
  const owner = query.get("fetch-owner") === "true" ? [OWNER] : [];
  for (const object of page.objects)
    children.push(element("Contents", [element("Key", name(object.key)), ...entry(object), ...owner]));
  for (const group of page.commonPrefixes)
    children.push(element("CommonPrefixes", [element("Prefix", name(group))]));
  return xmlAnswer("ListBucketResult", children);
}

/** ListObjectVersions. */
export function listObjectVersions(store: ObjectStore, request: BucketRequest): BucketAnswer {
  const { query } = request;
  const bucket = store.bucket(request.bucket);
  const name = nameWriter(query);
  const prefix = query.get("prefix") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  const versionIdMarker = query.get("version-id-marker") || undefined;
  if (versionIdMarker !== undefined && keyMarker === "")
    throw invalidArgument("A version-id marker cannot be specified without a key marker.");
  const limit = countParameter(query.get("max-keys"), LONGEST_PAGE);
  const marker = versionIdMarker === undefined ? {} : { versionIdMarker };
  const page = listVersions(bucket.index, { prefix, keyMarker, limit, ...marker });
  const children = [
    element("Name", bucket.name),
    element("Prefix", name(prefix)),
    element("KeyMarker", name(keyMarker)),
    element("VersionIdMarker", versionIdMarker ?? ""),
    element("MaxKeys", limit),
    element("IsTruncated", page.next !== undefined),
  ];
  if (query.has("encoding-type")) children.push(element("EncodingType", "url"));
  if (page.next !== undefined)
    children.push(
      element("NextKeyMarker", name(page.next.key)),
      element("NextVersionIdMarker", page.next.versionId),
    );
  for (const { version, isLatest } of page.versions)
    children.push(
      element(version.deleteMarker ? "DeleteMarker" : "Version", [
        element("Key", name(version.key)),
        element("VersionId", version.versionId),
        element("IsLatest", isLatest),
        ...entry(version),
        OWNER,
      ]),
    );
  return xmlAnswer("ListVersionsResult", children);
}

/** DeleteObjects: each object as DeleteObject would, all named in the answer unless it is to be quiet. */
export async function deleteObjects(store: ObjectStore, request: BucketRequest): Promise<BucketAnswer> {
  const bucket = store.bucket(request.bucket);
  const wanted = parseDeleteRequest(await receiveText(request.headers, request.body, LARGEST_DELETE));
  const children: string[] = [];
  for (const { key, versionId } of wanted.objects) {
    const deletion = deleteKey(store, bucket, key, versionId);
    if (wanted.quiet) continue;
    const deleted = [element("Key", key)];
    if (versionId !== undefined) deleted.push(element("VersionId", versionId));
    if (deletion.deleteMarker && deletion.versionId !== undefined)
      deleted.push(element("DeleteMarker", true), element("DeleteMarkerVersionId", deletion.versionId));
    children.push(element("Deleted", deleted));
  }
  return xmlAnswer("DeleteResult", children);
}
