import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { authorize, type BucketCredentials } from "./authorization.ts";
import { type BucketAnswer, readRequest } from "./bucket-request.ts";
import { S3Error } from "./errors.ts";
import { type BucketDefinition, ObjectStore } from "./object-store.ts";
import { perform } from "./operations.ts";
import { element, xmlDocument } from "./xml.ts";

export type { BucketCredentials } from "./authorization.ts";
export type { BucketDefinition } from "./object-store.ts";

/** A running server. `url` is the endpoint for an S3 client, which addresses buckets of an IP endpoint by path. */
export interface BucketServer {
  url: string;
  port: number;
  /** Answers what is under way, accepts no more, and resolves when all connections are closed. */
  close(): Promise<void>;
}

/** What to serve. `port` 0 or none: a free one. `now`, in milliseconds, is for tests of links that expire. */
export interface BucketServerOptions {
  dataDirectory: string;
  port?: number;
  buckets: BucketDefinition[];
  credentials: BucketCredentials;
  now?: () => number;
}

const HOST = "127.0.0.1";
/** Longer than a client keeps an idle connection, so that no request meets one that is being closed. */
const KEEP_ALIVE_MS = 65_000;
/** A client that stalls in the middle of a request is given this long when the server closes. */
const CLOSE_PATIENCE_MS = 5_000;

/**
 * Serves S3 on loopback from a directory, which is made where it is not there. One process to a directory. Rejects where
 * the port is taken (`EADDRINUSE`) or a file in the directory is damaged.
 */
export async function startBucketServer(options: BucketServerOptions): Promise<BucketServer> {
  const { dataDirectory, credentials, now = Date.now } = options;
  const store = new ObjectStore(dataDirectory, options.buckets, now);
  let closing = false;

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (message, response) => {
    response.setHeader("x-amz-request-id", randomUUID());
    if (closing) response.setHeader("connection", "close");
    response.on("close", () => {
      if (closing) server.closeIdleConnections();
    });
    answerTo(message).then(
      (answer) => send(message, response, answer),
      () => response.destroy(),
    );
  });

  async function answerTo(message: IncomingMessage): Promise<BucketAnswer> {
    try {
      const request = readRequest(message);
      authorize(request, credentials, now());
      return await perform(store, request);
    } catch (error) {
      return refusal(error, message.destroyed && !message.complete);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    closing = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE_MS);
    await closed;
    clearTimeout(impatience);
  }
  return { url: `http://${HOST}:${port}`, port, close };
}

function refusal(error: unknown, clientGone: boolean): BucketAnswer {
  if (!(error instanceof S3Error) && !clientGone) console.error("The bucket server failed:", error);
  const { status, code, message, headers } =
    error instanceof S3Error
      ? error
      : new S3Error(500, "InternalError", "We encountered an internal error. Please try again.");
  return {
    status,
    headers: { ...headers, "content-type": "application/xml" },
    body: xmlDocument("Error", [element("Code", code), element("Message", message)]),
  };
}

async function send(message: IncomingMessage, response: ServerResponse, answer: BucketAnswer): Promise<void> {
  const { status, headers, body } = answer;
  if (typeof body === "object") {
    try {
      response.writeHead(status, headers);
      // A client that goes away, or a disk that fails, breaks the connection: the length was promised.
      await pipeline(body, response);
    } catch {
      body.destroy();
      response.destroy();
    }
    return;
  }
  const bytes = Buffer.from(body ?? "");
  const described = message.method === "HEAD" || status === 204 || status === 304;
  response.writeHead(status, described ? headers : { "content-length": String(bytes.length), ...headers });
  response.end(described ? undefined : bytes);
}
