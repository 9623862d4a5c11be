import { ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listObjects } from "../../../../infra/local/s3/listing.ts";
import { compareKeys, VersionIndex } from "../../../../infra/local/s3/version-index.ts";
import { refusalOf, serve } from "./bucket-fixture.ts";

const Bucket = "plain";

async function fill(client: S3Client, keys: string[]): Promise<void> {
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
}

async function listAll(client: S3Client, wanted: object): Promise<{ keys: string[]; prefixes: string[] }> {
  const found: { keys: string[]; prefixes: string[] } = { keys: [], prefixes: [] };
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, ...wanted, ...(ContinuationToken && { ContinuationToken }) }),
    );
    found.keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ""));
    found.prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ""));
    ContinuationToken = page.NextContinuationToken;
    expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
    expect(page.KeyCount).toBe((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
  } while (ContinuationToken !== undefined);
  return found;
}

const RUNS = [
  "exports/1/leads.csv",
  "exports/1/leads.jsonl",
  "exports/2/leads.csv",
  "exports/latest",
  "quarantine/x",
];

describe("a list of objects", () => {
  test.each([
    [{}, RUNS, []],
    [{ Prefix: "exports/1/" }, RUNS.slice(0, 2), []],
    [{ Prefix: "exports/", Delimiter: "/" }, ["exports/latest"], ["exports/1/", "exports/2/"]],
    [{ Delimiter: "/" }, [], ["exports/", "quarantine/"]],
    [{ StartAfter: "exports/1/leads.jsonl" }, RUNS.slice(2), []],
    [{ StartAfter: "exports/1/", Prefix: "exports/", Delimiter: "/" }, ["exports/latest"], ["exports/2/"]],
    [{ Prefix: "nothing" }, [], []],
    [{ Delimiter: "eads." }, ["exports/latest", "quarantine/x"], ["exports/1/leads.", "exports/2/leads."]],
    [{ EncodingType: "url", Prefix: "exports/l" }, ["exports/latest"], []],
  ])("%o", async (wanted, keys, prefixes) => {
    const { client } = await serve();
    await fill(client, RUNS);
    for (const MaxKeys of [1, 2, 1000])
      expect(await listAll(client, { ...wanted, MaxKeys })).toEqual({ keys, prefixes });
  });

  test("describes each object", async () => {
    const { client } = await serve({ now: () => Date.parse("2026-03-04T05:06:07.890Z") });
    await fill(client, ["k"]);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents).toMatchObject([
      {
        Key: "k",
        Size: 1,
        ETag: '"8ce4b16b22b58894aa86c421e8759df3"',
        LastModified: new Date("2026-03-04T05:06:07.890Z"),
      },
    ]);
  });

  test("is in the order of UTF-8 bytes and gives any name back", async () => {
    const { client } = await serve();
    const keys = ["\ufb01", "\u{1f600}", "a", "B", "é", "a&b<c>\"d'", "a\r\nb", " lead ", "%41+ b", "]]>"];
    await fill(client, keys);
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect((await listAll(client, {})).keys).toEqual(sorted);
  });

  test("of no keys is empty, and a made-up token is refused", async () => {
    const { client } = await serve();
    await fill(client, ["k"]);
    const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
    expect([none.KeyCount, none.IsTruncated]).toEqual([0, false]);
    const forged = new ListObjectsV2Command({ Bucket, ContinuationToken: "no token!" });
    expect(await refusalOf(client.send(forged))).toEqual({ name: "InvalidArgument", status: 400 });
  });
});

test("keys are compared as their UTF-8 bytes", () => {
  const text = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("pages of any size are together what a plain filter and sort would give", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "/", "\u{1f600}"), minLength: 1, maxLength: 5 });
  const cases = fc.record({
    keys: fc.array(name, { maxLength: 25 }),
    removed: fc.array(name, { maxLength: 10 }),
    prefix: fc.string({ unit: fc.constantFrom("a", "/"), maxLength: 2 }),
    delimiter: fc.constantFrom("", "/"),
    limit: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(cases, ({ keys, removed, prefix, delimiter, limit }) => {
      const index = new VersionIndex();
      const rest = { deleteMarker: false, size: 0, etag: "", lastModified: 0, headers: {}, checksums: {} };
      for (const [sequence, key] of keys.entries()) index.put({ key, versionId: "null", sequence, ...rest });
      for (const key of removed) index.remove(key, "null");

      const left = [...new Set(keys)].filter((key) => !removed.includes(key) && key.startsWith(prefix));
      const names = left.map((key) => {
        const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
        return cut < 0 ? key : `${key.slice(0, cut + 1)} group`;
      });
      const listed: string[] = [];
      for (let after: string | undefined = ""; after !== undefined; ) {
        const page = listObjects(index, { prefix, delimiter, after, limit });
        listed.push(
          ...page.objects.map(({ key }) => key),
          ...page.commonPrefixes.map((group) => `${group} group`),
        );
        after = page.next;
      }
      expect(listed.sort()).toEqual([...new Set(names)].sort());
    }),
  );
});
