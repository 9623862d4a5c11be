// @ts-check
/**
 * The thread of one function instance: loads the bundle as Lambda does, once, and runs one invocation after another.
 * Whatever the bundle does to its process (exit, uncaught errors) ends this thread only.
 *
 * Plain JavaScript, because Node.js would load its TypeScript compiler into every instance, which is most of the time
 * that an instance takes to start.
 */
import { openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";

/** @typedef {import("./function-messages.ts").InstanceMessage} InstanceMessage */
/** @typedef {import("./function-messages.ts").InvocationRequest} InvocationRequest */

/** @type {import("./function-messages.ts").InstanceSettings} */
const settings = workerData;
const log = openSync(settings.logFile, "a");

/** @param {InstanceMessage} message */
const send = (message) => parentPort?.postMessage(message);

/**
 * Stands in for the stream's write. Written here rather than sent to the main thread, which has the gateway to serve.
 *
 * @param {string | Uint8Array} chunk
 * @param {unknown} [encoding]
 * @param {unknown} [done]
 */
function appendToLog(chunk, encoding, done) {
  writeSync(log, typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  const callback = typeof encoding === "function" ? encoding : done;
  if (typeof callback === "function") callback();
  return true;
}
process.stdout.write = appendToLog;
process.stderr.write = appendToLog;

/** @param {unknown} error */
const describe = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };

/**
 * @param {unknown} error
 * @param {string} [requestId]
 */
function logFailure(error, requestId) {
  // The local DynamoDB quotes whole items in the messages of its errors.
  const fromService = error instanceof Error && "$metadata" in error;
  const { errorType, errorMessage } = describe(error);
  const lines = error instanceof Error && error.stack ? error.stack.split("\n") : [];
  const line = {
    level: "ERROR",
    function: settings.functionName,
    ...(requestId && { requestId }),
    errorType,
    ...(!fromService && { errorMessage }),
    stack: lines.filter((each) => /^\s+at /.test(each)),
  };
  writeSync(log, `${JSON.stringify(line)}\n`);
}

async function load() {
  const module = await import(pathToFileURL(settings.module).href);
  const handler = module[settings.handler];
  if (typeof handler !== "function") throw new TypeError(`${settings.handler} is not an exported function`);
  return handler;
}

/** @param {InvocationRequest} request */
const contextOf = ({ requestId, deadline }) => ({
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName: settings.functionName,
  functionVersion: "$LATEST",
  invokedFunctionArn: settings.invokedFunctionArn,
  memoryLimitInMB: String(settings.memoryMegabytes),
  logGroupName: `/aws/lambda/${settings.functionName}`,
  logStreamName: "local",
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

/**
 * @param {(event: unknown, context: object) => unknown} handler
 * @param {InvocationRequest} request
 */
async function run(handler, request) {
  try {
    const result = await handler(JSON.parse(request.payload), contextOf(request));
    send({ kind: "result", payload: JSON.stringify(result) ?? "null" });
  } catch (error) {
    logFailure(error, request.requestId);
    send({ kind: "failed", failure: describe(error) });
  }
}

process.on("uncaughtExceptionMonitor", (error) => logFailure(error));

try {
  const handler = await load();
  parentPort?.on("message", (request) => run(handler, request));
  send({ kind: "ready" });
} catch (error) {
  logFailure(error);
  send({ kind: "broken", failure: describe(error) });
}
