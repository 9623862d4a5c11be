import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Message, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach } from "vitest";
import {
  type QueueDefinition,
  type QueueServer,
  startQueueServer,
} from "../../../../infra/local/sqs/server.ts";
import { connectTo } from "./queue-client.ts";

export const WORK: QueueDefinition = {
  name: "work",
  visibilityTimeout: 30,
  messageRetentionPeriod: 345_600,
  redrive: { deadLetterQueueName: "dead", maxReceiveCount: 2 },
};
export const DEAD: QueueDefinition = {
  name: "dead",
  visibilityTimeout: 30,
  messageRetentionPeriod: 1_209_600,
};

/** For each test of the file a directory, in which servers can run one after the other. */
export function useQueueDirectory() {
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

  const connect = (endpoint: string): SQSClient => {
    const client = connectTo(endpoint);
    clients.push(client);
    return client;
  };

  const stop = async (): Promise<void> => {
    await server?.close();
    server = null;
  };

  const start = async (queues = [WORK, DEAD]): Promise<SQSClient> => {
    await stop();
    server = await startQueueServer({ dataDirectory: directory, queues });
    return connect(server.url);
  };

  return {
    get directory() {
      return directory;
    },
    connect,
    /** Starts a server in this process; one that runs is stopped first. */
    start,
    stop,
    depths: () => server?.depths(),
  };
}

export async function urlOf(client: SQSClient, name: string): Promise<string> {
  const endpoint = await client.config.endpoint!();
  return `http://${endpoint.hostname}:${endpoint.port}/000000000000/${name}`;
}

export async function send(client: SQSClient, MessageBody: string, DelaySeconds?: number): Promise<void> {
  await client.send(
    new SendMessageCommand({ QueueUrl: await urlOf(client, "work"), MessageBody, DelaySeconds }),
  );
}

export async function receive(client: SQSClient, name = "work"): Promise<Message[]> {
  const input = { QueueUrl: await urlOf(client, name), MaxNumberOfMessages: 10 };
  return (await client.send(new ReceiveMessageCommand({ ...input, AttributeNames: ["All"] }))).Messages ?? [];
}

/** Receives until the queue has nothing visible. */
export async function receiveAll(client: SQSClient, name = "work"): Promise<Message[]> {
  const all: Message[] = [];
  for (let some = await receive(client, name); some.length > 0; some = await receive(client, name))
    all.push(...some);
  return all;
}

export function bodiesOf(messages: Message[]): string[] {
  return messages.map(({ Body = "" }) => Body);
}

export function handleOf(message: Message | undefined): { ReceiptHandle: string } {
  return { ReceiptHandle: message?.ReceiptHandle ?? "" };
}
