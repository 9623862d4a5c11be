import { appendFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { Journal } from "../../../../infra/local/sqs/journal.ts";
import {
  bodiesOf,
  DEAD,
  handleOf,
  receive,
  receiveAll,
  send,
  urlOf,
  useQueueDirectory,
  WORK,
} from "./lasting-queues.ts";

const queues = useQueueDirectory();

describe("restart", () => {
  test("keeps messages, their order, their times and counts; what was in flight is visible", async () => {
    let client = await queues.start();
    for (const body of ["a", "b", "c"]) await send(client, body);
    const [first] = await receive(client);
    client = await queues.start();
    const messages = await receive(client);
    expect(bodiesOf(messages)).toEqual(["a", "b", "c"]);
    expect(messages[0]).toMatchObject({
      MessageId: first?.MessageId,
      Attributes: { ...first?.Attributes, ApproximateReceiveCount: "2" },
    });
  });

  test("keeps deletions, and the last receipt handle deletes in the next run", async () => {
    let client = await queues.start();
    await send(client, "a");
    await send(client, "b");
    const [a, b] = await receive(client);
    await client.send(new DeleteMessageCommand({ QueueUrl: await urlOf(client, "work"), ...handleOf(a) }));
    client = await queues.start();
    expect(queues.depths()).toEqual({ work: 1, dead: 0 });
    await client.send(new DeleteMessageCommand({ QueueUrl: await urlOf(client, "work"), ...handleOf(b) }));
    await queues.start();
    expect(queues.depths()).toEqual({ work: 0, dead: 0 });
  });

  test("keeps a delay", async () => {
    await send(await queues.start(), "a", 900);
    const client = await queues.start();
    expect(await receive(client)).toEqual([]);
    expect(queues.depths()?.work).toBe(1);
  });

  test("keeps a purge, and what was sent after it", async () => {
    let client = await queues.start();
    await send(client, "before");
    await client.send(new PurgeQueueCommand({ QueueUrl: await urlOf(client, "work") }));
    await send(client, "after");
    client = await queues.start();
    expect(bodiesOf(await receive(client))).toEqual(["after"]);
  });

  test("does not make a poison message endless: its receives before count", async () => {
    let client = await queues.start();
    await send(client, "poison");
    await receive(client);
    client = await queues.start();
    await receive(client);
    client = await queues.start();
    expect(await receive(client)).toEqual([]);
    expect(queues.depths()).toEqual({ work: 0, dead: 1 });
    const [dead] = await receive(client, "dead");
    expect(dead?.Body).toBe("poison");
    await client.send(new DeleteMessageCommand({ QueueUrl: await urlOf(client, "dead"), ...handleOf(dead) }));
    await queues.start();
    expect(queues.depths()).toEqual({ work: 0, dead: 0 });
  });

  test("drops what has expired meanwhile", async () => {
    await send(await queues.start(), "a");
    const aged = [WORK, DEAD].map((queue) => ({ ...queue, messageRetentionPeriod: 0 }));
    await queues.start(aged);
    expect(queues.depths()?.work).toBe(0);
  });

  test("keeps the messages of a queue that is not there for one run", async () => {
    await send(await queues.start(), "a");
    await queues.start([{ name: "other", visibilityTimeout: 30, messageRetentionPeriod: 60 }]);
    const client = await queues.start();
    expect(bodiesOf(await receive(client))).toEqual(["a"]);
  });

  test("cuts off a torn end of the journal", async () => {
    await send(await queues.start(), "whole");
    await queues.stop();
    appendFileSync(join(queues.directory, "work.journal"), '0badc0de {"kind":"add","message":{"id"');
    let client = await queues.start();
    await send(client, "next");
    client = await queues.start();
    expect(bodiesOf(await receive(client))).toEqual(["whole", "next"]);
  });
});

describe("a move to the dead-letter queue", () => {
  test("that a crash left in both queues is finished, without a duplicate", async () => {
    const client = await queues.start();
    await send(client, "poison");
    const [{ MessageId } = {}] = await receive(client);
    await queues.stop();
    const journal = Journal.open(join(queues.directory, "dead.journal"), () => {});
    const message = { id: MessageId, body: "poison", bodyMd5: "", sentAt: Date.now(), receiveCount: 2 };
    journal.append(JSON.stringify({ kind: "add", message: { ...message, deadLetterSource: "work" } }));
    journal.close();
    await queues.start();
    expect(queues.depths()).toEqual({ work: 0, dead: 1 });
    await queues.start();
    expect(queues.depths()).toEqual({ work: 0, dead: 1 });
  });

  test.each([
    ["a dead-letter queue that does not exist", [WORK]],
    ["a circle", [WORK, { ...DEAD, redrive: { deadLetterQueueName: "work", maxReceiveCount: 1 } }]],
    ["two queues of one name", [DEAD, DEAD]],
    ["a name that is none", [{ ...DEAD, name: "../dead" }]],
  ])("cannot be set up with %s", async (_, definitions) => {
    await expect(queues.start(definitions)).rejects.toThrow(/queue/i);
  });
});

describe("compaction", () => {
  test("keeps the journal small while messages come and go, and loses none that stays", async () => {
    let client = await queues.start();
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
    expect(statSync(join(queues.directory, "work.journal")).size).toBeLessThan(6_000_000);
    expect(existsSync(join(queues.directory, "work.journal.new"))).toBe(false);
    client = await queues.start();
    expect(statSync(join(queues.directory, "work.journal")).size).toBeLessThan(10_000);
    expect((await receive(client))[0]).toMatchObject({
      Body: "stays",
      Attributes: { ...stays?.Attributes, ApproximateReceiveCount: "2" },
    });
  });
});
