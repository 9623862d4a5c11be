import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

/**
 * What happens to one sending of a batch. `refused`: 503 without having seen it; `lost`: taken, and then answered 503; `cut`: taken,
 * and the connection ends without an answer; `passed`: taken and answered.
 */
export type Fate = "refused" | "lost" | "cut" | "passed";

/** A proxy before the product, and what it did. */
export interface FaultProxy {
  url: string;
  /** The fates of each batch, in the order of its sendings; a batch is known by its first message's id. */
  batches: Map<string, Fate[]>;
  /** The statuses with which the product answered. */
  statuses: number[];
}

/**
 * Stands before the product until the test ends.
 * @param plans the fates of the first batch, of the second, and so on, around; after its plan a batch passes
 */
export async function faultProxy(target: string, plans: readonly (readonly Fate[])[]): Promise<FaultProxy> {
  const batches = new Map<string, Fate[]>();
  const planOf = new Map<string, readonly Fate[]>();
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => response.destroy(error));
  }).listen(0, "127.0.0.1");

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const name = batchName(body);
    const fates = batches.get(name) ?? [];
    batches.set(name, fates);
    const plan = planOf.get(name) ?? plans[planOf.size % plans.length] ?? [];
    planOf.set(name, plan);
    const fate = plan[fates.length] ?? "passed";
    fates.push(fate);
    const unavailable = () => response.writeHead(503, { "retry-after": "1" }).end();
    if (fate === "refused") return void unavailable();
    const answer = await fetch(target + request.url, {
      method: request.method ?? "POST",
      headers: forwarded(request),
      body: new Uint8Array(body),
    });
    const text = await answer.text();
    statuses.push(answer.status);
    if (fate === "lost") unavailable();
    else if (fate === "cut") response.destroy();
    else response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  }

  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, batches, statuses };
}

/** All headers but those that belong to one connection. */
const forwarded = ({ headers }: IncomingMessage): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    typeof value !== "string" || /^(host|connection|content-length|transfer-encoding)$/.test(name)
      ? []
      : [[name, value]],
  );

function batchName(body: Buffer): string {
  const text = body[0] === 0x1f ? gunzipSync(body) : body;
  return JSON.parse(text.toString("utf8")).batch[0].messageId;
}
