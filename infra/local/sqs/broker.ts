import { mkdirSync } from "node:fs";
import { DurableQueue, type QueueDefinition } from "./durable-queue.ts";
import { QueueError } from "./errors.ts";
import type { Message, Receipt } from "./queue.ts";

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

export interface ReceiveRequest {
  readonly limit: number;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
}

interface Waiter {
  readonly request: ReceiveRequest;
  readonly answer: (messages: Message[]) => void;
  readonly timer: NodeJS.Timeout;
}

interface Channel {
  readonly durable: DurableQueue;
  readonly deadLetters: DurableQueue | null;
  readonly waiters: Set<Waiter>;
  wake: NodeJS.Timeout | null;
}

/**
 * All queues of one data directory. Changes made in one turn of the event loop are written together at its end; whoever
 * answers a client does it through `afterWrite`, so no answer speaks of what is not stored.
 */
export class Broker {
  // Dead-letter queues before the queues that move messages to them: written in this order, a crash between two
  // writes leaves a moved message in both, never in none.
  readonly #channels = new Map<string, Channel>();
  #onWritten: ((failure: Error | null) => void)[] = [];
  #turnEnd: NodeJS.Immediate | null = null;
  #isFailing = false;
  #isClosed = false;

  /**
   * Opens the queues' journals, finishing moves to dead-letter queues that a crash interrupted.
   * @throws {JournalDamaged}, and errors for definitions that contradict each other.
   */
  constructor(directory: string, definitions: readonly QueueDefinition[], now: number) {
    const ordered = deadLettersFirst(definitions);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    try {
      for (const definition of ordered) {
        const durable = DurableQueue.open(definition, directory, now);
        const target = definition.redrive?.deadLetterQueueName;
        const deadLetters = target === undefined ? null : this.#channels.get(target)!.durable;
        this.#channels.set(definition.name, { durable, deadLetters, waiters: new Set(), wake: null });
        for (const { id, deadLetterSource } of deadLetters?.messages() ?? []) {
          if (deadLetterSource === definition.name && durable.has(id)) durable.drop(id);
        }
        durable.flush();
      }
    } catch (error) {
      for (const { durable } of this.#channels.values()) durable.close();
      throw error;
    }
  }

  names(): string[] {
    return [...this.#channels.keys()].sort();
  }

  /** @throws {QueueError} QueueDoesNotExist */
  queue(name: string): DurableQueue {
    return this.#channel(name).durable;
  }

  /** @throws {QueueError} QueueDoesNotExist, or ServiceUnavailable while the disk takes no writes. */
  send(name: string, message: Message, now: number): void {
    const { durable } = this.#channel(name);
    this.#refuseWhileFailing();
    durable.add(message, now);
    this.#endTurnSoon();
  }

  delete(name: string, receipt: Receipt): void {
    this.#channel(name).durable.delete(receipt);
    this.#endTurnSoon();
  }

  changeVisibility(name: string, receipt: Receipt, visibilitySeconds: number, now: number) {
    const outcome = this.#channel(name).durable.changeVisibility(receipt, visibilitySeconds, now);
    this.#endTurnSoon();
    return outcome;
  }

  purge(name: string): void {
    this.#channel(name).durable.purge();
    this.#endTurnSoon();
  }

  /**
   * Calls `answer` once: with messages as soon as there are any, at the latest after `waitSeconds`, then perhaps with none.
   * @returns a function that gives the request up, so that no message goes to a client that has left.
   */
  receive(name: string, request: ReceiveRequest, answer: (messages: Message[]) => void): () => void {
    const channel = this.#channel(name);
    this.#refuseWhileFailing();
    const messages = channel.waiters.size > 0 ? [] : this.#take(channel, request);
    if (messages.length > 0 || request.waitSeconds === 0) {
      answer(messages);
      return () => {};
    }
    const giveUp = () => {
      clearTimeout(waiter.timer);
      channel.waiters.delete(waiter);
    };
    const timer = setTimeout(() => {
      giveUp();
      answer(this.#take(channel, request));
    }, request.waitSeconds * 1_000);
    const waiter: Waiter = { request, answer, timer };
    channel.waiters.add(waiter);
    this.#planWake(channel);
    return giveUp;
  }

  /** Calls back when all changes made so far are written, or with the error that prevented it. */
  afterWrite(callback: (failure: Error | null) => void): void {
    if (this.#turnEnd === null) callback(null);
    else this.#onWritten.push(callback);
  }

  /** Answers all who wait with what there is, writes, and closes the journals. */
  close(): void {
    for (const channel of this.#channels.values()) {
      if (channel.wake !== null) clearTimeout(channel.wake);
      for (const waiter of channel.waiters) {
        clearTimeout(waiter.timer);
        waiter.answer([]);
      }
      channel.waiters.clear();
    }
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd);
    this.#endTurn();
    for (const { durable } of this.#channels.values()) durable.close();
    this.#isClosed = true;
  }

  #channel(name: string): Channel {
    if (this.#isClosed) throw new QueueError("ServiceUnavailable", "The queue server is stopping.");
    const channel = this.#channels.get(name);
    if (channel === undefined)
      throw new QueueError("QueueDoesNotExist", "The specified queue does not exist.");
    return channel;
  }

  #take(channel: Channel, { limit, visibilitySeconds }: ReceiveRequest): Message[] {
    const now = Date.now();
    const { durable, deadLetters } = channel;
    const { received, exhausted } = durable.receive(limit, visibilitySeconds, now);
    for (const message of exhausted) {
      deadLetters!.add(
        { ...message, deadLetterSource: durable.definition.name, receivesElsewhere: message.receiveCount },
        now,
      );
    }
    if (received.length + exhausted.length > 0) this.#endTurnSoon();
    return received;
  }

  #endTurnSoon(): void {
    this.#turnEnd ??= setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    // Those who wait are served at the end of the turn, so that one receive takes all that the turn brought; sources
    // before dead-letter queues, which may get messages by it.
    const channels = [...this.#channels.values()];
    for (const channel of channels.toReversed()) this.#serveWaiters(channel);
    let failure: Error | null = null;
    try {
      for (const { durable } of channels) durable.flush();
    } catch (error) {
      failure = new QueueError(
        "ServiceUnavailable",
        `The queue's journal cannot be written (${errorCode(error)}).`,
      );
    }
    this.#isFailing = failure !== null;
    this.#turnEnd = null;
    const callbacks = this.#onWritten;
    this.#onWritten = [];
    for (const callback of callbacks) callback(failure);
    if (failure === null) for (const { durable } of channels) durable.compact();
  }

  // A send that cannot be stored is refused before it is in memory, else a full disk would fill the memory as well.
  #refuseWhileFailing(): void {
    if (!this.#isFailing) return;
    this.#endTurnSoon();
    throw new QueueError("ServiceUnavailable", "The queue's journal could not be written; try again.");
  }

  #serveWaiters(channel: Channel): void {
    if (channel.waiters.size === 0) return;
    for (const waiter of channel.waiters) {
      const messages = this.#take(channel, waiter.request);
      if (messages.length === 0) break;
      clearTimeout(waiter.timer);
      channel.waiters.delete(waiter);
      waiter.answer(messages);
    }
    this.#planWake(channel);
  }

  #planWake(channel: Channel): void {
    if (channel.wake !== null) clearTimeout(channel.wake);
    channel.wake = null;
    const at = channel.waiters.size === 0 ? null : channel.durable.nextVisibleAt();
    if (at === null) return;
    channel.wake = setTimeout(() => this.#endTurnSoon(), Math.max(1, at - Date.now()));
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown";
}

/** Orders queues so that each follows its dead-letter queue. */
function deadLettersFirst(definitions: readonly QueueDefinition[]): QueueDefinition[] {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  if (byName.size !== definitions.length) throw new Error("Two queues have the same name.");
  const ordered = new Set<QueueDefinition>();
  const place = (definition: QueueDefinition, sources: readonly QueueDefinition[]) => {
    const { name, redrive } = definition;
    if (!QUEUE_NAME.test(name)) throw new Error(`The queue name ${JSON.stringify(name)} is not allowed.`);
    if (sources.includes(definition)) throw new Error(`The queue ${name} is its own dead-letter queue.`);
    if (ordered.has(definition)) return;
    if (redrive !== undefined) {
      const target = byName.get(redrive.deadLetterQueueName);
      if (target === undefined) throw new Error(`The dead-letter queue of ${name} does not exist.`);
      place(target, [...sources, definition]);
    }
    ordered.add(definition);
  };
  for (const definition of definitions) place(definition, []);
  return [...ordered];
}
