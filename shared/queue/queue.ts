import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sdkLogger } from "../observe/sdk-logger.ts";

/** A queue and the client that reaches it. */
export interface Queue {
  client: SQSClient;
  url: string;
}

/** The queue did not take everything: nothing of it may be acknowledged. */
export class QueueUnavailable extends Error {
  constructor(cause: unknown) {
    super("the queue did not take the messages", { cause });
    this.name = "QueueUnavailable";
  }
}

/** How long a caller may be kept waiting: attempts, and milliseconds for each. */
export interface Patience {
  attempts: number;
  timeout: number;
}

/** Well within the gateway's 30 seconds, so that a sender is told to try again. */
const senderPatience: Patience = { attempts: 3, timeout: 4_000 };

/** A queue by its URL. */
export const openQueue = (url: string, { attempts, timeout } = senderPatience): Queue => ({
  url,
  client: new SQSClient({
    maxAttempts: attempts,
    logger: sdkLogger,
    requestHandler: {
      connectionTimeout: Math.min(timeout, 1_000),
      requestTimeout: timeout,
      // Without it the client only warns that the time is over.
      throwOnRequestTimeout: true,
    },
  }),
});

/** What SQS takes in one request, in messages and in bytes. */
const entriesPerRequest = 10;
const bytesPerRequest = 1024 * 1024;

/**
 * Sends messages; returns when SQS has every one of them. The batch's answer is read entry by entry, and entries that SQS
 * failed to take are sent once more. Throws QueueUnavailable: some may have been taken, so a resend must be idempotent.
 */
export async function sendAll(queue: Queue, messages: readonly string[]): Promise<void> {
  try {
    if (messages.length === 1) {
      await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: messages[0] }));
      return;
    }
    for (const batch of requestsOf(messages)) {
      const failed = await sendBatch(queue, batch);
      const again = failed.length > 0 ? await sendBatch(queue, failed) : [];
      if (again.length > 0) throw new Error(`${again.length} messages were refused`);
    }
  } catch (error) {
    throw new QueueUnavailable(error);
  }
}

async function sendBatch(queue: Queue, batch: readonly string[]): Promise<string[]> {
  const answer = await queue.client.send(
    new SendMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: batch.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  );
  const taken = new Set((answer.Successful ?? []).map((entry) => Number(entry.Id)));
  return batch.filter((_, index) => !taken.has(index));
}

function requestsOf(messages: readonly string[]): string[][] {
  const requests: string[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message);
    const last = requests.at(-1);
    if (last && last.length < entriesPerRequest && bytes + size <= bytesPerRequest) {
      last.push(message);
      bytes += size;
    } else {
      requests.push([message]);
      bytes = size;
    }
  }
  return requests;
}
