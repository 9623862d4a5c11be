import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { InvocationFailed, type InvocationFailure } from "./errors.ts";
import { FunctionInstance, type Outcome } from "./function-instance.ts";
import type { FunctionDefinition } from "./stack.ts";

export interface FunctionsOptions {
  /** Added to each function's environment: addresses and credentials of the local services. */
  environment: Record<string, string>;
  logFile: string;
  /** Told of every failed invocation; `failure.errorMessage` may quote the function's input. */
  onFailure?: (functionName: string, failure: InvocationFailure) => void;
  /** Instances of one function at most. */
  instances?: number;
}

/** What Lambda takes and gives back synchronously, in bytes. */
const largestPayload = 6 * 1024 * 1024;

/** More threads than this only wait for the same few cores. */
const defaultInstances = Math.max(2, availableParallelism());

export interface FunctionStatus {
  instances: number;
  /** Waiting or running now. */
  active: number;
  invocations: number;
  failures: number;
}

/** All functions of the template, each with a pool of instances. */
export class Functions {
  readonly #pools: Map<string, FunctionPool>;
  #betweenTries = 0;
  #stopped = false;

  constructor(definitions: FunctionDefinition[], options: FunctionsOptions) {
    this.#pools = new Map(definitions.map((each) => [each.name, new FunctionPool(each, options)]));
  }

  /**
   * Invokes with JSON and never rejects: a failure of the function is an outcome.
   * @param name as in the template
   */
  run(name: string, payload: string, requestId: string = randomUUID()): Promise<Outcome> {
    return this.#pool(name).run(payload, requestId);
  }

  /**
   * Invokes as the SDK's Invoke does.
   * @param name as in the template, or its last part (`process` for `touchline-test-process`), or the logical id
   * @throws InvocationFailed
   */
  async invoke(name: string, event: unknown): Promise<unknown> {
    const found = this.fullName(name);
    const outcome = await this.run(found, JSON.stringify(event) ?? "null");
    if (!outcome.ok) throw new InvocationFailed(found, outcome.failure);
    return JSON.parse(outcome.payload);
  }

  /**
   * Invokes as Lambda does for those who do not wait for the answer: what fails is tried again, as often as the
   * function's settings say, here after seconds rather than minutes. Counts as active until it has ended.
   */
  async runAsynchronously(name: string, payload: string): Promise<Outcome> {
    const { retries } = this.#pool(name).definition;
    this.#betweenTries++;
    try {
      let outcome = await this.run(name, payload);
      for (let retry = 1; !outcome.ok && retry <= retries && !this.#stopped; retry++) {
        await pause(retry * 1_000);
        outcome = await this.run(name, payload);
      }
      return outcome;
    } finally {
      this.#betweenTries--;
    }
  }

  /** The template's name of a function that is named in short. */
  fullName(name: string): string {
    if (this.#pools.has(name)) return name;
    for (const pool of this.#pools.values()) {
      const { name: fullName, logicalId } = pool.definition;
      if (logicalId === name || fullName.endsWith(`-${name}`)) return fullName;
    }
    throw new RangeError(`there is no function ${name}`);
  }

  /** Invocations that wait or run now. */
  get active(): number {
    return this.#sum("active") + this.#betweenTries;
  }

  /** Invocations since the start. */
  get invocations(): number {
    return this.#sum("invocations");
  }

  status(): Record<string, FunctionStatus> {
    return Object.fromEntries([...this.#pools].map(([name, pool]) => [name, pool.status()]));
  }

  /** Ends every instance at once; what runs in them fails. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
  }

  #sum(field: keyof FunctionStatus): number {
    let sum = 0;
    for (const pool of this.#pools.values()) sum += pool.counts[field];
    return sum;
  }

  #pool(name: string): FunctionPool {
    const pool = this.#pools.get(name);
    if (!pool) throw new RangeError(`there is no function ${name}`);
    return pool;
  }
}

interface Waiting {
  payload: string;
  requestId: string;
  settle: (outcome: Outcome) => void;
}

class FunctionPool {
  readonly definition: FunctionDefinition;
  readonly counts: FunctionStatus = { instances: 0, active: 0, invocations: 0, failures: 0 };
  readonly #options: FunctionsOptions;
  readonly #instances = new Set<FunctionInstance>();
  readonly #idle: FunctionInstance[] = [];
  readonly #waiting: Waiting[] = [];
  #starting = false;
  #stopped = false;

  constructor(definition: FunctionDefinition, options: FunctionsOptions) {
    this.definition = definition;
    this.#options = options;
  }

  async run(payload: string, requestId: string): Promise<Outcome> {
    this.counts.active++;
    this.counts.invocations++;
    const outcome = await this.#answer(payload, requestId);
    this.counts.active--;
    if (!outcome.ok) {
      this.counts.failures++;
      if (!this.#stopped) this.#options.onFailure?.(this.definition.name, outcome.failure);
    }
    return outcome;
  }

  status(): FunctionStatus {
    return { ...this.counts };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#failNext(this.#waiting.length, {
      errorType: "Runtime.Stopped",
      errorMessage: "the runtime stopped",
    });
    await Promise.all([...this.#instances].map((instance) => instance.terminate()));
  }

  async #answer(payload: string, requestId: string): Promise<Outcome> {
    if (isTooLarge(payload)) return tooLarge("RequestTooLarge");
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#waiting.push({ payload, requestId, settle: resolve });
    this.#dispatch();
    const outcome = await promise;
    return outcome.ok && isTooLarge(outcome.payload) ? tooLarge("Function.ResponseSizeTooLarge") : outcome;
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const instance = this.#idle.pop();
      if (!instance) break;
      // One that ended, in its invocation or since, is dropped here.
      if (instance.usable) void this.#runOn(instance, this.#waiting.shift()!);
    }
    const most = this.#options.instances ?? defaultInstances;
    // One start at a time: loading several bundles at once would take the cores from the instances that could answer.
    if (this.#waiting.length > 0 && !this.#starting && this.#instances.size < most && !this.#stopped)
      void this.#start();
  }

  async #runOn(instance: FunctionInstance, { payload, requestId, settle }: Waiting): Promise<void> {
    settle(await instance.invoke(requestId, payload));
    this.#idle.push(instance);
    this.#dispatch();
  }

  async #start(): Promise<void> {
    this.#starting = true;
    const { environment, logFile } = this.#options;
    const instance: FunctionInstance = new FunctionInstance(this.definition, environment, logFile, () => {
      this.#instances.delete(instance);
      this.counts.instances = this.#instances.size;
      if (!this.#stopped) this.#dispatch();
    });
    this.#instances.add(instance);
    this.counts.instances = this.#instances.size;
    const failure = await instance.started;
    this.#starting = false;
    // As in Lambda, the invocation that caused a start that failed has failed.
    if (failure) this.#failNext(1, failure);
    else this.#idle.push(instance);
    this.#dispatch();
  }

  #failNext(count: number, failure: InvocationFailure): void {
    for (const waiting of this.#waiting.splice(0, count)) waiting.settle({ ok: false, failure });
  }
}

// A character has three bytes at most, so almost no payload has to be counted.
const isTooLarge = (payload: string): boolean =>
  payload.length * 3 > largestPayload && Buffer.byteLength(payload) > largestPayload;

const tooLarge = (errorType: string): Outcome => ({
  ok: false,
  failure: { errorType, errorMessage: `payloads may have ${largestPayload} bytes` },
});
