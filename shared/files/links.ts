import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Files } from "./files.ts";

/** Seconds that a link to a file is good for: long enough to click. */
const downloadLifetime = 300;

/**
 * A link from which anybody may fetch one file, for five minutes.
 * @param name what the file is called where it is saved
 */
export function downloadLink(
  { client, bucket }: Files,
  key: string,
  name: string,
  contentType: string,
): Promise<string> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentType: contentType,
    ResponseContentDisposition: `attachment; filename="${name}"`,
  });
  return getSignedUrl(client, command, { expiresIn: downloadLifetime });
}

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
