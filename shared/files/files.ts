import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { sdkLogger } from "../observe/sdk-logger.ts";
import { setting } from "../settings.ts";

/** The bucket of exports and bulky quarantine bodies, and the client that reaches it. */
export interface Files {
  client: S3Client;
  bucket: string;
}

export const openFiles = (): Files => ({
  client: new S3Client({
    maxAttempts: 4,
    logger: sdkLogger,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  }),
  bucket: setting("exportsBucket"),
});

/** Puts a file; with the same content again it changes nothing that a reader could see. */
export async function putFile(
  files: Files,
  key: string,
  body: string | Buffer,
  contentType: string,
): Promise<void> {
  await files.client.send(
    new PutObjectCommand({ Bucket: files.bucket, Key: key, Body: body, ContentType: contentType }),
  );
}

/** Puts a file unless it exists (S3's conditional write). @returns whether this call was the first */
export async function putFirstFile(
  files: Files,
  key: string,
  body: string,
  contentType: string,
): Promise<boolean> {
  try {
    await files.client.send(
      new PutObjectCommand({
        Bucket: files.bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        IfNoneMatch: "*",
      }),
    );
    return true;
  } catch (error) {
    // 409: another conditional write of the same key is under way; whether it ends well is told by reading.
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 412) return false;
    if (status === 409)
      return (await readFile(files, key)) === undefined ? putFirstFile(files, key, body, contentType) : false;
    throw error;
  }
}

/** Reads a file's text, or undefined where there is none. */
export async function readFile(files: Files, key: string): Promise<string | undefined> {
  try {
    const answer = await files.client.send(new GetObjectCommand({ Bucket: files.bucket, Key: key }));
    return await answer.Body?.transformToString("utf-8");
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Deletes a file; that it is gone already is no error. */
export async function deleteFile(files: Files, key: string): Promise<void> {
  await files.client.send(new DeleteObjectCommand({ Bucket: files.bucket, Key: key }));
}
