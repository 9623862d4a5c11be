import "../../laws/quiet.ts";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { Source } from "../../../shared/access/source.ts";
import { readFile } from "../../../shared/files/files.ts";
import { takeIn } from "../../../shared/ingest/intake.ts";
import type { LeadRecord } from "../../../shared/lead/lead.ts";
import { runFolder } from "../../../shared/lead/run.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import { listOf } from "../../../shared/query/answers.ts";
import type { Api } from "../../../shared/query/api.ts";
import {
  policyAnswerSchema,
  policyLifeSchema,
  policyVersionSchema,
} from "../../../shared/query/policy-operations.ts";
import { putItem } from "../../../shared/store/table.ts";
import { policyKey } from "../../../shared/table/keys.ts";
import { apiOf, ask } from "../../laws/ask.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { Processor } from "../../laws/pump.ts";
import { intakeOf } from "../../laws/world.ts";

const source: Source = { v: 1, id: "site", type: "server", createdAt: "2026-11-01T00:00:00.000Z" };
const start = "2026-11-20T10:00:00.000Z";

let world: MemoryWorld;
let api: Api;
beforeEach(async () => {
  world = await openMemoryWorld(start);
  api = apiOf(world);
});
const goTo = (time: string) => {
  world.now = Date.parse(time);
};

/** Forms filled in by somebody, one an hour up to now, each of a campaign of its own. */
async function fillsForms(email: string, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, index) => ({
    channel: "form" as const,
    occurredAt: new Date(world.now - index * 3_600_000).toISOString(),
    identifiers: { email },
    campaign: { id: `${email} ${index}` },
  }));
  await takeIn(
    intakeOf(world),
    items.map((item) => ({ item, touchpoint: item })),
    { source, route: "touchpoints", scope: "", now: world.clock() },
  );
  const processor = new Processor(world);
  while (await processor.batch());
}

/** @returns whom the night exported, by which version of the policy */
async function night(): Promise<[string | null, number][]> {
  const number = await oneNight(world);
  const lines = (await readFile(world.files, `${runFolder(number)}leads.jsonl`))!.split("\n");
  return lines.filter(Boolean).map((line) => {
    const { email, policyVersion } = JSON.parse(line) as LeadRecord;
    return [email, policyVersion];
  });
}

describe("a policy's life", () => {
  test("a draft changes nothing", async () => {
    await fillsForms("ada@work.example", 3);
    const drafted = await ask(api, "POST /v1/policies", { keyId: "ann", body: { threshold: 3 } });
    expect(drafted).toMatchObject({
      status: 201,
      body: {
        version: 1,
        state: "draft",
        madeAt: start,
        madeBy: "ann",
        approvals: [],
        inForce: [],
        threshold: 3,
      },
    });
    z.parse(policyVersionSchema, drafted.body);
    expect(await ask(api, "GET /v1/policy")).toEqual({
      status: 200,
      body: { version: 0, from: null, next: null, ...defaultPolicy },
    });
    expect(await night()).toEqual([]);
  });

  test("is in force from its day on, in its own time zone: each lead names the version that it qualified by", async () => {
    await ask(api, "PUT /v1/policy", { keyId: "ann", body: { threshold: 4 } });
    await fillsForms("eve@work.example", 4);
    await fillsForms("ada@work.example", 2);
    await ask(api, "POST /v1/policies", { body: { threshold: 2, timeZone: "Europe/Berlin" } });
    const approved = await ask(api, "POST /v1/policies/2/approve", {
      keyId: "bob",
      body: { comment: " Two will do ", from: "2026-11-22" },
    });
    const from = "2026-11-21T23:00:00.000Z";
    expect(approved).toMatchObject({
      status: 200,
      body: {
        version: 2,
        state: "scheduled",
        approvals: [{ by: "bob", at: start, comment: "Two will do", from }],
        inForce: [{ from, until: null }],
      },
    });
    z.parse(policyLifeSchema, approved.body);

    goTo("2026-11-21T22:59:59.999Z");
    const before = await ask(api, "GET /v1/policy");
    expect(before.body).toMatchObject({ version: 1, threshold: 4, next: { version: 2, from } });
    z.parse(policyAnswerSchema, before.body);
    expect(await night()).toEqual([["eve@work.example", 1]]);

    // The answers of one instance may lag a second.
    goTo("2026-11-21T23:00:01.000Z");
    expect((await ask(api, "GET /v1/policy")).body).toMatchObject({ version: 2, from, next: null });
    expect(
      (await ask(api, "GET /v1/contacts", { query: { email: "ada@work.example" } })).body.items,
    ).toMatchObject([{ policyVersion: 2 }]);
    goTo("2026-11-22T04:00:00.000Z");
    expect(await night()).toEqual([["ada@work.example", 2]]);

    // Approved again, the first is the way back.
    await ask(api, "POST /v1/policies/1/approve", { keyId: "ann", body: {} });
    goTo("2026-11-22T05:00:00.000Z");
    await fillsForms("cem@work.example", 2);
    expect(await night()).toEqual([]);
    const { body } = await ask(api, "GET /v1/policies", { role: "read" });
    z.parse(listOf(policyLifeSchema), body);
    expect(body).toEqual({
      items: [
        {
          version: 2,
          state: "past",
          madeAt: start,
          madeBy: "sales",
          approvals: [{ by: "bob", at: start, comment: "Two will do", from }],
          inForce: [{ from, until: "2026-11-22T04:00:00.000Z" }],
        },
        {
          version: 1,
          state: "in_force",
          madeAt: start,
          madeBy: "ann",
          approvals: [
            { by: "ann", at: start, comment: null, from: start },
            { by: "ann", at: "2026-11-22T04:00:00.000Z", comment: null, from: "2026-11-22T04:00:00.000Z" },
          ],
          inForce: [
            { from: start, until: from },
            { from: "2026-11-22T04:00:00.000Z", until: null },
          ],
        },
        {
          version: 0,
          state: "past",
          madeAt: null,
          madeBy: null,
          approvals: [],
          inForce: [{ from: null, until: start }],
        },
      ],
      next: null,
    });
  });

  test("is told whole, and what was told can be sent back", async () => {
    await ask(api, "PUT /v1/policy", { body: { threshold: 4, weights: [{ asset: "demo", points: 3 }] } });
    const told = (await ask(api, "GET /v1/policies/1")).body;
    expect(told).toMatchObject({ version: 1, state: "in_force", threshold: 4, windowDays: 180 });
    z.parse(policyVersionSchema, told);
    for (const [request, status] of [
      ["POST /v1/policies", 201],
      ["PUT /v1/policy", 200],
    ] as const) {
      const sent = await ask(api, request, { body: told });
      expect(sent).toMatchObject({ status, body: { threshold: 4, weights: [{ asset: "demo", points: 3 }] } });
    }
    const inForce = (await ask(api, "GET /v1/policy")).body;
    expect(inForce).toMatchObject({ version: 3 });
    expect(await ask(api, "PUT /v1/policy", { body: inForce })).toMatchObject({
      status: 200,
      body: { version: 4 },
    });
    expect(await ask(api, "POST /v1/policies", { body: { ...told, treshold: 1 } })).toMatchObject({
      status: 400,
      body: { code: "invalid_policy", field: "treshold" },
    });
  });

  test("begins at once, at an instant, or at the beginning of a day; never in the past", async () => {
    await ask(api, "POST /v1/policies", { body: { timeZone: "America/New_York" } });
    const approve = async (body: unknown) => {
      const answered = await ask(api, "POST /v1/policies/1/approve", { body });
      return answered.status === 200 ? answered.body.approvals.at(-1).from : answered.body.code;
    };
    expect(await approve(undefined)).toBe(start);
    expect(await approve({ from: null, comment: "" })).toBe(start);
    expect(await approve({ from: "2026-11-20T11:00:00+01:00" })).toBe(start);
    world.now += 1_000;
    expect(await approve({ from: "2026-11-21" })).toBe("2026-11-21T05:00:00.000Z");
    expect(await approve({ from: start })).toBe("in_the_past");
    expect(await approve({ from: "2026-11-20" })).toBe("in_the_past");
    expect(await approve({ from: "2026-02-30" })).toBe("invalid_time");
    expect(await approve({ from: "tomorrow" })).toBe("invalid_time");
    expect(await approve({ from: "2026-11-21T00:00:00" })).toBe("invalid_time");
    expect(await approve({ since: "2026-11-21" })).not.toMatch(/^2026/);
    // A day that has begun here and not there is still to come there.
    goTo("2026-11-21T04:59:59.999Z");
    expect(await approve({ from: "2026-11-21" })).toBe("2026-11-21T05:00:00.000Z");
    world.now += 2;
    expect(await approve({ from: "2026-11-21" })).toBe("in_the_past");
  });

  test("that is scheduled gives way to one approved later from the same day", async () => {
    await ask(api, "POST /v1/policies", { body: { threshold: 1 } });
    await ask(api, "POST /v1/policies/1/approve", { body: { from: "2026-11-21" } });
    await ask(api, "POST /v1/policies/0/approve", { body: { from: "2026-11-21", comment: "Not yet" } });
    expect((await ask(api, "GET /v1/policies/1")).body).toMatchObject({ state: "past", inForce: [] });
    goTo("2026-11-21T04:00:00.000Z");
    expect((await ask(api, "GET /v1/policy")).body).toMatchObject({ version: 0 });
  });

  test("is told by pages, the newest first", async () => {
    for (let count = 0; count < 4; count++) await ask(api, "POST /v1/policies", { body: {} });
    const pages: number[][] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: "2", ...(cursor === null ? {} : { cursor }) };
      const { body } = await ask(api, "GET /v1/policies", { query });
      pages.push(body.items.map(({ version }: { version: number }) => version));
      cursor = body.next;
    } while (cursor !== null);
    expect(pages).toEqual([[4, 3], [2, 1], [0]]);
    expect(await ask(api, "GET /v1/policies", { query: { cursor: "nonsense" } })).toMatchObject({
      status: 400,
    });
  });

  test("has a number of its own, of however many drafted at once", async () => {
    const drafted = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        ask(api, "POST /v1/policies", { body: { threshold: index + 1 } }),
      ),
    );
    const versions = drafted.map(({ body }) => body.version);
    expect(versions.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const [index, version] of versions.entries())
      expect((await ask(api, `GET /v1/policies/${version}`)).body).toMatchObject({ threshold: index + 1 });
  });

  test("keeps every word of those who approve at once", async () => {
    await ask(api, "POST /v1/policies", { body: {} });
    const words = ["one", "two", "three"];
    await Promise.all(
      words.map((comment) => ask(api, "POST /v1/policies/1/approve", { keyId: comment, body: { comment } })),
    );
    const { approvals } = (await ask(api, "GET /v1/policies/1")).body;
    expect(approvals.map(({ comment }: { comment: string }) => comment).toSorted()).toEqual(words.toSorted());
  });

  test.each([
    "GET /v1/policies/2",
    "POST /v1/policies/2/approve",
    "GET /v1/policies/one",
    "GET /v1/policies/-1",
  ])("%s is not found", async (request) => {
    await ask(api, "POST /v1/policies", { body: {} });
    expect(await ask(api, request)).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  test("is sales' own, or an administrator's", async () => {
    for (const request of ["POST /v1/policies", "POST /v1/policies/0/approve", "PUT /v1/policy"])
      expect(await ask(api, request, { role: "read", body: {} })).toMatchObject({ status: 403 });
    expect(await ask(api, "POST /v1/policies", { role: "admin", body: {} })).toMatchObject({ status: 201 });
    for (const request of ["GET /v1/policies", "GET /v1/policies/1", "GET /v1/policy"])
      expect(await ask(api, request, { role: "read" })).toMatchObject({ status: 200 });
  });

  test("goes on from what an earlier release put in force", async () => {
    const stored = async (version: number, policy: object, from: string) => {
      const body = JSON.stringify({ v: 1, version, policy: { ...defaultPolicy, ...policy }, from });
      await putItem(world.table, { ...policyKey(version), body });
    };
    await stored(1, { threshold: 5 }, "2026-11-01T00:00:00.000Z");
    await stored(2, { threshold: 6, astrology: true }, "2026-11-02T00:00:00.000Z");
    await stored(3, { threshold: 7 }, "2026-11-03T00:00:00.000Z");
    await ask(api, "POST /v1/policies", { body: {} });
    expect((await ask(api, "GET /v1/policy")).body).toMatchObject({
      version: 3,
      from: "2026-11-03T00:00:00.000Z",
      threshold: 7,
    });
    expect(await ask(api, "POST /v1/policies/1/approve")).toMatchObject({
      status: 200,
      body: { state: "in_force" },
    });
    expect((await ask(api, "GET /v1/policy")).body).toMatchObject({ version: 1, from: start, threshold: 5 });
    const { items } = (await ask(api, "GET /v1/policies")).body;
    const spans = items.map(
      ({ version, state, inForce }: { version: number; state: string; inForce: object[] }) => [
        version,
        state,
        inForce,
      ],
    );
    expect(spans).toEqual([
      [4, "draft", []],
      [3, "past", [{ from: "2026-11-03T00:00:00.000Z", until: start }]],
      [2, "past", [{ from: "2026-11-02T00:00:00.000Z", until: "2026-11-03T00:00:00.000Z" }]],
      [
        1,
        "in_force",
        [
          { from: "2026-11-01T00:00:00.000Z", until: "2026-11-02T00:00:00.000Z" },
          { from: start, until: null },
        ],
      ],
      [0, "past", [{ from: null, until: "2026-11-01T00:00:00.000Z" }]],
    ]);
    // What this release cannot judge by cannot come into force.
    for (const request of ["GET /v1/policies/2", "POST /v1/policies/2/approve"])
      expect(await ask(api, request)).toMatchObject({ status: 409, body: { code: "unreadable_policy" } });
  });
});
