import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  PurgeQueueCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { useQueueServer } from "./queue-client.ts";

const queues = useQueueServer();
const { receive, receiveOne, sendBody, startPoll } = queues;

describe("deleting and visibility", () => {
  test("a deleted message is gone, and deleting it again succeeds", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne({ VisibilityTimeout: 0 });
    const command = () =>
      queues.client.send(new DeleteMessageCommand({ QueueUrl: queues.url, ReceiptHandle }));
    await command();
    await command();
    expect(await receive()).toEqual([]);
    expect(queues.server.depths().work).toBe(0);
  });

  test("an older receipt handle succeeds and deletes nothing", async () => {
    await sendBody("a");
    const older = await receiveOne({ VisibilityTimeout: 0 });
    const newer = await receiveOne();
    await queues.client.send(
      new DeleteMessageCommand({ QueueUrl: queues.url, ReceiptHandle: older.ReceiptHandle }),
    );
    expect(queues.server.depths().work).toBe(1);
    await queues.client.send(
      new DeleteMessageCommand({ QueueUrl: queues.url, ReceiptHandle: newer.ReceiptHandle }),
    );
    expect(queues.server.depths().work).toBe(0);
  });

  test("a batch deletes what it can and says what it cannot", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne();
    const Entries = [
      { Id: "good", ReceiptHandle },
      { Id: "bad", ReceiptHandle: "nonsense" },
    ];
    const answer = await queues.client.send(new DeleteMessageBatchCommand({ QueueUrl: queues.url, Entries }));
    expect(answer.Successful).toEqual([{ Id: "good" }]);
    expect(answer.Failed).toMatchObject([{ Id: "bad", SenderFault: true, Code: "ReceiptHandleIsInvalid" }]);
    expect(queues.server.depths().work).toBe(0);
  });

  test("a handle of another queue is invalid", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne();
    const other = new DeleteMessageCommand({ QueueUrl: queues.server.queueUrl("slow"), ReceiptHandle });
    await expect(queues.client.send(other)).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });

  test("visibility 0 makes messages visible at once and loses none", async () => {
    for (const body of ["a", "b"]) await sendBody(body);
    const messages = await receive();
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      Id: `e${index}`,
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    const answer = await queues.client.send(
      new ChangeMessageVisibilityBatchCommand({ QueueUrl: queues.url, Entries }),
    );
    expect(answer.Successful).toHaveLength(2);
    expect((await receive()).map(({ Body }) => Body)).toEqual(["a", "b"]);
  });

  test("visibility of what is not in flight cannot be changed", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne({ VisibilityTimeout: 0 });
    const change = () =>
      queues.client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queues.url, ReceiptHandle, VisibilityTimeout: 5 }),
      );
    await expect(change()).rejects.toMatchObject({ name: "MessageNotInflight" });
    await queues.client.send(new DeleteMessageCommand({ QueueUrl: queues.url, ReceiptHandle }));
    await expect(change()).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  test("purging removes visible, flying and delayed messages", async () => {
    await sendBody("flying");
    await receiveOne();
    await sendBody("visible");
    await sendBody("delayed", { DelaySeconds: 900 });
    expect(queues.server.depths().work).toBe(3);
    await queues.client.send(new PurgeQueueCommand({ QueueUrl: queues.url }));
    expect(queues.server.depths().work).toBe(0);
    await sendBody("later");
    expect((await receive()).map(({ Body }) => Body)).toEqual(["later"]);
  });
});

describe("dead letters", () => {
  test("a message received too often moves, as it was sent, to where a long poll waits for it", async () => {
    const MessageAttributes = { kind: { DataType: "String", StringValue: "poison" } };
    const sent = await sendBody("poison", { MessageAttributes });
    const names = { AttributeNames: ["All"], MessageAttributeNames: ["All"] } as const;
    const first = await receiveOne({ VisibilityTimeout: 0, AttributeNames: ["All"] });
    await receiveOne({ VisibilityTimeout: 0 });
    expect(queues.server.depths()).toMatchObject({ work: 1, "work-dead": 0 });
    const poll = await startPoll({
      QueueUrl: queues.server.queueUrl("work-dead"),
      AttributeNames: [...names.AttributeNames],
      MessageAttributeNames: [...names.MessageAttributeNames],
    });
    expect(await receive()).toEqual([]);
    const [dead] = await poll.messages;
    expect(dead).toMatchObject({ MessageId: sent.MessageId, Body: "poison", MessageAttributes });
    expect(dead?.Attributes).toMatchObject({
      SentTimestamp: first.Attributes?.SentTimestamp,
      ApproximateReceiveCount: "3",
      DeadLetterQueueSourceArn: "arn:aws:sqs:us-east-1:000000000000:work",
    });
    expect(queues.server.depths()).toMatchObject({ work: 0, "work-dead": 1 });
  });

  test("a dead-letter queue with one of its own counts only its own receives", async () => {
    await sendBody("poison");
    for (let time = 0; time < 3; time += 1) await receive({ VisibilityTimeout: 0 });
    const dead = { QueueUrl: queues.server.queueUrl("work-dead"), VisibilityTimeout: 0 };
    expect(await receive(dead)).toHaveLength(1);
    expect(await receive(dead)).toHaveLength(0);
    const [buried] = await receive({ QueueUrl: queues.server.queueUrl("buried"), AttributeNames: ["All"] });
    expect(buried?.Attributes).toMatchObject({
      ApproximateReceiveCount: "4",
      DeadLetterQueueSourceArn: "arn:aws:sqs:us-east-1:000000000000:work-dead",
    });
  });
});
