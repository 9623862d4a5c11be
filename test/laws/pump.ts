import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { buryMessage } from "../../shared/process/dead-letter.ts";
import { type Processing, processMessages, type QueueMessage } from "../../shared/process/process.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { type Fault, Worker } from "./worker.ts";
import { processingOf, type World } from "./world.ts";

/** A message in somebody's hands. */
export interface Received extends QueueMessage {
  handle: string;
}

/**
 * Takes up to ten messages, as the event source mapping of a function does.
 * @param now the world's time, before which all of them were sent: a real queue goes by the machine's clock
 */
export async function receive(queue: Queue, most = 10, now = Number.POSITIVE_INFINITY): Promise<Received[]> {
  const answer = await queue.client.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: most,
      MessageSystemAttributeNames: ["SentTimestamp"],
    }),
  );
  return (answer.Messages ?? []).map((message) => ({
    messageId: message.MessageId!,
    body: message.Body!,
    sentAt: Math.min(Number(message.Attributes!.SentTimestamp), now),
    handle: message.ReceiptHandle!,
  }));
}

/** Deletes the messages that are done and makes the others visible at once, where AWS would wait for their timeout. */
export async function settle(
  queue: Queue,
  messages: readonly Received[],
  failed: ReadonlySet<string>,
): Promise<void> {
  const entries = (done: boolean) =>
    messages
      .filter(({ messageId }) => failed.has(messageId) !== done)
      .map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
  const done = entries(true);
  const again = entries(false).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
  const QueueUrl = queue.url;
  if (done.length > 0) await queue.client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: done }));
  if (again.length > 0) {
    await queue.client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: again }));
  }
}

/** The function that writes facts, as the queue drives it: one container, replaced when it dies. */
export class Processor {
  readonly #world: World;
  #processing: Processing;
  /** Messages that were acknowledged here, in that order. */
  readonly acknowledged: QueueMessage[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#processing = processingOf(world);
  }

  /**
   * Processes one batch. A worker that dies acknowledges nothing and takes its memory with it.
   * @param faultOf what happens to the worker, from what it got
   * @returns whether there was anything
   */
  async batch(
    most = 10,
    faultOf: (messages: readonly QueueMessage[]) => Fault | undefined = () => undefined,
  ) {
    const work = await this.begin(most, faultOf);
    await work?.ended;
    return work !== undefined;
  }

  /** Begins one batch; where its worker stalls, `ended` waits for the release. */
  async begin(most: number, faultOf: (messages: readonly QueueMessage[]) => Fault | undefined) {
    const messages = await receive(this.#world.touchpoints, most, this.#world.now);
    if (messages.length === 0) return undefined;
    const worker = new Worker(faultOf(messages));
    const processing = this.#processing;
    const finish = async () => {
      const result = await worker.run(() => processMessages(processing, messages));
      const failed = new Set(result.done ? result.value : messages.map(({ messageId }) => messageId));
      if (!result.done) this.#processing = processingOf(this.#world);
      this.acknowledged.push(...messages.filter(({ messageId }) => !failed.has(messageId)));
      await settle(this.#world.touchpoints, messages, failed);
    };
    const ended = finish();
    ended.catch(() => {});
    const stalls = await Promise.race([ended.then(() => false), worker.stalled.then(() => true)]);
    // A container works on one batch at a time: the next one gets another.
    if (stalls) this.#processing = processingOf(this.#world);
    return { worker, ended };
  }
}

/** The function at the end of the dead-letter queue: one message, one fresh container. @returns what it took */
export async function bury(
  world: World,
  faultOf: (message: QueueMessage) => Fault | undefined = () => undefined,
): Promise<QueueMessage | undefined> {
  const [message] = await receive(world.deadLetters, 1, world.now);
  if (!message) return undefined;
  const result = await new Worker(faultOf(message)).run(() => buryMessage(processingOf(world), message));
  await settle(world.deadLetters, [message], new Set(result.done ? [] : [message.messageId]));
  return message;
}
