import type { InvocationFailure } from "./errors.ts";

/** What an instance's thread is started with. */
export interface InstanceSettings {
  functionName: string;
  /** File of the bundle and the name of its export. */
  module: string;
  handler: string;
  memoryMegabytes: number;
  logFile: string;
  invokedFunctionArn: string;
}

/** To the thread: payloads are JSON text, as Lambda passes them. */
export interface InvocationRequest {
  requestId: string;
  payload: string;
  /** Milliseconds since 1970. */
  deadline: number;
}

/** From the thread. */
export type InstanceMessage =
  | { kind: "ready" }
  | { kind: "broken"; failure: InvocationFailure }
  | { kind: "result"; payload: string }
  | { kind: "failed"; failure: InvocationFailure };
