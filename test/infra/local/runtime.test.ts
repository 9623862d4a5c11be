import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { synthesizeApp } from "../../../infra/local/assembly.ts";
import type { LocalStatus } from "../../../infra/local/local-routes.ts";
import { type Runtime, startRuntime } from "../../../infra/local/runtime.ts";
import { routes } from "../../../shared/http/routes.ts";
import { temporaryFolder } from "./handlers.ts";

const main = resolve(import.meta.dirname, "../../../infra/local/main.ts");

let assembly = "";
let runtime: Runtime;
let dataDirectory = "";

beforeAll(async () => {
  assembly = join(temporaryFolder(afterAll), "assembly");
  dataDirectory = join(temporaryFolder(afterAll), "data");
  await synthesizeApp(assembly, {});
  runtime = await startRuntime({ port: 0, dataDirectory, assembly });
  afterAll(() => runtime.stop());
});

const credentialsOf = ({ AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }: Record<string, string>) => ({
  region: AWS_REGION!,
  credentials: { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! },
});

describe("the runtime", () => {
  test("serves the app's routes from the bundles", async () => {
    expect((await fetch(`${runtime.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${runtime.url}/nowhere`)).status).toBe(404);
  });

  test("lets nobody without a key through the authorizer", async () => {
    const guarded = routes.filter(({ access }) => Array.isArray(access));
    expect(guarded.length).toBeGreaterThan(0);
    for (const { method, path } of guarded) {
      const response = await fetch(`${runtime.url}${path.replaceAll(/\{\w+\}/g, "x")}`, { method });
      expect({ method, path, status: response.status }).toEqual({ method, path, status: 401 });
    }
  });

  test("has the template's table, queues and bucket, for real clients", async () => {
    const { endpoints, environment, tableName } = runtime;
    const common = credentialsOf(environment);
    const sqs = new SQSClient({ ...common, endpoint: endpoints.sqs });
    const s3 = new S3Client({ ...common, endpoint: endpoints.s3 });
    const dynamodb = new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb });
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls.length).toBeGreaterThanOrEqual(4);
    const object = { Bucket: "exportsbucket", Key: "exports/1/leads.csv", Body: "leadId" };
    // Only a versioned bucket gives version ids.
    expect((await s3.send(new PutObjectCommand(object))).VersionId).toMatch(/./);
    const Key = { pk: { S: "p" }, sk: { S: "s" } };
    await dynamodb.send(new PutItemCommand({ TableName: tableName, Item: Key }));
    expect((await dynamodb.send(new GetItemCommand({ TableName: tableName, Key }))).Item).toEqual(Key);
  });

  test("is drained when nothing is left to do, and tells its status", async () => {
    const drained = await fetch(`${runtime.url}/_local/drain`, { method: "POST" });
    expect(await drained.json()).toEqual({ drained: true });
    const status = (await (await fetch(`${runtime.url}/_local/status`)).json()) as object;
    expect(status).toMatchObject({ queues: { TouchpointsQueue: 0 }, functions: expect.any(Object) });
    expect((await fetch(`${runtime.url}/_local/other`)).status).toBe(404);
  });

  test("refuses a data folder that is in use, and a port that is taken, in one line", async () => {
    const { port } = new URL(runtime.url);
    const elsewhere = temporaryFolder();
    await expect(startRuntime({ port: 0, dataDirectory, assembly })).rejects.toThrow(
      /^the data folder .* is in use/,
    );
    const refused = startRuntime({ port: Number(port), dataDirectory: elsewhere, assembly });
    await expect(refused).rejects.toThrow(`port ${port} is taken`);
    // A start that was refused leaves nothing behind.
    const second = await startRuntime({ port: 0, dataDirectory: elsewhere, assembly });
    await second.stop();
    await expect(fetch(second.url)).rejects.toThrow();
  });

  test("refuses an emulator that does not answer", async () => {
    const stopped = await startRuntime({ port: 0, dataDirectory: temporaryFolder(), assembly });
    await stopped.stop();
    const emulatorUrl = stopped.url;
    const refused = startRuntime({ port: 0, dataDirectory: temporaryFolder(), assembly, emulatorUrl });
    await expect(refused).rejects.toThrow(`the emulator at ${emulatorUrl} cannot be used (ECONNREFUSED)`);
  });
});

/** Starts the command, and gives it with its output line by line. */
function command(...args: string[]) {
  const child = spawn(process.execPath, [main, "--port", "0", "--assembly", assembly, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr! }).on("line", (line) => errors.push(line));
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      lines.push(line);
      const url = /ready.*(http:\S+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${errors.join(" ")}`)));
  });
  ready.catch(() => undefined);
  return { child, lines, errors, ready };
}

const exit = async (child: ChildProcess): Promise<unknown> =>
  child.exitCode ??
  child.signalCode ??
  ((await once(child, "exit")) as unknown[]).find((each) => each !== null);

/** Sends to the table of a runtime in another process. */
async function tableOf(url: string) {
  const { endpoints, tableName } = (await (await fetch(`${url}/_local/status`)).json()) as LocalStatus;
  const client = new DynamoDBClient({ ...credentialsOf(runtime.environment), endpoint: endpoints.dynamodb });
  return (commandFor: (table: string) => GetItemCommand | PutItemCommand): Promise<unknown> =>
    client.send(commandFor(tableName) as GetItemCommand);
}

describe("the command", () => {
  test("keeps what was stored through kill -9, and starts again at once", async () => {
    const data = temporaryFolder();
    const first = command("--data", data);
    const Key = { pk: { S: "p" }, sk: { S: "s" } };
    await (await tableOf(await first.ready))((TableName) => new PutItemCommand({ TableName, Item: Key }));
    const refused = command("--data", data);
    expect(await exit(refused.child)).toBe(1);
    expect(refused.errors).toEqual([
      expect.stringMatching(/^touchline: the data folder .* is in use by another instance/),
    ]);
    first.child.kill("SIGKILL");
    await exit(first.child);
    const second = command("--data", data);
    const table = await tableOf(await second.ready);
    expect(await table((TableName) => new GetItemCommand({ TableName, Key }))).toMatchObject({ Item: Key });
    expect((await fetch(`${await second.ready}/healthz`)).status).toBe(200);
    // One Ctrl-C comes from the terminal and from each npm in between: it is no second one.
    second.child.kill("SIGINT");
    second.child.kill("SIGTERM");
    expect(await exit(second.child)).toBe(0);
    expect(second.errors).toEqual([]);
    expect(second.lines.join("\n")).toContain("local-admin-key");
  });

  test.each([
    ["an unknown flag", ["--nothing"], /^touchline: Unknown option '--nothing'/],
    [
      "a host that others can reach",
      ["--host", "0.0.0.0"],
      /^touchline: --host 0\.0\.0\.0: only a loopback address/,
    ],
    [
      "a data folder that is a file",
      ["--data", main],
      /^touchline: the data folder .*main\.ts cannot be written/,
    ],
  ])("refuses %s in one line", async (_name, args, message) => {
    const { child, errors } = command(...args);
    expect(await exit(child)).toBe(1);
    expect(errors).toEqual([expect.stringMatching(message)]);
  });
});
