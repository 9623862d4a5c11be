import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach } from "vitest";
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
  { name: "patient", visibilityTimeout: 1, messageRetentionPeriod: 60, receiveMessageWaitTimeSeconds: 20 },
];

/** A client that does not try again, so that a test sees every failure. */
export function connectTo(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

/** A server and a client of it for each test of the file; the functions use the queue `work` unless told otherwise. */
export function useQueueServer() {
  let directory: string;
  let server: QueueServer;
  let client: SQSClient;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "queues-"));
    server = await startQueueServer({ dataDirectory: directory, queues: QUEUES });
    client = connectTo(server.url);
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
    rmSync(directory, { recursive: true });
  });

  const receive = async (more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> => {
    const input = { QueueUrl: server.queueUrl("work"), MaxNumberOfMessages: 10, ...more };
    return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
  };

  return {
    get server() {
      return server;
    },
    get client() {
      return client;
    },
    get url() {
      return server.queueUrl("work");
    },
    receive,
    sendBody: async (MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
      client.send(new SendMessageCommand({ QueueUrl: server.queueUrl("work"), MessageBody, ...more })),
    receiveOne: async (more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message> => {
      const [message] = await receive({ MaxNumberOfMessages: 1, ...more });
      if (message === undefined) throw new Error("There is no message.");
      return message;
    },
    /** Starts a long poll and returns when the server must have it: two later requests were answered. */
    startPoll: async (
      more: Partial<ReceiveMessageCommandInput>,
    ): Promise<{ messages: Promise<Message[]> }> => {
      const messages = receive({ WaitTimeSeconds: 20, ...more });
      for (let index = 0; index < 2; index += 1)
        await client.send(new GetQueueUrlCommand({ QueueName: "work" }));
      return { messages };
    },
  };
}
