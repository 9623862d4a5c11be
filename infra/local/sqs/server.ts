import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ACTIONS } from "./actions.ts";
import { Broker } from "./broker.ts";
import type { QueueDefinition } from "./durable-queue.ts";
import { QueueError } from "./errors.ts";
import { formatQueueUrl } from "./queue-address.ts";
import { readDescription, readReceive } from "./receiving.ts";
import { isRequest, type Request, readQueueName } from "./request.ts";

export type { QueueDefinition } from "./durable-queue.ts";

const HOST = "127.0.0.1";
const TARGET_PREFIX = "AmazonSQS.";
// A payload of 1 MiB can take six times as much in JSON, where a byte may stand as an escape of six.
const LARGEST_REQUEST = 8 << 20;
const UNSUPPORTED = new Set([
  "AddPermission",
  "CancelMessageMoveTask",
  "CreateQueue",
  "DeleteQueue",
  "ListDeadLetterSourceQueues",
  "ListMessageMoveTasks",
  "ListQueueTags",
  "RemovePermission",
  "SetQueueAttributes",
  "StartMessageMoveTask",
  "TagQueue",
  "UntagQueue",
]);

export interface QueueServer {
  /** Origin, such as `http://127.0.0.1:9324`. */
  url: string;
  port: number;
  queueUrl(name: string): string;
  /** Messages not yet deleted or expired (visible, in flight and delayed), by queue. */
  depths(): Record<string, number>;
  /** Requests since the start, by action: what AWS would bill. */
  requests(): Record<string, number>;
  /** Answers those who wait, writes what is left, and frees port and files. */
  close(): Promise<void>;
}

/**
 * Starts a server that speaks the SQS protocol AWS JSON 1.0 on the loopback address, for standard queues that exist as
 * long as it runs and whose messages last beyond it in `dataDirectory`. Signatures are not checked. Messages are held in
 * memory too, so the memory bounds the backlog.
 *
 * @param options.port 0 or none for any free port
 * @throws {JournalDamaged}, errors for contradictory definitions, and `EADDRINUSE`.
 */
export async function startQueueServer(options: {
  dataDirectory: string;
  port?: number;
  queues: QueueDefinition[];
}): Promise<QueueServer> {
  const broker = new Broker(options.dataDirectory, options.queues, Date.now());
  let origin = "";
  const requests: Record<string, number> = {};
  const server = createServer((request, response) => {
    readBody(request, (body) => {
      const action = actionOf(request.headers["x-amz-target"]);
      requests[action] = (requests[action] ?? 0) + 1;
      handle(broker, origin, action, body, response);
    });
  });
  // An idle connection stays open until its client closes it: closing it first would race with the next request.
  server.keepAliveTimeout = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(options.port ?? 0, HOST, resolve);
    });
  } catch (error) {
    broker.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  origin = `http://${HOST}:${port}`;
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    try {
      broker.close();
    } finally {
      // The last answers are handed to the sockets; a turn later nothing is left to send.
      setImmediate(() => server.closeAllConnections());
    }
    await closed;
  };
  let closing: Promise<void> | null = null;
  return {
    url: origin,
    port,
    queueUrl: (name) => formatQueueUrl(origin, name),
    depths: () => {
      const now = Date.now();
      return Object.fromEntries(broker.names().map((name) => [name, broker.queue(name).depth(now)]));
    },
    requests: () => ({ ...requests }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function readBody(request: IncomingMessage, withBody: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LARGEST_REQUEST) chunks.push(chunk);
  });
  request.on("end", () => {
    if (length > LARGEST_REQUEST) withBody(null);
    else withBody(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  });
}

/** The action a request asks for; empty where it names none. */
function actionOf(target: string | string[] | undefined): string {
  const named = typeof target === "string" && target.startsWith(TARGET_PREFIX);
  const action = named ? target.slice(TARGET_PREFIX.length) : "";
  return action === "ReceiveMessage" || UNSUPPORTED.has(action) || Object.hasOwn(ACTIONS, action)
    ? action
    : "";
}

function handle(
  broker: Broker,
  origin: string,
  name: string,
  body: Buffer | null,
  response: ServerResponse,
): void {
  try {
    const request = parseRequest(body);
    if (name === "ReceiveMessage") {
      receive(broker, request, response);
      return;
    }
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) throw unknownAction(name);
    const answer = action(request, { broker, origin, now: Date.now() });
    broker.afterWrite((failure) => {
      if (failure === null) send(response, answer);
      else sendError(response, failure);
    });
  } catch (error) {
    sendError(response, error);
  }
}

function receive(broker: Broker, request: Request, response: ServerResponse): void {
  const name = readQueueName(request);
  const description = readDescription(request, name);
  const giveUp = broker.receive(name, readReceive(request, broker.queue(name).definition), (messages) => {
    // Described at once: a message that is visible again may have another receive before the turn ends.
    const answer = messages.length === 0 ? {} : { Messages: messages.map(description) };
    broker.afterWrite((failure) => {
      if (failure === null) send(response, answer);
      else sendError(response, failure);
    });
  });
  response.once("close", giveUp);
}

function parseRequest(body: Buffer | null): Request {
  if (body === null)
    throw new QueueError("RequestEntityTooLarge", `A request has at most ${LARGEST_REQUEST} bytes.`);
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new QueueError("SerializationException", "The request is not JSON.");
  }
  if (!isRequest(value)) throw new QueueError("SerializationException", "The request is not a JSON object.");
  return value;
}

function unknownAction(name: string): QueueError {
  return UNSUPPORTED.has(name)
    ? new QueueError("UnsupportedOperation", `${name} is not supported on local queues.`)
    : new QueueError("UnknownOperationException", "The header X-Amz-Target names no action of Amazon SQS.");
}

function send(response: ServerResponse, answer: object): void {
  write(response, 200, answer, {});
}

function sendError(response: ServerResponse, error: unknown): void {
  const known =
    error instanceof QueueError ? error : new QueueError("InternalFailure", "The queue server failed.");
  const answer = { __type: `com.amazonaws.sqs#${known.code}`, message: known.message };
  write(response, known.status, answer, { "x-amzn-query-error": known.queryError });
}

function write(
  response: ServerResponse,
  status: number,
  answer: object,
  headers: Record<string, string>,
): void {
  if (response.destroyed) return;
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": randomUUID(),
    ...headers,
  });
  response.end(body);
}
