import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
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

/** A file's text, and what tells this content of it from any other. */
export interface TaggedFile {
  text: string;
  etag: string;
}

/** The same with its tag, for a write that must not undo another's. */
export async function readTagged({ client, bucket }: Files, key: string): Promise<TaggedFile | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { text: (await answer.Body?.transformToString("utf-8")) ?? "", etag: answer.ETag ?? "" };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Replaces a file where it is still the one that was read. @returns whether it was */
export async function replaceFile(
  { client, bucket }: Files,
  key: string,
  body: string,
  contentType: string,
  etag: string,
): Promise<boolean> {
  const content = { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
  try {
    await client.send(new PutObjectCommand({ ...content, IfMatch: etag }));
    return true;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 409 || status === 412) return false;
    throw error;
  }
}

/** Deletes a file for good, with all that it was before; that it is gone already is no error. */
export const deleteFile = (files: Files, key: string): Promise<void> =>
  deleteVersionsOf(files, key, () => true);

/** Deletes what a file was before it was replaced or deleted. */
export const deleteOlderVersions = (files: Files, key: string): Promise<void> =>
  deleteVersionsOf(files, key, (isLatest) => !isLatest);

/** The oldest first: what is deleted must not come to light again where this ends in between. */
async function deleteVersionsOf(
  { client, bucket }: Files,
  key: string,
  goes: (isLatest: boolean) => boolean,
): Promise<void> {
  const found: string[] = [];
  let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  do {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ...after }),
    );
    const versions = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    for (const { Key, VersionId, IsLatest } of versions)
      if (Key === key && VersionId && goes(IsLatest ?? false)) found.push(VersionId);
    after = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : {};
  } while (after.KeyMarker !== undefined && after.KeyMarker <= key);
  for (const VersionId of found.toReversed())
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }));
}
