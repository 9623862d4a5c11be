import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, inject, onTestFinished, test } from "vitest";
import { eightTouches, type Json, keys } from "./product.ts";

const program = resolve(import.meta.dirname, "runtime-process.ts");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** The product as a process that can be killed. */
async function start(data: string, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, data, String(port), inject("assembly")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout! }))
    if (line.includes("ready")) return child;
  throw new Error("it ended before it was ready");
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** A seeded sequence, so that a failure can be repeated. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const people = ["ann", "bea", "cem", "dan"].map((name) => `${name}@example.com`);

test("kill -9 while clients post: every acknowledged event is there exactly once", {
  timeout: 120_000,
}, async () => {
  const data = mkdtempSync(join(tmpdir(), "touchline-crash-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const random = sequence(20_261_121);
  const acknowledged = new Map<string, string>();
  let number = 0;

  for (let round = 0; round < 3; round++) {
    const child = await start(data, port);
    const target = acknowledged.size + 40 + Math.floor(random() * 120);
    let dead = false;
    const client = async () => {
      while (!dead) {
        const email = people[number % people.length]!;
        const id = `event-${number++}`;
        const body = JSON.stringify({
          id,
          channel: "form",
          occurredAt: "2026-11-01T10:00:00Z",
          identifiers: { email },
        });
        try {
          const response = await fetch(`${url}/v1/touchpoints`, {
            method: "POST",
            headers: { authorization: `Bearer ${keys.server}`, "content-type": "application/json" },
            body,
          });
          if (response.status !== 202) continue;
          const receipt = (await response.json()) as Json;
          acknowledged.set(receipt.ids[0], email);
        } catch {
          // The answer never came: the event may be there or not, and nobody was told that it is.
        }
        if (acknowledged.size >= target && !dead) {
          dead = true;
          await kill(child);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
  }

  await start(data, port);
  const drained = await fetch(`${url}/_local/drain`, { method: "POST" });
  expect(await drained.json()).toEqual({ drained: true });
  const found = new Map<string, string>();
  for (const email of people) {
    const get = async (path: string) =>
      (await (await fetch(url + path, { headers: { authorization: `Bearer ${keys.read}` } })).json()) as Json;
    const { items } = await get(`/v1/contacts?email=${email}`);
    const { touches } = await get(`/v1/contacts/${items[0].id}/evidence`);
    for (const touch of touches) {
      expect(found.has(touch.id)).toBe(false);
      found.set(touch.id, email);
    }
  }
  expect(acknowledged.size).toBeGreaterThan(120);
  expect([...acknowledged].filter(([id, email]) => found.get(id) !== email)).toEqual([]);
});

test("kill -9 in the night: each lead is in exactly one export", { timeout: 120_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), "touchline-night-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const ask = async (method: string, path: string, key: string, body?: unknown): Promise<Json> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return (await response.json()) as Json;
  };
  let child = await start(data, port);
  const leads = Array.from({ length: 30 }, (_, i) => `lead-${i}@example.com`);
  for (const email of leads) await ask("POST", "/v1/touchpoints", keys.server, eightTouches(email));
  await ask("POST", "/_local/drain", keys.admin);

  // Each life of the process gets a little further into the night: killed as soon as it has answered one more request.
  for (let life = 0; life < 4; life++) {
    await ask("POST", "/v1/exports", keys.admin, {});
    for (let i = 0; i < life * 8; i++) await ask("GET", "/v1/exports", keys.read);
    await kill(child);
    child = await start(data, port);
  }
  await ask("POST", "/_local/drain", keys.admin);
  await ask("POST", "/v1/exports", keys.admin, {});
  await ask("POST", "/_local/drain", keys.admin);

  const { items } = await ask("GET", "/v1/exports", keys.read);
  expect(items.every((run: Json) => run.state === "completed")).toBe(true);
  const exported: string[] = [];
  for (const { runId } of items) {
    const file = await fetch(`${url}/v1/exports/${runId}/files/leads.jsonl`, {
      headers: { authorization: `Bearer ${keys.sales}` },
    });
    exported.push(
      ...(await file.text())
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line).email as string),
    );
  }
  expect(exported.toSorted()).toEqual(leads.toSorted());
});
