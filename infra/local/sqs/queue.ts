import type { MessageAttributes } from "./message-attributes.ts";
import { Schedule } from "./schedule.ts";

const SWEEP_PAUSE = 1_000;
const STALE_PLANS = 1_000;
/** SQS lets no message be in flight for longer than twelve hours from its receive. */
const LONGEST_FLIGHT = 43_200_000;

/** A message as it is stored. Times are milliseconds of Unix time. */
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly bodyMd5: string;
  readonly attributes?: MessageAttributes | undefined;
  readonly attributesMd5?: string | undefined;
  readonly traceHeader?: string | undefined;
  readonly sentAt: number;
  /** When a message that was sent with a delay may be received for the first time. */
  readonly delayedUntil?: number | undefined;
  /** The queue from which it was moved here, a dead-letter queue. */
  readonly deadLetterSource?: string | undefined;
  /** Of `receiveCount`, the receives in queues it was moved from: they do not count towards another move. */
  readonly receivesElsewhere?: number | undefined;
  receiveCount: number;
  firstReceivedAt?: number | undefined;
}

/** One receive of a message, as a receipt handle names it. */
export interface Receipt {
  readonly id: string;
  readonly receiveCount: number;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

type Place = "visible" | "inFlight" | "delayed" | "gone";

interface Entry {
  readonly message: Message;
  readonly bytes: number;
  place: Place;
  visibleAt: number;
  receivedAt: number;
}

/**
 * A standard queue in memory: which message is visible, in flight, delayed or expired at a given time. It reads no
 * clock and writes nothing; every method takes `now` in milliseconds, and durations are milliseconds too.
 */
export class Queue {
  readonly #retention: number;
  readonly #entries = new Map<string, Entry>();
  readonly #counts = { visible: 0, inFlight: 0, delayed: 0, gone: 0 };
  readonly #due = new Schedule<Entry>();
  // Visible messages in the order in which they became so, from #head on; entries since gone are skipped.
  #visible: (Entry | undefined)[] = [];
  #head = 0;
  #sweepAt = Number.POSITIVE_INFINITY;
  #liveBytes = 0;

  constructor(options: { retention: number }) {
    this.#retention = options.retention;
  }

  /** Sum of the `bytes` given to `add` for all messages held. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Every message held, in the order of arrival. */
  *messages(): Generator<Message> {
    for (const entry of this.#entries.values()) yield entry.message;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Adds a message: visible, or delayed until its time. One that was received before is visible at once. */
  add(message: Message, bytes: number, now: number): void {
    const visibleAt = message.receiveCount > 0 ? now : (message.delayedUntil ?? now);
    const entry: Entry = { message, bytes, place: "gone", visibleAt, receivedAt: 0 };
    this.#entries.set(message.id, entry);
    this.#liveBytes += bytes;
    this.#sweepAt = Math.min(this.#sweepAt, message.sentAt + this.#retention);
    if (visibleAt > now) this.#hide(entry, "delayed", visibleAt);
    else this.#show(entry);
  }

  /**
   * Takes up to `limit` visible messages into flight for `visibility`. A message received `maxReceiveCount`
   * times already is not received once more but removed and returned as `exhausted`, as SQS moves a message at
   * the receive that would be one too many.
   */
  receive(request: {
    limit: number;
    visibility: number;
    maxReceiveCount?: number | undefined;
    now: number;
  }): {
    received: Message[];
    exhausted: Message[];
  } {
    const { limit, visibility, maxReceiveCount = Number.POSITIVE_INFINITY, now } = request;
    this.#advance(now);
    const taken: Entry[] = [];
    const exhausted: Message[] = [];
    while (taken.length < limit) {
      const entry = this.#takeVisible();
      if (entry === null) break;
      const { message } = entry;
      if (this.#isExpired(message, now)) {
        this.#remove(entry);
      } else if (message.receiveCount - (message.receivesElsewhere ?? 0) >= maxReceiveCount) {
        this.#remove(entry);
        exhausted.push(message);
      } else {
        taken.push(entry);
      }
    }
    for (const entry of taken) {
      entry.message.receiveCount += 1;
      entry.message.firstReceivedAt ??= now;
      entry.receivedAt = now;
      if (visibility > 0) this.#hide(entry, "inFlight", now + visibility);
      else this.#show(entry);
    }
    return { received: taken.map((entry) => entry.message), exhausted };
  }

  /**
   * Deletes the message if the receipt is that of its last receive, in flight or visible again. An older receipt, or
   * one of a message that is gone, changes nothing: SQS answers such a request with success.
   */
  delete(receipt: Receipt): boolean {
    const entry = this.#entries.get(receipt.id);
    if (entry === undefined || entry.message.receiveCount !== receipt.receiveCount) return false;
    this.#remove(entry);
    return true;
  }

  /** Removes a message whatever its state. */
  drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(entry);
  }

  /**
   * Lets a message in flight be visible after `visibility` from now; 0 at once. Only the last receipt of a message that
   * is still in flight can: an older consumer must not shorten or prolong the flight of a newer one.
   */
  changeVisibility(
    receipt: Receipt,
    visibility: number,
    now: number,
  ): "changed" | "gone" | "not in flight" | "too long" {
    this.#advance(now);
    const entry = this.#entries.get(receipt.id);
    if (entry === undefined) return "gone";
    if (entry.place !== "inFlight" || entry.message.receiveCount !== receipt.receiveCount)
      return "not in flight";
    if (now + visibility > entry.receivedAt + LONGEST_FLIGHT) return "too long";
    if (visibility > 0) this.#hide(entry, "inFlight", now + visibility);
    else this.#show(entry);
    return "changed";
  }

  purge(): void {
    for (const entry of this.#entries.values()) this.#move(entry, "gone");
    this.#entries.clear();
    this.#due.retain(isHidden);
    this.#visible = [];
    this.#head = 0;
    this.#liveBytes = 0;
    this.#sweepAt = Number.POSITIVE_INFINITY;
  }

  counts(now: number): QueueCounts {
    this.#advance(now);
    const { visible, inFlight, delayed } = this.#counts;
    return { visible, inFlight, delayed };
  }

  /** When the next message in flight or delayed becomes visible; null if none will. */
  nextVisibleAt(): number | null {
    for (let entry = this.#due.next; entry !== null; entry = this.#due.next) {
      if (isHidden(entry) && entry.visibleAt === this.#due.nextAt) return entry.visibleAt;
      this.#due.dropNext();
    }
    return null;
  }

  #advance(now: number): void {
    for (let at = this.nextVisibleAt(); at !== null && at <= now; at = this.nextVisibleAt()) {
      const entry = this.#due.next!;
      this.#due.dropNext();
      this.#show(entry);
    }
    if (now >= this.#sweepAt) this.#sweep(now);
  }

  // Looks at every message, so it runs at most once in SWEEP_PAUSE, and only when one may have expired.
  #sweep(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      if (this.#isExpired(entry.message, now)) this.#remove(entry);
      else next = Math.min(next, entry.message.sentAt + this.#retention);
    }
    this.#sweepAt = Math.max(next, now + SWEEP_PAUSE);
  }

  #isExpired(message: Message, now: number): boolean {
    return now >= message.sentAt + this.#retention;
  }

  #takeVisible(): Entry | null {
    while (this.#head < this.#visible.length) {
      const entry = this.#visible[this.#head];
      this.#visible[this.#head] = undefined;
      this.#head += 1;
      if (entry?.place === "visible") return entry;
    }
    this.#visible = [];
    this.#head = 0;
    return null;
  }

  #show(entry: Entry): void {
    this.#move(entry, "visible");
    if (this.#head > 1_024 && this.#head * 2 > this.#visible.length) {
      this.#visible = this.#visible.slice(this.#head);
      this.#head = 0;
    }
    this.#visible.push(entry);
  }

  #hide(entry: Entry, place: "inFlight" | "delayed", visibleAt: number): void {
    this.#move(entry, place);
    entry.visibleAt = visibleAt;
    this.#due.plan(visibleAt, entry);
    // Deleted messages stay planned until their time; so that they do not fill the memory, they are forgotten in bulk.
    const hidden = this.#counts.inFlight + this.#counts.delayed;
    if (this.#due.size > STALE_PLANS + 2 * hidden) this.#due.retain(isHidden);
  }

  #remove(entry: Entry): void {
    this.#move(entry, "gone");
    this.#entries.delete(entry.message.id);
    this.#liveBytes -= entry.bytes;
  }

  #move(entry: Entry, place: Place): void {
    this.#counts[entry.place] -= 1;
    this.#counts[place] += 1;
    entry.place = place;
  }
}

function isHidden(entry: Entry): boolean {
  return entry.place === "inFlight" || entry.place === "delayed";
}
