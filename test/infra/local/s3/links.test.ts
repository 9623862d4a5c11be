import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { codeOf, credentials, send, serve } from "./bucket-fixture.ts";

const Bucket = "plain";
const NOW = Date.parse("2026-03-04T05:06:07.000Z");
const object = { Bucket, Key: "exports/7/leads (ü) 'a'+b*!.csv" };

/** A server whose clock the test holds, with one object, and a link to it signed at `NOW` for a minute. */
async function serveLink(overrides: object = {}) {
  const clock = { now: NOW };
  const { client, server } = await serve({ now: () => clock.now });
  await client.send(new PutObjectCommand({ ...object, Body: "email\r\n", ContentType: "text/csv" }));
  const sign = (command: GetObjectCommand) =>
    getSignedUrl(client, command, { expiresIn: 60, signingDate: new Date(NOW) });
  return { clock, client, server, link: await sign(new GetObjectCommand({ ...object, ...overrides })) };
}

async function open(link: string, init: RequestInit = {}) {
  const response = await fetch(link, init);
  const body = await response.text();
  return { status: response.status, headers: response.headers, body, code: codeOf(body) };
}

describe("a presigned link", () => {
  test("opens the object with no other proof", async () => {
    const { link } = await serveLink();
    const got = await open(link);
    expect([got.status, got.body]).toEqual([200, "email\r\n"]);
    expect(got.headers.get("content-type")).toBe("text/csv");
    expect((await open(link, { headers: { range: "bytes=0-4" } })).body).toBe("email");
  });

  test("names the download and its type as it was signed to", async () => {
    const { link } = await serveLink({
      ResponseContentDisposition: 'attachment; filename="leads 7.csv"',
      ResponseContentType: "text/plain; charset=utf-8",
    });
    const { headers, status } = await open(link);
    expect(status).toBe(200);
    expect(headers.get("content-disposition")).toBe('attachment; filename="leads 7.csv"');
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  test("that would break the answer's headers is refused", async () => {
    const { link } = await serveLink({ ResponseContentDisposition: "attachment\r\nset-cookie: a=b" });
    expect(await open(link)).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  test("lives as long as it says and not a moment longer", async () => {
    const { clock, link } = await serveLink();
    clock.now = NOW + 60_000;
    expect((await open(link)).status).toBe(200);
    clock.now = NOW + 60_001;
    const late = await open(link);
    expect([late.status, late.code]).toEqual([403, "AccessDenied"]);
    expect(late.body).toContain("<Message>Request has expired</Message>");
    clock.now = NOW - 16 * 60_000;
    expect(await open(link)).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  test.each<[string, (link: string) => string, number, string]>([
    ["another object", (link) => link.replace("/exports/7/", "/exports/8/"), 403, "SignatureDoesNotMatch"],
    ["a longer life", (link) => link.replace("Expires=60", "Expires=6000"), 403, "SignatureDoesNotMatch"],
    ["another override", (link) => `${link}&response-content-type=text%2Fhtml`, 403, "SignatureDoesNotMatch"],
    [
      "another signature",
      (link) => link.replace(/Signature=..../, "Signature=0000"),
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "a cut signature",
      (link) => link.replace(/(Signature=.{8})[0-9a-f]*/, "$1"),
      403,
      "SignatureDoesNotMatch",
    ],
    ["no signature", (link) => link.replace(/&X-Amz-Signature=[0-9a-f]*/, ""), 403, "AccessDenied"],
    [
      "a life of over a week",
      (link) => link.replace("Expires=60", "Expires=604801"),
      400,
      "AuthorizationQueryParametersError",
    ],
    ["no life", (link) => link.replace("&X-Amz-Expires=60", ""), 400, "AuthorizationQueryParametersError"],
    ["two lives", (link) => `${link}&X-Amz-Expires=600`, 400, "AuthorizationQueryParametersError"],
    [
      "no time",
      (link) => link.replace(/X-Amz-Date=[0-9TZ]*/, "X-Amz-Date=now"),
      400,
      "AuthorizationQueryParametersError",
    ],
    [
      "another service",
      (link) => link.replace("%2Fs3%2F", "%2Fsqs%2F"),
      400,
      "AuthorizationQueryParametersError",
    ],
  ])("altered to %s is refused", async (_, alter, status, code) => {
    const { link } = await serveLink();
    const altered = alter(link);
    expect(altered).not.toBe(link);
    expect(await open(altered)).toMatchObject({ status, code });
  });

  test("signed with other keys is refused", async () => {
    const { server } = await serveLink();
    const sign = (keys: typeof credentials) =>
      getSignedUrl(
        new S3Client({ endpoint: server.url, region: "eu-central-1", credentials: keys }),
        new GetObjectCommand(object),
        { expiresIn: 60, signingDate: new Date(NOW) },
      );
    expect(await open(await sign({ ...credentials, secretAccessKey: "guess" }))).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
    });
    expect(await open(await sign({ ...credentials, accessKeyId: "other" }))).toMatchObject({
      status: 403,
      code: "InvalidAccessKeyId",
    });
    expect((await open(await sign(credentials))).status).toBe(200);
  });

  test("is for its method only, and takes no unsigned header of S3's", async () => {
    const { link, client, server } = await serveLink();
    expect(await open(link, { method: "DELETE" })).toMatchObject({ status: 403 });
    expect(await open(link, { method: "PUT", body: "forged" })).toMatchObject({ status: 403 });
    expect(await open(link, { headers: { "x-amz-meta-a": "b" } })).toMatchObject({ status: 403 });
    const { pathname, search } = new URL(link);
    const twice = await send(server.url, "GET", pathname + search);
    expect([twice.status, codeOf(twice.body)]).toEqual([400, "InvalidArgument"]);
    expect((await client.send(new HeadObjectCommand(object))).ContentLength).toBe(7);
  });

  test("may be one to put an object", async () => {
    const { client } = await serveLink();
    // The presigner signs the checksum of the body that it is given, so it is given the body.
    const put = new PutObjectCommand({ Bucket, Key: "new", Body: "uploaded", Metadata: { a: "b" } });
    const link = await getSignedUrl(client, put, { expiresIn: 60, signingDate: new Date(NOW) });
    expect((await open(link, { method: "PUT", body: "uploaded" })).status).toBe(200);
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "new" }));
    expect(await got.Body?.transformToString()).toBe("uploaded");
    expect(got.Metadata).toEqual({ a: "b" });
  });
});
