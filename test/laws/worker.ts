import { AsyncLocalStorage } from "node:async_hooks";
import { QueueUnavailable } from "../../shared/queue/queue.ts";

/**
 * What goes wrong in one worker, told by the number of its AWS call, counted from 0; of its writes alone where those are
 * `counted`, since what a process leaves behind depends on its writes.
 */
export type Fault =
  /** The process ends at a call: before it is sent, or after it took effect and before anybody knew. */
  | { kind: "dies"; at: number; sent: boolean; counted?: "writes" }
  /** What the process works on kills it, always at the first call of this kind and before it is sent. */
  | { kind: "killed"; command: string }
  /** Some calls get no answer, whether they took effect or not; the process lives on. */
  | { kind: "outage"; at: number; calls: number; sent: boolean }
  /** AWS takes only a part of the first batches, and says so. */
  | { kind: "throttled"; batches: number; keep: number }
  /** The process stands still from a call on, until it is released. */
  | { kind: "stalls"; at: number; sent: boolean; counted?: "writes" };

/** What a worker sees of a fault: an error of the network, as the SDK would give it. */
export class InjectedFault extends Error {
  readonly code = "ECONNRESET";
  constructor() {
    // Thousands are thrown, and where they were is of no interest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super("injected fault");
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "InjectedFault";
  }
}

/** How a worker's work ended: with a value that was acted on, or not done as far as anybody knows. */
export type Ended<Value> = { done: true; value: Value } | { done: false };

const current = new AsyncLocalStorage<Worker | undefined>();

/** The worker whose call this is, if it is a worker's and not the test's own. */
export const currentWorker = (): Worker | undefined => current.getStore();

/** Runs what no worker does: what others do in the middle of a worker's call. */
export const outside = <Value>(work: () => Promise<Value>): Promise<Value> => current.run(undefined, work);

/** One invocation of the product's code, whose AWS calls are counted and disturbed. */
export class Worker {
  #calls = 0;
  #fault: Fault | undefined;
  #batches = 0;
  #dead = false;
  #inFlight = new Set<Promise<unknown>>();
  #release: () => void = () => {};
  readonly #gate: Promise<void>;
  #stalled: () => void = () => {};
  /** Fulfilled when the worker stands still. */
  readonly stalled: Promise<void>;

  constructor(fault?: Fault) {
    this.#fault = fault;
    this.#gate = new Promise((resolve) => {
      this.#release = resolve;
    });
    this.stalled = new Promise((resolve) => {
      this.#stalled = resolve;
    });
  }

  /** Lets a worker that stands still go on. */
  release(): void {
    this.#release();
  }

  /**
   * Runs the work to its end, and waits until nothing of it is under way any more. An error that no fault caused is the
   * product's own, and thrown.
   */
  async run<Value>(work: () => Promise<Value>): Promise<Ended<Value>> {
    try {
      const value = await current.run(this, work);
      return this.#dead ? { done: false } : { done: true, value };
    } catch (error) {
      const refused = this.#batches > 0 && error instanceof QueueUnavailable;
      if (!refused && !isInjected(error)) throw error;
      return { done: false };
    } finally {
      await this.#quiet();
    }
  }

  /** @param send sends a call @returns its answer, where the fault lets it through */
  async intercept<Output>(
    command: string,
    send: () => Promise<Output>,
    _input: object = {},
  ): Promise<Output> {
    const fault = this.#fault;
    const isCounted = !(fault && "counted" in fault && fault.counted) || !/^(Get|Query|Scan)/.test(command);
    const call = isCounted ? this.#calls++ : this.#calls - 1;
    if (fault?.kind === "killed" && command.startsWith(fault.command)) this.#dead = true;
    const tracked = this.#disturbed(call, send);
    this.#inFlight.add(tracked);
    try {
      return await tracked;
    } finally {
      this.#inFlight.delete(tracked);
    }
  }

  /** How many entries of a batch AWS takes now; undefined where all. */
  entriesTaken(): number | undefined {
    if (this.#fault?.kind !== "throttled" || this.#batches >= this.#fault.batches) return undefined;
    this.#batches++;
    return this.#fault.keep;
  }

  async #disturbed<Output>(call: number, send: () => Promise<Output>): Promise<Output> {
    const fault = this.#fault;
    if (this.#dead) throw new InjectedFault();
    if (fault?.kind === "dies" && call >= fault.at) {
      this.#dead = true;
      if (fault.sent && call === fault.at) await send().catch(() => {});
      throw new InjectedFault();
    }
    if (fault?.kind === "outage" && call >= fault.at && call < fault.at + fault.calls) {
      if (fault.sent) await send().catch(() => {});
      throw new InjectedFault();
    }
    if (fault?.kind === "stalls" && call >= fault.at) {
      const answer = fault.sent && call === fault.at ? await send() : undefined;
      this.#stalled();
      await this.#gate;
      return answer ?? send();
    }
    return send();
  }

  async #quiet(): Promise<void> {
    do {
      await Promise.allSettled([...this.#inFlight]);
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#inFlight.size > 0);
  }
}

function isInjected(error: unknown): boolean {
  return error instanceof InjectedFault || (error instanceof Error && isInjected(error.cause));
}
