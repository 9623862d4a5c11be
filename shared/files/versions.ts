import { DeleteObjectsCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import type { Files } from "./files.ts";

/**
 * Deletes the files under a prefix whose keys sort before an end, with every version and delete marker, so that nothing of
 * them can be had again. Reads in the order of keys and no further than the end: the work is that of what goes.
 * @returns how many versions went
 */
export async function deleteFilesBefore(files: Files, prefix: string, before: string): Promise<number> {
  let deleted = 0;
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (marker) {
    const page: Awaited<ReturnType<typeof listed>> = await listed(files, prefix, marker);
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    const going = found.flatMap(({ Key, VersionId }) =>
      Key !== undefined && Key < before ? [{ Key, VersionId }] : [],
    );
    if (going.length > 0) {
      const { Errors } = await files.client.send(
        new DeleteObjectsCommand({ Bucket: files.bucket, Delete: { Objects: going, Quiet: true } }),
      );
      // Their messages may quote keys: the code is enough.
      if (Errors?.length) throw new Error(`files could not be deleted: ${Errors[0]?.Code}`);
    }
    deleted += going.length;
    marker =
      page.IsTruncated && going.length === found.length
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
  }
  return deleted;
}

const listed = (files: Files, prefix: string, marker: object) =>
  files.client.send(new ListObjectVersionsCommand({ Bucket: files.bucket, Prefix: prefix, ...marker }));
