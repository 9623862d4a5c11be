import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { startBucketServer } from "../../../../infra/local/s3/bucket-server.ts";
import { buckets, clientOf, credentials, refusalOf, serve, temporaryDirectory } from "./bucket-fixture.ts";

async function textOf(client: S3Client, Bucket: string, Key: string, VersionId?: string) {
  const got = await client.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }));
  return got.Body?.transformToString();
}

test("a restart finds everything as it was", async () => {
  const before = await serve();
  const described = { ContentType: "text/csv", Metadata: { run: "7" }, ContentDisposition: "attachment" };
  await before.client.send(new PutObjectCommand({ Bucket: "plain", Key: "a", Body: "one", ...described }));
  await before.client.send(new PutObjectCommand({ Bucket: "plain", Key: "gone", Body: "x" }));
  await before.client.send(new DeleteObjectCommand({ Bucket: "plain", Key: "gone" }));
  for (const Body of ["1", "2", "3"])
    await before.client.send(new PutObjectCommand({ Bucket: "kept", Key: "v", Body }));
  await before.client.send(new PutObjectCommand({ Bucket: "kept", Key: "hidden", Body: "x" }));
  await before.client.send(new DeleteObjectCommand({ Bucket: "kept", Key: "hidden" }));
  const versions = async (client: S3Client) => {
    const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket: "kept" }));
    return { Versions, DeleteMarkers };
  };
  const versionsBefore = await versions(before.client);
  await before.server.close();

  const { client } = await serve({ dataDirectory: before.dataDirectory });
  const got = await client.send(new GetObjectCommand({ Bucket: "plain", Key: "a" }));
  expect(got).toMatchObject(described);
  expect(await got.Body?.transformToString()).toBe("one");
  expect((await client.send(new ListObjectsV2Command({ Bucket: "plain" }))).KeyCount).toBe(1);
  expect(await versions(client)).toEqual(versionsBefore);
  expect(versionsBefore.Versions).toHaveLength(4);
  await client.send(new PutObjectCommand({ Bucket: "kept", Key: "v", Body: "4" }));
  expect(await textOf(client, "kept", "v")).toBe("4");
});

test("no key leaves the data directory, and every key is a name of its own", async () => {
  const { client, dataDirectory } = await serve({ dataDirectory: join(await temporaryDirectory(), "inner") });
  const keys = [
    "../escape", "../../escape", "a/../../../escape", "..", ".", "./a", "a", "A", "a/", "a//", "/a", "//a", "a/b",
    "a%2Fb", "a\\..\\b", "..%2f..%2fescape", "\u0001\u0000control", "ü", "u\u0308", "\u{1f600}", "con", "a b",
    "a+b", "a?b#c", "x".repeat(1024), `${"x".repeat(1023)}y`, ".incoming/a", "plain/../kept/a",
  ]; // biome-ignore format: a table
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: "plain", Key, Body: `<${Key}>` }));
  for (const Key of keys) expect(await textOf(client, "plain", Key)).toBe(`<${Key}>`);
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: "plain", EncodingType: "url" }),
  );
  expect(Contents.map(({ Key }) => decodeURIComponent(Key ?? "")).sort()).toEqual([...keys].sort());
  expect(await readdir(dirname(dataDirectory))).toEqual(["inner"]);
  expect((await readdir(dataDirectory)).sort()).toEqual([".incoming", "kept", "plain"]);
  expect(await readdir(join(dataDirectory, "plain"))).toHaveLength(keys.length);
  const long = new PutObjectCommand({ Bucket: "plain", Key: "é".repeat(513), Body: "x" });
  expect(await refusalOf(client.send(long))).toEqual({ name: "KeyTooLongError", status: 400 });
});

test("a bucket is a name, not a path", async () => {
  const dataDirectory = await temporaryDirectory();
  for (const name of ["..", "a/b", "../x", "Upper", "ab", ".incoming"])
    await expect(
      startBucketServer({ dataDirectory, buckets: [{ name, versioned: false }], credentials }),
    ).rejects.toThrow("Not a valid bucket name");
});

test("what an upload cut short has left is removed at the start", async () => {
  const { server, dataDirectory } = await serve();
  await server.close();
  await writeFile(join(dataDirectory, ".incoming", "left"), "half a body");
  const { client } = await serve({ dataDirectory });
  expect(await readdir(join(dataDirectory, ".incoming"))).toEqual([]);
  expect((await client.send(new ListObjectsV2Command({ Bucket: "plain" }))).KeyCount).toBe(0);
});

test("a damaged object stops the start and is named; a stranger's file does not", async () => {
  const { client, server, dataDirectory } = await serve();
  await client.send(new PutObjectCommand({ Bucket: "plain", Key: "k", Body: "whole" }));
  await server.close();
  const [name = ""] = await readdir(join(dataDirectory, "plain"));
  const file = join(dataDirectory, "plain", name);
  await writeFile(join(dataDirectory, "plain", ".DS_Store"), "");
  const again = await serve({ dataDirectory });
  expect(await textOf(again.client, "plain", "k")).toBe("whole");
  await again.server.close();
  await truncate(file, (await readFile(file)).length - 1);
  await expect(startBucketServer({ dataDirectory, buckets, credentials })).rejects.toThrow(name);
});

test("a port that is taken is an error", async () => {
  const { server } = await serve();
  const dataDirectory = await temporaryDirectory();
  await expect(
    startBucketServer({ dataDirectory, buckets, credentials, port: server.port }),
  ).rejects.toMatchObject({ code: "EADDRINUSE" });
});

async function startProcess(dataDirectory: string) {
  const script = join(import.meta.dirname, "server-process.ts");
  const child = spawn(process.execPath, [script, dataDirectory], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, client: clientOf(url) };
}

interface Put {
  Bucket: string;
  Key: string;
  VersionId?: string;
  round: number;
  writer: number;
  turn: number;
}

test("kill -9 in the middle of puts loses nothing acknowledged and tears nothing", async () => {
  const dataDirectory = await temporaryDirectory();
  const acknowledged = new Map<string, Put>();
  // Each body says whose it is and is as long as it says, so that any mixture shows.
  const bodyOf = (round: number, writer: number, turn: number) =>
    `${round}-${writer}-${turn}\n`.repeat(1 + ((turn * 7919 + writer * 104729) % 40_000));

  for (const [round, enough] of [17, 60, 110].entries()) {
    const { child, client } = await startProcess(dataDirectory);
    let count = 0;
    let dead = false;
    const write = async (writer: number) => {
      for (let turn = 0; !dead; turn++) {
        const Bucket = writer % 2 === 0 ? "plain" : "kept";
        // Half of the puts replace an object again and again.
        const Key = turn % 2 === 0 ? `same ${writer}` : `${round}/${writer}/${turn}`;
        const Body = bodyOf(round, writer, turn);
        try {
          const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body }));
          const put = { Bucket, Key, round, writer, turn, ...(VersionId && { VersionId }) };
          acknowledged.set(`${Bucket} ${Key} ${VersionId}`, put);
        } catch (error) {
          if (!dead) throw error;
          return;
        }
        if (++count === enough) {
          dead = true;
          child.kill("SIGKILL");
        }
      }
    };
    const exited = once(child, "exit");
    await Promise.all([0, 1, 2, 3, 4, 5].map(write));
    await exited;
  }

  const { client } = await serve({ dataDirectory });
  expect(acknowledged.size).toBeGreaterThan(100);
  for (const { Bucket, Key, VersionId, round, writer, turn } of acknowledged.values()) {
    const text = (await textOf(client, Bucket, Key, VersionId)) ?? "";
    const found = text.slice(0, text.indexOf("\n")).split("-").map(Number);
    const [foundRound = -1, foundWriter = -1, foundTurn = -1] = found;
    expect(text === bodyOf(foundRound, foundWriter, foundTurn)).toBe(true);
    if (VersionId !== undefined || !Key.startsWith("same")) expect(found).toEqual([round, writer, turn]);
    else {
      // A later put of the key may have been committed and its answer lost; an earlier one must not be there.
      expect(foundWriter).toBe(writer);
      expect(foundRound * 1e6 + foundTurn).toBeGreaterThanOrEqual(round * 1e6 + turn);
    }
  }
  expect(await readdir(join(dataDirectory, ".incoming"))).toEqual([]);
});
