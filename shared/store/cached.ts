/** How long an old value serves where a new one cannot be read, in milliseconds. */
const servesFor = 15 * 60 * 1000;

/**
 * Something read and kept in memory for a while. Requests at once share one reading. Where it fails the value before goes on
 * for a quarter of an hour: that the table is away for a moment must not turn senders away.
 */
export class Cached<Value> {
  readonly #read: (now: number) => Promise<Value>;
  readonly #keptFor: number;
  #reading: Promise<Value> | undefined;
  #readAt = 0;
  #last: { value: Value; at: number } | undefined;

  /**
   * @param read reads it as of an instant, in milliseconds since 1970
   * @param keptFor milliseconds after which it is read again; Infinity for what never changes
   */
  constructor(read: (now: number) => Promise<Value>, keptFor: number) {
    this.#read = read;
    this.#keptFor = keptFor;
  }

  /** @param now milliseconds since 1970 */
  get(now: number): Promise<Value> {
    if (this.#reading && now - this.#readAt < this.#keptFor) return this.#reading;
    const reading = this.#readOrKeep(now);
    this.#reading = reading;
    this.#readAt = now;
    reading.catch(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    return reading;
  }

  async #readOrKeep(now: number): Promise<Value> {
    try {
      const value = await this.#read(now);
      this.#last = { value, at: now };
      return value;
    } catch (error) {
      if (this.#last && now - this.#last.at < servesFor) return this.#last.value;
      throw error;
    }
  }

  /** Reads again at the next request. */
  forget(): void {
    this.#reading = undefined;
  }
}
