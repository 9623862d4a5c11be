import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Json, keys, runProduct } from "./product.ts";

const product = runProduct();
const touch = (email: string, more: Json = {}): Json => ({
  channel: "form",
  identifiers: { email },
  ...more,
});
const urlencoded = { "content-type": "application/x-www-form-urlencoded" };
const navigation = { ...urlencoded, "sec-fetch-mode": "navigate", accept: "text/html,*/*" };
/** A form post as a browser makes it that goes where it leads; `fetch` always says that a script asks. */
async function navigate(path: string, body: string, origin = "http://localhost:8080") {
  const sent = httpRequest(product().url + path, { method: "POST", headers: { ...navigation, origin } });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  return {
    status: answer.statusCode,
    location: answer.headers.location,
    type: answer.headers["content-type"],
  };
}

const form = `/v1/forms/contact?writeKey=${keys.form}`;

describe("who may send", () => {
  const basic = (user: string) => `Basic ${Buffer.from(`${user}:`).toString("base64")}`;
  test.each<[string, Record<string, string>, string, number, string | undefined]>([
    ["Bearer", { authorization: `Bearer ${keys.server}` }, "", 202, undefined],
    ["Basic user name", { authorization: basic(keys.server) }, "", 202, undefined],
    ["X-Write-Key", { "x-write-key": keys.server }, "", 202, undefined],
    ["query", {}, `?writeKey=${keys.server}`, 202, undefined],
    ["none", {}, "", 401, "missing_write_key"],
    ["unknown", { authorization: "Bearer nobody" }, "", 401, "invalid_write_key"],
    ["an API key", { authorization: `Bearer ${keys.admin}` }, "", 401, "invalid_write_key"],
  ])("%s", async (_, headers, query, status, code) => {
    const answer = await product().json("POST", `/v1/touchpoints${query}`, status, {
      headers,
      body: touch("a@example.com"),
    });
    expect(answer.code).toBe(code);
  });

  test.each<[string, Json, string]>([
    ["another channel", touch("a@example.com", { channel: "meeting" }), "forbidden_channel"],
    ["a user id", { channel: "form", identifiers: { user: "42" } }, "forbidden_identifier"],
    [
      "a CRM id",
      { channel: "page", identifiers: { crm: "salesforce:00Q5f00000ABCDE" } },
      "forbidden_identifier",
    ],
  ])("a public key may not send %s", async (_, body, code) => {
    expect(await product().json("POST", "/v1/touchpoints", 400, { key: keys.form, body })).toMatchObject({
      code,
    });
  });

  test("a public source's time is the server's", async () => {
    const { json, drain, contact } = product();
    const before = new Date().toISOString();
    const body = touch("clock@example.com", { occurredAt: "2020-01-01T00:00:00Z" });
    await json("POST", "/v1/touchpoints", 202, { key: keys.form, body });
    await drain();
    expect((await contact("clock@example.com"))!.firstTouchAt >= before).toBe(true);
  });

  test.each([
    ["http://localhost:5173", 202],
    ["https://evil.example", 403],
    ["null", 403],
  ])("a page at %s", async (origin, status) => {
    const response = await product().request("POST", form, {
      headers: { ...urlencoded, origin },
      body: "email=o@example.com",
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe(status === 202 ? origin : null);
  });

  test("a browser's preflight is answered by the source's origins", async () => {
    const ask = (origin: string, path = "/v1/touchpoints") =>
      product().request("OPTIONS", path, { headers: { origin, "access-control-request-method": "POST" } });
    const allowed = await ask("http://localhost:5173");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "http://localhost:5173",
    ]);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("x-write-key");
    expect((await ask("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
    expect((await ask("http://localhost:1", form)).headers.get("access-control-allow-origin")).toBe(
      "http://localhost:1",
    );
    expect(
      (await ask("http://localhost:1", `/v1/forms/x?writeKey=${keys.server}`)).headers.get(
        "access-control-allow-origin",
      ),
    ).toBeNull();
  });
});

describe("what may be sent", () => {
  test.each<[string, Json, string, string]>([
    ["no identifier", { channel: "form", identifiers: {} }, "missing_identifier", "identifiers"],
    [
      "only a sentinel",
      { channel: "form", identifiers: { user: "undefined" } },
      "missing_identifier",
      "identifiers",
    ],
    ["no e-mail address", touch("pat at example"), "invalid_email", "identifiers.email"],
    ["an unknown channel", touch("a@example.com", { channel: "fax" }), "invalid_field", "channel"],
    [
      "a misspelt field",
      touch("a@example.com", { occuredAt: "2026-01-01T00:00:00Z" }),
      "unknown_field",
      "occuredAt",
    ],
    [
      "a time without zone",
      touch("a@example.com", { occurredAt: "2026-01-01T00:00:00" }),
      "invalid_time",
      "occurredAt",
    ],
    [
      "the year 99999",
      touch("a@example.com", { occurredAt: "+099999-01-01T00:00:00Z" }),
      "invalid_time",
      "occurredAt",
    ],
    ["a document", touch("a@example.com", { properties: { text: "x".repeat(40_000) } }), "too_large", ""],
    [
      "a bare CRM id",
      { channel: "call", identifiers: { crm: "00Q5f00000ABCDE" } },
      "invalid_crm",
      "identifiers.crm",
    ],
  ])("%s is refused with the field", async (_, body, code, field) => {
    const problem = await product().json("POST", "/v1/touchpoints", 400, { key: keys.server, body });
    expect(problem).toMatchObject({ status: 400, code, field });
    expect(problem.detail.length).toBeGreaterThan(10);
  });

  test("one bad item refuses itself alone", async () => {
    const { store, contact } = product();
    const receipt = await store([
      touch("one@example.com"),
      { channel: "form" },
      touch("two@example.com"),
      7,
      null,
    ]);
    expect(receipt.accepted).toBe(2);
    expect(receipt.rejected.map(({ index, code }: Json) => [index, code])).toEqual([
      [1, "invalid_field"],
      [3, "invalid_field"],
      [4, "invalid_field"],
    ]);
    expect((await contact("two@example.com"))?.touches).toBe(1);
  });

  test("nulls are as good as nothing", async () => {
    const { store, contact } = product();
    const sent = {
      id: null,
      channel: "form",
      identifiers: { email: "null@example.com", user: null },
      traits: { phone: null },
      campaign: null,
    };
    expect(await store([sent])).toMatchObject({ accepted: 1, rejected: [] });
    expect(await contact("null@example.com")).toMatchObject({ touches: 1 });
  });

  test("more items than one answer can name are refused whole", async () => {
    const body = JSON.stringify(Array(10_001).fill(0));
    const headers = { "content-type": "application/json" };
    expect(
      await product().json("POST", "/v1/touchpoints", 413, { key: keys.server, body, headers }),
    ).toMatchObject({ code: "too_many_items" });
  });

  test("a time ahead of ours by over five minutes is set to the arrival", async () => {
    const { store, json, contact } = product();
    await store([touch("ahead@example.com", { occurredAt: new Date(Date.now() + 3_600_000).toISOString() })]);
    const found = await contact("ahead@example.com");
    const { items } = await json("GET", `/v1/contacts/${found!.id}/timeline`, 200, { key: keys.read });
    expect(items[0].occurredAt).toBe(items[0].receivedAt);
  });

  test("the same message again is the same touch; another under its id is shown as a conflict", async () => {
    const { store, json, contact } = product();
    const first = touch("again@example.com", { id: "m-1", occurredAt: "2026-11-01T10:00:00Z" });
    const ids = (await store([first, { ...first, sentAt: "2026-11-01T10:00:05Z" }])).ids;
    expect(ids[0]).toBe(ids[1]);
    await store([{ ...first, occurredAt: "2026-11-02T10:00:00Z", campaign: { name: "Other" } }]);
    const found = await contact("again@example.com");
    const { touches, count } = await json("GET", `/v1/contacts/${found!.id}/evidence`, 200, {
      key: keys.read,
    });
    expect(count).toBe(1);
    expect(touches.map(({ counted, reason }: Json) => [counted, reason])).toEqual([
      [true, null],
      [false, "conflict"],
    ]);
  });

  const json = JSON.stringify(touch("zip@example.com"));
  test.each<[string, Uint8Array | string, Record<string, string>, number]>([
    [
      "gzip, labelled",
      gzipSync(json),
      { "content-type": "application/octet-stream", "content-encoding": "gzip" },
      202,
    ],
    [
      "gzip, labelled as a form",
      gzipSync(json),
      { "content-type": "application/x-www-form-urlencoded" },
      202,
    ],
    ["JSON, labelled as text", json, { "content-type": "text/plain" }, 202],
    ["JSON, not labelled", json, { "content-type": "application/octet-stream" }, 202],
    ["no JSON", "{", { "content-type": "application/json" }, 400],
    ["nothing", "", { "content-type": "application/json" }, 400],
    [
      "over 1 MiB",
      JSON.stringify(touch("a@example.com", { properties: { x: "y".repeat(1_100_000) } })),
      { "content-type": "application/json" },
      413,
    ],
    ["a bomb", gzipSync(Buffer.alloc(50_000_000)), { "content-type": "application/octet-stream" }, 413],
  ])("%s → %i", async (_, body, headers, status) => {
    const response = await product().request("POST", "/v1/touchpoints", { key: keys.server, body, headers });
    expect(response.status).toBe(status);
    if (status >= 400) expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  test("an array fills as few messages as fit, and all of it arrives", async () => {
    const { store, contact } = product();
    const touches = Array.from({ length: 200 }, (_, i) =>
      touch("bulk@example.com", {
        id: `b-${i}`,
        occurredAt: new Date(Date.UTC(2026, 9, 1, 0, i)).toISOString(),
        properties: { text: "x".repeat(4_000) },
      }),
    );
    expect((await store(touches)).accepted).toBe(200);
    expect((await contact("bulk@example.com"))?.touches).toBe(200);
  });
});

describe("forms", () => {
  test("multipart with a full name, a page's UTM and free fields", async () => {
    const { request, drain, contact } = product();
    const body = new FormData();
    body.set("your-name", "Ada van Dyck");
    body.set("your-email", "ada@example.com");
    body.set(
      "page_url",
      "https://www.example.com/pricing?utm_campaign=brand&utm_source=google&utm_medium=cpc",
    );
    body.append("interests", "pricing");
    body.append("interests", "api");
    const encoded = new Response(body);
    const response = await request("POST", form, {
      headers: { "content-type": encoded.headers.get("content-type")! },
      body: new Uint8Array(await encoded.arrayBuffer()),
    });
    expect(response.status).toBe(202);
    await drain();
    expect((await contact("ada@example.com"))?.traits).toEqual({ firstName: "Ada", lastName: "van Dyck" });
  });

  test("a browser is refused with a page as well", async () => {
    const refused = await navigate("/v1/forms/contact?writeKey=nobody", "email=a@example.com");
    expect(refused).toMatchObject({ status: 401, type: "text/html; charset=utf-8" });
    const foreign = await navigate(form, "email=a@example.com", "https://evil.example");
    expect(foreign).toMatchObject({ status: 403, type: "text/html; charset=utf-8" });
  });

  test("a public form's user id is a property and identifies nobody", async () => {
    const { json, drain, contact } = product();
    await json("POST", form, 202, { headers: urlencoded, body: "email=uid%40example.com&user_id=42" });
    await drain();
    expect(await contact("uid@example.com")).toMatchObject({ touches: 1, links: [] });
  });

  test("a browser that navigates gets a page", async () => {
    const type = "text/html; charset=utf-8";
    expect(await navigate(form, "email=nav@example.com")).toEqual({ status: 200, location: undefined, type });
    expect(await navigate(form, "email=nowhere")).toEqual({ status: 400, location: undefined, type });
  });

  test.each([
    ["http://localhost:8080/thanks", 303],
    ["http://localhost:9999/thanks", 303],
    ["http://localhost:8080/%E6%97%A5%E6%9C%AC", 303],
    ["https://evil.example/", 200],
    ["javascript:alert(1)", 200],
  ])("_redirect to %s → %i", async (target, status) => {
    const response = await navigate(
      form,
      new URLSearchParams({ email: "go@example.com", _redirect: target }).toString(),
    );
    expect([response.status, response.location]).toEqual([status, status === 303 ? target : undefined]);
  });

  test("a filled honeypot is answered as usual and goes to quarantine", async () => {
    const { json, drain, contact } = product();
    const answer = await json("POST", form, 202, {
      headers: urlencoded,
      body: "email=bot%40example.com&_gotcha=yes",
    });
    expect(answer).toMatchObject({ accepted: 1, rejected: [] });
    await drain();
    expect(await contact("bot@example.com")).toBeUndefined();
    const { items } = await json("GET", "/v1/quarantine", 200, { key: keys.admin });
    expect(items[0]).toMatchObject({
      reason: "honeypot",
      source: "local-website",
      route: "forms/contact",
      bytes: 35,
    });
  });

  test("a source's field map and thank-you page", async () => {
    const { json, drain, contact } = product();
    const source = {
      id: "landing-page",
      type: "public",
      origins: ["https://*.example.com"],
      thankYouUrl: "https://www.example.com/danke",
      fieldMap: { "Ihre Adresse": "email", Budget: "properties.budget" },
    };
    const { writeKey } = await json("POST", "/v1/sources", 201, { key: keys.admin, body: source });
    const body = new URLSearchParams({ "Ihre Adresse": "mia@example.com", Budget: "10k" }).toString();
    const response = await navigate(`/v1/forms/quote?writeKey=${writeKey}`, body, "https://www.example.com");
    expect([response.status, response.location]).toEqual([303, "https://www.example.com/danke"]);
    await drain();
    expect(await contact("mia@example.com")).toMatchObject({ touches: 1 });
  });
});

describe("check-ins", () => {
  test("a list as CSV, with the headers event apps use", async () => {
    const { json, store, contact } = product();
    const csv = [
      "Badge ID;First Name;Last Name;Email Address;Company;Event Name;Checked In At",
      "1;Jo;Doe;jo@example.com;Acme;Expo;2026-11-10T09:00:00Z",
      "2;Al;Roe;no address;Acme;Expo;2026-11-10T09:05:00Z",
    ].join("\r\n");
    const receipt = await json("POST", "/v1/check-ins", 202, {
      key: keys.server,
      body: csv,
      headers: { "content-type": "text/csv" },
    });
    expect(receipt).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: "invalid_email" }] });
    await store([]);
    expect(await contact("jo@example.com")).toMatchObject({
      traits: { firstName: "Jo", company: "Acme" },
      touches: 1,
    });
  });

  test("a list of one event, named in the URL", async () => {
    const { json, drain, contact } = product();
    const csv = "Email,Checked In At\nsolo@example.com,2026-11-10T09:00:00Z\n";
    const headers = { "content-type": "text/csv" };
    const path = "/v1/check-ins?eventId=expo&eventName=Expo";
    expect(await json("POST", path, 202, { key: keys.server, body: csv, headers })).toMatchObject({
      accepted: 1,
    });
    await drain();
    const found = await contact("solo@example.com");
    const { items } = await json("GET", `/v1/contacts/${found!.id}/timeline`, 200, { key: keys.read });
    expect(items[0].asset).toEqual({ id: "expo", name: "Expo" });
  });

  test("one badge at two events is two touches; scanned twice at one, it is one", async () => {
    const { json, drain, contact } = product();
    const scan = (event: string) => ({
      id: "badge-1",
      event: { id: event },
      attendee: { email: "badge@example.com" },
      checkedInAt: "2026-11-10T09:00:00Z",
    });
    await json("POST", "/v1/check-ins", 202, { key: keys.server, body: [scan("a"), scan("b"), scan("a")] });
    await drain();
    expect((await contact("badge@example.com"))?.touches).toBe(2);
  });
});

describe("tracked links", () => {
  const make = (body: Json) =>
    product().json("POST", "/v1/links", 200, {
      key: keys.read,
      body: { url: "https://www.example.com/a?b=1", ...body },
    });

  test("a forged or foreign link does not redirect", async () => {
    const { url } = await make({});
    const [link] = new URL(url).pathname.slice(3).split(".");
    const forged = `${link!.slice(0, 10)}${link![10] === "A" ? "B" : "A"}${link!.slice(11)}`;
    for (const token of [forged, "x", "", `${link}x`]) {
      const response = await product().request("GET", `/c/${token}.`);
      expect([response.status, response.headers.get("location")]).toEqual([404, null]);
    }
  });

  test("a target beyond ASCII is reached in its ASCII spelling", async () => {
    const { url } = await make({ url: "https://www.example.com/日本?q=größe" });
    const response = await product().request("GET", url);
    expect(response.headers.get("location")).toBe(
      "https://www.example.com/%E6%97%A5%E6%9C%AC?q=gr%C3%B6%C3%9Fe",
    );
  });

  test("an unfilled or forged person is redirected and recorded nowhere", async () => {
    const { url } = await make({ mergeField: "*|TOUCHLINE|*" });
    expect(decodeURI(url).endsWith(".*|TOUCHLINE|*")).toBe(true);
    const response = await product().request("GET", url);
    expect([response.status, response.headers.get("location")]).toEqual([
      302,
      "https://www.example.com/a?b=1",
    ]);
  });

  test("a person token is short and the same for all campaigns; its click stands with the person", async () => {
    const { json, request, drain, contact } = product();
    const list = "Email\r\nTok@Example.com\r\n";
    const csv = await (
      await request("POST", "/v1/link-tokens", {
        key: keys.read,
        body: list,
        headers: { "content-type": "text/csv" },
      })
    ).text();
    const person = csv.split("\r\n")[1]!.split(",")[1]!;
    expect(person.length).toBeLessThanOrEqual(80);
    const tokens = await json("POST", "/v1/link-tokens", 200, {
      key: keys.read,
      body: { recipients: ["tok@example.com"] },
    });
    expect(tokens.items).toEqual([{ email: "tok@example.com", person }]);
    const { url } = await make({ campaign: { name: "Launch" } });
    for (const method of ["GET", "HEAD"]) {
      expect((await request(method, url.replace("{{touchline_person}}", person))).status).toBe(302);
    }
    await drain();
    const found = await contact("tok@example.com");
    expect(found).toMatchObject({ identifiers: [{ type: "email", value: "tok@example.com" }], touches: 2 });
  });
});
