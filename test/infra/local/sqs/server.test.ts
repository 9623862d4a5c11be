import { connect } from "node:net";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { useQueueServer } from "./queue-client.ts";

const queues = useQueueServer();
const { receive, sendBody } = queues;

describe("queues", () => {
  test("are found by name and listed by prefix, page by page", async () => {
    expect((await queues.client.send(new GetQueueUrlCommand({ QueueName: "work" }))).QueueUrl).toBe(
      queues.url,
    );
    const all = await queues.client.send(new ListQueuesCommand({}));
    expect(all.QueueUrls).toHaveLength(6);
    const first = await queues.client.send(new ListQueuesCommand({ QueueNamePrefix: "work", MaxResults: 1 }));
    expect(first.QueueUrls).toEqual([queues.url]);
    const { NextToken } = first;
    const second = await queues.client.send(
      new ListQueuesCommand({ QueueNamePrefix: "work", MaxResults: 1, NextToken }),
    );
    expect(second).toMatchObject({ QueueUrls: [queues.server.queueUrl("work-dead")] });
    expect(second.NextToken).toBeUndefined();
  });

  test("say how they are made and what is in them", async () => {
    for (const body of ["a", "b", "c"]) await sendBody(body);
    await sendBody("d", { DelaySeconds: 900 });
    await receive({ MaxNumberOfMessages: 2 });
    const { Attributes } = await queues.client.send(
      new GetQueueAttributesCommand({ QueueUrl: queues.url, AttributeNames: ["All"] }),
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
    const some = new GetQueueAttributesCommand({
      QueueUrl: queues.url,
      AttributeNames: ["DelaySeconds", "Policy"],
    });
    expect((await queues.client.send(some)).Attributes).toEqual({ DelaySeconds: "0" });
  });

  test("that do not exist are reported as the SDK knows it", async () => {
    const unknown = { QueueUrl: queues.server.queueUrl("unknown") };
    const commands = [
      () => queues.client.send(new SendMessageCommand({ ...unknown, MessageBody: "a" })),
      () => queues.client.send(new ReceiveMessageCommand(unknown)),
      () => queues.client.send(new PurgeQueueCommand(unknown)),
      () => queues.client.send(new GetQueueUrlCommand({ QueueName: "unknown" })),
      () => queues.client.send(new DeleteMessageCommand({ ...unknown, ReceiptHandle: "a" })),
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
    const create = queues.client.send(new CreateQueueCommand({ QueueName: "new" }));
    await expect(create).rejects.toMatchObject({ name: "UnsupportedOperation" });
  });
});

describe("malformed requests", () => {
  const post = (target: string, body: string | Uint8Array<ArrayBuffer>) =>
    fetch(queues.server.url, { method: "POST", headers: { "x-amz-target": target }, body });

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
    expect(queues.server.depths().work).toBe(1);
  });

  test("a connection that breaks within a request harms nobody", async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(queues.server.port, "127.0.0.1", () => {
        socket.write(
          "POST / HTTP/1.1\r\nhost: a\r\nx-amz-target: AmazonSQS.SendMessage\r\ncontent-length: 99\r\n\r\n{",
        );
        socket.destroy();
      });
      socket.once("close", () => resolve()).once("error", reject);
    });
    await sendBody("a");
    expect(queues.server.depths().work).toBe(1);
  });
});
