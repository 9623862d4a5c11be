import "../../laws/quiet.ts";
import { beforeEach, describe, expect, test } from "vitest";
import type { Source } from "../../../shared/access/source.ts";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { readFile } from "../../../shared/files/files.ts";
import { takeIn } from "../../../shared/ingest/intake.ts";
import type { LeadRecord } from "../../../shared/lead/lead.ts";
import { defaultSettings } from "../../../shared/lead/product-settings.ts";
import { runFolder } from "../../../shared/lead/run.ts";
import type { Policy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { contactSchema } from "../../../shared/query/contact-answer.ts";
import { getContact } from "../../../shared/query/contacts.ts";
import { dealOperations, getDeal, postDeals, putDeal } from "../../../shared/query/deals.ts";
import { addPolicy, cachedPolicy } from "../../../shared/store/policies.ts";
import { putSettings } from "../../../shared/store/product-settings.ts";
import { cachedSuppressions } from "../../../shared/store/suppressions.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Identifiers } from "../../../shared/touchpoint/touch.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { Processor } from "../../laws/pump.ts";
import { intakeOf, namespace, nightOf } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const ada = "ada@acme.example";
const adaId = identifierId(namespace, "email", ada);
const sales = { role: "sales", keyId: "key-1" } as const;

let world: MemoryWorld;
let api: Api;
const usePolicy = async (more: Partial<Policy> = {}): Promise<void> => {
  await addPolicy(world.table, aPolicy({ threshold: 2, ...more }), world.clock());
};
beforeEach(async () => {
  world = await openMemoryWorld("2026-03-02T10:00:00.000Z");
  await usePolicy();
  const night = nightOf(world);
  api = {
    ...night,
    policy: cachedPolicy(world.table),
    suppressed: cachedSuppressions(night.table, night.secrets),
  } as Api;
});

const eventOf = (more: object): HttpEvent =>
  ({
    pathParameters: { id: "D-1" },
    queryStringParameters: {},
    headers: { "content-type": "application/json" },
    ...more,
  }) as unknown as HttpEvent;

const bodyOf = async <Body>(answer: Promise<{ body?: string | undefined }>): Promise<Body> =>
  JSON.parse((await answer).body ?? "null") as Body;

const put = async (deal: object, id = "D-1") =>
  dealOperations["PUT /v1/deals/{id}"].answer[1].parse(
    await bodyOf(putDeal(api, eventOf({ pathParameters: { id }, body: JSON.stringify(deal) }), sales)),
  );
const get = (id = "D-1") =>
  bodyOf(getDeal(api, eventOf({ pathParameters: { id } }))).then((body) =>
    dealOperations["GET /v1/deals/{id}"].answer[1].parse(body),
  );
const post = (body: string, contentType = "text/csv", query = {}) =>
  bodyOf<{ accepted: number; ids: string[]; rejected: object[] }>(
    postDeals(
      api,
      eventOf({ body, headers: { "content-type": contentType }, queryStringParameters: query }),
      sales,
    ),
  );
const contact = async (id = adaId) =>
  contactSchema.parse(await bodyOf(getContact(api, eventOf({ pathParameters: { id } }))));

describe("a deal", () => {
  test("is answered as it stands, with whom it names and what was said of it before", async () => {
    const contacts = [{ email: ada, role: "Buyer" }, { crm: "salesforce:0035f00000BBBBB" }];
    await put({
      stage: "Closed Won",
      amount: "1200.50",
      currency: "EUR",
      contacts,
      updatedAt: "2026-03-02T09:00:00Z",
    });
    const after = await put({ stage: "Proposal", owner: "Anna", updatedAt: "2026-03-01T09:00:00Z" });
    expect(after).toEqual(await get());
    expect(after).toMatchObject({
      id: "D-1",
      stage: "Closed Won",
      status: "won",
      amount: "1200.50",
      currency: "EUR",
      owner: null,
      contacts: [
        { id: adaId, role: "Buyer", identifiers: [{ id: adaId, value: ada }] },
        { role: null, identifiers: [{ value: "salesforce:0035f00000BBBBB" }] },
      ],
      history: [{ stage: "Closed Won" }, { stage: "Proposal", status: "open", owner: "Anna" }],
    });
  });

  test("makes somebody a contact of whom nothing else is known", async () => {
    await put({ stage: "Proposal", owner: "Anna", contacts: [{ email: ada }] });
    expect(await contact()).toMatchObject({
      identifiers: [{ value: ada }],
      account: "acme.example",
      lifecycle: "opportunity",
      deals: [{ id: "D-1", status: "open" }],
      owner: "Anna",
      owners: [{ owner: "Anna", by: "deal" }],
      touches: 0,
    });
  });

  test("that names somebody no longer is theirs no longer", async () => {
    await put({ stage: "Closed Won", contacts: [{ email: ada }], updatedAt: "2026-03-01T09:00:00Z" });
    expect(await contact()).toMatchObject({ lifecycle: "won" });
    await put({ stage: "Closed Won", contacts: [], updatedAt: "2026-03-01T10:00:00Z" });
    expect(await contact()).toMatchObject({ lifecycle: "engaged", deals: [] });
  });

  test("of which two things are said of one day has ended where one of them says so", async () => {
    const updatedAt = "2026-03-01T00:00:00Z";
    for (const stage of ["Proposal", "Closed Won", "Qualification", "Negotiation", "Prospecting"])
      await put({ stage, updatedAt });
    expect(await get()).toMatchObject({ stage: "Closed Won" });
  });

  test("that nobody has told is none", async () => {
    await expect(get("D-9")).rejects.toMatchObject({ members: { status: 404 } });
  });

  test.each([
    ["an amount as a number", { stage: "Proposal", amount: 1.5 }, "amount"],
    ["no stage", { amount: "1.5" }, "stage"],
  ])("with %s is refused with the field", async (_, deal, field) => {
    await expect(put(deal)).rejects.toMatchObject({ members: { status: 400, field } });
  });

  test("ends by the stages that the settings name", async () => {
    const deals = { wonStages: ["Signed"], lostStages: ["Parked"] };
    await putSettings(world.table, { ...defaultSettings, deals }, world.clock().toISOString(), "key");
    expect(await put({ stage: "signed" })).toMatchObject({ status: "won" });
    expect(await put({ stage: "Parked" }, "D-2")).toMatchObject({ status: "lost" });
  });
});

describe("a list of deals", () => {
  test("is taken but for what is wrong in it, and taken again changes nothing", async () => {
    const csv = [
      "Opportunity ID,Stage,Amount,Amount Currency,Last Modified Date,Contact ID,Contact Email,Contact Role",
      "D-1,Closed Won,1200.50,EUR,2026-03-01,,ada@acme.example,Buyer",
      "D-1,Closed Won,1200.50,EUR,2026-03-01,,bob@acme.example,User",
      'D-2,Proposal,"1,234",EUR,2026-03-01,,ada@acme.example,Buyer',
    ].join("\n");
    const first = await post(csv);
    expect(first).toMatchObject({
      accepted: 1,
      ids: ["D-1"],
      rejected: [{ index: 2, code: "ambiguous_amount", detail: expect.stringMatching(/^row 4/) }],
    });
    expect(dealOperations["POST /v1/deals"].answer[1].parse(first)).toEqual(first);
    const before = world.items();
    expect((await get()).contacts.map(({ role }) => role)).toEqual(["Buyer", "User"]);
    await post(csv);
    expect(world.items()).toEqual(before);
  });

  test("is refused where it names more people than can be written in a request's time", async () => {
    const contacts = Array.from({ length: 100 }, (_, index) => ({ user: `u-${index}` }));
    const deals = Array.from({ length: 101 }, (_, index) => ({
      id: `D-${index}`,
      stage: "Proposal",
      contacts,
      updatedAt: "2026-03-01T00:00:00Z",
    }));
    const refused = post(JSON.stringify(deals), "application/json");
    await expect(refused).rejects.toMatchObject({ members: { status: 413, code: "too_many_items" } });
    expect(world.items().filter(({ pk }) => pk.startsWith("deal#"))).toEqual([]);
  });

  test("as JSON tells each refusal by its index", async () => {
    const updatedAt = "2026-03-01T00:00:00Z";
    const deals = [{ id: "D-1", stage: "Proposal" }, { id: "D-2", stage: "Lost", updatedAt }, 7];
    expect(await post(JSON.stringify(deals), "application/json")).toMatchObject({
      accepted: 1,
      ids: ["D-2"],
      rejected: [
        { index: 0, field: "updatedAt" },
        { index: 2, code: "invalid_field" },
      ],
    });
  });
});

let sent = 0;
async function fillsForms(count: number, identifiers: Identifiers = { email: ada }): Promise<void> {
  const source: Source = { v: 1, id: "site", type: "server", createdAt: "2026-01-01T00:00:00.000Z" };
  for (let one = 0; one < count; one++) {
    world.now += hour;
    const occurredAt = world.clock().toISOString();
    const touchpoint = { channel: "form" as const, occurredAt, identifiers, campaign: { id: `c-${++sent}` } };
    const sending = { source, route: "touchpoints", scope: "", now: world.clock() };
    await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], sending);
  }
  const processor = new Processor(world);
  while (await processor.batch());
}

/** @returns whom the run exported */
async function night(): Promise<(string | null)[]> {
  world.now += 4 * hour;
  const number = await oneNight(world);
  const lines = (await readFile(world.files, `${runFolder(number)}leads.jsonl`))!.split("\n");
  return lines.filter(Boolean).map((line) => (JSON.parse(line) as LeadRecord).email);
}

const said = (stage: string, more: object = {}) =>
  put({ stage, contacts: [{ email: ada }], updatedAt: world.clock().toISOString(), ...more });

describe("whoever", () => {
  test("is in an open deal is no lead; once it is lost, again after 90 days and by newer touches alone", async () => {
    await said("Proposal", { closedAt: "2026-03-03T00:00:00Z" });
    await fillsForms(2);
    expect(await contact()).toMatchObject({ lifecycle: "opportunity", held: [{ code: "open_deal" }] });
    expect(await night()).toEqual([]);

    world.now += day;
    const lostAt = world.clock().toISOString();
    await said("Closed Lost", { closedAt: lostAt });
    const until = new Date(world.now + 90 * day).toISOString();
    expect(await contact()).toMatchObject({
      lifecycle: "lost",
      count: 0,
      held: [],
      cycle: { start: lostAt, opensAt: until, after: "lost" },
    });
    await fillsForms(2);
    expect(await contact()).toMatchObject({ count: 2, held: [{ code: "not_yet", until, after: "lost" }] });
    expect(await night()).toEqual([]);
    world.now = Date.parse(until) - day;
    expect(await night()).toEqual([]);
    world.now = Date.parse(until) + hour;
    expect(await night()).toEqual([ada]);
    expect(await contact()).toMatchObject({ lifecycle: "qualified", held: [] });
  });

  test("has bought is no lead, whatever they do", async () => {
    await said("Closed Won");
    await fillsForms(2);
    expect(await night()).toEqual([]);
    world.now += 100 * day;
    await fillsForms(3);
    expect(await night()).toEqual([]);
    expect(await contact()).toMatchObject({ lifecycle: "won", held: [{ code: "customer" }] });
  });

  test("has bought is a lead where the policy says so", async () => {
    await usePolicy({ exclude: { ...aPolicy({}).exclude, customers: false } });
    await said("Closed Won");
    await fillsForms(2);
    expect(await night()).toEqual([ada]);
    expect(await contact()).toMatchObject({ lifecycle: "won", held: [] });
  });

  test("nobody owns any more is so told, as the next export would tell it, with whose they have been", async () => {
    await usePolicy({ owners: [{ owner: "pool" }] });
    await fillsForms(2);
    expect(await night()).toEqual([ada]);
    expect(await contact()).toMatchObject({ owner: "pool" });
    await usePolicy({ owners: [] });
    world.now += 5_000;
    expect(await contact()).toMatchObject({ owner: null, owners: [{ owner: "pool", by: "rule" }] });
  });

  test("was a lead and whose deal was won stays a customer", async () => {
    await fillsForms(2);
    expect(await night()).toEqual([ada]);
    await said("Proposal");
    expect(await contact()).toMatchObject({ lifecycle: "opportunity" });
    await said("Closed Won");
    world.now += 200 * day;
    await fillsForms(2);
    expect(await night()).toEqual([]);
    expect(await contact()).toMatchObject({ lifecycle: "won" });
  });

  test("lacks what their company has to have done is held by that", async () => {
    await usePolicy({ account: { threshold: 9, minContacts: 2 } });
    await fillsForms(2);
    expect(await night()).toEqual([]);
    expect(await contact()).toMatchObject({ lifecycle: "engaged", held: [{ code: "account_reach" }] });
  });

  test("lacks a trait is held by it, and has no hold before they qualify", async () => {
    await usePolicy({ require: { traits: ["phone"], segments: [] } });
    await fillsForms(1);
    expect(await contact()).toMatchObject({ held: [] });
    await fillsForms(1);
    expect(await night()).toEqual([]);
    expect(await contact()).toMatchObject({ held: [{ code: "trait_missing", name: "phone" }] });
  });
});
