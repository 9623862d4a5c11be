import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { BucketRequest } from "./bucket-request.ts";
import { invalidArgument, S3Error } from "./errors.ts";

/** The one pair of keys that links are signed with. */
export interface BucketCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SIGNING_PARAMETERS = [
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-signature",
  "x-amz-signedheaders",
];
const LONGEST_LIFE_SECONDS = 7 * 24 * 3600;
const CLOCK_SKEW_MS = 15 * 60 * 1000;

function denied(message: string): S3Error {
  return new S3Error(403, "AccessDenied", message);
}

function badParameters(message: string): S3Error {
  return new S3Error(400, "AuthorizationQueryParametersError", message);
}

/** RFC 3986, as SigV4 asks for: `encodeURIComponent` leaves five characters that must be encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * Lets a request in or throws. The bucket is private: a request is signed in its `Authorization` header, whose signature
 * a server for one's own machine does not check, or it is a presigned link, which is checked as AWS does, since links
 * leave the product. `now` in milliseconds. A presigned request's `x-amz-` parameters stand for headers: they
 * are moved among them. Errors: `AccessDenied`, `SignatureDoesNotMatch`, `InvalidAccessKeyId`, `InvalidArgument`,
 * `AuthorizationQueryParametersError`.
 */
export function authorize(request: BucketRequest, credentials: BucketCredentials, now: number): void {
  const header = request.headers.authorization;
  if (request.query.has("X-Amz-Signature")) {
    if (header !== undefined) throw invalidArgument("Only one auth mechanism allowed");
    verifyLink(request, credentials, now);
    for (const [name, value] of [...request.query]) {
      const asHeader = name.toLowerCase();
      if (!asHeader.startsWith("x-amz-")) continue;
      request.query.delete(name);
      if (!SIGNING_PARAMETERS.includes(asHeader)) request.headers[asHeader] ??= value;
    }
  } else if (header === undefined) throw denied("Access Denied");
  else if (!header.startsWith(`${ALGORITHM} `)) throw invalidArgument("Unsupported Authorization Type");
}

/** "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", S3 API reference. */
function verifyLink(request: BucketRequest, credentials: BucketCredentials, now: number): void {
  const { query, headers } = request;
  const parameter = (name: string): string => {
    const values = query.getAll(name);
    if (values.length !== 1 || values[0] === "") throw badParameters(`Query-string needs one ${name}`);
    return values[0]!;
  };
  if (parameter("X-Amz-Algorithm") !== ALGORITHM)
    throw badParameters(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const date = parameter("X-Amz-Date");
  const signedAt = readDate(date);
  const expires = parameter("X-Amz-Expires");
  if (!/^[0-9]{1,9}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST_LIFE_SECONDS)
    throw badParameters("X-Amz-Expires must be between 1 and 604800 seconds");
  const [accessKeyId, day, region, service, ending, ...more] = parameter("X-Amz-Credential").split("/");
  if (
    more.length > 0 ||
    service !== "s3" ||
    ending !== "aws4_request" ||
    region === undefined ||
    day !== date.slice(0, 8)
  )
    throw badParameters("Error parsing the X-Amz-Credential parameter");
  const signedHeaders = parameter("X-Amz-SignedHeaders").split(";");
  const signature = parameter("X-Amz-Signature");

  if (accessKeyId !== credentials.accessKeyId)
    throw new S3Error(
      403,
      "InvalidAccessKeyId",
      "The AWS Access Key Id you provided does not exist in our records.",
    );
  if (now > signedAt + Number(expires) * 1000) throw denied("Request has expired");
  if (signedAt > now + CLOCK_SKEW_MS) throw denied("Request is not valid yet");
  const unsigned = Object.keys(headers).find(
    (name) => name.startsWith("x-amz-") && !signedHeaders.includes(name),
  );
  if (unsigned !== undefined || !signedHeaders.includes("host"))
    throw denied("There were headers present in the request which were not signed");

  const payload = query.get("X-Amz-Content-Sha256") ?? headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD";
  const scope = `${day}/${region}/s3/aws4_request`;
  const hash = createHash("sha256")
    .update(canonicalRequest(request, signedHeaders, payload))
    .digest("hex");
  const signingKey = hmac(
    hmac(hmac(hmac(`AWS4${credentials.secretAccessKey}`, day), region), "s3"),
    "aws4_request",
  );
  const expected = hmac(signingKey, [ALGORITHM, date, scope, hash].join("\n"));
  const given = Buffer.from(signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new S3Error(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
}

function canonicalRequest(request: BucketRequest, signedHeaders: string[], payload: string): string {
  const path = `/${[request.bucket, ...request.key.split("/")].map(encode).join("/")}`;
  const query = [...request.query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`);
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  return [request.method, path, query.join("&"), headers.join(""), signedHeaders.join(";"), payload].join(
    "\n",
  );
}

/** Milliseconds of a time written `20260114T093000Z`. */
function readDate(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const time =
    parts === null
      ? Number.NaN
      : Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`);
  if (Number.isNaN(time))
    throw badParameters("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  return time;
}
