import {
  ChangeMessageVisibilityCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { useQueueServer } from "./queue-client.ts";

const queues = useQueueServer();
const { receive, receiveOne, sendBody, startPoll } = queues;

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe("waiting", () => {
  test("a long poll wakes at once when a message is sent", async () => {
    const poll = await startPoll({});
    expect(await elapsed(() => Promise.all([poll.messages, sendBody("a")]))).toBeLessThan(10_000);
    expect((await poll.messages).map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("a queue's own wait is that of receives without one", async () => {
    const url = queues.server.queueUrl("patient");
    const poll = await startPoll({ QueueUrl: url, WaitTimeSeconds: undefined });
    await sendBody("a", { QueueUrl: url });
    expect(await poll.messages).toHaveLength(1);
  });

  test("a long poll wakes when a visibility timeout ends, and sees the message's second receive", async () => {
    await sendBody("a");
    let message: Message | undefined;
    const time = await elapsed(async () => {
      await receiveOne({ VisibilityTimeout: 1 });
      message = await receiveOne({
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      });
    });
    expect(message?.Attributes?.ApproximateReceiveCount).toBe("2");
    expect(time).toBeGreaterThan(950);
    expect(time).toBeLessThan(10_000);
  });

  test.each([
    ["the message's own", "work", 1],
    ["the queue's", "slow", undefined],
  ])("a long poll wakes when a delay ends: %s", async (_, name, DelaySeconds) => {
    const url = queues.server.queueUrl(name);
    const time = await elapsed(async () => {
      await sendBody("a", { QueueUrl: url, DelaySeconds });
      await receiveOne({ QueueUrl: url, WaitTimeSeconds: 20 });
    });
    expect(time).toBeGreaterThan(950);
    expect(time).toBeLessThan(10_000);
  });

  test("a long poll wakes when a message is given back", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne();
    const poll = await startPoll({});
    await queues.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queues.url, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect((await poll.messages).map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("a long poll without a message ends empty after its time", async () => {
    const time = await elapsed(async () => expect(await receive({ WaitTimeSeconds: 1 })).toEqual([]));
    expect(time).toBeGreaterThan(900);
    expect(time).toBeLessThan(10_000);
  });

  test("of several who wait, each message goes to one", async () => {
    const polls = [await startPoll({ MaxNumberOfMessages: 1 }), await startPoll({ MaxNumberOfMessages: 1 })];
    await sendBody("a");
    await sendBody("b");
    const bodies = (await Promise.all(polls.map(({ messages }) => messages))).flat().map(({ Body }) => Body);
    expect(bodies.sort()).toEqual(["a", "b"]);
  });

  test("a queues.client that left while it waited takes no message", async () => {
    const leaving = new AbortController();
    const input = { QueueUrl: queues.url, WaitTimeSeconds: 20 };
    const poll = queues.client.send(new ReceiveMessageCommand(input), { abortSignal: leaving.signal });
    const outcome = expect(poll).rejects.toMatchObject({ name: "AbortError" });
    for (let index = 0; index < 2; index += 1)
      await queues.client.send(new GetQueueUrlCommand({ QueueName: "work" }));
    leaving.abort();
    await outcome;
    const next = await startPoll({});
    await sendBody("a");
    expect((await next.messages).map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("closing answers those who wait", async () => {
    const poll = await startPoll({});
    await queues.server.close();
    expect(await poll.messages).toEqual([]);
  });
});
