import type { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, S3ServiceException } from "@aws-sdk/client-s3";
import type { Files } from "./files.ts";

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
