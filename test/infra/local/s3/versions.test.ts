import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { refusalOf, serve } from "./bucket-fixture.ts";

const Bucket = "kept";

async function put(client: S3Client, Key: string, Body: string): Promise<string> {
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return VersionId ?? "";
}

async function read(client: S3Client, Key: string, VersionId?: string): Promise<string | undefined> {
  const got = await client.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }));
  return got.Body?.transformToString();
}

describe("in a versioned bucket", () => {
  test("every put is a version, readable by its id", async () => {
    const { client } = await serve();
    const first = await put(client, "k", "one");
    const second = await put(client, "k", "two");
    expect(first).not.toBe(second);
    expect(await read(client, "k")).toBe("two");
    expect(await read(client, "k", first)).toBe("one");
    expect(await read(client, "k", second)).toBe("two");
    expect(await refusalOf(read(client, "k", "0123"))).toEqual({ name: "NoSuchVersion", status: 404 });
    expect(await refusalOf(read(client, "other", first))).toEqual({ name: "NoSuchVersion", status: 404 });
  });

  test("a delete hides the object behind a marker, and deleting the marker shows it again", async () => {
    const { client } = await serve();
    const version = await put(client, "k", "one");
    const deleted = await client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    expect(deleted.DeleteMarker).toBe(true);
    const marker = deleted.VersionId ?? "";
    const error = await client.send(new GetObjectCommand({ Bucket, Key: "k" })).catch((caught) => caught);
    expect(error).toBeInstanceOf(S3ServiceException);
    expect(error.name).toBe("NoSuchKey");
    expect(error.$response.headers["x-amz-delete-marker"]).toBe("true");
    expect(await refusalOf(read(client, "k", marker))).toEqual({ name: "MethodNotAllowed", status: 405 });
    expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
    expect(await read(client, "k", version)).toBe("one");

    const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
    expect(listed.DeleteMarkers).toMatchObject([{ Key: "k", VersionId: marker, IsLatest: true }]);
    expect(listed.Versions).toMatchObject([{ Key: "k", VersionId: version, IsLatest: false, Size: 3 }]);

    const undeleted = await client.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: marker }));
    expect(undeleted.DeleteMarker).toBe(true);
    expect(await read(client, "k")).toBe("one");
  });

  test("a version deleted by its id is gone for good, and the one before is current", async () => {
    const { client } = await serve();
    const first = await put(client, "k", "one");
    const second = await put(client, "k", "two");
    await client.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: second }));
    expect((await refusalOf(read(client, "k", second))).name).toBe("NoSuchVersion");
    expect(await read(client, "k")).toBe("one");
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: "k", VersionId: first }, { Key: "x" }] },
      }),
    );
    expect(Deleted).toMatchObject([
      { Key: "k", VersionId: first },
      { Key: "x", DeleteMarker: true, DeleteMarkerVersionId: expect.stringMatching(/.+/) },
    ]);
    const head = client.send(new HeadObjectCommand({ Bucket, Key: "k" }));
    expect((await refusalOf(head)).status).toBe(404);
  });

  test.each([1, 2, 3, 100])("versions are listed newest first in pages of %i", async (MaxKeys) => {
    const { client } = await serve();
    const expected: string[][] = [];
    for (const Key of ["a", "b/1", "b/2", "c"]) {
      const ids: string[] = [];
      for (const Body of ["1", "2", "3"]) ids.unshift(await put(client, Key, Body));
      if (Key.startsWith("b/")) expected.push(...ids.map((id) => [Key, id]));
    }
    const seen: (string | undefined)[][] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    do {
      const page = await client.send(
        new ListObjectVersionsCommand({
          Bucket,
          Prefix: "b/",
          MaxKeys,
          ...(KeyMarker && { KeyMarker }),
          ...(VersionIdMarker && { VersionIdMarker }),
        }),
      );
      expect(page.Versions?.length).toBeLessThanOrEqual(MaxKeys);
      for (const { Key, VersionId } of page.Versions ?? []) seen.push([Key, VersionId]);
      KeyMarker = page.NextKeyMarker;
      VersionIdMarker = page.NextVersionIdMarker;
      expect(page.IsTruncated).toBe(KeyMarker !== undefined);
    } while (KeyMarker !== undefined);
    expect(seen).toEqual(expected);
  });

  test("a list goes on behind a version that has been deleted since, repeating none", async () => {
    const { client } = await serve();
    const [first = "", second = "", third = ""] = [
      await put(client, "k", "1"),
      await put(client, "k", "2"),
      await put(client, "k", "3"),
    ];
    await client.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: second }));
    const rest = new ListObjectVersionsCommand({ Bucket, KeyMarker: "k", VersionIdMarker: second });
    const { Versions = [] } = await client.send(rest);
    expect(Versions.map(({ VersionId }) => VersionId)).toEqual([first]);
    expect(await read(client, "k")).toBe("3");
    expect(await read(client, "k", third)).toBe("3");
  });

  test("a client that lists and deletes in turns deletes every version", async () => {
    const { client } = await serve();
    for (const Key of ["a", "b"]) for (let n = 0; n < 5; n++) await put(client, Key, `${n}`);
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (markers !== undefined) {
      const page: {
        Versions?: { Key?: string; VersionId?: string }[];
        DeleteMarkers?: { Key?: string; VersionId?: string }[];
        NextKeyMarker?: string;
        NextVersionIdMarker?: string;
      } = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }));
      for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
        await client.send(new DeleteObjectCommand({ Bucket, Key: Key ?? "", VersionId: VersionId ?? "" }));
      markers =
        page.NextKeyMarker === undefined
          ? undefined
          : { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker ?? "" };
    }
    const left = await client.send(new ListObjectVersionsCommand({ Bucket }));
    expect([left.Versions ?? [], left.DeleteMarkers ?? []]).toEqual([[], []]);
  });
});

test("a bucket that becomes versioned, and then is not, keeps its versions as S3 does", async () => {
  const before = await serve({ versioned: false });
  await put(before.client, "k", "unversioned");
  await before.server.close();

  const during = await serve({ dataDirectory: before.dataDirectory, versioned: true });
  const version = await put(during.client, "k", "versioned");
  expect(await read(during.client, "k", "null")).toBe("unversioned");
  await during.server.close();

  const after = await serve({ dataDirectory: before.dataDirectory, versioned: false });
  await put(after.client, "k", "suspended");
  await put(after.client, "k", "suspended again");
  expect(await read(after.client, "k", "null")).toBe("suspended again");
  await after.client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  expect((await refusalOf(read(after.client, "k"))).name).toBe("NoSuchKey");
  expect(await read(after.client, "k", version)).toBe("versioned");
});
