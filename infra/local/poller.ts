import { setTimeout as pause } from "node:timers/promises";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { errorCode } from "./errors.ts";
import type { Outcome } from "./function-instance.ts";
import { failedMessages, sqsEvents } from "./queue-batch.ts";
import type { MappingDefinition } from "./stack.ts";

export interface PollerOptions {
  sqs: SQSClient;
  queueUrl: string;
  /** Invokes the mapping's function with JSON. */
  run: (payload: string) => Promise<Outcome>;
  /** How long a failed message rests before it comes back, by how often it was received: as many seconds. */
  restSeconds?: (receiveCount: number) => number;
  /** Told when the queue cannot be reached; polling goes on. */
  onProblem: (problem: string) => void;
}

/** What SQS gives and takes at a time. */
const mostAtOnce = 10;
const longestWaitSeconds = 20;
/** How often a batch that waits to fill looks for more. */
const lookAgainMilliseconds = 100;
/** SQS hides a message no longer. */
const longestRestSeconds = 12 * 60 * 60;
/** Two pollers of a queue keep two cores busy. */
const mostPollers = 2;

/**
 * An event source mapping from SQS: receives, waits up to the window for a batch to fill, invokes, deletes what
 * succeeded. What failed comes back after as many seconds as it has been received, at once while the runtime is being
 * drained; in AWS it would come back when its visibility timeout ends, which takes minutes. Where a function chooses the time
 * itself, that stands, but for a drain.
 */
export class Poller {
  readonly mapping: MappingDefinition;
  readonly #options: PollerOptions;
  readonly #loops: Promise<void>[];
  readonly #stop = new AbortController();
  /** Aborted to end the pauses of now. */
  #pauses = new AbortController();
  #hurrying = false;
  /** Receipt handles of failed messages that wait to come back, with the time at which they do. */
  readonly #resting = new Map<string, number>();

  constructor(mapping: MappingDefinition, options: PollerOptions) {
    this.mapping = mapping;
    this.#options = options;
    const pollers = Math.max(1, Math.min(mapping.maximumConcurrency, mostPollers));
    this.#loops = Array.from({ length: pollers }, () => this.#poll());
  }

  /** While hurrying no batch waits to fill and no failed message waits to come back. */
  hurry(hurrying: boolean): void {
    this.#hurrying = hurrying;
    if (!hurrying) return;
    this.#pauses.abort();
    this.#pauses = new AbortController();
    const now = Date.now();
    const resting = [...this.#resting].filter(([, until]) => until > now).map(([handle]) => handle);
    this.#resting.clear();
    void this.#hide(resting.map((handle) => ({ handle, seconds: 0 })));
  }

  /** Takes no further message; resolves when the batches in hand are done. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#pauses.abort();
    await Promise.all(this.#loops);
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      try {
        const messages = await this.#collect();
        for (const batch of sqsEvents(messages, this.mapping.queueArn)) {
          await this.#process(JSON.stringify(batch.event), batch.messages);
        }
      } catch (error) {
        if (this.#stopped) return;
        this.#options.onProblem(`queue ${this.mapping.queueName}: ${errorCode(error)}`);
        await this.#pause(1_000);
      }
    }
  }

  async #collect(): Promise<Message[]> {
    const { batchSize, windowSeconds } = this.mapping;
    const messages = await this.#receive(batchSize, longestWaitSeconds);
    const end = performance.now() + windowSeconds * 1_000;
    while (messages.length > 0 && messages.length < batchSize && windowSeconds > 0 && !this.#stopped) {
      const more = await this.#receive(batchSize - messages.length, 0);
      messages.push(...more);
      if (more.length === mostAtOnce) continue;
      const left = end - performance.now();
      if (left <= 0 || (this.#hurrying && more.length === 0)) break;
      if (!this.#hurrying) await this.#pause(Math.min(left, lookAgainMilliseconds));
    }
    return messages;
  }

  async #receive(wanted: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#options.queueUrl,
      MaxNumberOfMessages: Math.min(wanted, mostAtOnce),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    const { Messages = [] } = await this.#options.sqs.send(command, { abortSignal: this.#stop.signal });
    return Messages;
  }

  async #process(payload: string, messages: Message[]): Promise<void> {
    const outcome = await this.#options.run(payload);
    const ids = messages.map((message) => message.MessageId!);
    const failed = !outcome.ok
      ? new Set(ids)
      : this.mapping.reportsItemFailures
        ? failedMessages(JSON.parse(outcome.payload), ids)
        : new Set<string>();
    await Promise.all([
      this.#delete(messages.filter(({ MessageId }) => !failed.has(MessageId!))),
      this.#return(messages.filter(({ MessageId }) => failed.has(MessageId!))),
    ]);
  }

  async #delete(messages: Message[]): Promise<void> {
    const { sqs, queueUrl: QueueUrl } = this.#options;
    for (const part of inTens(messages)) {
      const Entries = part.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      // They come back and are processed once more, which every consumer has to bear.
      if (Failed.length > 0) this.#options.onProblem(`queue ${this.mapping.queueName}: ${Failed[0]!.Code}`);
    }
  }

  async #return(messages: Message[]): Promise<void> {
    const { restSeconds = (receiveCount: number) => receiveCount } = this.#options;
    const now = Date.now();
    for (const [handle, until] of this.#resting) if (until <= now) this.#resting.delete(handle);
    const returns = messages.map((message) => {
      const receiveCount = Number(message.Attributes?.ApproximateReceiveCount ?? 1);
      const own = this.mapping.pacesItself ?? false;
      const seconds = this.#hurrying ? 0 : own ? longestRestSeconds : restSeconds(receiveCount);
      const handle = message.ReceiptHandle!;
      if (seconds > 0) this.#resting.set(handle, now + seconds * 1_000);
      return { handle, seconds, stands: own && seconds > 0 };
    });
    await this.#hide(returns.filter(({ stands }) => !stands));
  }

  async #hide(returns: { handle: string; seconds: number }[]): Promise<void> {
    const { sqs, queueUrl: QueueUrl, onProblem } = this.#options;
    for (const part of inTens(returns)) {
      const Entries = part.map(({ handle, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }));
      // Without it they come back when their visibility timeout ends.
      await sqs
        .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
        .catch((error: unknown) => onProblem(`queue ${this.mapping.queueName}: ${errorCode(error)}`));
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.#pauses.signal }).catch(() => undefined);
  }
}

function inTens<T>(items: T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / mostAtOnce) }, (_, index) =>
    items.slice(index * mostAtOnce, (index + 1) * mostAtOnce),
  );
}
