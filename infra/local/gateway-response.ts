import type { ServerResponse } from "node:http";
import { isRecord } from "./intrinsics.ts";

/** An answer ready to be sent. */
export interface GatewayResponse {
  status: number;
  /** A list where a header is sent several times. */
  headers: Record<string, string | string[]>;
  body: string | Buffer;
}

/** API Gateway's own answers: JSON with a message, no problem details. */
export const gatewayMessage = (status: number, message: string): GatewayResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message }),
});

/** Headers that belong to the connection, or that are computed from the body. */
const ownHeaders = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"]);

/**
 * What a function returned, as HTTP. Without `statusCode` API Gateway takes the whole result for the body of a JSON
 * answer with status 200; a structured result that is malformed is answered with 500.
 *
 * @param payload JSON
 */
export function interpret(payload: string): GatewayResponse {
  const result: unknown = JSON.parse(payload);
  if (!isRecord(result) || result.statusCode === undefined) {
    const body = typeof result === "string" ? result : payload;
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }
  const status = Number(result.statusCode);
  const { headers = {}, cookies = [], body = "" } = result;
  const wellFormed =
    Number.isInteger(status) &&
    status >= 200 &&
    status <= 599 &&
    isRecord(headers ?? {}) &&
    Array.isArray(cookies ?? []);
  if (!wellFormed || (body !== null && typeof body === "object")) {
    return gatewayMessage(500, "Internal Server Error");
  }
  const sent: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries((headers ?? {}) as Record<string, unknown>)) {
    const lower = name.toLowerCase();
    if (value !== null && value !== undefined && !ownHeaders.has(lower)) sent[lower] = String(value);
  }
  const list = (cookies ?? []) as unknown[];
  if (list.length > 0) sent["set-cookie"] = list.map(String);
  const text = body === null ? "" : String(body);
  if (text !== "") sent["content-type"] ??= "text/plain;charset=UTF-8";
  return {
    status,
    headers: sent,
    body: result.isBase64Encoded === true ? Buffer.from(text, "base64") : text,
  };
}

/** Sends an answer. Node.js leaves the body out for HEAD, and keeps its length. */
export function send(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  if (response.headersSent || response.destroyed) return;
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const withLength =
    status === 204 || status === 304 ? headers : { ...headers, "content-length": String(length) };
  try {
    response.writeHead(status, withLength);
  } catch {
    // A function gave a header that HTTP cannot carry.
    const message = gatewayMessage(500, "Internal Server Error");
    response.writeHead(message.status, message.headers);
    response.end(message.body);
    return;
  }
  response.end(body);
}
