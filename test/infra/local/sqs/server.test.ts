import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type Message,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type QueueServer, startQueueServer } from "../../../../infra/local/sqs/server.ts";

let directory: string;
let server: QueueServer;
let client: SQSClient;
let QueueUrl: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "queues-"));
  server = await startQueueServer({
    dataDirectory: directory,
    queues: [
      {
        name: "work",
        visibilityTimeout: 30,
        messageRetentionPeriod: 345_600,
        redrive: { deadLetterQueueName: "work-dead", maxReceiveCount: 2 },
      },
      {
        name: "work-dead",
        visibilityTimeout: 30,
        messageRetentionPeriod: 1_209_600,
        redrive: { deadLetterQueueName: "buried", maxReceiveCount: 1 },
      },
      { name: "buried", visibilityTimeout: 30, messageRetentionPeriod: 1_209_600 },
      { name: "slow", visibilityTimeout: 30, messageRetentionPeriod: 60, delaySeconds: 1 },
      { name: "small", visibilityTimeout: 30, messageRetentionPeriod: 60, maximumMessageSize: 1_024 },
      {
        name: "patient",
        visibilityTimeout: 1,
        messageRetentionPeriod: 60,
        receiveMessageWaitTimeSeconds: 20,
      },
    ],
  });
  client = new SQSClient({
    endpoint: server.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  QueueUrl = server.queueUrl("work");
});

afterEach(async () => {
  client.destroy();
  await server.close();
  rmSync(directory, { recursive: true });
});

async function sendBody(MessageBody: string, more: Partial<SendMessageCommandInput> = {}) {
  return client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
}

async function receive(more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const input = { QueueUrl, MaxNumberOfMessages: 10, ...more };
  return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
}

async function receiveOne(more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message> {
  const [message] = await receive({ MaxNumberOfMessages: 1, ...more });
  if (message === undefined) throw new Error("There is no message.");
  return message;
}

/** Starts a long poll and returns when the server must have it: two later requests were answered. */
async function startPoll(
  more: Partial<ReceiveMessageCommandInput>,
): Promise<{ messages: Promise<Message[]> }> {
  const messages = receive({ WaitTimeSeconds: 20, ...more });
  for (let index = 0; index < 2; index += 1) await client.send(new GetQueueUrlCommand({ QueueName: "work" }));
  return { messages };
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe("sending and receiving", () => {
  test("a message comes as it was sent, with what was asked for", async () => {
    const before = Date.now();
    const body = JSON.stringify({ text: 'é 😀 "quoted"\n\ttab' });
    const MessageAttributes = {
      kind: { DataType: "String", StringValue: "form" },
      "trace.id": { DataType: "Number", StringValue: "7" },
      bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 1]) },
    };
    const sent = await sendBody(body, { MessageAttributes });
    const message = await receiveOne({
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    expect(message).toMatchObject({ MessageId: sent.MessageId, Body: body });
    expect(message.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(message.MessageAttributes).toEqual(MessageAttributes);
    expect(message.Attributes).toMatchObject({ ApproximateReceiveCount: "1", SenderId: "000000000000" });
    const { SentTimestamp, ApproximateFirstReceiveTimestamp } = message.Attributes!;
    expect(Number(SentTimestamp)).toBeGreaterThanOrEqual(before);
    expect(Number(ApproximateFirstReceiveTimestamp)).toBeGreaterThanOrEqual(Number(SentTimestamp));
    expect(Number(ApproximateFirstReceiveTimestamp)).toBeLessThanOrEqual(Date.now());
  });

  test("attributes that were not asked for do not come; a prefix selects those it begins", async () => {
    await sendBody("a", {
      MessageAttributes: {
        "trace.id": { DataType: "String", StringValue: "1" },
        kind: { DataType: "String", StringValue: "2" },
      },
    });
    const bare = await receiveOne({ VisibilityTimeout: 0 });
    expect([bare.Attributes, bare.MessageAttributes, bare.MD5OfMessageAttributes]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const some = await receiveOne({
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      MessageAttributeNames: ["trace.*"],
    });
    expect(some.Attributes).toEqual({ ApproximateReceiveCount: "2" });
    expect(Object.keys(some.MessageAttributes!)).toEqual(["trace.id"]);
  });

  test("a trace header is kept", async () => {
    const AWSTraceHeader = { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" };
    const sent = await sendBody("a", { MessageSystemAttributes: { AWSTraceHeader } });
    expect(sent.MD5OfMessageSystemAttributes).toMatch(/^[0-9a-f]{32}$/);
    const message = await receiveOne({ MessageSystemAttributeNames: ["AWSTraceHeader"] });
    expect(message.Attributes).toEqual({ AWSTraceHeader: AWSTraceHeader.StringValue });
  });

  test("a receive takes as many as it asked for, one by default", async () => {
    for (const body of ["a", "b", "c", "d"]) await sendBody(body);
    expect(await receive({ MaxNumberOfMessages: undefined })).toHaveLength(1);
    expect((await receive({ MaxNumberOfMessages: 2 })).map(({ Body }) => Body)).toEqual(["b", "c"]);
    expect((await receive()).map(({ Body }) => Body)).toEqual(["d"]);
    expect(await receive()).toEqual([]);
  });

  test("a message of exactly 1 MiB is taken, one byte more is refused", async () => {
    const largest = `é${"x".repeat(1_048_574)}`;
    await sendBody(largest);
    expect((await receiveOne()).Body).toBe(largest);
    await expect(sendBody(`${largest}x`)).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  test("attributes count towards a message's size", async () => {
    const url = server.queueUrl("small");
    const MessageAttributes = { a: { DataType: "String", StringValue: "x" } };
    await sendBody("x".repeat(1_024 - 8), { QueueUrl: url, MessageAttributes });
    await expect(sendBody("x".repeat(1_024 - 7), { QueueUrl: url, MessageAttributes })).rejects.toThrow(
      "1024",
    );
  });
});

describe("batches of messages", () => {
  const entriesOf = (...bodies: string[]) =>
    bodies.map((MessageBody, index) => ({ Id: `e${index}`, MessageBody }));
  const sendBatch = (Entries: ReturnType<typeof entriesOf>, url = QueueUrl) =>
    client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));

  test("ten messages are stored with one request", async () => {
    const { Successful, Failed } = await sendBatch(entriesOf(..."abcdefghij"));
    expect([Successful?.length, Failed?.length]).toEqual([10, 0]);
    const messages = await receive();
    expect(messages.map(({ Body }) => Body)).toEqual([..."abcdefghij"]);
    expect(messages.map(({ MessageId }) => MessageId)).toEqual(Successful?.map(({ MessageId }) => MessageId));
  });

  test("an entry that cannot be stored fails alone", async () => {
    const entries = entriesOf("good", "bad\u0001", "x".repeat(1_025), "also good", "");
    const { Successful, Failed } = await sendBatch(entries, server.queueUrl("small"));
    expect(Successful?.map(({ Id }) => Id)).toEqual(["e0", "e3"]);
    expect(Failed).toMatchObject([
      { Id: "e1", SenderFault: true, Code: "InvalidMessageContents" },
      { Id: "e2", SenderFault: true, Code: "InvalidParameterValue" },
      { Id: "e4", SenderFault: true, Code: "MissingParameter" },
    ]);
    expect(server.depths().small).toBe(2);
  });

  test("1 MiB in all is taken, one byte more is refused as a whole", async () => {
    const half = "x".repeat(524_288);
    expect((await sendBatch(entriesOf(half, half))).Successful).toHaveLength(2);
    await expect(sendBatch(entriesOf(half, `${half}x`))).rejects.toMatchObject({
      name: "BatchRequestTooLong",
    });
    expect(server.depths().work).toBe(2);
  });

  test.each([
    ["EmptyBatchRequest", []],
    ["TooManyEntriesInBatchRequest", entriesOf(..."abcdefghijk")],
    ["BatchEntryIdsNotDistinct", [...entriesOf("a"), ...entriesOf("b")]],
    ["InvalidBatchEntryId", [{ Id: "a b", MessageBody: "a" }]],
  ])("%s refuses the whole request", async (name, entries) => {
    await expect(sendBatch(entries)).rejects.toMatchObject({ name });
    expect(server.depths().work).toBe(0);
  });
});

describe("waiting", () => {
  test("a long poll wakes at once when a message is sent", async () => {
    const poll = await startPoll({});
    expect(await elapsed(() => Promise.all([poll.messages, sendBody("a")]))).toBeLessThan(2_000);
    expect((await poll.messages).map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("a queue's own wait is that of receives without one", async () => {
    const url = server.queueUrl("patient");
    const poll = await startPoll({ QueueUrl: url, WaitTimeSeconds: undefined });
    await sendBody("a", { QueueUrl: url });
    expect(await poll.messages).toHaveLength(1);
  });

  test("a long poll wakes when a visibility timeout ends, and sees the message's second receive", async () => {
    await sendBody("a");
    await receiveOne({ VisibilityTimeout: 1 });
    let message: Message | undefined;
    const time = await elapsed(async () => {
      message = await receiveOne({
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      });
    });
    expect(message?.Attributes?.ApproximateReceiveCount).toBe("2");
    expect(time).toBeGreaterThan(800);
    expect(time).toBeLessThan(5_000);
  });

  test.each([
    ["the message's own", "work", 1],
    ["the queue's", "slow", undefined],
  ])("a long poll wakes when a delay ends: %s", async (_, name, DelaySeconds) => {
    const url = server.queueUrl(name);
    await sendBody("a", { QueueUrl: url, DelaySeconds });
    expect(await receive({ QueueUrl: url })).toEqual([]);
    const time = await elapsed(() => receiveOne({ QueueUrl: url, WaitTimeSeconds: 20 }));
    expect(time).toBeGreaterThan(700);
    expect(time).toBeLessThan(5_000);
  });

  test("a long poll wakes when a message is given back", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne();
    const poll = await startPoll({});
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    expect((await poll.messages).map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("a long poll without a message ends empty after its time", async () => {
    const time = await elapsed(async () => expect(await receive({ WaitTimeSeconds: 1 })).toEqual([]));
    expect(time).toBeGreaterThan(900);
    expect(time).toBeLessThan(5_000);
  });

  test("of several who wait, each message goes to one", async () => {
    const polls = [await startPoll({ MaxNumberOfMessages: 1 }), await startPoll({ MaxNumberOfMessages: 1 })];
    await sendBody("a");
    await sendBody("b");
    const bodies = (await Promise.all(polls.map(({ messages }) => messages))).flat().map(({ Body }) => Body);
    expect(bodies.sort()).toEqual(["a", "b"]);
  });

  test("a client that left while it waited takes no message", async () => {
    const leaving = new AbortController();
    const input = { QueueUrl, WaitTimeSeconds: 20 };
    const poll = client.send(new ReceiveMessageCommand(input), { abortSignal: leaving.signal });
    const outcome = expect(poll).rejects.toMatchObject({ name: "AbortError" });
    for (let index = 0; index < 2; index += 1)
      await client.send(new GetQueueUrlCommand({ QueueName: "work" }));
    leaving.abort();
    await outcome;
    const next = await startPoll({});
    await sendBody("a");
    expect((await next.messages).map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("closing answers those who wait", async () => {
    const poll = await startPoll({});
    await server.close();
    expect(await poll.messages).toEqual([]);
  });
});

describe("deleting and visibility", () => {
  test("a deleted message is gone, and deleting it again succeeds", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne({ VisibilityTimeout: 0 });
    const command = () => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await command();
    await command();
    expect(await receive()).toEqual([]);
    expect(server.depths().work).toBe(0);
  });

  test("an older receipt handle succeeds and deletes nothing", async () => {
    await sendBody("a");
    const older = await receiveOne({ VisibilityTimeout: 0 });
    const newer = await receiveOne();
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: older.ReceiptHandle }));
    expect(server.depths().work).toBe(1);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: newer.ReceiptHandle }));
    expect(server.depths().work).toBe(0);
  });

  test("a batch deletes what it can and says what it cannot", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne();
    const Entries = [
      { Id: "good", ReceiptHandle },
      { Id: "bad", ReceiptHandle: "nonsense" },
    ];
    const answer = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(answer.Successful).toEqual([{ Id: "good" }]);
    expect(answer.Failed).toMatchObject([{ Id: "bad", SenderFault: true, Code: "ReceiptHandleIsInvalid" }]);
    expect(server.depths().work).toBe(0);
  });

  test("a handle of another queue is invalid", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne();
    const other = new DeleteMessageCommand({ QueueUrl: server.queueUrl("slow"), ReceiptHandle });
    await expect(client.send(other)).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });

  test("visibility 0 makes messages visible at once and loses none", async () => {
    for (const body of ["a", "b"]) await sendBody(body);
    const messages = await receive();
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      Id: `e${index}`,
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    const answer = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    expect(answer.Successful).toHaveLength(2);
    expect((await receive()).map(({ Body }) => Body)).toEqual(["a", "b"]);
  });

  test("visibility of what is not in flight cannot be changed", async () => {
    await sendBody("a");
    const { ReceiptHandle } = await receiveOne({ VisibilityTimeout: 0 });
    const change = () =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 5 }));
    await expect(change()).rejects.toMatchObject({ name: "MessageNotInflight" });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await expect(change()).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  test("purging removes visible, flying and delayed messages", async () => {
    await sendBody("flying");
    await receiveOne();
    await sendBody("visible");
    await sendBody("delayed", { DelaySeconds: 900 });
    expect(server.depths().work).toBe(3);
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    expect(server.depths().work).toBe(0);
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
    expect(server.depths()).toMatchObject({ work: 1, "work-dead": 0 });
    const poll = await startPoll({
      QueueUrl: server.queueUrl("work-dead"),
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
    expect(server.depths()).toMatchObject({ work: 0, "work-dead": 1 });
  });

  test("a dead-letter queue with one of its own counts only its own receives", async () => {
    await sendBody("poison");
    for (let time = 0; time < 3; time += 1) await receive({ VisibilityTimeout: 0 });
    const dead = { QueueUrl: server.queueUrl("work-dead"), VisibilityTimeout: 0 };
    expect(await receive(dead)).toHaveLength(1);
    expect(await receive(dead)).toHaveLength(0);
    const [buried] = await receive({ QueueUrl: server.queueUrl("buried"), AttributeNames: ["All"] });
    expect(buried?.Attributes).toMatchObject({
      ApproximateReceiveCount: "4",
      DeadLetterQueueSourceArn: "arn:aws:sqs:us-east-1:000000000000:work-dead",
    });
  });
});

describe("queues", () => {
  test("are found by name and listed by prefix, page by page", async () => {
    expect((await client.send(new GetQueueUrlCommand({ QueueName: "work" }))).QueueUrl).toBe(QueueUrl);
    const all = await client.send(new ListQueuesCommand({}));
    expect(all.QueueUrls).toHaveLength(6);
    const first = await client.send(new ListQueuesCommand({ QueueNamePrefix: "work", MaxResults: 1 }));
    expect(first.QueueUrls).toEqual([QueueUrl]);
    const { NextToken } = first;
    const second = await client.send(
      new ListQueuesCommand({ QueueNamePrefix: "work", MaxResults: 1, NextToken }),
    );
    expect(second).toMatchObject({ QueueUrls: [server.queueUrl("work-dead")] });
    expect(second.NextToken).toBeUndefined();
  });

  test("say how they are made and what is in them", async () => {
    for (const body of ["a", "b", "c"]) await sendBody(body);
    await sendBody("d", { DelaySeconds: 900 });
    await receive({ MaxNumberOfMessages: 2 });
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: "1",
      ApproximateNumberOfMessagesNotVisible: "2",
      ApproximateNumberOfMessagesDelayed: "1",
      VisibilityTimeout: "30",
      MessageRetentionPeriod: "345600",
      QueueArn: "arn:aws:sqs:us-east-1:000000000000:work",
    });
    expect(JSON.parse(Attributes!.RedrivePolicy!)).toEqual({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:work-dead",
      maxReceiveCount: 2,
    });
    const some = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["DelaySeconds", "Policy"] });
    expect((await client.send(some)).Attributes).toEqual({ DelaySeconds: "0" });
  });

  test("that do not exist are reported as the SDK knows it", async () => {
    const unknown = { QueueUrl: server.queueUrl("unknown") };
    const commands = [
      () => client.send(new SendMessageCommand({ ...unknown, MessageBody: "a" })),
      () => client.send(new ReceiveMessageCommand(unknown)),
      () => client.send(new PurgeQueueCommand(unknown)),
      () => client.send(new GetQueueUrlCommand({ QueueName: "unknown" })),
      () => client.send(new DeleteMessageCommand({ ...unknown, ReceiptHandle: "a" })),
    ];
    for (const command of commands) {
      const error: unknown = await command().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(QueueDoesNotExist);
      expect(error).toMatchObject({
        name: "QueueDoesNotExist",
        message: "The specified queue does not exist.",
        Code: "AWS.SimpleQueueService.NonExistentQueue",
        $metadata: { httpStatusCode: 400 },
      });
    }
  });

  test.each([
    [{ VisibilityTimeout: 43_201 }],
    [{ VisibilityTimeout: -1 }],
    [{ MaxNumberOfMessages: 0 }],
    [{ MaxNumberOfMessages: 11 }],
    [{ WaitTimeSeconds: 21 }],
  ])("refuse a receive with %o", async (input) => {
    await expect(receive(input)).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  test("say which actions they do not have", async () => {
    const create = client.send(new CreateQueueCommand({ QueueName: "new" }));
    await expect(create).rejects.toMatchObject({ name: "UnsupportedOperation" });
  });
});

describe("malformed requests", () => {
  const post = (target: string, body: string | Uint8Array<ArrayBuffer>) =>
    fetch(server.url, { method: "POST", headers: { "x-amz-target": target }, body });

  test.each([
    ["no JSON", "AmazonSQS.SendMessage", "{", "SerializationException"],
    [
      "bytes that are no text",
      "AmazonSQS.SendMessage",
      new Uint8Array([255, 0, 1]),
      "SerializationException",
    ],
    ["a list", "AmazonSQS.SendMessage", "[]", "SerializationException"],
    ["null", "AmazonSQS.ReceiveMessage", "null", "SerializationException"],
    ["nothing", "AmazonSQS.ListQueues", "", "SerializationException"],
    ["no queue", "AmazonSQS.SendMessage", "{}", "MissingParameter"],
    ["a number for a queue", "AmazonSQS.ReceiveMessage", '{"QueueUrl":1}', "SerializationException"],
    ["no body", "AmazonSQS.SendMessage", '{"QueueUrl":"work"}', "MissingParameter"],
    [
      "half a character",
      "AmazonSQS.SendMessage",
      '{"QueueUrl":"work","MessageBody":"\\ud800"}',
      "InvalidMessageContents",
    ],
    [
      "entries that are none",
      "AmazonSQS.SendMessageBatch",
      '{"QueueUrl":"work","Entries":[1]}',
      "SerializationException",
    ],
    [
      "attributes that are none",
      "AmazonSQS.SendMessage",
      '{"QueueUrl":"work","MessageBody":"a","MessageAttributes":{"a":1}}',
      "InvalidParameterValue",
    ],
    [
      "a text for a number",
      "AmazonSQS.ReceiveMessage",
      '{"QueueUrl":"work","WaitTimeSeconds":"1"}',
      "SerializationException",
    ],
    ["an unknown action", "AmazonSQS.Explode", "{}", "UnknownOperationException"],
    ["an inherited name for an action", "AmazonSQS.constructor", "{}", "UnknownOperationException"],
    ["another service", "DynamoDB_20120810.GetItem", "{}", "UnknownOperationException"],
  ])("%s: 400 in the protocol's form", async (_, target, body, code) => {
    const answer = await post(target, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/x-amz-json-1.0");
    expect(answer.headers.get("x-amzn-query-error")).toMatch(/;Sender$/);
    expect(await answer.json()).toMatchObject({ __type: `com.amazonaws.sqs#${code}` });
  });

  test("a request too large for any payload is refused, and the server goes on", async () => {
    const answer = await post("AmazonSQS.SendMessage", "x".repeat((8 << 20) + 1));
    expect(answer.status).toBe(413);
    await sendBody("a");
    expect(server.depths().work).toBe(1);
  });

  test("a connection that breaks within a request harms nobody", async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1", () => {
        socket.write(
          "POST / HTTP/1.1\r\nhost: a\r\nx-amz-target: AmazonSQS.SendMessage\r\ncontent-length: 99\r\n\r\n{",
        );
        socket.destroy();
      });
      socket.once("close", () => resolve()).once("error", reject);
    });
    await sendBody("a");
    expect(server.depths().work).toBe(1);
  });
});
