import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { routeKey, routes } from "../../shared/http/routes.ts";
import * as answers from "../../shared/query/answers.ts";
import { contactSchema } from "../../shared/query/contact-answer.ts";
import { leadAnswerSchema } from "../../shared/query/lead-answers.ts";
import { timelineItemSchema } from "../../shared/query/person-answers.ts";
import { policyAnswerSchema } from "../../shared/query/policy-operations.ts";
import { daysAgo, eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

/** The answer has exactly the shape that OpenAPI tells. */
const hasShape = (schema: z.core.$ZodType, value: unknown) => {
  const result = z.safeParse(schema, value);
  expect(result.error?.issues ?? []).toEqual([]);
};

let id = "";
let lead: Json = {};

beforeAll(async () => {
  const { store, contact, night, json } = product();
  await store([
    ...eightTouches("pat@example.com"),
    {
      id: "same-day",
      channel: "form",
      occurredAt: daysAgo(2, 11),
      identifiers: { email: "pat@example.com" },
      campaign: { name: "Campaign 6" },
    },
    { id: "page", channel: "page", identifiers: { email: "pat@example.com" } },
  ]);
  id = (await contact("pat@example.com"))!.id;
  await night();
  lead = (await json("GET", "/v1/leads", 200, { key: keys.sales })).items[0];
});

describe("roles", () => {
  const guarded = routes.filter((route) => typeof route.access === "object");
  test.each(guarded.map((route) => [routeKey(route), route] as const))("%s", async (_, route) => {
    const path = route.path.replace(/\{\w+\}/g, "0");
    for (const role of ["read", "sales", "admin"] as const) {
      const response = await product().request(route.method, path, {
        key: keys[role],
        body: route.method === "GET" ? undefined : "not json",
      });
      const allowed = role === "admin" || (route.access as readonly string[]).includes(role);
      // An admin's POST of exports with a body that is no JSON is refused for its body: 400 is past the check of the role.
      expect([role, response.status === 403]).toEqual([role, !allowed]);
      expect(response.status).toBeLessThan(500);
    }
  });

  test("without or with a wrong key the gateway refuses by itself", async () => {
    expect((await product().request("GET", "/v1/me")).status).toBe(401);
    expect((await product().request("GET", "/v1/me", { key: "wrong" })).status).toBe(403);
    expect((await product().request("GET", "/v1/me", { key: keys.server })).status).toBe(403);
    expect(await product().json("GET", "/v1/me", 200, { key: keys.sales })).toMatchObject({ role: "sales" });
  });
});

describe("contacts", () => {
  test("found by one strong identifier, whole", async () => {
    const { json } = product();
    const list = await json("GET", "/v1/contacts?email=%20PAT@example.com", 200, { key: keys.read });
    hasShape(answers.listOf(contactSchema), list);
    expect(list.items).toHaveLength(1);
    hasShape(contactSchema, await json("GET", `/v1/contacts/${id}`, 200, { key: keys.sales }));
    expect(
      (await json("GET", "/v1/contacts?email=pat+x@example.com", 200, { key: keys.read })).items,
    ).toEqual([]);
    expect((await json("GET", "/v1/contacts?user=nobody", 200, { key: keys.read })).items).toEqual([]);
  });

  test.each([
    ["", "one_identifier"],
    ["?email=a@example.com&user=1", "one_identifier"],
    ["?email=nobody", "invalid_identifier"],
    ["?phone=1", "unknown_field"],
  ])("asked by %j", async (query, code) => {
    expect(await product().json("GET", `/v1/contacts${query}`, 400, { key: keys.read })).toMatchObject({
      code,
    });
  });

  test.each(["0", "../x", "00000000-0000-4000-8000-000000000000"])("no contact %s", async (other) => {
    await product().json("GET", `/v1/contacts/${encodeURIComponent(other)}`, 404, { key: keys.read });
  });

  test("crm and user ids are found under their own spelling", async () => {
    const { store, json } = product();
    await store([
      { channel: "call", direction: "outbound", identifiers: { crm: "Salesforce:00Q5f00000ABCDEAAQ" } },
      { channel: "page", identifiers: { user: "u-42" } },
    ]);
    const byCrm = await json("GET", "/v1/contacts?crm=salesforce:00Q5f00000ABCDE", 200, { key: keys.read });
    expect(byCrm.items[0]).toMatchObject({
      identifiers: [{ type: "crm", value: "salesforce:00Q5f00000ABCDE" }],
      count: 0,
    });
    const byUser = await json("GET", "/v1/contacts?user=u-42", 200, { key: keys.read });
    expect(byUser.items[0]).toMatchObject({ touches: 1 });
  });

  test("identifiers seen together are one contact, from both sides", async () => {
    const { store, json } = product();
    await store([
      {
        channel: "meeting",
        identifiers: { email: "two@example.com", crm: "hubspot:17" },
        occurredAt: "2026-11-01T10:20:00Z",
      },
    ]);
    const [one] = (await json("GET", "/v1/contacts?email=two@example.com", 200, { key: keys.read })).items;
    const [other] = (await json("GET", "/v1/contacts?crm=hubspot:17", 200, { key: keys.read })).items;
    expect(other).toEqual(one);
    expect(one.identifiers).toEqual([
      { id: one.id, type: "crm", value: "hubspot:17", shared: false },
      { id: expect.any(String), type: "email", value: "two@example.com", shared: false },
    ]);
    expect(one.links).toEqual([
      {
        identifiers: one.identifiers.map(({ id }: Json) => id).sort(),
        firstSeen: "2026-11-01T10:00:00.000Z",
        lastSeen: "2026-11-01T10:00:00.000Z",
        sources: ["local-server"],
      },
    ]);
    expect(one.touches).toBe(1);
  });
});

describe("timeline and evidence", () => {
  const timeline = (query: string) =>
    product().json("GET", `/v1/contacts/${id}/timeline${query}`, 200, { key: keys.read });

  test("newest first, each touch counted or not, with the reason", async () => {
    const list = await timeline("");
    hasShape(answers.listOf(timelineItemSchema), list);
    const times = list.items.map((touch: Json) => touch.occurredAt);
    expect(times).toEqual([...times].sort().reverse());
    const reasons = list.items.map(({ counted, reason }: Json) => (counted ? "counted" : reason));
    expect(reasons.toSorted()).toEqual(
      [...Array(8).fill("counted"), "channel_weight_zero", "repeat"].toSorted(),
    );
  });

  test.each([
    ["?channel=page", 1],
    ["?counted=true", 8],
    ["?counted=false", 2],
    ["?campaign=Campaign%206", 2],
    ["?campaign=campaign-6&counted=true", 1],
    [`?to=${daysAgo(5)}`, 4],
    [`?from=${daysAgo(5)}`, 7],
  ])("filtered %s", async (query, length) => {
    expect((await timeline(query)).items).toHaveLength(length);
  });

  test("pages join up to the whole, whatever their size", async () => {
    const whole = (await timeline("")).items.map((touch: Json) => touch.id);
    for (const limit of [1, 3, 200]) {
      const joined: string[] = [];
      let next: string | null = "";
      while (next !== null) {
        const page = await timeline(`?limit=${limit}${next ? `&cursor=${next}` : ""}`);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        joined.push(...page.items.map((touch: Json) => touch.id));
        next = page.next as string | null;
      }
      expect(joined).toEqual(whole);
    }
  });

  test.each([
    "?limit=0",
    "?limit=201",
    "?limit=x",
    "?cursor=zzz",
    "?from=yesterday",
    "?channel=fax",
    "?frm=1",
  ])("refused %s", async (query) => {
    const problem = await product().json("GET", `/v1/contacts/${id}/timeline${query}`, 400, {
      key: keys.read,
    });
    hasShape(answers.problemSchema, problem);
    expect(problem.field).toBe(query.slice(1).split("=")[0]);
  });

  test("the evidence's sum is its count", async () => {
    const evidence = await product().json("GET", `/v1/contacts/${id}/evidence`, 200, { key: keys.sales });
    hasShape(answers.evidenceSchema, evidence);
    expect(evidence.touches.filter((touch: Json) => touch.counted)).toHaveLength(evidence.count);
    expect(evidence).toMatchObject({
      count: 8,
      threshold: 8,
      policyVersion: 0,
      qualifiedAt: lead.qualifiedAt,
    });
  });
});

describe("leads and exports", () => {
  test("leads by status, with their proof", async () => {
    const { json } = product();
    const list = await json("GET", "/v1/leads?status=exported", 200, { key: keys.read });
    hasShape(answers.listOf(answers.leadEntrySchema), list);
    expect(list.items.map((one: Json) => one.leadId)).toEqual([lead.leadId]);
    expect((await json("GET", "/v1/leads?status=qualified", 200, { key: keys.read })).items).toEqual([]);
    expect(
      (await json("GET", `/v1/leads?since=${new Date().toISOString()}`, 200, { key: keys.read })).items,
    ).toEqual([]);
    const whole = await json("GET", `/v1/leads/${lead.leadId}`, 200, { key: keys.sales });
    hasShape(leadAnswerSchema, whole);
    await json("GET", `/v1/leads/${id}.second`, 404, { key: keys.sales });
  });

  test("a lead's evidence page opens by its link alone, and by no other", async () => {
    const { json, request } = product();
    const { evidenceUrl } = await json("GET", `/v1/leads/${lead.leadId}`, 200, { key: keys.sales });
    const page = await request("GET", evidenceUrl);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(
      (await request("GET", `${evidenceUrl.slice(0, -1)}${evidenceUrl.endsWith("A") ? "B" : "A"}`)).status,
    ).toBe(404);
  });

  test("runs, newest first, page after page; files only of a run", async () => {
    const { json, night, request } = product();
    await night();
    const list = await json("GET", "/v1/exports?limit=1", 200, { key: keys.read });
    hasShape(answers.listOf(answers.runSchema), list);
    const older = await json("GET", `/v1/exports?limit=1&cursor=${list.next}`, 200, { key: keys.read });
    expect([list.items[0].runId, older.items[0].runId, older.next]).toEqual(["000002", "000001", null]);
    hasShape(answers.runAnswerSchema, await json("GET", "/v1/exports/000001", 200, { key: keys.sales }));
    await json("GET", "/v1/exports/000009", 404, { key: keys.read });
    expect((await request("GET", "/v1/exports/000001/files/members.json", { key: keys.admin })).status).toBe(
      404,
    );
    await json("POST", "/v1/exports", 400, { key: keys.admin, body: { asOf: "yesterday" } });
  });
});

describe("settings", () => {
  test("of the product are read by all, set by administrators, and in force with the next export", async () => {
    const { json, night } = product();
    const before = await json("GET", "/v1/settings", 200, { key: keys.read });
    expect(before).toMatchObject({ exportFormats: ["csv"], updatedBy: null });
    const body = { exportFormats: ["csv", "hubspot"] };
    await json("PUT", "/v1/settings", 403, { key: keys.sales, body });
    const refused = await json("PUT", "/v1/settings", 400, { key: keys.admin, body: { formats: [] } });
    expect(refused).toMatchObject({ code: "unknown_field", field: "formats" });
    const after = await json("PUT", "/v1/settings", 200, { key: keys.admin, body });
    expect(await json("GET", "/v1/settings", 200, { key: keys.sales })).toEqual(after);
    expect(after.updatedBy).toEqual(expect.any(String));
    const { runId } = await night();
    const { files } = await json("GET", `/v1/exports/${runId}`, 200, { key: keys.sales });
    expect(files.map(({ name }: Json) => name)).toContain("hubspot-leads-001.csv");
    await json("PUT", "/v1/settings", 200, { key: keys.admin, body: {} });
  });

  test("a policy is versioned, and a wrong one is refused with every field that is wrong", async () => {
    const { json } = product();
    const one = await json("PUT", "/v1/policy", 200, { key: keys.sales, body: { threshold: 9 } });
    const two = await json("PUT", "/v1/policy", 200, { key: keys.sales, body: {} });
    expect(two.version).toBe(one.version + 1);
    hasShape(policyAnswerSchema, two);
    expect(await json("GET", "/v1/policy", 200, { key: keys.read })).toEqual(two);
    expect(await json("GET", `/v1/contacts/${id}`, 200, { key: keys.read })).toMatchObject({
      policyVersion: two.version,
    });
    // What was read can be put back.
    expect(await json("PUT", "/v1/policy", 200, { key: keys.sales, body: two })).toMatchObject({
      version: two.version + 1,
    });
    const problem = await json("PUT", "/v1/policy", 400, {
      key: keys.sales,
      body: { threshold: "8", timeZone: "Mars/Base", windowDay: 1 },
    });
    expect(problem.issues.map((issue: Json) => issue.field)).toEqual(
      expect.arrayContaining(["threshold", "timeZone"]),
    );
  });

  test("a source's key works, rotates with an overlap, and ends with the source", async () => {
    const { json, request } = product();
    const admin = { key: keys.admin };
    const made = await json("POST", "/v1/sources", 201, {
      ...admin,
      body: { id: "events-app", type: "server" },
    });
    hasShape(answers.sourceSchema, made);
    await json("POST", "/v1/sources", 409, { ...admin, body: { id: "events-app", type: "server" } });
    await json("POST", "/v1/sources", 400, { ...admin, body: { id: "Events App", type: "server" } });
    const send = async (key: string) =>
      (
        await request("POST", "/v1/touchpoints", {
          key,
          body: { channel: "form", identifiers: { email: "k@example.com" } },
        })
      ).status;
    expect(await send(made.writeKey)).toBe(202);
    const rotated = await json("PATCH", "/v1/sources/events-app", 200, {
      ...admin,
      body: { rotateKey: { overlapHours: 1 } },
    });
    expect([await send(made.writeKey), await send(rotated.writeKey)]).toEqual([202, 202]);
    const list = await json("GET", "/v1/sources", 200, admin);
    hasShape(answers.listOf(answers.sourceSchema), list);
    expect(JSON.stringify(list)).not.toContain(rotated.writeKey);
    expect((await request("DELETE", "/v1/sources/events-app", admin)).status).toBe(204);
    await json("PATCH", "/v1/sources/events-app", 404, { ...admin, body: {} });
    expect(
      (await json("GET", "/v1/sources", 200, admin)).items.map((source: Json) => source.id),
    ).not.toContain("events-app");
  });

  test("an API key works, is listed without its secret, and is revoked", async () => {
    const { json, request } = product();
    const made = await json("POST", "/v1/keys", 201, {
      key: keys.admin,
      body: { role: "read", name: "dashboard" },
    });
    hasShape(answers.newApiKeySchema, made);
    expect(await json("GET", "/v1/me", 200, { key: made.key })).toEqual({ role: "read", keyId: made.id });
    const list = await json("GET", "/v1/keys", 200, { key: keys.admin });
    hasShape(answers.listOf(answers.apiKeySchema), list);
    expect(JSON.stringify(list)).not.toContain(made.key);
    expect((await request("DELETE", `/v1/keys/${made.id}`, { key: keys.admin })).status).toBe(204);
    // Only the gateway still remembers, for a minute.
    const { runtime } = product();
    const asked = await runtime.invoke("authorizer", { identitySource: [`Bearer ${made.key}`] });
    expect(asked).toMatchObject({ isAuthorized: false });
    const { keyId } = await json("GET", "/v1/me", 200, { key: keys.admin });
    await json("DELETE", `/v1/keys/${keyId}`, 400, { key: keys.admin });
  });

  test("the first admin key is minted by invoking a function, and by no route", async () => {
    const { runtime, json } = product();
    const minted = (await runtime.invoke("mint-key", { name: "first" })) as { id: string; key: string };
    expect(await json("GET", "/v1/me", 200, { key: minted.key })).toEqual({
      role: "admin",
      keyId: minted.id,
    });
  });
});

describe("the API tells itself", () => {
  test("OpenAPI has every route that takes JSON or answers it, and every reference is whole", async () => {
    const document = await product().json("GET", "/openapi.json", 200);
    expect(document.openapi).toBe("3.1.0");
    const described = Object.entries(document.paths as Json).flatMap(([path, methods]) =>
      Object.keys(methods as Json).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const wanted = routes.filter(
      ({ method, path }) => !["OPTIONS", "HEAD"].includes(method) && !["/", "/openapi.json"].includes(path),
    );
    expect(described.toSorted()).toEqual(wanted.map(routeKey).toSorted());
    expect(
      document.paths["/v1/touchpoints"].post.requestBody.content["application/json"].schema.anyOf[0]
        .properties.channel.enum,
    ).toContain("meeting");
  });

  test("the root says where to begin", async () => {
    const page = await (await product().request("GET", "/")).text();
    expect(page).toContain("Where to begin");
    expect(page).toContain(`${product().url}/v1/touchpoints`);
  });
});
