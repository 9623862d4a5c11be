import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { InvocationFailure } from "./errors.ts";
import type { InstanceMessage, InstanceSettings, InvocationRequest } from "./function-messages.ts";
import { localRegion } from "./intrinsics.ts";
import { arn } from "./resources.ts";
import type { FunctionDefinition } from "./stack.ts";

export type Outcome = { ok: true; payload: string } | { ok: false; failure: InvocationFailure };

/** Lambda gives 10 seconds; a machine that starts everything at once gets more. */
const longestStart = 30_000;

/** One instance of a function: a thread with an environment of its own, one invocation at a time. */
export class FunctionInstance {
  readonly #definition: FunctionDefinition;
  readonly #worker: Worker;
  readonly #started = Promise.withResolvers<InvocationFailure | undefined>();
  #current: { settle: (outcome: Outcome) => void; timer: NodeJS.Timeout } | undefined;
  #gone = false;

  /**
   * @param environment what the runtime adds to the template's variables: addresses and credentials
   * @param onEnd called once when the thread has ended, whoever ended it
   */
  constructor(
    definition: FunctionDefinition,
    environment: Record<string, string>,
    logFile: string,
    onEnd: () => void,
  ) {
    this.#definition = definition;
    const settings: InstanceSettings = {
      functionName: definition.name,
      ...modulePath(definition),
      memoryMegabytes: definition.memoryMegabytes,
      logFile,
      invokedFunctionArn: arn("lambda", `function:${definition.name}`),
    };
    this.#worker = new Worker(new URL("./function-thread.mjs", import.meta.url), {
      workerData: settings,
      env: lambdaEnvironment(definition, environment),
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: definition.memoryMegabytes },
    });
    // What is written before the thread redirects its output must not fill a buffer nobody reads.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    const timer = setTimeout(
      () => this.#end({ errorType: "Sandbox.Timedout", errorMessage: "did not start" }),
      longestStart,
    );
    void this.#started.promise.then(() => clearTimeout(timer));
    this.#worker.on("message", (message: InstanceMessage) => this.#receive(message));
    this.#worker.on("error", (error: unknown) => this.#end(failureOf(error)));
    this.#worker.on("exit", () => {
      this.#end({ errorType: "Runtime.ExitError", errorMessage: "the function's process exited" });
      onEnd();
    });
  }

  /** Resolves with undefined when invocations can run, or with the reason why they never will. */
  get started(): Promise<InvocationFailure | undefined> {
    return this.#started.promise;
  }

  /** False once it failed fatally: the pool makes another. */
  get usable(): boolean {
    return !this.#gone;
  }

  /** Runs one invocation; never rejects. The instance must be started and idle. */
  invoke(requestId: string, payload: string): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const milliseconds = this.#definition.timeoutSeconds * 1_000;
    const timer = setTimeout(
      () =>
        this.#end({
          errorType: "Sandbox.Timedout",
          errorMessage: `Task timed out after ${this.#definition.timeoutSeconds.toFixed(2)} seconds`,
        }),
      milliseconds,
    );
    this.#current = { settle: resolve, timer };
    const request: InvocationRequest = { requestId, payload, deadline: Date.now() + milliseconds };
    this.#worker.postMessage(request);
    return promise;
  }

  /** Ends the thread at once; an invocation in it fails. */
  async terminate(): Promise<void> {
    this.#end({ errorType: "Runtime.Stopped", errorMessage: "the runtime stopped" });
    await this.#worker.terminate();
  }

  #receive(message: InstanceMessage): void {
    if (message.kind === "ready") this.#started.resolve(undefined);
    else if (message.kind === "broken") this.#end(message.failure);
    else if (message.kind === "result") this.#settle({ ok: true, payload: message.payload });
    else this.#settle({ ok: false, failure: message.failure });
  }

  #settle(outcome: Outcome): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    clearTimeout(current.timer);
    current.settle(outcome);
  }

  #end(failure: InvocationFailure): void {
    if (!this.#gone) void this.#worker.terminate();
    this.#gone = true;
    this.#started.resolve(failure);
    this.#settle({ ok: false, failure });
  }
}

function failureOf(error: unknown): InvocationFailure {
  if (!(error instanceof Error)) return { errorType: "Runtime.UnhandledError", errorMessage: String(error) };
  const outOfMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return { errorType: outOfMemory ? "Runtime.OutOfMemory" : error.name, errorMessage: error.message };
}

function modulePath({ directory, handler }: FunctionDefinition): { module: string; handler: string } {
  const dot = handler.lastIndexOf(".");
  const path = join(directory, handler.slice(0, dot));
  const module = [`${path}.mjs`, `${path}.js`].find((file) => existsSync(file)) ?? `${path}.mjs`;
  return { module, handler: handler.slice(dot + 1) };
}

function lambdaEnvironment(
  definition: FunctionDefinition,
  environment: Record<string, string>,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_DEFAULT_REGION: localRegion,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    LAMBDA_TASK_ROOT: definition.directory,
    _HANDLER: definition.handler,
    ...environment,
    ...definition.environment,
  };
}
