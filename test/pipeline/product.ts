import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { type Runtime, startRuntime } from "../../infra/local/runtime.ts";
import { personalDataIn, type Traces } from "./traces.ts";

/** Who asks: the keys every local run knows. */
export const keys = {
  admin: "local-admin-key",
  read: "local-read-key",
  sales: "local-sales-key",
  server: "local-write-key",
  form: "local-form-key",
};

/** What a reader's browser calls itself: a click by a program is marked as a machine's. */
export const browser =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

export type Json = { [name: string]: JsonValue };
// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what its test is about to find out
type JsonValue = any;

/** A running product and the requests that tests make of it. */
export interface Product {
  runtime: Runtime;
  url: string;
  /** A request as a client makes it; a body that is no text is sent as JSON. */
  request(
    method: string,
    path: string,
    options?: { key?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
  /** The same, which must answer with the status; its JSON. */
  json(
    method: string,
    path: string,
    status: number,
    options?: { key?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Json>;
  drain(): Promise<void>;
  /** The contact of an address, and its id. */
  contact(email: string): Promise<Json | undefined>;
  /** Posts touches as a server and waits until they are stored. */
  store(touches: unknown[]): Promise<Json>;
  /** Runs a night to its end. */
  night(body?: Json): Promise<Json>;
  /** A file of a run. */
  file(runId: string, name: string): Promise<string>;
}

/** @param traces where paths are kept that requests and answers name */
export function productOf(runtime: Runtime, traces?: Traces): Product {
  const keep = (url: string) => traces?.paths.add(new URL(url, runtime.url).pathname);
  const product: Product = {
    runtime,
    url: runtime.url,
    request: async (method, path, { key, body, headers } = {}) => {
      const url = path.startsWith("http") ? path : runtime.url + path;
      keep(url);
      const response = await fetch(url, {
        method,
        redirect: "manual",
        headers: {
          ...(key ? { authorization: `Bearer ${key}` } : {}),
          ...(body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)
            ? { "content-type": "application/json" }
            : {}),
          ...headers,
        },
        body:
          body === undefined || typeof body === "string" || body instanceof Uint8Array
            ? (body as string | undefined)
            : JSON.stringify(body),
      });
      const location = response.headers.get("location");
      if (location) keep(location);
      return response;
    },
    json: async (method, path, status, options) => {
      const response = await product.request(method, path, options);
      const text = await response.text();
      expect({ method, path, status: response.status, text }).toEqual({ method, path, status, text });
      return JSON.parse(text) as Json;
    },
    drain: async () => expect(await runtime.drain()).toBe(true),
    contact: async (email) => {
      const { items } = await product.json("GET", `/v1/contacts?email=${encodeURIComponent(email)}`, 200, {
        key: keys.read,
      });
      return items[0];
    },
    store: async (touches) => {
      const receipt = await product.json("POST", "/v1/touchpoints", 202, { key: keys.server, body: touches });
      await product.drain();
      return receipt;
    },
    night: async (body = {}) => {
      const { runId } = await product.json("POST", "/v1/exports", 202, { key: keys.admin, body });
      await product.drain();
      return product.json("GET", `/v1/exports/${runId}`, 200, { key: keys.read });
    },
    file: async (runId, name) => {
      const response = await product.request("GET", `/v1/exports/${runId}/files/${name}`, {
        key: keys.sales,
      });
      expect(response.status).toBe(302);
      return (await fetch(response.headers.get("location")!)).text();
    },
  };
  return product;
}

/**
 * Runs the product for the tests of a file, in a data folder of its own. At the end, what it logged and named must hold no personal
 * data of those whom the tests made up: else the file fails.
 */
export function runProduct(): () => Product {
  let product: Product | undefined;
  beforeAll(async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "touchline-"));
    const traces: Traces = { problems: [], paths: new Set() };
    const onProblem = (problem: string) => traces.problems.push(problem);
    const runtime = await startRuntime({ port: 0, dataDirectory, assembly: inject("assembly"), onProblem });
    product = productOf(runtime, traces);
    return async () => {
      try {
        expect(await personalDataIn(runtime, traces)).toEqual([]);
      } finally {
        await runtime.stop();
        rmSync(dataDirectory, { recursive: true, force: true });
      }
    };
  });
  afterAll(() => {
    product = undefined;
  });
  return () => product!;
}

/** An hour of a day some days ago, in UTC: tests of days must not depend on the time they run at. */
export function daysAgo(days: number, hour = 10): string {
  const day = new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  return `${day}T${String(hour).padStart(2, "0")}:00:00.000Z`;
}

/** Eight touches that make a lead under the default policy: a campaign each, a day each, the last one `last` days ago. */
export const eightTouches = (email: string, last = 1): Json[] =>
  Array.from({ length: 8 }, (_, i) => ({
    id: `${email}-${i}`,
    channel: i % 2 ? "email_click" : "form",
    occurredAt: daysAgo(last + 7 - i),
    identifiers: { email },
    campaign: { name: `Campaign ${i}` },
  }));
