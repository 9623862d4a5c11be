import type { Readable } from "node:stream";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Files } from "./files.ts";

/** A client that signs nothing of the body: the one that makes a link does not know what will be sent over it. */
let signer: S3Client | undefined;

/**
 * A link over which anybody may put one file.
 * @param lifetime seconds
 */
export function uploadLink({ bucket }: Files, key: string, lifetime: number): Promise<string> {
  signer ??= new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  return getSignedUrl(signer, new PutObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: lifetime });
}

/** What is known of a file without reading it, or undefined where there is none. */
export async function findUpload(
  { client, bucket }: Files,
  key: string,
): Promise<{ etag: string; bytes: number } | undefined> {
  // To ask for the object itself takes the right to read it.
  const answer = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
  const found = answer.Contents?.find((one) => one.Key === key);
  return found && { etag: found.ETag ?? "", bytes: found.Size ?? 0 };
}

/** A file's bytes as they come, or undefined where it is not there any more or is another. */
export async function openUpload(
  { client, bucket }: Files,
  key: string,
  etag: string,
): Promise<Readable | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }));
    return answer.Body as Readable;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 404 || status === 412) return undefined;
    throw error;
  }
}
