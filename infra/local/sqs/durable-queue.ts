import { join } from "node:path";
import { Journal } from "./journal.ts";
import { type Message, Queue, type QueueCounts, type Receipt } from "./queue.ts";

/** What a queue is made with. Times are seconds, sizes bytes, as in SQS. */
export interface QueueDefinition {
  name: string;
  visibilityTimeout: number;
  messageRetentionPeriod: number;
  delaySeconds?: number;
  receiveMessageWaitTimeSeconds?: number;
  maximumMessageSize?: number;
  redrive?: { deadLetterQueueName: string; maxReceiveCount: number };
}

const JOURNAL_VERSION = 1;
const COMPACT_ABOVE_BYTES = 4 << 20;

// What is in flight is not written: on a start its consumers are gone, so all of it is visible again.
type JournalRecord =
  | { kind: "journal"; v: number; createdAt: number }
  | { kind: "add"; message: Message }
  | { kind: "receive"; at: number; ids: string[] }
  | { kind: "delete"; id: string }
  | { kind: "purge" };

/** A queue and its journal: every change is in memory at once, and in the file after the next `flush`. */
export class DurableQueue {
  readonly definition: QueueDefinition;
  readonly #queue: Queue;
  readonly #journal: Journal;
  #createdAt: number;
  #compactAboveBytes = COMPACT_ABOVE_BYTES;

  private constructor(definition: QueueDefinition, queue: Queue, journal: Journal, createdAt: number) {
    this.definition = definition;
    this.#queue = queue;
    this.#journal = journal;
    this.#createdAt = createdAt;
  }

  /**
   * Opens the queue's journal in the directory, makes it if there is none, and rebuilds the queue: everything in flight
   * is visible again, receive counts are kept, expired messages are gone.
   * @throws {JournalDamaged}
   */
  static open(definition: QueueDefinition, directory: string, now: number): DurableQueue {
    const held = new Map<string, { message: Message; bytes: number }>();
    let createdAt: number | null = null;
    const path = join(directory, `${definition.name}.journal`);
    const journal = Journal.open(path, (json, bytes) => {
      const record = json as JournalRecord;
      if (record.kind === "add") held.set(record.message.id, { message: record.message, bytes });
      else if (record.kind === "delete") held.delete(record.id);
      else if (record.kind === "receive") markReceived(held, record.ids, record.at);
      else if (record.kind === "purge") held.clear();
      else if (record.v === JOURNAL_VERSION) createdAt = record.createdAt;
      else
        throw new Error(
          `The journal ${path} has version ${record.v}; this program reads version ${JOURNAL_VERSION}.`,
        );
    });
    const retention = definition.messageRetentionPeriod * 1_000;
    const queue = new Queue({ retention });
    for (const { message, bytes } of held.values()) {
      if (now < message.sentAt + retention) queue.add(message, bytes, now);
    }
    const durable = new DurableQueue(definition, queue, journal, createdAt ?? now);
    if (createdAt === null) durable.#append({ kind: "journal", v: JOURNAL_VERSION, createdAt: now });
    else if (journal.writtenBytes > COMPACT_ABOVE_BYTES / 64) durable.#compactIfMostlyDead(0);
    durable.flush();
    return durable;
  }

  get createdAt(): number {
    return this.#createdAt;
  }

  /** Messages not yet deleted or expired. */
  depth(now: number): number {
    const { visible, inFlight, delayed } = this.#queue.counts(now);
    return visible + inFlight + delayed;
  }

  counts(now: number): QueueCounts {
    return this.#queue.counts(now);
  }

  nextVisibleAt(): number | null {
    return this.#queue.nextVisibleAt();
  }

  has(id: string): boolean {
    return this.#queue.has(id);
  }

  messages(): Iterable<Message> {
    return this.#queue.messages();
  }

  add(message: Message, now: number): void {
    this.#queue.add(message, this.#append({ kind: "add", message }), now);
  }

  /** Receives up to `limit` messages; see `Queue.receive`. `exhausted` are no longer in this queue. Seconds. */
  receive(
    limit: number,
    visibilitySeconds: number,
    now: number,
  ): { received: Message[]; exhausted: Message[] } {
    const maxReceiveCount = this.definition.redrive?.maxReceiveCount;
    const visibility = visibilitySeconds * 1_000;
    const { received, exhausted } = this.#queue.receive({ limit, visibility, maxReceiveCount, now });
    if (received.length > 0) this.#append({ kind: "receive", at: now, ids: received.map(({ id }) => id) });
    for (const { id } of exhausted) this.#append({ kind: "delete", id });
    return { received, exhausted };
  }

  delete(receipt: Receipt): void {
    if (this.#queue.delete(receipt)) this.#append({ kind: "delete", id: receipt.id });
  }

  drop(id: string): void {
    this.#queue.drop(id);
    this.#append({ kind: "delete", id });
  }

  changeVisibility(receipt: Receipt, visibilitySeconds: number, now: number) {
    return this.#queue.changeVisibility(receipt, visibilitySeconds * 1_000, now);
  }

  purge(): void {
    this.#queue.purge();
    this.#append({ kind: "purge" });
  }

  /** Makes durable what was changed; an error leaves it to the next flush. */
  flush(): void {
    this.#journal.flush();
  }

  /** Rewrites a journal that is large and of which less than half is still needed. */
  compact(): void {
    this.#compactIfMostlyDead(this.#compactAboveBytes);
  }

  close(): void {
    this.#journal.close();
  }

  #compactIfMostlyDead(aboveBytes: number): void {
    const { writtenBytes } = this.#journal;
    if (writtenBytes <= aboveBytes || this.#queue.liveBytes * 2 > writtenBytes) return;
    try {
      this.#journal.compact(this.#liveRecords());
      this.#compactAboveBytes = COMPACT_ABOVE_BYTES;
    } catch {
      // Compaction only saves room: without room for it, the journal goes on and this is tried again later.
      this.#compactAboveBytes = writtenBytes * 2;
    }
  }

  *#liveRecords(): Generator<string> {
    yield serialize({ kind: "journal", v: JOURNAL_VERSION, createdAt: this.#createdAt });
    for (const message of this.#queue.messages()) yield serialize({ kind: "add", message });
  }

  #append(record: JournalRecord): number {
    return this.#journal.append(serialize(record));
  }
}

function serialize(record: JournalRecord): string {
  return JSON.stringify(record);
}

function markReceived(held: Map<string, { message: Message }>, ids: string[], at: number): void {
  for (const id of ids) {
    const message = held.get(id)?.message;
    if (message === undefined) continue;
    message.receiveCount += 1;
    message.firstReceivedAt ??= at;
  }
}
