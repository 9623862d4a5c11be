import "../../laws/quiet.ts";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { Source } from "../../../shared/access/source.ts";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { putFile, readFile } from "../../../shared/files/files.ts";
import { takeIn } from "../../../shared/ingest/intake.ts";
import { type LeadRecord, leadSchema } from "../../../shared/lead/lead.ts";
import { runFolder } from "../../../shared/lead/run.ts";
import { closeWhenDone } from "../../../shared/night/close.ts";
import { eraseFromRun, membersWithout } from "../../../shared/night/erase-exports.ts";
import { membersFile } from "../../../shared/night/export-files.ts";
import type { Members } from "../../../shared/night/members.ts";
import type { Policy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { getEvidencePage, getLead } from "../../../shared/query/lead.ts";
import { leadAnswerSchema } from "../../../shared/query/lead-answers.ts";
import { getSettings, setSettings } from "../../../shared/query/product-settings.ts";
import { giveVerdict } from "../../../shared/query/verdicts.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { addPolicy, cachedPolicy } from "../../../shared/store/policies.ts";
import { readRun, replaceOutcome } from "../../../shared/store/runs.ts";
import { putAll, putItem } from "../../../shared/store/table.ts";
import { runKey } from "../../../shared/table/keys.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { PersonFact } from "../../../shared/touchpoint/person-fact.ts";
import type { TouchpointInput } from "../../../shared/touchpoint/touch.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { Processor } from "../../laws/pump.ts";
import { intakeOf, namespace, nightOf } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const hour = 60 * 60 * 1000;
const source: Source = { v: 1, id: "site", type: "server", createdAt: "2026-11-01T00:00:00.000Z" };
const ada = "ada@buyer.example";

let world: MemoryWorld;
let api: Api;
const openUnder = async (policy: Policy) => {
  world = await openMemoryWorld("2026-11-20T10:00:00.000Z");
  await addPolicy(world.table, policy, world.clock());
  api = { ...nightOf(world), policy: cachedPolicy(world.table) } as Api;
};
beforeEach(() => openUnder(aPolicy({ threshold: 2, require: { traits: ["lastName"] } })));

let sent = 0;
/** An hour passes, and somebody does something. */
async function does(email: string, touch: Partial<TouchpointInput> = {}): Promise<void> {
  world.now += hour;
  const touchpoint: TouchpointInput = {
    channel: "form",
    occurredAt: world.clock().toISOString(),
    identifiers: { email },
    traits: { firstName: "Ada", lastName: "Lovelace" },
    campaign: { id: `campaign-${++sent}` },
    ...touch,
  };
  await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], {
    source,
    route: "touchpoints",
    scope: "",
    now: world.clock(),
  });
  const processor = new Processor(world);
  while (await processor.batch());
}

async function night(): Promise<{ run: number; leads: LeadRecord[] }> {
  world.now += 4 * hour;
  const run = await oneNight(world);
  const lines = (await readFile(world.files, `${runFolder(run)}leads.jsonl`))!.split("\n").filter(Boolean);
  return { run, leads: lines.map((line) => z.parse(leadSchema, JSON.parse(line))) };
}

const asked = (pathParameters: object, body?: object): HttpEvent =>
  ({
    pathParameters,
    queryStringParameters: {},
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  }) as unknown as HttpEvent;

const leadNow = async (id: string) => {
  const { body } = await getLead(api, asked({ id }));
  return z.parse(leadAnswerSchema, JSON.parse(body!));
};

/** What a reader of the page sees. */
const pageOf = async (evidenceUrl: string | null) => {
  const answer = await getEvidencePage(api, asked({ token: evidenceUrl!.split("/e/")[1] }));
  const text = String(answer.body)
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
  return { status: answer.statusCode, text };
};

/** A minute later somebody says that a machine made a touch. */
async function saysMachine(id: string): Promise<void> {
  world.now += 60_000;
  const said = asked({ id }, { verdict: "machine", reason: "a scanner" });
  expect(await giveVerdict(api, said, { role: "sales", keyId: "k" })).toMatchObject({ statusCode: 201 });
}

describe("a lead as sales asks for it", () => {
  test("is what was handed over, with its colleagues by name, which no file has", async () => {
    await does("grace@buyer.example", { traits: { firstName: "Grace", jobTitle: "Admiral" } });
    await does("alan@buyer.example", { channel: "page" });
    await does(ada);
    await does(ada, { asset: { name: "Price list" } });
    const { leads } = await night();
    const [lead] = leads;
    expect(leads).toHaveLength(1);
    const grace = { lastTouchAt: "2026-11-20T11:00:00.000Z", lead: null };
    expect(lead).toMatchObject({
      email: ada,
      account: "buyer.example",
      lastAsset: "Price list",
      required: { traits: ["lastName"], segments: [] },
      decidingTouch: { occurredAt: lead!.qualifiedAt, points: 1 },
      colleagues: [{ ...grace, name: null, email: null, jobTitle: null }],
    });
    expect(JSON.stringify(lead)).not.toMatch(/Grace|grace@|Admiral/);
    const now = await leadNow(lead!.leadId);
    expect(now).toMatchObject({
      status: "exported",
      whyNow: lead!.whyNow,
      touches: lead!.touches,
      corrections: [],
      laterTouches: [],
      colleagues: [{ ...grace, name: "Grace", email: "grace@buyer.example", jobTitle: "Admiral" }],
    });
    const { status, text } = await pageOf(lead!.evidenceUrl);
    expect(status).toBe(200);
    expect(text).toContain("2 touches on one day over 1 channel");
    expect(text).toContain("Colleagues at buyer.example Grace grace@buyer.example Admiral");
    expect(text).toContain("Also required last name");
  });

  test("does not name a colleague who was erased before the files were written", async () => {
    await does("grace@buyer.example");
    await does(ada);
    await does(ada);
    const { run, leads } = await night();
    const grace = identifierId(namespace, "email", "grace@buyer.example");
    expect(leads[0]!.colleagues).toMatchObject([{ contactId: grace }]);
    const frozen = JSON.parse((await readFile(world.files, membersFile(run)))!) as Members;
    const sought = { namespace, identifierIds: new Set([grace]) };
    const left = await membersWithout(nightOf(world), frozen, new Set(), sought);
    expect(left.members.map(({ record }) => record)).toEqual([{ ...leads[0]!, colleagues: [] }]);
    const nobody = {
      namespace,
      identifierIds: new Set([identifierId(namespace, "email", "x@buyer.example")]),
    };
    expect(await membersWithout(nightOf(world), frozen, new Set(), nobody)).toBe(frozen);
  });

  test("tells what counted and does not now, what counts since, and what came later", async () => {
    await does(ada, { asset: { name: "First form" } });
    await does(ada, { asset: { name: "Second form" } });
    const { leads } = await night();
    const [lead] = leads;
    await saysMachine(lead!.touches[0]!.id);
    const before = await leadNow(lead!.leadId);
    const scanned = { ...lead!.touches[0]!, points: 0 };
    expect(before.corrections).toEqual([
      { code: "no_longer_counts", touch: scanned, reason: "machine" },
      { code: "falls_short", points: 1, threshold: 2 },
    ]);
    expect(before.touches).toHaveLength(1);

    await does(ada, { occurredAt: "2026-11-20T09:30:00.000Z", asset: { name: "Late form" } });
    await does(ada, { asset: { name: "Later form" } });
    const after = await leadNow(lead!.leadId);
    expect(after.corrections).toMatchObject([
      { code: "counts_now", touch: { asset: { name: "Late form" } } },
      { code: "no_longer_counts", touch: { asset: { name: "First form" } } },
    ]);
    expect(after.laterTouches).toMatchObject([{ asset: { name: "Later form" } }]);
    const { text } = await pageOf(lead!.evidenceUrl);
    expect(text).toContain("Corrected since A Late form of campaign");
    expect(text).toContain("Since then (1)");
  });

  test("stays one where its person unsubscribes, also under rules that take nobody who has", async () => {
    await openUnder(aPolicy({ threshold: 2, exclude: { unsubscribed: true } }));
    await does(ada);
    await does(ada);
    const { leads } = await night();
    world.now += hour;
    const at = world.clock().toISOString();
    const fact: PersonFact = {
      type: "consent",
      purpose: "email",
      status: "withdrawn",
      identifierId: identifierId(namespace, "email", ada),
      factId: "f-1",
      hash16: "0123456789abcdef",
      identifiers: { email: ada },
      occurredAt: at,
      receivedAt: at,
      source: "site",
    };
    await putAll(world.table, itemsOf({ kind: "person", fact, seen: [] }));
    const { run, leads: none } = await night();
    expect([none, await readFile(world.files, `${runFolder(run)}changes.csv`)]).toEqual([
      [],
      expect.not.stringContaining(leads[0]!.leadId),
    ]);
    const lead = await leadNow(leads[0]!.leadId);
    expect(lead).toMatchObject({
      status: "exported",
      whyNow: leads[0]!.whyNow,
      corrections: [],
      emailOptOut: true,
    });
    expect((await pageOf(lead.evidenceUrl!)).text).not.toContain("No longer a lead");
    // Nor is it taken out of its files when it is made again without somebody who was erased.
    const frozen = JSON.parse((await readFile(world.files, membersFile(run - 1)))!) as Members;
    const sought = { namespace, identifierIds: new Set<string>() };
    const left = await membersWithout(nightOf(world), frozen, new Set([lead.leadId]), sought);
    expect(left.members.map(({ entry }) => entry.leadId)).toEqual([lead.leadId]);
  });

  test("counts all that came later, and shows the latest fifty", async () => {
    await does(ada);
    await does(ada);
    const { leads } = await night();
    for (let n = 0; n < 53; n++) await does(ada, { asset: { name: `Later ${n}` } });
    const { text } = await pageOf(leads[0]!.evidenceUrl);
    expect(text).toContain("Since then (53) The latest 50 of them:");
    expect(text).toContain("Later 3 ");
    expect(text).not.toContain("Later 2 ");
    expect((await leadNow(leads[0]!.leadId)).laterTouches).toHaveLength(50);
  });

  test("does not tell as the person's own what others did later", async () => {
    await does(ada);
    await does(ada);
    const { leads } = await night();
    await does(ada, { channel: "call", direction: "outbound" });
    await does(ada, { channel: "email_click" });
    const { leadId, evidenceUrl } = leads[0]!;
    const [click] = (await leadNow(leadId)).laterTouches;
    expect(click).toMatchObject({ channel: "email_click" });
    await saysMachine(click!.id);
    expect((await leadNow(leadId)).laterTouches).toEqual([]);
    expect((await pageOf(evidenceUrl)).text).not.toContain("Since then");
  });

  test("that nothing makes any more tells who it was and why not, and no more than is known", async () => {
    await does(ada, { channel: "page" });
    await does(ada);
    await does(ada);
    const { leads } = await night();
    const [lead] = leads;
    for (const { id } of lead!.touches) await saysMachine(id);
    const now = await leadNow(lead!.leadId);
    expect(now).toMatchObject({
      email: ada,
      lastName: "Lovelace",
      notCountedTotals: { machine: 2, channel_weight_zero: 1 },
      corrections: [
        { code: "no_longer_counts", reason: "machine" },
        { code: "no_longer_counts", reason: "machine" },
        { code: "falls_short", points: 0, threshold: 2 },
      ],
    });
    for (const field of ["whyNow", "touches", "countedTouches", "decidingTouch"])
      expect(now).not.toHaveProperty(field);
    const { status, text } = await pageOf(lead!.evidenceUrl);
    expect(status).toBe(200);
    expect(text).toContain("Ada Lovelace");
    expect(text).toContain("No longer a lead.");
    expect(text).not.toMatch(/What counted|null|undefined/);

    await night();
    expect((await leadNow(lead!.leadId)).corrections[0]).toMatchObject({
      code: "withdrawn",
      reason: "verdict",
      of: null,
    });
    expect((await pageOf(lead!.evidenceUrl)).text).toContain("what counted turned out to be a machine’s");
  });

  test("that was made at once says by which rule", async () => {
    await openUnder(aPolicy({ fastTrack: [{ name: "demo", channel: "form", asset: "demo" }] }));
    await does(ada, { asset: { id: "demo" }, campaign: { name: "Autumn" } });
    const { leads } = await night();
    expect(leads).toMatchObject([{ fastTrack: "demo", countedTouches: 1, decidingCampaign: "Autumn" }]);
    expect(leads[0]!.whyNow).toBe(
      "A demo form of campaign “Autumn” on 20 Nov 2026: qualifies at once by the rule “demo”.",
    );
  });
});

describe("the settings", () => {
  const settings = async () => JSON.parse((await getSettings(api)).body!) as Record<string, unknown>;
  const set = (body: object) => setSettings(api, asked({}, body), { role: "admin", keyId: "key-1" });

  test("are the defaults until somebody sets them, and say then who did and when", async () => {
    expect(await settings()).toMatchObject({ exportFormats: ["csv"], updatedAt: null, updatedBy: null });
    const given = { exportFormats: ["salesforce"], salesforce: { status: "Open" } };
    expect(await set(given)).toMatchObject({ statusCode: 200 });
    expect(await settings()).toMatchObject({
      exportFormats: ["salesforce"],
      salesforce: { status: "Open", company: "[not provided]" },
      updatedAt: world.clock().toISOString(),
      updatedBy: "key-1",
    });
  });

  test("can be put back as they were answered; what is left out has its default again", async () => {
    await set({ exportFormats: ["hubspot"], hubspot: { leadStatus: null } });
    const before = await settings();
    await set(before);
    expect(await settings()).toEqual(before);
    await set({});
    expect(await settings()).toMatchObject({ exportFormats: ["csv"], hubspot: { leadStatus: "NEW" } });
  });

  test("refuse what they do not know, by its name", async () => {
    const refused = (field: string) => ({ members: { status: 400, code: "unknown_field", field } });
    await expect(set({ exportFormat: ["csv"] })).rejects.toMatchObject(refused("exportFormat"));
    await expect(set({ salesforce: { ownerId: "005" } })).rejects.toMatchObject(
      refused("salesforce.ownerId"),
    );
    expect(await settings()).toMatchObject({ updatedAt: null });
  });

  test("of a run from which somebody was erased leave no file behind that it does not have any more", async () => {
    await set({ exportFormats: ["salesforce"] });
    await does(ada);
    await does(ada);
    const { run, leads } = await night();
    // As if the leads had filled two files, and hers were alone in the second.
    const second = "salesforce-leads-002.csv";
    await putFile(world.files, runFolder(run) + second, ada, "text/csv");
    const { outcome, ...stored } = (await readRun(world.table, run))!;
    const files = [...outcome!.files, { ...outcome!.files[0]!, name: second }];
    await replaceOutcome(world.table, run, { ...outcome!, files });
    const sought = { namespace, identifierIds: new Set([identifierId(namespace, "email", ada)]) };
    await eraseFromRun(nightOf(world), run, new Set([leads[0]!.leadId]), sought);
    expect(await readFile(world.files, `${runFolder(run)}salesforce-leads-001.csv`)).not.toContain(ada);
    expect(await readFile(world.files, runFolder(run) + second)).toBeUndefined();
    const left = (await readRun(world.table, stored.number))!.outcome!;
    expect(left.files.map(({ name }) => name)).not.toContain(second);
  });

  test("of the moment when the leads were frozen are those of a close that is done again, to the byte", async () => {
    await set({ exportFormats: ["csv", "salesforce"], salesforce: { leadSource: "Web" } });
    await does("grace@buyer.example");
    await does(ada, { properties: { message: "First\nsecond" } });
    await does(ada);
    const { run } = await night();
    const filesOf = async (names: string[]) =>
      Promise.all(names.map(async (name) => readFile(world.files, runFolder(run) + name)));
    const done = (await readRun(world.table, run))!;
    const names = done.outcome!.files.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["leads.csv", "leads.jsonl", "salesforce-leads-001.csv"]));
    const before = await filesOf(names);

    // As if whoever closed had died right after freezing, and everything had changed since.
    const frozen = (await readFile(world.files, membersFile(run)))!;
    const { plan, outcome: _, ...body } = done;
    world = world.copy();
    await putFile(world.files, membersFile(run), frozen, "application/json");
    await putItem(world.table, {
      ...runKey(run),
      body: JSON.stringify(body),
      plan: JSON.stringify(plan),
    });
    api = { ...nightOf(world), policy: cachedPolicy(world.table) } as Api;
    await set({ exportFormats: ["hubspot"] });
    await does(ada, { traits: { lastName: "King" } });
    await closeWhenDone(nightOf(world), run);

    expect((await readRun(world.table, run))!.outcome!.files).toEqual(done.outcome!.files);
    expect(await filesOf(names)).toEqual(before);
    expect(before[names.indexOf("salesforce-leads-001.csv")]).toContain(",Web,");
  });
});
