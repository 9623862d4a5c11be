import { describe, expect, test } from "vitest";
import { failedMessages, sqsEvents } from "../../../infra/local/queue-batch.ts";

describe("the messages of a batch that failed", () => {
  test.each([
    ["nothing said", null, []],
    ["an empty object", {}, []],
    ["an empty list", { batchItemFailures: [] }, []],
    ["null instead of a list", { batchItemFailures: null }, []],
    ["one named", { batchItemFailures: [{ itemIdentifier: "b" }] }, ["b"]],
    ["one named twice", { batchItemFailures: [{ itemIdentifier: "b" }, { itemIdentifier: "b" }] }, ["b"]],
    ["a name that was not in the batch", { batchItemFailures: [{ itemIdentifier: "z" }] }, ["a", "b"]],
    ["an empty name", { batchItemFailures: [{ itemIdentifier: "" }] }, ["a", "b"]],
    ["no name", { batchItemFailures: [{}] }, ["a", "b"]],
    ["not a list", { batchItemFailures: "b" }, ["a", "b"]],
    ["a text", "done", ["a", "b"]],
  ])("with %s", (_name, answer, failed) => {
    expect([...failedMessages(answer, ["a", "b"])]).toEqual(failed);
  });
});

describe("the events of a batch", () => {
  test("carry what SQS said of each message", () => {
    const [{ event } = { event: undefined }] = sqsEvents(
      [
        {
          MessageId: "m",
          ReceiptHandle: "r",
          Body: "{}",
          MD5OfBody: "5",
          Attributes: { ApproximateReceiveCount: "2", SentTimestamp: "1" },
          MessageAttributes: { kind: { DataType: "String", StringValue: "touch" } },
        },
      ],
      "arn:aws:sqs:us-east-1:000000000000:q",
    );
    expect(event?.Records).toEqual([
      {
        messageId: "m",
        receiptHandle: "r",
        body: "{}",
        md5OfBody: "5",
        attributes: { ApproximateReceiveCount: "2", SentTimestamp: "1" },
        messageAttributes: {
          kind: { dataType: "String", stringValue: "touch", stringListValues: [], binaryListValues: [] },
        },
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:q",
        awsRegion: "us-east-1",
      },
    ]);
  });

  test("are as many as Lambda's 6 MB ask for, and lose no message", () => {
    const messages = Array.from({ length: 10 }, (_, index) => ({
      MessageId: String(index),
      Body: "x".repeat(1 << 20),
    }));
    const events = sqsEvents(messages, "arn");
    expect(events.length).toBeGreaterThan(1);
    for (const { event } of events) expect(JSON.stringify(event).length).toBeLessThan(6 * 1024 * 1024);
    expect(events.flatMap(({ event }) => event.Records.map(({ messageId }) => messageId))).toEqual(
      messages.map(({ MessageId }) => MessageId),
    );
  });
});
