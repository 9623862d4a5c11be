import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { useQueueServer } from "./queue-client.ts";

const queues = useQueueServer();
const { receive, receiveOne, sendBody } = queues;

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
    const url = queues.server.queueUrl("small");
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
  const sendBatch = (Entries: ReturnType<typeof entriesOf>, url = queues.url) =>
    queues.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));

  test("ten messages are stored with one request", async () => {
    const { Successful, Failed } = await sendBatch(entriesOf(..."abcdefghij"));
    expect([Successful?.length, Failed?.length]).toEqual([10, 0]);
    const messages = await receive();
    expect(messages.map(({ Body }) => Body)).toEqual([..."abcdefghij"]);
    expect(messages.map(({ MessageId }) => MessageId)).toEqual(Successful?.map(({ MessageId }) => MessageId));
  });

  test("an entry that cannot be stored fails alone", async () => {
    const entries = entriesOf("good", "bad\u0001", "x".repeat(1_025), "also good", "");
    const { Successful, Failed } = await sendBatch(entries, queues.server.queueUrl("small"));
    expect(Successful?.map(({ Id }) => Id)).toEqual(["e0", "e3"]);
    expect(Failed).toMatchObject([
      { Id: "e1", SenderFault: true, Code: "InvalidMessageContents" },
      { Id: "e2", SenderFault: true, Code: "InvalidParameterValue" },
      { Id: "e4", SenderFault: true, Code: "MissingParameter" },
    ]);
    expect(queues.server.depths().small).toBe(2);
  });

  test("1 MiB in all is taken, one byte more is refused as a whole", async () => {
    const half = "x".repeat(524_288);
    expect((await sendBatch(entriesOf(half, half))).Successful).toHaveLength(2);
    await expect(sendBatch(entriesOf(half, `${half}x`))).rejects.toMatchObject({
      name: "BatchRequestTooLong",
    });
    expect(queues.server.depths().work).toBe(2);
  });

  test.each([
    ["EmptyBatchRequest", []],
    ["TooManyEntriesInBatchRequest", entriesOf(..."abcdefghijk")],
    ["BatchEntryIdsNotDistinct", [...entriesOf("a"), ...entriesOf("b")]],
    ["InvalidBatchEntryId", [{ Id: "a b", MessageBody: "a" }]],
  ])("%s refuses the whole request", async (name, entries) => {
    await expect(sendBatch(entries)).rejects.toMatchObject({ name });
    expect(queues.server.depths().work).toBe(0);
  });
});
