import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { Problem, type ProblemMembers } from "../../../shared/http/problem.ts";
import type { OutgoingEvent } from "../../../shared/lead/event.ts";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { giveFeedback } from "../../../shared/query/feedback.ts";
import { giveFeedbackList } from "../../../shared/query/feedback-list.ts";
import { feedbackAnswerSchema, feedbackListAnswerSchema } from "../../../shared/query/feedback-operations.ts";
import { listLeads } from "../../../shared/query/leads.ts";
import { UnusableBody } from "../../../shared/request/body.ts";
import { Cached } from "../../../shared/store/cached.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { enterLead, markExported, readLead } from "../../../shared/store/ledger.ts";
import { deleteItem, putAll, putItem } from "../../../shared/store/table.ts";
import { feedbackPrefix, partitions, personPartition } from "../../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Identifiers } from "../../../shared/touchpoint/touch.ts";
import { leadIdOf } from "../../../shared/touchpoint/touch-id.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace, nightOf } from "../../laws/world.ts";

const start = "2026-11-20T12:00:00.000Z";
const caller = { role: "sales", keyId: "key-1" } as const;
const ada = "ada@example.com";
const ben = "ben@example.com";

let world: MemoryWorld;
let api: Api;
beforeEach(async () => {
  world = await openMemoryWorld(start);
  const version = { v: 1, version: 0, policy: defaultPolicy, from: null } as const;
  api = { ...nightOf(world), policy: new Cached(async () => version, Number.POSITIVE_INFINITY) } as Api;
});

async function seen(identifiers: Identifiers): Promise<void> {
  const input = { id: "1", channel: "form", occurredAt: "2026-11-01T10:00:00Z", identifiers };
  const reception = {
    sourceType: "server",
    route: "touchpoints",
    scope: "",
    namespace,
    freshId: "",
  } as const;
  const accepted = acceptTouchpoint(input, input, { ...reception, source: "website", receivedAt: start });
  if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
  expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
}

/** A lead of a contact, exported unless something else is said. */
async function leadOf(email: string, said: Partial<LedgerEntry> = {}, identifiers: Identifiers = { email }) {
  await seen(identifiers);
  const home = identifierId(namespace, "email", email);
  const { cycle = "first", run = 1, exportedAt = "2026-11-18T04:00:00.000Z", ...more } = said;
  const entry: LedgerEntry = {
    v: 1,
    leadId: leadIdOf(home, cycle),
    identifierId: home,
    cycle,
    qualifiedAt: "2026-11-17T10:00:00.000Z",
    decidingTouchId: "t",
    policyVersion: 0,
    foundIn: 1,
    ...more,
  };
  await enterLead(world.table, entry);
  if (run > 0) await markExported(world.table, entry, run, exportedAt);
  return entry.leadId;
}

const eventOf = (body: unknown, { id = "", query = {}, type = "application/json" } = {}) =>
  ({
    pathParameters: { id },
    queryStringParameters: query,
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  }) as unknown as HttpEvent;

/** What a request is answered with: its status and its JSON, or the problem that it is. */
async function answered(request: Promise<unknown>): Promise<{ status: number; body: Body }> {
  try {
    const { statusCode, body } = (await request) as { statusCode: number; body: string };
    return { status: statusCode, body: JSON.parse(body) as Body };
  } catch (error) {
    if (error instanceof Problem) return { status: error.members.status, body: problemBody(error.members) };
    if (error instanceof UnusableBody) return { status: error.status, body: { code: error.code } };
    throw error;
  }
}
// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what its test is about to find out
type Body = any;
const problemBody = ({ code, field, detail, more }: ProblemMembers): Body => ({
  code,
  field,
  detail,
  ...more,
});

const say = (id: string, body: unknown) => answered(giveFeedback(api, eventOf(body, { id }), caller));
const post = (body: unknown, query: Record<string, string> = {}, type?: string) =>
  answered(giveFeedbackList(api, eventOf(body, { query, ...(type && { type }) }), caller));

const listed = async (status?: string): Promise<string[]> => {
  const { body } = await answered(listLeads(api, eventOf("", { query: status ? { status } : {} })));
  return body.items.map(({ leadId, status: shown }: Body) => `${leadId} ${shown}`);
};
const facts = () => world.items().filter(({ sk }) => sk.startsWith(feedbackPrefix)).length;
const markers = () =>
  world
    .items()
    .filter(({ pk }) => pk.startsWith(partitions.active))
    .map(({ sk }) => sk);

async function announced(): Promise<OutgoingEvent[]> {
  const { client, url: QueueUrl } = world.deliveries;
  const events: OutgoingEvent[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return events;
    events.push(...Messages.map(({ Body }) => JSON.parse(Body!) as OutgoingEvent));
  }
}

describe("an answer to a lead", () => {
  test("is kept, lists the lead by it, and is told to others and to the night", async () => {
    const id = await leadOf(ada);
    expect(await listed()).toEqual([`${id} exported`]);
    const answer = {
      id: "a-1",
      outcome: "rejected",
      reason: "no_need",
      by: " Sam ",
      occurredAt: "2026-11-20T10:00:00+01:00",
    };
    const { status, body } = await say(id, answer);
    expect(status).toBe(201);
    expect(z.safeParse(feedbackAnswerSchema, body).error?.issues ?? []).toEqual([]);
    expect(body).toMatchObject({
      leadId: id,
      id: "a-1",
      applied: true,
      conflict: false,
      status: "rejected",
      current: {
        outcome: "rejected",
        reason: "no_need",
        by: "Sam",
        occurredAt: "2026-11-20T09:00:00.000Z",
        receivedAt: start,
        who: "key-1",
      },
      history: [{ id: "a-1", applied: true }],
    });
    expect(await listed("rejected")).toEqual([`${id} rejected`]);
    expect(await listed("exported")).toEqual([]);
    expect(markers()).toEqual([identifierId(namespace, "email", ada)]);
    expect(await announced()).toMatchObject([{ type: "lead.answered", leadId: id, at: start }]);
  });

  test.each<[string, unknown, string, string]>([
    ["nothing", {}, "invalid_field", "outcome"],
    ["an outcome that is none", { outcome: "won" }, "invalid_field", "outcome"],
    ["a field that is none", { outcome: "accepted", when: "now" }, "unknown_field", "when"],
    ["a rejection without a reason", { outcome: "rejected" }, "reason_needed", "reason"],
    ["a reason that is none", { outcome: "rejected", reason: "ugly" }, "unknown_reason", "reason"],
    ["a reason to accept", { outcome: "accepted", reason: "other" }, "invalid_field", "reason"],
    [
      "a time without a zone",
      { outcome: "accepted", occurredAt: "2026-11-20T10:00:00" },
      "invalid_time",
      "occurredAt",
    ],
    [
      "a date from which a rejection ends",
      { outcome: "rejected", reason: "other", until: "2027-01-01" },
      "invalid_field",
      "until",
    ],
    ["a date that is none", { outcome: "recycled", until: "2027-02-30" }, "invalid_time", "until"],
    ["a date that is past", { outcome: "recycled", until: "2026-11-20T12:00:00Z" }, "invalid_field", "until"],
    ["no JSON", "no", "invalid_json", ""],
  ])("is refused where it says %s", async (_, body, code, field) => {
    const id = await leadOf(ada);
    const refused = await say(id, body);
    expect(refused.body.code).toBe(code);
    expect(refused.body.field ?? "").toBe(field);
    expect(refused.status).toBe(400);
    if (field === "reason" && code !== "invalid_field")
      expect(refused.body.detail).toContain(defaultPolicy.rejectionReasons.join(", "));
    expect(facts()).toBe(0);
  });

  test.each(["", "0", "0190b6a3-5f0e-5a0b-8c3d-2f1e4d5c6b7a.first"])("is of no lead %j", async (id) => {
    await leadOf(ada);
    expect(await say(id, { outcome: "accepted" })).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  });

  test("to a lead that waits for its export is an answer too", async () => {
    const id = await leadOf(ada, { run: 0, fastTrack: "demo", foundIn: 0 });
    expect(await say(id, { outcome: "contacted" })).toMatchObject({
      status: 201,
      body: { status: "contacted" },
    });
    expect(await listed("contacted")).toEqual([`${id} contacted`]);
    // And stands when it is exported.
    const entry = (await readLead(world.table, identifierId(namespace, "email", ada), "first"))!;
    await markExported(world.table, entry, 2, start);
    expect(await listed()).toEqual([`${id} contacted`]);
    const after = await readLead(world.table, identifierId(namespace, "email", ada), "first");
    expect(after).toMatchObject({ run: 2, exportedAt: start, listedAs: "contacted" });
  });

  test("sent again is the same answer; a further one is another", async () => {
    const id = await leadOf(ada);
    const answer = { id: "a-1", outcome: "contacted" };
    expect((await say(id, answer)).status).toBe(201);
    world.now += 60_000;
    const again = await say(id, { ...answer, note: null, by: "" });
    expect(again).toMatchObject({ status: 200, body: { applied: true, current: { occurredAt: start } } });
    expect(facts()).toBe(1);
    const events = await announced();
    expect(new Set(events.map((event) => event.id)).size).toBe(1);
    await say(id, { outcome: "accepted" });
    await say(id, { outcome: "accepted" });
    expect(facts()).toBe(2);
  });

  test("that was kept and cut off before the night was told is told to it by the resend", async () => {
    const id = await leadOf(ada);
    const answer = { id: "a-1", outcome: "recycled", occurredAt: "2026-11-19T10:00:00Z" };
    await say(id, answer);
    for (const { pk, sk } of world.items().filter((item) => item.pk.startsWith(partitions.active)))
      await deleteItem(world.table, { pk, sk });
    expect((await say(id, answer)).status).toBe(200);
    expect(markers()).toEqual([identifierId(namespace, "email", ada)]);
    expect(facts()).toBe(1);
  });

  test("of another content under the same id is shown, and does nothing", async () => {
    const id = await leadOf(ada);
    await say(id, { id: "a-1", outcome: "contacted" });
    world.now += 60_000;
    await announced();
    expect(await say(id, { id: "a-1", outcome: "accepted" })).toMatchObject({
      status: 201,
      body: {
        applied: false,
        conflict: true,
        status: "contacted",
        current: { outcome: "contacted" },
        history: [
          { outcome: "contacted", conflict: false },
          { outcome: "accepted", conflict: true, applied: false },
        ],
      },
    });
    expect(await announced()).toEqual([]);
  });

  test("happened when it arrived where its clock is ahead, and a day begins where the policy is", async () => {
    const id = await leadOf(ada);
    const answer = { outcome: "recycled", occurredAt: "2026-11-20T12:10:00Z", until: "2027-01-15" };
    expect(await say(id, answer)).toMatchObject({
      body: { current: { occurredAt: start, until: "2027-01-15T00:00:00.000Z" } },
    });
    // Sent again when that time has come, it is still the same.
    world.now += 3_600_000;
    expect((await say(id, answer)).status).toBe(200);
  });

  test("that takes the lead back has to say so", async () => {
    const id = await leadOf(ada);
    await say(id, { id: "1", outcome: "accepted", occurredAt: "2026-11-19T10:00:00Z" });
    const back = { id: "2", outcome: "rejected", reason: "no_budget", occurredAt: "2026-11-20T10:00:00Z" };
    const refused = await say(id, back);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: "moves_backwards",
        field: "outcome",
        detail: expect.stringContaining('"moveBack": true'),
        current: { outcome: "accepted", id: "1" },
      },
    });
    expect(facts()).toBe(1);
    expect(await say(id, { ...back, moveBack: true })).toMatchObject({
      status: 201,
      body: { status: "rejected" },
    });
    expect(await listed()).toEqual([`${id} rejected`]);
  });

  test("that comes late finds its place in time, and is never refused for it", async () => {
    const id = await leadOf(ada);
    await say(id, { id: "2", outcome: "accepted", occurredAt: "2026-11-20T10:00:00Z" });
    const late = { id: "1", outcome: "contacted", occurredAt: "2026-11-19T10:00:00Z" };
    expect(await say(id, late)).toMatchObject({
      status: 201,
      body: { applied: true, status: "accepted", history: [{ id: "1" }, { id: "2" }] },
    });
  });

  test("holds for every lead of one contact in a cycle", async () => {
    const identifiers = { email: ada, crm: "salesforce:00Q5f00000ABCDE" };
    const id = await leadOf(ada, {}, identifiers);
    const home = identifierId(namespace, "crm", identifiers.crm);
    const other = await leadOf(ada, { leadId: leadIdOf(home, "first"), identifierId: home }, identifiers);
    await say(id, { outcome: "accepted" });
    expect((await listed("accepted")).sort()).toEqual([`${id} accepted`, `${other} accepted`].sort());
  });

  test("to a lead that is listed by its answer is paged like any other", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) {
      const qualifiedAt = `2026-11-1${n}T10:00:00.000Z`;
      ids.unshift(await leadOf(`p${n}@example.com`, { qualifiedAt }));
    }
    await say(ids[1]!, { outcome: "accepted" });
    await say(ids[4]!, { outcome: "contacted" });
    const found: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query = { limit: "2", ...(cursor && { cursor }) };
      const { body } = await answered(listLeads(api, eventOf("", { query })));
      found.push(...body.items.map(({ leadId }: Body) => leadId));
      cursor = body.next;
    }
    expect(found).toEqual(ids);
  });
});

describe("many answers", () => {
  test("stand each for itself", async () => {
    const [one, two] = [await leadOf(ada), await leadOf(ben)];
    const { status, body } = await post([
      { lead: one, outcome: "accepted", by: "Sam" },
      { email: ben, status: "UNQUALIFIED" },
      { email: "nobody@example.com", outcome: "accepted" },
      { email: ada, outcome: "rejected" },
      { email: ada, status: "NEW" },
      "text",
    ]);
    expect(z.safeParse(feedbackListAnswerSchema, body).error?.issues ?? []).toEqual([]);
    expect({ status, ...body }).toEqual({
      status: 200,
      accepted: 2,
      ignored: 1,
      ignoredBecause: { says_nothing: 1 },
      rejected: [
        { index: 2, code: "no_lead", field: "lead", detail: expect.any(String) },
        { index: 3, code: "reason_needed", field: "reason", detail: expect.any(String) },
        { index: 5, code: "invalid_field", field: "", detail: expect.any(String) },
      ],
    });
    expect((await listed()).sort()).toEqual([`${one} accepted`, `${two} rejected`].sort());
    expect((await announced()).map(({ leadId }) => leadId).sort()).toEqual([one, two].sort());
  });

  const salesforce = [
    "Id,Email,Status,Owner.Name,LastModifiedDate",
    "00Q5f00000ABCDEAAQ,,Working - Contacted,Sam,2026-11-19T10:00:00.000Z",
    "00Q5f00000ABCDFAAQ,ben@example.com,Closed - Not Converted,Sam,2026-11-19T11:00:00.000Z",
    "00Q5f00000ABCDGAAQ,new@example.com,Open - Not Contacted,Sam,2026-11-19T11:00:00.000Z",
    "00Q5f00000ABCDHAAQ,eve@example.com,Qualified,Sam,2026-11-19T11:00:00.000Z",
  ].join("\r\n");

  test("as a CRM exports them change nothing the second time, nor when only something else of a record changed", async () => {
    await leadOf(ada, {}, { email: ada, crm: "salesforce:00Q5f00000ABCDE" });
    await leadOf(ben);
    const first = await post(salesforce, {}, "text/csv");
    expect(first.body).toMatchObject({ accepted: 2, ignored: 1, rejected: [{ index: 3, code: "no_lead" }] });
    const state = await listed();
    world.now += 1_000;
    await announced();
    const again = await post(salesforce, {}, "text/csv");
    expect(again.body).toEqual(first.body);
    expect([facts(), await listed()]).toEqual([2, state]);
    const later = salesforce.replaceAll("2026-11-19", "2026-11-20");
    expect((await post(later, {}, "text/csv")).body).toMatchObject({
      accepted: 0,
      ignoredBecause: { unchanged: 2 },
    });
    expect(facts()).toBe(2);
    // Another owner is news.
    const handed = later.replaceAll(",Sam,", ",Kim,");
    expect((await post(handed, {}, "text/csv")).body).toMatchObject({ accepted: 2 });
  });

  test("that were kept and cut off before the night was told are told to it by the resend", async () => {
    await leadOf(ada);
    const list = [{ email: ada, outcome: "recycled", occurredAt: "2026-11-19T10:00:00Z" }];
    await post(list);
    for (const { pk, sk } of world.items().filter((item) => item.pk.startsWith(partitions.active)))
      await deleteItem(world.table, { pk, sk });
    world.now += 60_000;
    expect((await post(list)).body).toMatchObject({ accepted: 1 });
    expect(markers()).toEqual([identifierId(namespace, "email", ada)]);
    expect(facts()).toBe(1);
  });

  test("are told to others ten at a time: a long list has half a minute", async () => {
    const emails = Array.from({ length: 40 }, (_, n) => `p${n}@example.com`);
    for (const email of emails) await leadOf(email);
    const { client, url } = world.deliveries;
    let calls = 0;
    const counting = new Proxy(client, {
      get(target, name) {
        if (name === "send") calls += 1;
        return Reflect.get(target, name);
      },
    });
    api = { ...api, deliveries: { url, client: counting } };
    const list = emails.map((email) => ({ email, outcome: "accepted" }));
    expect((await post(list)).body).toMatchObject({ accepted: 40, rejected: [] });
    expect(calls).toBe(4);
    expect(new Set((await announced()).map(({ leadId }) => leadId)).size).toBe(40);
  });

  test("of a record's state are not refused for a day of return that is past", async () => {
    const id = await leadOf(ada);
    const csv = `Email,Status,Follow Up Date,Last Modified Date\n${ada},Nurturing,2026-11-01,2026-11-19T10:00:00Z\n`;
    expect((await post(csv, {}, "text/csv")).body).toMatchObject({ accepted: 1, rejected: [] });
    expect(await listed()).toEqual([`${id} recycled`]);
  });

  test("fail not for one contact that cannot be read", async () => {
    const [, id] = [await leadOf(ada), await leadOf(ben)];
    const spoilt = { pk: personPartition(identifierId(namespace, "email", ada)), sk: "traits#2026#x#y" };
    await putItem(world.table, { ...spoilt, body: "no JSON" });
    const { status, body } = await post([
      { email: ada, outcome: "accepted" },
      { email: ben, outcome: "accepted" },
    ]);
    expect({ status, ...body }).toMatchObject({
      status: 200,
      accepted: 1,
      rejected: [{ index: 0, code: "unreadable" }],
    });
    expect(await listed("accepted")).toEqual([`${id} accepted`]);
  });

  test("of a trial run are only shown", async () => {
    const id = await leadOf(ada);
    const { body } = await post(
      `Email,Lead Status\n${ada},CONNECTED\n${ben},CONNECTED\n`,
      { dryRun: "true" },
      "text/csv",
    );
    expect(z.safeParse(feedbackListAnswerSchema, body).error?.issues ?? []).toEqual([]);
    expect(body).toMatchObject({
      accepted: 1,
      preview: [
        { index: 0, row: 2, isNew: true, answer: { leadId: id, outcome: "contacted" } },
        { index: 1, row: 3, refusal: { code: "no_lead" } },
      ],
    });
    expect([facts(), await announced(), await listed()]).toEqual([0, [], [`${id} exported`]]);
  });

  test("take a lead back only where that is said, for a row or for all", async () => {
    const id = await leadOf(ada);
    await post([{ lead: id, outcome: "accepted", occurredAt: "2026-11-19T10:00:00Z" }]);
    const back = { lead: id, outcome: "contacted", occurredAt: "2026-11-20T10:00:00Z" };
    expect((await post([back])).body).toMatchObject({ accepted: 0, rejected: [{ code: "moves_backwards" }] });
    expect((await post([back], { moveBack: "true" })).body).toMatchObject({ accepted: 1, rejected: [] });
    expect(await listed()).toEqual([`${id} contacted`]);
    // It is there now, and needs no word any more.
    expect((await post([back])).body).toMatchObject({ accepted: 1, rejected: [] });
    expect(facts()).toBe(2);
  });

  test("in one list are judged in turn", async () => {
    const id = await leadOf(ada);
    const at = (hour: number) => `2026-11-19T${hour}:00:00Z`;
    const { body } = await post([
      { lead: id, outcome: "accepted", occurredAt: at(12) },
      { email: ada, outcome: "contacted", occurredAt: at(11) },
      { email: ada, outcome: "contacted", occurredAt: at(13) },
    ]);
    expect(body).toMatchObject({ accepted: 2, rejected: [{ index: 2, code: "moves_backwards" }] });
    expect(await listed()).toEqual([`${id} accepted`]);
  });

  test("are of the lead that was the latest at their time", async () => {
    const first = await leadOf(ada);
    await say(first, { outcome: "rejected", reason: "timing", occurredAt: "2026-11-18T10:00:00Z" });
    const second = await leadOf(ada, {
      cycle: "c2",
      qualifiedAt: "2026-11-20T08:00:00.000Z",
      run: 2,
      exportedAt: "2026-11-20T09:00:00.000Z",
    });
    const state = (day: string) => `Email,Status,Last Modified Date\n${ada},Unqualified,${day}T07:00:00Z\n`;
    // What the record says since before the second is of the first, and no news there but for its reason.
    expect((await post(state("2026-11-19"), {}, "text/csv")).body.accepted).toBe(1);
    expect(await listed("exported")).toEqual([`${second} exported`]);
    // And what it said before the first is of none.
    expect((await post(state("2026-11-10"), {}, "text/csv")).body).toMatchObject({
      ignoredBecause: { before_lead: 1 },
    });
    expect((await post([{ email: ada, outcome: "accepted" }])).body.accepted).toBe(1);
    expect(await listed("accepted")).toEqual([`${second} accepted`]);
  });

  test.each<[string, unknown, Record<string, string>, string, number, string]>([
    ["too many", Array.from({ length: 10_001 }, () => ({})), {}, "application/json", 413, "too_many_items"],
    ["without a header", "a,b\n1,2\n", {}, "text/csv", 400, "csv_header"],
    ["a zone that is none", [], { timeZone: "Mars" }, "application/json", 400, "invalid_time_zone"],
    ["a parameter that is none", [], { moveback: "true" }, "application/json", 400, "unknown_field"],
    ["too large", "x".repeat(4 * 2 ** 20 + 1), {}, "text/csv", 413, "body_too_large"],
  ])("%s are refused as a whole", async (_, body, query, type, status, code) => {
    expect(await post(body, query, type)).toMatchObject({ status, body: { code } });
  });

  test("for which there is no time are told to be sent again, and then are taken", async () => {
    const emails = Array.from({ length: 600 }, (_, n) => `p${n}@example.com`);
    for (const email of emails.slice(0, 3)) await leadOf(email);
    await leadOf(emails[599]!);
    const clock = api.clock;
    let asked = 0;
    api.clock = () => new Date(clock().getTime() + asked++ * 8_000);
    const rows = emails.map((email) => ({ email, outcome: "accepted" }));
    const { body } = await post(rows);
    expect(body.accepted).toBe(3);
    expect(body.rejected.at(-1)).toMatchObject({ index: 599, code: "not_reached" });
    api.clock = clock;
    expect((await post(rows)).body).toMatchObject({ accepted: 4 });
    expect(facts()).toBe(4);
  });
});
