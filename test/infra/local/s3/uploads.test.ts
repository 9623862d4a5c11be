import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeChunkedBody } from "../../../../infra/local/s3/chunked-body.ts";
import { codeOf, refusalOf, send, serve } from "./bucket-fixture.ts";

const Bucket = "plain";
const hello = { Bucket, Key: "k" };

function base64Crc32(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString("base64");
}

const chunkedHeaders = {
  "content-encoding": "gzip,aws-chunked",
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "x-amz-trailer": "x-amz-checksum-crc32",
  "x-amz-decoded-content-length": "5",
};

describe("an upload", () => {
  test("from a stream arrives whole, whatever its pieces", async () => {
    const { client } = await serve();
    const pieces = Array.from({ length: 60 }, (_, piece) => randomBytes(piece * 997 + 1));
    const whole = Buffer.concat(pieces);
    for (const ChecksumAlgorithm of [undefined, "CRC32", "SHA256", "SHA1"] as const) {
      const Key = `stream ${ChecksumAlgorithm}`;
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: Readable.from(pieces),
          ContentLength: whole.length,
          ...(ChecksumAlgorithm === undefined ? {} : { ChecksumAlgorithm }),
        }),
      );
      const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole)).toBe(true);
      expect(got.ContentEncoding).toBeUndefined();
      const sum = createHash("sha256").update(whole).digest("base64");
      expect(got.ChecksumSHA256).toBe(ChecksumAlgorithm === "SHA256" ? sum : undefined);
    }
  });

  test("in signed chunks is decoded, and keeps its own encoding", async () => {
    const { client, server } = await serve();
    const signature = `chunk-signature=${"a".repeat(64)}`;
    const body = `3;${signature}\r\nhel\r\n2;${signature}\r\nlo\r\n0;${signature}\r\nx-amz-checksum-crc32:${base64Crc32("hello")}\r\nx-amz-trailer-signature:${"b".repeat(64)}\r\n\r\n`;
    const answer = await send(server.url, "PUT", "/plain/k", {
      body,
      headers: { ...chunkedHeaders, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" },
    });
    expect(answer.status).toBe(200);
    const got = await client.send(new GetObjectCommand(hello));
    expect(got.ContentEncoding).toBe("gzip");
    expect(await got.Body?.transformToString()).toBe("hello");
  });

  const trailer = `x-amz-checksum-crc32:${base64Crc32("hello")}\r\n\r\n`;
  test.each([
    [
      "a wrong trailing checksum",
      `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${base64Crc32("x")}\r\n\r\n`,
      "BadDigest",
    ],
    ["no announced trailer", "5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError"],
    ["no last chunk", "5\r\nhello\r\n", "IncompleteBody"],
    ["a chunk cut short", "5\r\nhel", "IncompleteBody"],
    ["a chunk longer than it says", `4\r\nhello\r\n0\r\n${trailer}`, "IncompleteBody"],
    ["less than declared", `4\r\nhell\r\n0\r\n${trailer}`, "IncompleteBody"],
    ["more than declared", `6\r\nhello!\r\n0\r\n${trailer}`, "IncompleteBody"],
    ["no chunks at all", "hello", "IncompleteBody"],
  ])("with %s is refused and leaves nothing", async (_, body, code) => {
    const { client, server, dataDirectory } = await serve();
    const answer = await send(server.url, "PUT", "/plain/k", { body, headers: chunkedHeaders });
    expect([answer.status, codeOf(answer.body)]).toEqual([400, code]);
    expect((await refusalOf(client.send(new GetObjectCommand(hello)))).name).toBe("NoSuchKey");
    expect(await readdir(join(dataDirectory, ".incoming"))).toEqual([]);
  });

  const sha256 = (text: string) => createHash("sha256").update(text).digest();
  const md5 = (text: string) => createHash("md5").update(text).digest("base64");
  test.each([
    [{ "content-md5": md5("hello") }, 200, undefined],
    [{ "content-md5": md5("other") }, 400, "BadDigest"],
    [{ "content-md5": "short" }, 400, "InvalidDigest"],
    [{ "x-amz-checksum-crc32": base64Crc32("hello") }, 200, undefined],
    [{ "x-amz-checksum-crc32": base64Crc32("other") }, 400, "BadDigest"],
    [{ "x-amz-checksum-crc32": "AAA=" }, 400, "InvalidRequest"],
    [{ "x-amz-checksum-sha256": sha256("hello").toString("base64") }, 200, undefined],
    [{ "x-amz-checksum-sha256": sha256("other").toString("base64") }, 400, "BadDigest"],
    [{ "x-amz-content-sha256": sha256("hello").toString("hex") }, 200, undefined],
    [{ "x-amz-content-sha256": sha256("other").toString("hex") }, 400, "XAmzContentSHA256Mismatch"],
    [{ "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" }, 501, "NotImplemented"],
    [{ "transfer-encoding": "chunked" }, 501, "NotImplemented"],
    [{ "x-amz-meta-big": "x".repeat(2048) }, 400, "MetadataTooLarge"],
  ])("that declares %o is answered %i %s", async (headers, status, code) => {
    const { server } = await serve();
    const answer = await send(server.url, "PUT", "/plain/k", {
      body: "hello",
      headers: headers as Record<string, string>,
    });
    expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
  });

  test("whose sender goes away leaves nothing", async () => {
    const { client, server, dataDirectory } = await serve();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(
      "PUT /plain/k HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 x\r\ncontent-length: 9\r\n\r\nhalf",
    );
    const incoming = () => readdir(join(dataDirectory, ".incoming"));
    await expect.poll(incoming).toHaveLength(1);
    socket.destroy();
    await once(socket, "close");
    await expect.poll(incoming).toEqual([]);
    expect((await refusalOf(client.send(new GetObjectCommand(hello)))).name).toBe("NoSuchKey");
  });
});

test("a chunked body is decoded alike however the network cuts it", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, cuts, async (payload, sizes) => {
      const encoded = Buffer.concat([
        ...payload.flatMap((bytes) => [
          Buffer.from(`${bytes.length.toString(16)}\r\n`),
          bytes,
          Buffer.from("\r\n"),
        ]),
        Buffer.from("0\r\nx-amz-checksum-crc32: abc=\r\n\r\n"),
      ]);
      async function* network(): AsyncGenerator<Buffer> {
        for (let at = 0, turn = 0; at < encoded.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          yield encoded.subarray(at, at + size);
          at += size;
        }
      }
      const trailers = new Map<string, string>();
      const decoded: Buffer[] = [];
      for await (const piece of decodeChunkedBody(network(), trailers)) decoded.push(piece);
      expect(Buffer.concat(decoded)).toEqual(Buffer.concat(payload));
      expect([...trailers]).toEqual([["x-amz-checksum-crc32", "abc="]]);
    }),
  );
});
