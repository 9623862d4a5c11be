import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { accountSchema } from "../../shared/query/account-answer.ts";
import * as answers from "../../shared/query/answers.ts";
import { daysAgo, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

/** Touches of so many campaigns, one a day, the last one yesterday. */
const touches = (email: string, count: number, more: Json = {}): Json[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${email}-${i}`,
    channel: i % 2 ? "email_click" : "form",
    occurredAt: daysAgo(count - i),
    identifiers: { email },
    campaign: { name: `Campaign ${i}` },
    ...more,
  }));

const account = (domain: string, status = 200, query = "") =>
  product().json("GET", `/v1/accounts/${encodeURIComponent(domain)}${query}`, status, { key: keys.sales });

const hasShape = (schema: z.core.$ZodType, value: unknown) =>
  expect(z.safeParse(schema, value).error?.issues ?? []).toEqual([]);

const idOf = async (email: string): Promise<string> => (await product().contact(email))!.id;

const evidence = async (email: string) =>
  product().json("GET", `/v1/contacts/${await idOf(email)}/evidence`, 200, { key: keys.read });

const setPolicy = (policy: Json) =>
  product().json("PUT", "/v1/policy", 200, { key: keys.sales, body: policy });

beforeAll(async () => {
  await product().store([
    ...touches("ada@buyer.example", 8, {
      traits: { firstName: "Ada", lastName: "Lovelace", jobTitle: "Head of Marketing", country: "DE" },
    }),
    ...touches("bob@eu.buyer.example", 2),
    { id: "old", channel: "form", occurredAt: daysAgo(900), identifiers: { email: "eve@buyer.example" } },
    ...touches("info@buyer.example", 1),
    ...touches("pat@gmail.com", 1),
  ]);
});

describe("an account", () => {
  test("is a company's contacts, their touches together and their leads", async () => {
    await product().night();
    const answer = await account("buyer.example");
    hasShape(accountSchema, answer);
    expect(answer).toMatchObject({
      domain: "buyer.example",
      engaged: 2,
      counted: 10,
      points: 10,
      complete: true,
      reach: null,
    });
    const items = answer.contacts.items as Json[];
    expect(items.map(({ email, count }) => [email, count]).sort()).toEqual([
      ["ada@buyer.example", 8],
      ["bob@eu.buyer.example", 2],
      ["eve@buyer.example", 0],
      ["info@buyer.example", 0],
    ]);
    expect(items.find(({ email }) => email === "ada@buyer.example")).toEqual({
      id: await idOf("ada@buyer.example"),
      email: "ada@buyer.example",
      name: "Ada Lovelace",
      jobTitle: "Head of Marketing",
      count: 8,
      points: 8,
      lifecycle: "qualified",
      segments: [],
      firstTouchAt: daysAgo(8),
      lastTouchAt: daysAgo(1),
    });
    expect(items.find(({ email }) => email === "eve@buyer.example")).toMatchObject({
      firstTouchAt: daysAgo(900),
      name: null,
    });
    expect(answer.campaigns.slice(0, 3)).toEqual([
      { campaign: "Campaign 0", counted: 2, contacts: 2 },
      { campaign: "Campaign 1", counted: 2, contacts: 2 },
      { campaign: "Campaign 2", counted: 1, contacts: 1 },
    ]);
    expect(answer.leads).toMatchObject([
      { contactId: await idOf("ada@buyer.example"), status: "exported", cycle: "first" },
    ]);
  });

  test("shows what all of them did, newest first, each touch with whose it is and why it does not count", async () => {
    const { touches } = await account("buyer.example");
    expect(touches).toHaveLength(12);
    const times = touches.map((touch: Json) => touch.occurredAt);
    expect(times).toEqual(times.toSorted().reverse());
    const reasons = Object.groupBy(touches as Json[], ({ reason }) => String(reason));
    expect(Object.keys(reasons).sort()).toEqual(["null", "out_of_window", "role_address"]);
    expect(reasons.role_address).toMatchObject([
      { contactId: await idOf("info@buyer.example"), counted: false },
    ]);
  });

  test.each(["BUYER.example", "www.buyer.example", "eu.buyer.example", "buyer.example."])(
    "is found by %s",
    async (domain) => {
      expect(await account(domain)).toMatchObject({ domain: "buyer.example", counted: 10 });
    },
  );

  test.each(["https://buyer.example", "buyer.example/x", "localhost", "co.uk", "10.0.0.1"])(
    "%s is no domain",
    async (domain) => {
      expect(await account(domain, 400)).toMatchObject({ code: "invalid_domain", field: "domain" });
    },
  );

  test("of freemail there is none, and it says so", async () => {
    expect(await account("gmail.com", 404)).toMatchObject({ code: "no_account" });
    expect(await account("nobody.example", 404)).toMatchObject({ code: "not_found" });
    expect(await product().contact("pat@gmail.com")).toMatchObject({ account: null });
    expect(await product().contact("bob@eu.buyer.example")).toMatchObject({ account: "buyer.example" });
  });

  test("of many is told page by page, a contact with two addresses once, the sums each time", async () => {
    const people = Array.from({ length: 6 }, (_, i) => `p${i}@large.example`);
    await product().store([
      ...people.flatMap((email) => touches(email, 2)),
      // Two addresses, one person.
      ...["p0@large.example", "p0.x@large.example"].map((email, i) => ({
        id: `both-${i}`,
        channel: "meeting",
        occurredAt: daysAgo(1, 12),
        identifiers: { email, user: "u-p0" },
      })),
    ]);
    const seen: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page: Json = await account("large.example", 200, `?limit=2${next && `&cursor=${next}`}`);
      hasShape(accountSchema, page);
      expect(page).toMatchObject({ engaged: 6, complete: true });
      expect(page.contacts.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.contacts.items.map(({ id }: Json) => id));
      next = page.contacts.next;
    }
    expect(seen).toHaveLength(6);
    expect(new Set(seen).size).toBe(6);
    expect(await account("large.example", 400, "?cursor=x")).toMatchObject({ code: "invalid_cursor" });
  });
});

describe("segments", () => {
  test("are shown on the contact, in the account and in the export", async () => {
    const segments = {
      "marketing-dach": { country: { $in: ["de", "AT"] }, jobTitle: { $contains: "marketing" } },
      "key-accounts": { domain: { $in: ["target.example", "buyer.example"] } },
      others: { domain: { $nin: ["target.example"] } },
    };
    await setPolicy({ segments });
    expect(await product().json("GET", "/v1/policy", 200, { key: keys.read })).toMatchObject({ segments });
    await product().store(
      touches("kim@target.example", 8, { traits: { jobTitle: "VP Marketing", country: "DE" } }),
    );
    const names = ["key-accounts", "marketing-dach"];
    expect(await product().contact("kim@target.example")).toMatchObject({ segments: names });
    expect((await account("target.example")).contacts.items).toMatchObject([{ segments: names }]);

    const { runId } = await product().night();
    const csv = await product().file(runId!, "leads.csv");
    expect(csv.split("\r\n")[0]).toMatch(/,evidenceUrl,segments,account,fastTrack$/);
    expect(csv).toMatch(/,key-accounts; marketing-dach,target\.example,\r\n/);
    const lines = (await product().file(runId!, "leads.jsonl")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { email: "kim@target.example", segments: names },
    ]);
  });

  test("whose rules could run something, or say nothing, are refused with the path", async () => {
    const body = { segments: { bad: { country: { $where: "process.exit()" }, land: "DE" } } };
    const problem = await product().json("PUT", "/v1/policy", 400, { key: keys.sales, body });
    expect(problem.code).toBe("invalid_policy");
    expect(problem.issues.map(({ field }: Json) => field)).toEqual([
      "segments.bad.country.$where",
      "segments.bad.land",
    ]);
  });
});

describe("a policy that asks for an account's reach", () => {
  test("holds a contact back until the company has it; then a colleague's touch makes the lead", async () => {
    await setPolicy({ account: { threshold: 10, minContacts: 2 } });
    await product().store([...touches("lea@team.example", 9), ...touches("pat.lone@gmail.com", 12)]);
    const first = await product().night();
    expect(first.counts).toMatchObject({ leads: 0 });
    expect(await evidence("lea@team.example")).toMatchObject({
      count: 9,
      qualifiedAt: null,
      accountReach: {
        domain: "team.example",
        contacts: 1,
        points: 9,
        threshold: 10,
        minContacts: 2,
        reached: false,
      },
    });
    hasShape(answers.evidenceSchema, await evidence("lea@team.example"));
    // Without a company there is nothing that could have the reach.
    expect(await evidence("pat.lone@gmail.com")).toMatchObject({
      qualifiedAt: null,
      accountReach: { domain: null, reached: false },
    });

    await product().store(touches("max@team.example", 1));
    const second = await product().night();
    expect(second.counts).toMatchObject({ leads: 1 });
    expect(await product().file(second.runId!, "leads.csv")).toContain("lea@team.example");
    expect(await evidence("lea@team.example")).toMatchObject({
      qualifiedAt: expect.any(String),
      accountReach: { contacts: 2, points: 10, reached: true },
    });
    expect(await account("team.example")).toMatchObject({
      reach: { threshold: 10, minContacts: 2, reached: true },
    });
  });
});
