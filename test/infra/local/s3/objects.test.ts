import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { codeOf, refusalOf, send, serve } from "./bucket-fixture.ts";

const Bucket = "plain";
const hello = { Bucket, Key: "hello.txt" };

function md5(text: string): string {
  return `"${createHash("md5").update(text).digest("hex")}"`;
}

describe("an object", () => {
  test("comes back with its body, type, headers, metadata and ETag", async () => {
    const now = Date.parse("2026-03-04T05:06:07.890Z");
    const { client } = await serve({ now: () => now });
    const put = await client.send(
      new PutObjectCommand({
        ...hello,
        Body: "Grüße",
        ContentType: "text/csv; charset=utf-8",
        ContentDisposition: 'attachment; filename="leads.csv"',
        CacheControl: "no-store",
        ContentEncoding: "identity",
        Metadata: { run: "7", note: "" },
      }),
    );
    expect(put.ETag).toBe(md5("Grüße"));
    expect(put.VersionId).toBeUndefined();
    const got = await client.send(new GetObjectCommand(hello));
    expect(await got.Body?.transformToString()).toBe("Grüße");
    const described = {
      ContentType: "text/csv; charset=utf-8",
      ContentDisposition: 'attachment; filename="leads.csv"',
      CacheControl: "no-store",
      ContentEncoding: "identity",
      ContentLength: 7,
      Metadata: { run: "7", note: "" },
      ETag: md5("Grüße"),
      LastModified: new Date("2026-03-04T05:06:07.000Z"),
    };
    expect(got).toMatchObject(described);
    expect(await client.send(new HeadObjectCommand(hello))).toMatchObject(described);
  });

  test("may be empty", async () => {
    const { client } = await serve();
    await client.send(new PutObjectCommand({ ...hello, Body: new Uint8Array() }));
    const got = await client.send(new GetObjectCommand(hello));
    expect(await got.Body?.transformToString()).toBe("");
    expect(got.ContentLength).toBe(0);
    expect(got.ContentType).toBe("application/octet-stream");
  });

  test("is replaced by a later put and gone after a delete, which may be repeated", async () => {
    const { client } = await serve();
    await client.send(new PutObjectCommand({ ...hello, Body: "first, and longer" }));
    await client.send(new PutObjectCommand({ ...hello, Body: "second" }));
    const got = await client.send(new GetObjectCommand(hello));
    expect(await got.Body?.transformToString()).toBe("second");
    await client.send(new DeleteObjectCommand(hello));
    await client.send(new DeleteObjectCommand(hello));
    expect(await refusalOf(client.send(new GetObjectCommand(hello)))).toEqual({
      name: "NoSuchKey",
      status: 404,
    });
    expect(await refusalOf(client.send(new HeadObjectCommand(hello)))).toEqual({
      name: "NotFound",
      status: 404,
    });
  });

  test("being read stays whole while another takes its place", async () => {
    const { client } = await serve();
    const before = "a".repeat(4_000_000);
    await client.send(new PutObjectCommand({ ...hello, Body: before }));
    const got = await client.send(new GetObjectCommand(hello));
    await client.send(new PutObjectCommand({ ...hello, Body: "b" }));
    expect((await got.Body?.transformToString()) === before).toBe(true);
  });

  test.each([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["lines=1-2", "0123456789", undefined],
    ["bytes=5-2", "0123456789", undefined],
  ])("in the range %s is %s", async (Range, text, contentRange) => {
    const { client } = await serve();
    await client.send(new PutObjectCommand({ ...hello, Body: "0123456789" }));
    const got = await client.send(new GetObjectCommand({ ...hello, Range }));
    expect(await got.Body?.transformToString()).toBe(text);
    expect(got.ContentRange).toBe(contentRange);
    expect(got.$metadata.httpStatusCode).toBe(contentRange === undefined ? 200 : 206);
  });

  test("has no bytes outside itself", async () => {
    const { client } = await serve();
    await client.send(new PutObjectCommand({ ...hello, Body: "0123456789" }));
    for (const Range of ["bytes=10-", "bytes=10-20", "bytes=-0"])
      expect(await refusalOf(client.send(new GetObjectCommand({ ...hello, Range })))).toEqual({
        name: "InvalidRange",
        status: 416,
      });
  });

  test("is copied with its metadata, or with new", async () => {
    const { client } = await serve();
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: "a b/ü",
        Body: "body",
        ContentType: "text/plain",
        Metadata: { n: "1" },
      }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent("a b/ü")}`;
    const copied = await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
    expect(copied.CopyObjectResult?.ETag).toBe(md5("body"));
    const copy = await client.send(new GetObjectCommand({ Bucket, Key: "copy" }));
    expect(await copy.Body?.transformToString()).toBe("body");
    expect(copy).toMatchObject({ ContentType: "text/plain", Metadata: { n: "1" } });
    await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: "copy",
        CopySource: `${Bucket}/copy`,
        MetadataDirective: "REPLACE",
        ContentType: "text/html",
      }),
    );
    const replaced = await client.send(new HeadObjectCommand({ Bucket, Key: "copy" }));
    expect(replaced).toMatchObject({ ContentType: "text/html", Metadata: {} });
    await client.send(new PutObjectCommand({ Bucket, Key: "empty", Body: new Uint8Array() }));
    await client.send(new CopyObjectCommand({ Bucket, Key: "empty copy", CopySource: `${Bucket}/empty` }));
    const empty = await client.send(new GetObjectCommand({ Bucket, Key: "empty copy" }));
    expect(await empty.Body?.transformToString()).toBe("");
  });
});

describe("conditions", () => {
  test("of a read compare the ETag and the time", async () => {
    const now = Date.parse("2026-03-04T05:06:07.890Z");
    const { client } = await serve({ now: () => now });
    const { ETag = "" } = await client.send(new PutObjectCommand({ ...hello, Body: "x" }));
    const status = async (condition: object) => {
      const answer = client.send(new GetObjectCommand({ ...hello, ...condition }));
      return (await refusalOf(answer)).status ?? (await answer).$metadata.httpStatusCode;
    };
    expect(await status({ IfNoneMatch: ETag })).toBe(304);
    expect(await status({ IfNoneMatch: '"other"' })).toBe(200);
    expect(await status({ IfMatch: ETag })).toBe(200);
    expect(await status({ IfMatch: '"other"' })).toBe(412);
    expect(await status({ IfModifiedSince: new Date(now) })).toBe(304);
    expect(await status({ IfModifiedSince: new Date(now - 1000) })).toBe(200);
    expect(await status({ IfUnmodifiedSince: new Date(now) })).toBe(200);
    expect(await status({ IfUnmodifiedSince: new Date(now - 1000) })).toBe(412);
  });

  test.each(["plain", "kept"])("of a put protect what is there (%s bucket)", async (name) => {
    const { client } = await serve();
    const put = (Body: string, condition: object) =>
      client.send(new PutObjectCommand({ Bucket: name, Key: "k", Body, ...condition }));
    expect(await refusalOf(put("early", { IfMatch: '"x"' }))).toEqual({ name: "NoSuchKey", status: 404 });
    const { ETag } = await put("first", { IfNoneMatch: "*" });
    const refused = { name: "PreconditionFailed", status: 412 };
    expect(await refusalOf(put("second", { IfNoneMatch: "*" }))).toEqual(refused);
    await put("third", { IfMatch: ETag });
    expect(await refusalOf(put("fourth", { IfMatch: ETag }))).toEqual(refused);
    const got = await client.send(new GetObjectCommand({ Bucket: name, Key: "k" }));
    expect(await got.Body?.transformToString()).toBe("third");
    await client.send(new DeleteObjectCommand({ Bucket: name, Key: "k" }));
    await put("fifth", { IfNoneMatch: "*" });
  });

  test("let exactly one of many writers at once win", async () => {
    const { client } = await serve();
    for (const Key of ["one", "two", "three"]) {
      const writers = Array.from({ length: 12 }, (_, writer) => `${writer}`.repeat(20_000));
      const outcomes = await Promise.all(
        writers.map((Body) =>
          refusalOf(client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: "*" }))),
        ),
      );
      const winners = writers.filter((_, writer) => outcomes[writer]?.name === "none");
      expect(winners).toHaveLength(1);
      expect(outcomes.filter(({ name }) => name === "PreconditionFailed")).toHaveLength(11);
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      expect((await got.Body?.transformToString()) === winners[0]).toBe(true);
    }
  });
});

describe("the server", () => {
  test("knows its buckets and no others", async () => {
    const { client } = await serve();
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(["kept", "plain"]);
    await client.send(new HeadBucketCommand({ Bucket }));
    expect(await refusalOf(client.send(new HeadBucketCommand({ Bucket: "other" })))).toEqual({
      name: "NotFound",
      status: 404,
    });
    const put = new PutObjectCommand({ Bucket: "other", Key: "k", Body: "x" });
    expect(await refusalOf(client.send(put))).toEqual({ name: "NoSuchBucket", status: 404 });
  });

  test("deletes many at once", async () => {
    const { client } = await serve();
    const keys = ["a&b", "<c>", 'd"\u00e9', "e\ttab", "left"];
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    const Objects = [...keys.slice(0, 4), "never was"].map((Key) => ({ Key }));
    const { Deleted = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted.map(({ Key }) => Key)).toEqual([...keys.slice(0, 4), "never was"]);
    const statuses = await Promise.all(
      keys.map(async (Key) => (await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key })))).status),
    );
    expect(statuses).toEqual([404, 404, 404, 404, undefined]);
    const quiet = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "left" }], Quiet: true } }),
    );
    expect(quiet.Deleted ?? []).toEqual([]);
    expect((await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key: "left" })))).status).toBe(404);
  });

  test.each([
    ["not XML", "MalformedXML"],
    ["<Delete></Delete>", "MalformedXML"],
    ["<Delete><Object><Key>left</Key></Object>", "MalformedXML"],
    ["<Delete><Object><Key>left</Key></Delete></Object>", "MalformedXML"],
    ["<!DOCTYPE x><Delete><Object><Key>left</Key></Object></Delete>", "MalformedXML"],
    ["<Delete><Object><Key>left</Key><ETag>1</ETag></Object></Delete>", "MalformedXML"],
    [`<Delete>${"<Object><Key>left</Key></Object>".repeat(1001)}</Delete>`, "MalformedXML"],
  ])("refuses a list of deletes that is %s", async (body, code) => {
    const { client, server } = await serve();
    await client.send(new PutObjectCommand({ Bucket, Key: "left", Body: "x" }));
    const answer = await send(server.url, "POST", `/${Bucket}?delete`, { body });
    expect([answer.status, codeOf(answer.body)]).toEqual([400, code]);
    await client.send(new HeadObjectCommand({ Bucket, Key: "left" }));
  });

  test("says so where it cannot do what is asked, and does nothing", async () => {
    const { client, server } = await serve();
    await client.send(new PutObjectCommand({ ...hello, Body: "x" }));
    const unimplemented = { name: "NotImplemented", status: 501 };
    const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
    expect(await refusalOf(client.send(new PutObjectTaggingCommand({ ...hello, Tagging })))).toEqual(
      unimplemented,
    );
    expect(await refusalOf(client.send(new PutObjectAclCommand({ ...hello, ACL: "public-read" })))).toEqual(
      unimplemented,
    );
    const tagged = new PutObjectCommand({ ...hello, Body: "y", Tagging: "a=b" });
    expect(await refusalOf(client.send(tagged))).toEqual(unimplemented);
    for (const [method, path] of [
      ["PUT", "/new-bucket"],
      ["POST", "/plain/big?uploads"],
      ["GET", "/plain"],
      ["PATCH", "/plain/hello.txt"],
    ] as const)
      expect((await send(server.url, method, path)).status).toBe(501);
    const got = await client.send(new GetObjectCommand(hello));
    expect(await got.Body?.transformToString()).toBe("x");
  });

  test("lets nobody in without a signature", async () => {
    const { client, server } = await serve();
    await client.send(new PutObjectCommand({ ...hello, Body: "secret" }));
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await send(server.url, method, "/plain/hello.txt", { signed: false });
      expect([answer.status, codeOf(answer.body)]).toEqual([403, "AccessDenied"]);
    }
    const basic = await send(server.url, "GET", "/plain/hello.txt", {
      signed: false,
      headers: { authorization: "Basic bG9jYWw=" },
    });
    expect([basic.status, codeOf(basic.body)]).toEqual([400, "InvalidArgument"]);
    const got = await client.send(new GetObjectCommand(hello));
    expect(await got.Body?.transformToString()).toBe("secret");
  });
});
