import { gzipSync } from "node:zlib";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import { describe, expect, test } from "vitest";
import { type FaultProxy, faultProxy } from "./fault-proxy.ts";
import { type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

/** The contact of a user id with its timeline, oldest first. */
async function userTimeline(user: string): Promise<{ contact: Json; touches: Json[] }> {
  const { json } = product();
  const { items } = await json("GET", `/v1/contacts?user=${user}`, 200, { key: keys.read });
  const timeline = await json("GET", `/v1/contacts/${items[0].id}/timeline?limit=200`, 200, {
    key: keys.read,
  });
  return { contact: items[0], touches: timeline.items.toReversed() };
}

const quarantined = async (): Promise<Json[]> =>
  (await product().json("GET", "/v1/quarantine", 200, { key: keys.admin })).items;

/** The same calls of either library: what a visitor of a website does who becomes a customer. */
interface Calls {
  track(message: { userId: string; event: string; properties: Json; timestamp: Date; context: Json }): void;
  page(message: { userId: string; name: string; properties: Json; timestamp: Date }): void;
  identify(message: { userId: string; traits: Json; timestamp: Date }): void;
  group(message: { userId: string; groupId: string; traits: Json; timestamp: Date }): void;
  alias(message: { userId: string; previousId: string; timestamp: Date }): void;
}

const steps = 12;
const at = (step: number) => new Date(Date.UTC(2026, 8, 1 + step, 10));

function visit(calls: Calls, userId: string): void {
  const context = { campaign: { name: "Autumn", source: "newsletter", medium: "email" } };
  for (let step = 0; step < steps; step++) {
    const properties = { form_name: `Form ${step}`, email_wanted: true };
    calls.track({ userId, event: "Form Submitted", properties, timestamp: at(step), context });
  }
  calls.page({
    userId,
    name: "Pricing",
    properties: { url: "https://www.example.com/pricing" },
    timestamp: at(steps),
  });
  calls.track({ userId, event: "Plan Compared", properties: {}, timestamp: at(steps + 1), context: {} });
  const traits = { name: "Ada van Dyck", title: "CTO" };
  calls.identify({ userId, traits, timestamp: at(steps + 2) });
  calls.group({ userId, groupId: "g-1", traits: { name: "Acme" }, timestamp: at(steps + 3) });
  const previousId = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d";
  calls.alias({ userId, previousId, timestamp: at(steps + 4) });
}

/** Each call stands once where it belongs, as it was made. */
async function expectVisitOnce(userId: string): Promise<void> {
  await product().drain();
  const { contact, touches } = await userTimeline(userId);
  const seen = touches.map(({ channel, occurredAt, asset, campaign, reason }) => [
    channel,
    occurredAt,
    asset.name,
    campaign?.name,
    reason,
  ]);
  expect(seen).toEqual([
    ...Array.from({ length: steps }, (_, step) => [
      "form",
      at(step).toISOString(),
      `Form ${step}`,
      "Autumn",
      null,
    ]),
    ["page", at(steps).toISOString(), "Pricing", undefined, "channel_weight_zero"],
    ["page", at(steps + 1).toISOString(), "Plan Compared", undefined, "channel_weight_zero"],
  ]);
  expect(contact.count).toBe(steps);
  expect(contact.traits).toEqual({
    firstName: "Ada",
    lastName: "van Dyck",
    jobTitle: "CTO",
    company: "Acme",
  });
  expect(contact.facts.map(({ type }: Json) => type)).toEqual(["traits", "traits"]);
  expect(contact.identifiers.map(({ type }: Json) => type)).toEqual(["user", "anonymous"]);
}

/** The proxy did to the batches what it was to do, and the product took all it was given. */
function expectFaults({ batches, statuses }: FaultProxy): void {
  const fates = [...batches.values()];
  expect(fates.filter((one) => one.includes("refused")).length).toBeGreaterThan(0);
  expect(fates.filter((one) => one.includes("lost")).length).toBeGreaterThan(0);
  expect(fates.every((one) => one.at(-1) === "passed")).toBe(true);
  expect(statuses.length).toBeGreaterThan(batches.size);
  expect(new Set(statuses)).toEqual(new Set([200]));
}

describe("the libraries as they are, through faults", () => {
  test("Segment's for Node", async () => {
    const proxy = await faultProxy(product().url, [["refused"], ["lost"], ["cut"], []]);
    const analytics = new Analytics({ writeKey: keys.server, host: proxy.url, flushAt: 5 });
    const failures: unknown[] = [];
    analytics.on("error", (error) => failures.push(error));
    visit(analytics, "segment-user");
    await analytics.closeAndFlush();
    expect(failures).toEqual([]);
    expectFaults(proxy);
    await expectVisitOnce("segment-user");
    expect(await quarantined()).toEqual([]);
  });

  test.each([true, false])("RudderStack's for Node, gzip %s", async (gzip) => {
    const proxy = await faultProxy(product().url, [["refused", "lost"], ["lost", "lost"], [], ["cut"]]);
    const user = `rudder-user-${gzip}`;
    const analytics = new RudderAnalytics(keys.server, {
      dataPlaneUrl: proxy.url,
      gzip,
      flushAt: 5,
      flushInterval: 20,
      logLevel: "none",
      axiosRetryConfig: { retryDelay: () => 10 },
    });
    const sent: Promise<unknown>[] = [];
    const told =
      <Message>(call: (message: Message, done: () => void) => unknown) =>
      (message: Message) =>
        void sent.push(new Promise<void>((done) => call.call(analytics, message, done)));
    visit(
      {
        track: told(analytics.track),
        page: told(analytics.page),
        identify: told(analytics.identify),
        group: told(analytics.group),
        alias: told(analytics.alias),
      },
      user,
    );
    await Promise.all(sent);
    expectFaults(proxy);
    await expectVisitOnce(user);
    expect(await quarantined()).toEqual([]);
  });
});

describe("requests as libraries make them", () => {
  const track = (id: string, more: Json = {}): Json => ({
    messageId: id,
    userId: `user-${id}`,
    event: "Form Submitted",
    timestamp: "2026-11-01T10:00:00.000Z",
    ...more,
  });
  const basic = `Basic ${Buffer.from(`${keys.server}:`).toString("base64")}`;
  const json = "application/json";
  const batchOf = (id: string, more: Json = {}) =>
    JSON.stringify({ batch: [track(id, { type: "track" })], ...more });

  test.each<[string, string, Record<string, string>, Uint8Array | string]>([
    ["Basic", "/v1/track", { authorization: basic, "content-type": json }, JSON.stringify(track("basic"))],
    ["Bearer", "/v1/track", { authorization: `Bearer ${keys.server}` }, JSON.stringify(track("bearer"))],
    ["X-Write-Key", "/v1/t", { "x-write-key": keys.server }, JSON.stringify(track("header"))],
    ["the URL", `/beacon/v1/batch?writeKey=${keys.server}`, { "content-type": "text/plain" }, batchOf("url")],
    ["the batch", "/v1/b", { "content-type": "text/plain" }, batchOf("batch", { writeKey: keys.server })],
    [
      "the message",
      "/v1/t",
      { "content-type": "text/plain" },
      JSON.stringify(track("message", { writeKey: keys.server })),
    ],
    [
      "the message in a batch",
      "/v1/batch",
      { "content-type": json },
      JSON.stringify({ batch: [track("inner", { type: "track", writeKey: keys.server })] }),
    ],
    [
      "a gzip that says it is a form",
      "/v1/batch",
      {
        authorization: basic,
        "content-type": "application/x-www-form-urlencoded",
        "content-encoding": "gzip",
      },
      gzipSync(batchOf("gzip")),
    ],
  ])("the key in %s", async (_, path, headers, body) => {
    const { request, drain } = product();
    const response = await request("POST", path, { headers, body });
    expect([response.status, await response.json()]).toEqual([
      200,
      { success: true, accepted: 1, ignored: 0, quarantined: 0, rejected: 0 },
    ]);
    await drain();
    const id = /"messageId":"(\w+)"/.exec(typeof body === "string" ? body : batchOf("gzip"))![1];
    expect((await userTimeline(`user-${id}`)).touches).toMatchObject([
      { channel: "form", occurredAt: "2026-11-01T10:00:00.000Z" },
    ]);
  });

  test.each<[string, Record<string, string>, string, number, string]>([
    ["no key", {}, JSON.stringify(track("none")), 401, "missing_write_key"],
    ["a wrong key", {}, JSON.stringify(track("wrong", { writeKey: "nobody" })), 401, "invalid_write_key"],
    ["no JSON", { authorization: basic }, "{", 400, "invalid_json"],
    [
      "a form",
      { authorization: basic, "content-type": "application/x-www-form-urlencoded" },
      "a=b",
      400,
      "not_json",
    ],
    [
      "too much",
      { authorization: basic },
      JSON.stringify({ x: "y".repeat(1_100_000) }),
      413,
      "body_too_large",
    ],
    [
      "a context that would be read a thousand times over",
      { authorization: basic },
      JSON.stringify({ batch: Array(1_000).fill({}), context: { x: "y".repeat(100_000) } }),
      413,
      "context_too_large",
    ],
    [
      "too many",
      { authorization: basic },
      JSON.stringify({ batch: Array(10_001).fill(0) }),
      413,
      "too_many_items",
    ],
  ])("%s → %s", async (_, headers, body, status, code) => {
    const problem = await product().json("POST", "/v1/track", status, {
      headers: { "content-type": json, ...headers },
      body,
    });
    expect(problem).toMatchObject({ status, code });
  });

  test("a key in a header wins over one in the body", async () => {
    const body = track("both", { writeKey: "nobody" });
    expect(await product().json("POST", "/v1/track", 200, { key: keys.server, body })).toMatchObject({
      accepted: 1,
    });
  });

  test("a message larger than quarantine takes is counted, and fails nobody else", async () => {
    const huge = track("huge", { type: "track", properties: { x: "y".repeat(800_000) } });
    const batch = [track("beside", { type: "track" }), huge];
    expect(await product().json("POST", "/v1/batch", 200, { key: keys.server, body: { batch } })).toEqual({
      success: true,
      accepted: 1,
      ignored: 0,
      quarantined: 0,
      rejected: 1,
    });
  });

  test("one bad message fails nobody else; it lies in quarantine", async () => {
    const { drain, json: ask } = product();
    const batch = [
      track("good", { type: "track" }),
      { type: "rename", userId: "u" },
      7,
      track("big", { type: "track", properties: { text: "x".repeat(40_000) } }),
      { type: "page" },
      track("open", { type: "track", event: "Email Opened" }),
    ];
    expect(await ask("POST", "/v1/batch", 200, { key: keys.server, body: { batch } })).toEqual({
      success: true,
      accepted: 1,
      ignored: 1,
      quarantined: 4,
      rejected: 0,
    });
    await drain();
    const reasons = (await quarantined()).map(({ reason, source, route }) =>
      [reason, source, route].join(" "),
    );
    expect(reasons.toSorted()).toEqual(
      ["missing_identifier", "not_an_object", "too_large", "unknown_type"].map(
        (reason) => `${reason} local-server segment`,
      ),
    );
  });

  test("sent alone and again in a batch it is one touch", async () => {
    const { json: ask, drain } = product();
    const message = track("again");
    const send = (path: string, body: Json) => ask("POST", path, 200, { key: keys.server, body });
    await send("/v1/track", { ...message, sentAt: new Date().toISOString() });
    await send("/v1/b", {
      batch: [{ ...message, type: "track", _metadata: { retryCount: 1 } }],
      sentAt: new Date().toISOString(),
    });
    await drain();
    expect((await userTimeline("user-again")).touches).toMatchObject([{ reason: null }]);
  });

  test("a source's own events", async () => {
    const { json: ask, drain } = product();
    const source = { id: "shop", type: "server", events: { "Whitepaper Downloaded": "form" } };
    const { writeKey } = await ask("POST", "/v1/sources", 201, { key: keys.admin, body: source });
    await ask("POST", "/v1/track", 200, {
      key: writeKey,
      body: track("paper", { event: "whitepaper_downloaded" }),
    });
    await drain();
    expect((await userTimeline("user-paper")).touches).toMatchObject([
      { channel: "form", source: "shop", asset: { name: "whitepaper_downloaded" } },
    ]);
    const wrong = { id: "other", type: "server", events: { "Whitepaper Downloaded": "fax" } };
    await ask("POST", "/v1/sources", 400, { key: keys.admin, body: wrong });
  });
});

describe("a library in a web page", () => {
  const origin = "http://localhost:5173";
  const send = (path: string, message: Json, from = origin) =>
    product().request("POST", path, {
      headers: { origin: from, "content-type": "text/plain" },
      body: JSON.stringify({ writeKey: keys.form, anonymousId: "browser-1", ...message }),
    });

  test("needs no preflight, and may read the answer", async () => {
    const { drain, contact, json } = product();
    const before = new Date().toISOString();
    const response = await send("/v1/t", {
      messageId: "w-1",
      event: "Lead Captured",
      userId: "u-9",
      timestamp: "2020-01-01T00:00:00Z",
      properties: { email: "web@example.com", firstName: "Wen" },
      context: { page: { url: "https://www.example.com/demo?utm_campaign=brand&utm_source=google" } },
    });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    await drain();
    const found = (await contact("web@example.com"))!;
    expect(found.traits).toEqual({ firstName: "Wen" });
    const { items } = await json("GET", `/v1/contacts/${found.id}/timeline`, 200, { key: keys.read });
    expect(items).toMatchObject([{ channel: "form", campaign: { name: "brand", source: "google" } }]);
    expect(items[0].occurredAt >= before).toBe(true);
    expect((await json("GET", "/v1/contacts?user=u-9", 200, { key: keys.read })).items).toEqual([]);
  });

  test("may not say who anybody is: that is counted, and lies nowhere", async () => {
    const { drain, contact } = product();
    const before = (await quarantined()).length;
    for (const path of ["/v1/i", "/v1/g", "/v1/a"]) {
      const response = await send(path, {
        previousId: "b",
        traits: { email: "stranger@example.com", name: "X" },
      });
      expect([response.status, await response.json()]).toEqual([
        200,
        { success: true, accepted: 0, ignored: 1, quarantined: 0, rejected: 0 },
      ]);
    }
    await drain();
    expect(await contact("stranger@example.com")).toBeUndefined();
    expect((await quarantined()).length).toBe(before);
  });

  test("is refused from another site", async () => {
    const response = await send("/v1/p", { messageId: "w-2" }, "https://evil.example");
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });

  test("a preflight allows the headers that it asks for", async () => {
    const ask = (headers: Record<string, string>) =>
      product().request("OPTIONS", "/v1/batch", {
        headers: { origin, "access-control-request-method": "POST", ...headers },
      });
    const allowed = await ask({ "access-control-request-headers": "anonymousid,authorization,content-type" });
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("anonymousid");
    const odd = await ask({ "access-control-request-headers": "a b, <c>" });
    expect(odd.headers.get("access-control-allow-headers")).not.toContain("<c>");
  });
});
