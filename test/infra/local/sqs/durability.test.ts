import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Journal } from "../../../../infra/local/sqs/journal.ts";
import {
  type QueueDefinition,
  type QueueServer,
  startQueueServer,
} from "../../../../infra/local/sqs/server.ts";

const QUEUES: QueueDefinition[] = [
  {
    name: "work",
    visibilityTimeout: 30,
    messageRetentionPeriod: 345_600,
    redrive: { deadLetterQueueName: "dead", maxReceiveCount: 2 },
  },
  { name: "dead", visibilityTimeout: 30, messageRetentionPeriod: 1_209_600 },
];

let directory: string;
let server: QueueServer | null;
let clients: SQSClient[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "queues-"));
  server = null;
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await server?.close();
  rmSync(directory, { recursive: true });
});

async function start(queues = QUEUES): Promise<SQSClient> {
  server = await startQueueServer({ dataDirectory: directory, queues });
  return connectTo(server.url);
}

async function restart(queues = QUEUES): Promise<SQSClient> {
  await server?.close();
  return start(queues);
}

function connectTo(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  clients.push(client);
  return client;
}

async function urlOf(client: SQSClient, name: string): Promise<string> {
  const endpoint = await client.config.endpoint!();
  return `http://${endpoint.hostname}:${endpoint.port}/000000000000/${name}`;
}

async function send(client: SQSClient, MessageBody: string, DelaySeconds?: number): Promise<void> {
  await client.send(
    new SendMessageCommand({ QueueUrl: await urlOf(client, "work"), MessageBody, DelaySeconds }),
  );
}

async function receive(client: SQSClient, name = "work", VisibilityTimeout?: number): Promise<Message[]> {
  const input = { QueueUrl: await urlOf(client, name), VisibilityTimeout, MaxNumberOfMessages: 10 };
  return (await client.send(new ReceiveMessageCommand({ ...input, AttributeNames: ["All"] }))).Messages ?? [];
}

/** Receives until the queue has nothing visible. */
async function receiveAll(client: SQSClient, name = "work"): Promise<Message[]> {
  const all: Message[] = [];
  for (let some = await receive(client, name); some.length > 0; some = await receive(client, name))
    all.push(...some);
  return all;
}

const bodiesOf = (messages: Message[]) => messages.map(({ Body }) => Body);

describe("restart", () => {
  test("keeps messages, their order, their times and counts; what was in flight is visible", async () => {
    let client = await start();
    for (const body of ["a", "b", "c"]) await send(client, body);
    const [first] = await receive(client);
    client = await restart();
    const messages = await receive(client);
    expect(bodiesOf(messages)).toEqual(["a", "b", "c"]);
    expect(messages[0]).toMatchObject({
      MessageId: first?.MessageId,
      Attributes: { ...first?.Attributes, ApproximateReceiveCount: "2" },
    });
  });

  test("keeps deletions, and the last receipt handle deletes in the next run", async () => {
    let client = await start();
    await send(client, "a");
    await send(client, "b");
    const [a, b] = await receive(client);
    await client.send(new DeleteMessageCommand({ QueueUrl: await urlOf(client, "work"), ...handleOf(a) }));
    client = await restart();
    expect(server?.depths()).toEqual({ work: 1, dead: 0 });
    await client.send(new DeleteMessageCommand({ QueueUrl: await urlOf(client, "work"), ...handleOf(b) }));
    await restart();
    expect(server?.depths()).toEqual({ work: 0, dead: 0 });
  });

  test("keeps a delay", async () => {
    await send(await start(), "a", 900);
    const client = await restart();
    expect(await receive(client)).toEqual([]);
    expect(server?.depths().work).toBe(1);
  });

  test("keeps a purge, and what was sent after it", async () => {
    let client = await start();
    await send(client, "before");
    await client.send(new PurgeQueueCommand({ QueueUrl: await urlOf(client, "work") }));
    await send(client, "after");
    client = await restart();
    expect(bodiesOf(await receive(client))).toEqual(["after"]);
  });

  test("does not make a poison message endless: its receives before count", async () => {
    let client = await start();
    await send(client, "poison");
    await receive(client);
    client = await restart();
    await receive(client);
    client = await restart();
    expect(await receive(client)).toEqual([]);
    client = await restart();
    expect(server?.depths()).toEqual({ work: 0, dead: 1 });
    const [dead] = await receive(client, "dead");
    expect(dead?.Body).toBe("poison");
    await client.send(new DeleteMessageCommand({ QueueUrl: await urlOf(client, "dead"), ...handleOf(dead) }));
    await restart();
    expect(server?.depths()).toEqual({ work: 0, dead: 0 });
  });

  test("drops what has expired meanwhile", async () => {
    await send(await start(), "a");
    const aged = QUEUES.map((queue) => ({ ...queue, messageRetentionPeriod: 0 }));
    await restart(aged);
    expect(server?.depths().work).toBe(0);
  });

  test("keeps the messages of a queue that is not there for one run", async () => {
    await send(await start(), "a");
    await restart([{ name: "other", visibilityTimeout: 30, messageRetentionPeriod: 60 }]);
    const client = await restart();
    expect(bodiesOf(await receive(client))).toEqual(["a"]);
  });

  test("cuts off a torn end of the journal", async () => {
    await send(await start(), "whole");
    await server?.close();
    appendFileSync(join(directory, "work.journal"), '0badc0de {"kind":"add","message":{"id"');
    let client = await start();
    await send(client, "next");
    client = await restart();
    expect(bodiesOf(await receive(client))).toEqual(["whole", "next"]);
  });
});

describe("a move to the dead-letter queue", () => {
  test("that a crash left in both queues is finished, without a duplicate", async () => {
    const client = await start();
    await send(client, "poison");
    const [{ MessageId } = {}] = await receive(client);
    await server?.close();
    const journal = Journal.open(join(directory, "dead.journal"), () => {});
    const message = { id: MessageId, body: "poison", bodyMd5: "", sentAt: Date.now(), receiveCount: 2 };
    journal.append(JSON.stringify({ kind: "add", message: { ...message, deadLetterSource: "work" } }));
    journal.close();
    await start();
    expect(server?.depths()).toEqual({ work: 0, dead: 1 });
    await restart();
    expect(server?.depths()).toEqual({ work: 0, dead: 1 });
  });

  test.each([
    ["a dead-letter queue that does not exist", [QUEUES[0]!]],
    [
      "a circle",
      [QUEUES[0]!, { ...QUEUES[1]!, redrive: { deadLetterQueueName: "work", maxReceiveCount: 1 } }],
    ],
    ["two queues of one name", [QUEUES[1]!, QUEUES[1]!]],
    ["a name that is none", [{ ...QUEUES[1]!, name: "../dead" }]],
  ])("cannot be set up with %s", async (_, queues) => {
    await expect(startQueueServer({ dataDirectory: directory, queues })).rejects.toThrow(/queue/i);
  });
});

describe("compaction", () => {
  test("keeps the journal small while messages come and go, and loses none that stays", async () => {
    let client = await start();
    const QueueUrl = await urlOf(client, "work");
    const body = "x".repeat(100_000);
    await send(client, "stays");
    const [stays] = await receive(client);
    for (let round = 0; round < 20; round += 1) {
      const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `e${index}`, MessageBody: body }));
      await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      const received = await receiveAll(client);
      expect(received).toHaveLength(10);
      const handles = received.map(({ ReceiptHandle }, index) => ({ Id: `e${index}`, ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: handles }));
    }
    expect(statSync(join(directory, "work.journal")).size).toBeLessThan(6_000_000);
    expect(existsSync(join(directory, "work.journal.new"))).toBe(false);
    client = await restart();
    expect(statSync(join(directory, "work.journal")).size).toBeLessThan(10_000);
    expect((await receive(client))[0]).toMatchObject({
      Body: "stays",
      Attributes: { ...stays?.Attributes, ApproximateReceiveCount: "2" },
    });
  });
});

describe("a process that dies", () => {
  let child: ChildProcess | null = null;

  afterEach(() => {
    child?.kill("SIGKILL");
  });

  /** @param limits shell commands that bound the process */
  async function startProcess(limits = "true"): Promise<SQSClient> {
    const script = join(import.meta.dirname, "queue-server-process.ts");
    const command = [process.execPath, script, directory, JSON.stringify(QUEUES)];
    child = spawn("sh", ["-c", `${limits}; exec "$@"`, "sh", ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const died = once(child, "exit").then(() => Promise.reject(new Error("The queue server did not start.")));
    const [output] = (await Promise.race([once(child.stdout!, "data"), died])) as [Buffer];
    return connectTo(output.toString().trim());
  }

  test("by kill -9 while clients send, receive and delete: all that was acknowledged, and nothing that was deleted", async () => {
    const acknowledged = new Set<string>();
    const refused = new Set<string>();
    const deleted = new Set<string>();
    const uncertain = new Set<string>();
    for (let run = 0; run < 3; run += 1) {
      const client = await startProcess();
      const QueueUrl = await urlOf(client, "work");
      const process = child!;
      let isDead = false;
      const exited = once(process, "exit").then(() => {
        isDead = true;
      });
      const sender = async (name: string) => {
        for (let index = 0; !isDead; index += 1) {
          const body = `${run}-${name}-${index}`;
          await send(client, body).then(
            () => acknowledged.add(body),
            () => refused.add(body),
          );
          if (acknowledged.size >= 150 * (run + 1)) process.kill("SIGKILL");
        }
      };
      const consumer = async () => {
        while (!isDead) {
          const [message] = await client
            .send(new ReceiveMessageCommand({ QueueUrl }))
            .then(({ Messages = [] }) => Messages)
            .catch(() => []);
          if (message === undefined) continue;
          await client.send(new DeleteMessageCommand({ QueueUrl, ...handleOf(message) })).then(
            () => deleted.add(message.Body!),
            () => uncertain.add(message.Body!),
          );
        }
      };
      await Promise.all([...["a", "b", "c", "d", "e"].map(sender), consumer(), exited]);
    }
    const client = await start();
    const left = bodiesOf([...(await receiveAll(client)), ...(await receiveAll(client, "dead"))]) as string[];
    expect(new Set(left).size).toBe(left.length);
    expect(left.filter((body) => deleted.has(body))).toEqual([]);
    const known = (body: string) => acknowledged.has(body) || refused.has(body);
    expect(left.filter((body) => !known(body))).toEqual([]);
    const found = new Set([...left, ...deleted, ...uncertain]);
    expect([...acknowledged].filter((body) => !found.has(body))).toEqual([]);
    expect(deleted.size).toBeGreaterThan(0);
    expect(acknowledged.size).toBeGreaterThanOrEqual(450);
  });

  test("after its disk was full: what it could not store it refused, and what it acknowledged is there", async () => {
    const client = await startProcess("ulimit -f 128");
    const acknowledged: string[] = [];
    let refusal: unknown = null;
    for (let index = 0; refusal === null && index < 1_000; index += 1) {
      const body = `${index} ${"x".repeat(1_000)}`;
      await send(client, body).then(
        () => acknowledged.push(body),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toMatchObject({ name: "ServiceUnavailable", $metadata: { httpStatusCode: 503 } });
    for (const body of ["more", "and more"]) {
      await expect(send(client, body)).rejects.toMatchObject({ name: "ServiceUnavailable" });
    }
    const attributes = new GetQueueAttributesCommand({
      QueueUrl: await urlOf(client, "work"),
      AttributeNames: ["All"],
    });
    const held = Number((await client.send(attributes)).Attributes?.ApproximateNumberOfMessages);
    expect(held).toBeLessThanOrEqual(acknowledged.length + 1);
    child!.kill("SIGKILL");
    await once(child!, "exit");
    const left = bodiesOf(await receiveAll(await start()));
    expect(left).toEqual(acknowledged);
    expect(left.length).toBeGreaterThan(20);
  });
});

function handleOf(message: Message | undefined): { ReceiptHandle: string } {
  return { ReceiptHandle: message?.ReceiptHandle ?? "" };
}
