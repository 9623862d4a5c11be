import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCode, StartRefused } from "./errors.ts";
import type { RequestHandler } from "./gateway.ts";
import { gatewayMessage, send } from "./gateway-response.ts";

/** A port that is taken at once and served once there is something to serve. */
export interface Listener {
  /** Without a slash at the end. */
  url: string;
  /** Until this is called every request is answered with 503. */
  serve(handler: RequestHandler): void;
  /** Takes no further request; resolves when those begun are answered, or after the bound. */
  close(boundMilliseconds: number): Promise<void>;
}

/**
 * Listens on a loopback address.
 * @param port 0 for any that is free
 * @throws StartRefused when the port cannot be had
 */
export async function listen(host: string, port: number): Promise<Listener> {
  const unavailable: RequestHandler = (_request, response) =>
    send(response, gatewayMessage(503, "Service Unavailable"));
  let handler = unavailable;
  let closing = false;
  const server = createServer((request, response) => {
    if (closing) response.setHeader("connection", "close");
    (closing ? unavailable : handler)(request, response);
  });
  // Longer than clients keep theirs, so that none sends into a connection that is being closed.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(refusal(error, host, port)));
    server.listen({ host, port, backlog: 1_024 }, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    serve: (serving) => {
      handler = serving;
    },
    close: (boundMilliseconds) => {
      closing = true;
      return closed(server, boundMilliseconds);
    },
  };
}

function closed(server: Server, boundMilliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), boundMilliseconds);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function refusal(error: Error, host: string, port: number): StartRefused {
  const code = errorCode(error);
  if (code === "EADDRINUSE") {
    return new StartRefused(
      `port ${port} is taken: choose another with --port, or --port 0 for any that is free`,
    );
  }
  if (code === "EACCES")
    return new StartRefused(`port ${port} needs privileges: choose one above 1023 with --port`);
  return new StartRefused(`cannot listen on ${host}, port ${port} (${code})`);
}
