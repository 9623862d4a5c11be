import { randomUUID } from "node:crypto";
import {
  type ChangeMessageVisibilityBatchCommandInput,
  type DeleteMessageBatchCommandInput,
  type ReceiveMessageCommandInput,
  type SendMessageBatchCommandInput,
  type SendMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientInMemory } from "./memory-client.ts";

interface Message {
  id: string;
  body: string;
  sentAt: number;
  receives: number;
  /** In somebody's hands: it comes back only where that is asked for, as no history lasts as long as its timeout. */
  taken: boolean;
}

/** Queues in memory, as far as this product and its tests ask. */
export class MemoryQueues {
  readonly #queues: Map<string, Message[]>;
  readonly #redrive: Record<string, { to: string; after: number }>;
  readonly #clock: () => Date;

  /** @param redrive where a queue's messages go that were received so often */
  constructor(
    names: readonly string[],
    redrive: Record<string, { to: string; after: number }>,
    clock: () => Date,
  ) {
    this.#queues = new Map(names.map((name) => [name, []]));
    this.#redrive = redrive;
    this.#clock = clock;
  }

  /** What stands for the SDK's client; a queue's URL is its name. */
  client(): SQSClient {
    return clientInMemory(SQSClient, (name, input) => this.#answer(name, input));
  }

  /** Messages not yet done, by queue. */
  depths(): Record<string, number> {
    return Object.fromEntries([...this.#queues].map(([name, messages]) => [name, messages.length]));
  }

  #answer(name: string, input: object): object {
    switch (name) {
      case "SendMessageCommand": {
        const { QueueUrl, MessageBody } = input as SendMessageCommandInput;
        return { MessageId: this.#send(QueueUrl, MessageBody) };
      }
      case "SendMessageBatchCommand": {
        const { QueueUrl, Entries = [] } = input as SendMessageBatchCommandInput;
        const taken = ({ Id, MessageBody }: (typeof Entries)[number]) => ({
          Id,
          MessageId: this.#send(QueueUrl, MessageBody),
        });
        return { Successful: Entries.map(taken), Failed: [] };
      }
      case "ReceiveMessageCommand":
        return this.#receive(input as ReceiveMessageCommandInput);
      case "DeleteMessageBatchCommand": {
        const { QueueUrl, Entries = [] } = input as DeleteMessageBatchCommandInput;
        const done = new Set(Entries.map(({ ReceiptHandle }) => ReceiptHandle));
        this.#queues.set(
          QueueUrl!,
          this.#messages(QueueUrl).filter((message) => !done.has(handleOf(message))),
        );
        return {};
      }
      case "ChangeMessageVisibilityBatchCommand": {
        const { QueueUrl, Entries = [] } = input as ChangeMessageVisibilityBatchCommandInput;
        const again = new Set(
          Entries.filter((entry) => entry.VisibilityTimeout === 0).map((entry) => entry.ReceiptHandle),
        );
        for (const message of this.#messages(QueueUrl))
          if (again.has(handleOf(message))) message.taken = false;
        return {};
      }
      default:
        throw new Error(`the queues in memory have no ${name}`);
    }
  }

  #messages(url: string | undefined): Message[] {
    const messages = this.#queues.get(url ?? "");
    if (!messages) throw new Error(`there is no queue ${url}`);
    return messages;
  }

  #send(url: string | undefined, body = ""): string {
    const id = randomUUID();
    const sentAt = this.#clock().getTime();
    this.#messages(url).push({ id, body, sentAt, receives: 0, taken: false });
    return id;
  }

  #receive({ QueueUrl, MaxNumberOfMessages = 1 }: ReceiveMessageCommandInput): object {
    const { to, after } = this.#redrive[QueueUrl ?? ""] ?? { to: "", after: Number.POSITIVE_INFINITY };
    const received: Message[] = [];
    const exhausted: Message[] = [];
    for (const message of this.#messages(QueueUrl)) {
      if (message.taken || received.length === MaxNumberOfMessages) continue;
      if (message.receives >= after) exhausted.push(message);
      else received.push(message);
    }
    for (const message of received) {
      message.taken = true;
      message.receives += 1;
    }
    if (exhausted.length > 0) {
      const left = this.#messages(QueueUrl).filter((message) => !exhausted.includes(message));
      this.#queues.set(QueueUrl!, left);
      this.#messages(to).push(...exhausted.map((message) => ({ ...message, receives: 0 })));
    }
    return { Messages: received.map(asReceived) };
  }
}

const handleOf = ({ id, receives }: Message): string => `${id} ${receives}`;

const asReceived = (message: Message) => ({
  MessageId: message.id,
  Body: message.body,
  ReceiptHandle: handleOf(message),
  Attributes: {
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
  },
});
