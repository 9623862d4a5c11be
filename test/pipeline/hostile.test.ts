import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { providerSamples } from "../fixtures/providers.ts";
import { type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

/** A route, and what an honest sender sends to it. */
interface Target {
  name: string;
  path: string;
  /** Text, or what is sent as JSON. */
  sample: unknown;
  headers(body: Buffer): Record<string, string>;
}

const email = "honest@example.com";
const of = (type: string) => () => ({ "content-type": type });
const json = of("application/json");
const form = "email=honest%40example.com&first_name=Pat&utm_campaign=spring&message=Hello%0D%0AWorld";
const multipart = [
  "--b0undary",
  'Content-Disposition: form-data; name="email"',
  "",
  email,
  "--b0undary",
  'Content-Disposition: form-data; name="photo"; filename="me.png"',
  "Content-Type: image/png",
  "",
  "\u0089PNG not really",
  "--b0undary--",
  "",
].join("\r\n");
const csv = `Email Address;First Name;Scan Date;Scan Time\r\n${email};Pat;2026-05-04;10:00\r\nsam@example.com;Sam;2026-05-04;10:01\r\n`;
const touch = {
  id: "1",
  channel: "form",
  occurredAt: "2026-05-04T10:00:00Z",
  identifiers: { email, user: "42" },
  traits: { firstName: "Pat", company: "Example" },
  campaign: { name: "spring" },
  properties: { budget: 5, nested: { a: [1, 2] } },
};
const checkIn = { id: "c1", event: { id: "expo" }, attendee: { email }, checkedInAt: "2026-05-04T10:00:00Z" };
const track = {
  type: "track",
  messageId: "m1",
  userId: "42",
  event: "Form Submitted",
  properties: { email },
  context: { campaign: { name: "spring" }, page: { url: "https://www.example.com/?utm_source=x" } },
  timestamp: "2026-05-04T10:00:00Z",
};
const query = `writeKey=${keys.server}`;
const targets: Target[] = [
  {
    name: "a form",
    path: `/v1/forms/f?${query}`,
    sample: form,
    headers: of("application/x-www-form-urlencoded"),
  },
  {
    name: "a multipart form",
    path: `/v1/forms/f?${query}`,
    sample: multipart,
    headers: of("multipart/form-data; boundary=b0undary"),
  },
  { name: "a JSON form", path: `/v1/forms/f?${query}`, sample: { email, name: "Pat" }, headers: json },
  { name: "a check-in", path: `/v1/check-ins?${query}`, sample: checkIn, headers: json },
  {
    name: "a list",
    path: `/v1/check-ins?${query}&event=expo&timeZone=Europe/Berlin`,
    sample: csv,
    headers: of("text/csv"),
  },
  { name: "touches", path: `/v1/touchpoints?${query}`, sample: [touch, touch], headers: json },
  { name: "a batch of an SDK", path: `/v1/batch?${query}`, sample: { batch: [track] }, headers: json },
  { name: "one message of an SDK", path: `/v1/track?${query}`, sample: track, headers: of("text/plain") },
];

/** Values that break what was not made for them. */
const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    "",
    "\ud800",
    "a\r\nSet-Cookie: a=b",
    "\u0000\u0007\u001b[2J\u202e",
    "+099999-01-01T00:00:00Z",
    "99999-12-31T23:59:59Z",
    253_402_300_800_000,
    "x".repeat(70_000),
    "e\u0301".repeat(400),
    `z${"\u0301".repeat(3000)}`,
    `${"a".repeat(400)}@example.com`,
    "=cmd|' /C calc'!A0",
    [],
    {},
    [[[[[[[[[[]]]]]]]]]],
  ),
  fc.constant(0).map(() => JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`) as unknown),
  fc
    .constant(0)
    .map(() => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}') as unknown),
  fc.constant(0).map(() => Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`utm_${i}`, "x"]))),
  fc.jsonValue(),
  fc.string({ unit: "binary" }),
);

/** A copy with something at one of its places replaced, left out or called something else. */
function changed(value: unknown, dice: number, replacement: unknown, how: number): unknown {
  const copy = structuredClone(value);
  const places: [holder: Record<string, unknown>, name: string][] = [];
  const walk = (one: unknown) => {
    if (one === null || typeof one !== "object") return;
    for (const [name, inner] of Object.entries(one)) {
      places.push([one as Record<string, unknown>, name]);
      walk(inner);
    }
  };
  walk(copy);
  const place = places[dice % Math.max(places.length, 1)];
  if (!place) return replacement;
  const [holder, name] = place;
  if (how === 0) delete holder[name];
  else if (how === 1) {
    holder[(JSON.stringify(replacement) ?? "").slice(0, 1000)] = holder[name];
    delete holder[name];
  } else holder[name] = replacement;
  return copy;
}

type Bend = (bytes: Buffer) => Buffer;
const bend: fc.Arbitrary<Bend> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Bend>((bytes) => bytes) },
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map<Bend>((part) => (bytes) => bytes.subarray(0, bytes.length * part)),
  fc
    .tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 20 }))
    .map<Bend>(([part, noise]) => (bytes) => {
      const at = Math.floor(bytes.length * part);
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    }),
  fc.constant<Bend>((bytes) => gzipSync(bytes)),
  fc.constant<Bend>((bytes) => gzipSync(bytes).subarray(0, 30)),
  fc.constant<Bend>(() => gzipSync(Buffer.alloc(50_000_000, 0x61))),
  fc.constant<Bend>(() => Buffer.alloc(1_100_000, 0x61)),
  fc.constant<Bend>((bytes) => Buffer.concat([Buffer.from([0xff, 0xfe]), bytes])),
  fc.constant<Bend>((bytes) => Buffer.from(bytes.toString("latin1"), "utf16le")),
);

const label = fc.constantFrom(
  undefined,
  "application/json",
  "text/plain",
  "text/csv",
  "application/octet-stream",
);

const attack = fc.record({
  dice: fc.nat(),
  replacement: nasty,
  how: fc.integer({ min: 0, max: 3 }),
  bend,
  label: fc.option(label, { freq: 3 }),
});
type Attack = typeof attack extends fc.Arbitrary<infer One> ? One : never;

/** The bytes of an attack on a target: of text, the nasty value is put into it. */
function bytesOf({ sample }: Target, { dice, replacement, how, bend }: Attack): Buffer {
  if (typeof sample !== "string")
    return bend(Buffer.from(JSON.stringify(changed(sample, dice, replacement, how))));
  const at = dice % sample.length;
  const inserted = typeof replacement === "string" ? replacement : JSON.stringify(replacement);
  return bend(Buffer.from(sample.slice(0, at) + inserted + sample.slice(at + (how ? 0 : 5)), "utf8"));
}

async function strike(target: Target, one: Attack): Promise<void> {
  const body = bytesOf(target, one);
  const headers = target.headers(body);
  if (one.label) headers["content-type"] = one.label;
  const answer = await product().request("POST", target.path, { body, headers });
  const text = await answer.text();
  expect([answer.status, text].join(" ")).toMatch(/^[234]\d\d /);
  expect(text).not.toMatch(/\bat \S+ \(|node:|\/shared\/|index\.mjs/);
  if (answer.status < 400) return;
  const problem = JSON.parse(text) as Json;
  expect(problem.code ?? problem.message).toMatch(/\S/);
}

describe("nothing gets in that should not, and nothing falls over", () => {
  beforeAll(async () => {
    for (const { provider, settings, ...sample } of providerSamples) {
      const body = { id: `hostile-${provider}`, type: "server", kind: provider, ...settings };
      const made = await product().json("POST", "/v1/sources", 201, { key: keys.admin, body });
      targets.push({
        name: provider,
        path: made.webhookUrl.replace(product().url, ""),
        sample: sample.payload(email, 1),
        headers: (bytes) => sample.headers(bytes, new Date()),
      });
    }
  });

  const names = [...targets.map(({ name }) => name), ...providerSamples.map(({ provider }) => provider)];
  test.each(names)("%s", async (name) => {
    const target = targets.find((one) => one.name === name)!;
    await fc.assert(
      fc.asyncProperty(attack, (one) => strike(target, one)),
      { numRuns: 25 * Number(process.env.LAW_RUNS ?? 1), endOnFailure: true },
    );
  });

  // Whatever came in was stored or quarantined for what it is; no function failed, and nothing stuck in a queue.
  afterAll(async () => {
    await product().drain();
    const status = await product().json("GET", "/_local/status", 200);
    const failures = Object.entries(status.functions as Record<string, { failures: number }>);
    expect(failures.filter(([, { failures }]) => failures > 0)).toEqual([]);
    for (const reason of ["not_processed", "unreadable_message"]) {
      const path = `/v1/quarantine?reason=${reason}`;
      expect((await product().json("GET", path, 200, { key: keys.admin })).items).toEqual([]);
    }
    const touches = [{ ...touch, id: "after all", identifiers: { email: "after@example.com" } }];
    expect(await product().store(touches)).toMatchObject({ accepted: 1 });
    expect(await product().contact("after@example.com")).toMatchObject({ touches: 1 });
    expect(({} as Json).polluted).toBeUndefined();
  });
});
