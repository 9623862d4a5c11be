import * as onBucket from "./bucket-operations.ts";
import type { BucketAnswer, BucketRequest } from "./bucket-request.ts";
import { notImplemented } from "./errors.ts";
import { refuseUnknownHeaders } from "./object-headers.ts";
import * as onObject from "./object-operations.ts";
import type { ObjectStore } from "./object-store.ts";

/** An operation of the S3 API, and the query parameters that it understands here. */
interface Operation {
  parameters: readonly string[];
  run(store: ObjectStore, request: BucketRequest): BucketAnswer | Promise<BucketAnswer>;
}

const READ_PARAMETERS = [
  "versionId",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
];
const LIST_PARAMETERS = ["prefix", "max-keys", "encoding-type"];

const OPERATIONS = {
  ListBuckets: { parameters: [], run: onBucket.listBuckets },
  HeadBucket: { parameters: [], run: onBucket.headBucket },
  ListObjectsV2: {
    parameters: [
      ...LIST_PARAMETERS,
      "list-type",
      "delimiter",
      "continuation-token",
      "start-after",
      "fetch-owner",
    ],
    run: onBucket.listObjectsV2,
  },
  ListObjectVersions: {
    parameters: [...LIST_PARAMETERS, "versions", "key-marker", "version-id-marker"],
    run: onBucket.listObjectVersions,
  },
  DeleteObjects: { parameters: ["delete"], run: onBucket.deleteObjects },
  GetObject: { parameters: READ_PARAMETERS, run: onObject.getObject },
  PutObject: { parameters: [], run: onObject.putObject },
  CopyObject: { parameters: [], run: onObject.copyObject },
  DeleteObject: { parameters: ["versionId"], run: onObject.deleteObject },
} satisfies Record<string, Operation>;

function operationOf({ method, bucket, key, query, headers }: BucketRequest): Operation {
  if (bucket === "") {
    if (method === "GET" && key === "") return OPERATIONS.ListBuckets;
  } else if (key === "") {
    if (method === "HEAD") return OPERATIONS.HeadBucket;
    if (method === "GET" && query.has("versions")) return OPERATIONS.ListObjectVersions;
    if (method === "GET" && query.get("list-type") === "2") return OPERATIONS.ListObjectsV2;
    if (method === "POST" && query.has("delete")) return OPERATIONS.DeleteObjects;
  } else {
    if (method === "GET" || method === "HEAD") return OPERATIONS.GetObject;
    if (method === "PUT")
      return headers["x-amz-copy-source"] === undefined ? OPERATIONS.PutObject : OPERATIONS.CopyObject;
    if (method === "DELETE") return OPERATIONS.DeleteObject;
  }
  throw notImplemented("this operation");
}

/**
 * Does what the request asks for, or nothing: a parameter or header that is not understood (an ACL, tags, a part of a
 * multipart upload) is `NotImplemented`, never ignored.
 */
export async function perform(store: ObjectStore, request: BucketRequest): Promise<BucketAnswer> {
  const operation = operationOf(request);
  for (const name of request.query.keys())
    if (name !== "x-id" && !operation.parameters.includes(name))
      throw notImplemented(`the parameter ${name} here`);
  refuseUnknownHeaders(request.headers);
  return operation.run(store, request);
}
