import "../../laws/quiet.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { acceptDeal } from "../../../shared/lead/deal-version.ts";
import type { Feedback } from "../../../shared/lead/feedback.ts";
import { putDeals, readDeal } from "../../../shared/store/deals.ts";
import { expirePerson } from "../../../shared/store/expiry.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { putAll, putItem } from "../../../shared/store/table.ts";
import { feedbackKey, leadKey, leadReceiptKey, personPartition } from "../../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Identifiers } from "../../../shared/touchpoint/touch.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace } from "../../laws/world.ts";

const ada = "ada@acme.example";
const bob = "bob@acme.example";
const idOf = (email: string) => identifierId(namespace, "email", email);
const cutoff = "2026-03-01T00:00:00.000Z";
const [old, older, fresh] = [
  "2026-02-20T10:00:00.000Z",
  "2026-02-10T10:00:00.000Z",
  "2026-03-10T10:00:00.000Z",
];

let world: MemoryWorld;
beforeEach(async () => {
  world = await openMemoryWorld("2026-03-20T10:00:00.000Z");
});

async function touched(email: string, occurredAt: string): Promise<void> {
  const input = { id: occurredAt, channel: "form", occurredAt, identifiers: { email } };
  const accepted = acceptTouchpoint(input, input, {
    source: "site",
    sourceType: "server",
    route: "touchpoints",
    scope: "",
    receivedAt: occurredAt,
    namespace,
    freshId: "",
  });
  if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
  expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
}

/** @returns the deal's id */
async function told(stage: string, updatedAt: string, named: string[], closedAt?: string): Promise<string> {
  const contacts = named.map((email) => ({ identifiers: { email }, role: "Buyer" }));
  const said = { id: "D", stage, contacts, updatedAt, ...(closedAt !== undefined && { closedAt }) };
  const accepted = acceptDeal(said, {
    namespace,
    suppressed: new Set(),
    stages: { wonStages: [], lostStages: [] },
    receivedAt: updatedAt,
    who: "key",
  });
  expect(await putDeals(world.table, [accepted], new Set(), world.clock())).toBe(true);
  return accepted.version.dealId;
}

async function answered(email: string, occurredAt: string): Promise<void> {
  const id = idOf(email);
  const feedback: Feedback = {
    leadId: `${id}.first`,
    feedbackId: "f-1",
    hash16: "0123456789abcdef",
    id: "1",
    outcome: "rejected",
    reason: "timing",
    note: "Ada is on parental leave",
    by: "Anna Berg",
    occurredAt,
    receivedAt: occurredAt,
    who: "key",
  };
  const { pk, sk } = feedbackKey(id, "first", occurredAt, feedback.feedbackId, feedback.hash16);
  await putItem(world.table, { ...leadKey(id, "first"), body: "{}" });
  await putItem(world.table, { pk, sk, body: JSON.stringify({ v: 1, ...feedback }) });
  const receipt = { v: 1, by: "webhook", at: occurredAt, who: "endpoint-1" };
  await putItem(world.table, {
    ...leadReceiptKey(id, "first", occurredAt, "endpoint-1"),
    body: JSON.stringify(receipt),
  });
}

const rowsOf = (email: string) => world.items().filter(({ pk }) => pk === personPartition(idOf(email)));
const kindsOf = (email: string) => [...new Set(rowsOf(email).map(({ sk }) => sk.split("#")[0]))].sort();
const expire = (email: string) => expirePerson({ table: world.table, cutoff }, idOf(email));

describe("of somebody who is still there", () => {
  test("what sales said and what they bought stay; only what a later word on the deal replaced goes", async () => {
    await touched(ada, older);
    await touched(ada, fresh);
    await answered(ada, older);
    await told("Proposal", older, [ada]);
    const dealId = await told("Closed Won", old, [ada], old);
    await expire(ada);
    expect(rowsOf(ada).filter(({ sk }) => sk.startsWith("at#"))).toHaveLength(1);
    expect(JSON.stringify(rowsOf(ada))).toContain("parental leave");
    const deals = rowsOf(ada).filter(({ sk }) => sk.startsWith("deal#"));
    expect(deals.map(({ body }) => (JSON.parse(String(body)) as { stage: string }).stage)).toEqual([
      "Closed Won",
    ]);
    expect((await readDeal(world.table, dealId)).map(({ stage }) => stage)).toEqual(["Closed Won"]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["a newer word on a deal", () => told("Proposal", fresh, [ada])],
    ["a newer answer of sales", () => answered(ada, fresh)],
  ])("%s is enough to be there", async (_, happens) => {
    await touched(ada, older);
    await told("Qualification", older, [ada]);
    await happens();
    await expire(ada);
    expect(kindsOf(ada)).toContain("identifier");
    expect(kindsOf(ada)).not.toContain("at");
  });

  test("a newer deal of whom somebody was seen with is enough too", async () => {
    await told("Qualification", older, [ada]);
    const crm = "salesforce:0035f00000AAAAA";
    const put = async (id: string, identifiers: Identifiers, updatedAt: string) => {
      const stages = { wonStages: [], lostStages: [] };
      const reception = {
        namespace,
        suppressed: new Set<string>(),
        stages,
        receivedAt: updatedAt,
        who: "key",
      };
      const accepted = acceptDeal(
        { id, stage: "Proposal", contacts: [{ identifiers }], updatedAt },
        reception,
      );
      expect(await putDeals(world.table, [accepted], new Set(), world.clock())).toBe(true);
    };
    await put("E", { email: ada, crm }, older);
    await put("F", { crm }, fresh);
    expect(rowsOf(ada).some(({ sk }) => sk.includes("2026-03"))).toBe(false);
    await expire(ada);
    expect(kindsOf(ada)).toContain("identifier");
  });
});

describe("of whom nothing newer is held", () => {
  test("all goes but what was decided of their lead, without a word of anybody", async () => {
    await touched(ada, older);
    await answered(ada, old);
    // A CRM leaves the day on which it was once expected to end.
    const dealId = await told("Closed Lost", old, [ada], "2099-12-31T00:00:00.000Z");
    await expire(ada);
    expect(kindsOf(ada)).toEqual(["feedback", "lead"]);
    const text = JSON.stringify(world.items());
    for (const word of ["parental leave", "Anna Berg", "ada@acme"]) expect(text).not.toContain(word);
    expect(text).toContain("timing");
    expect(await readDeal(world.table, dealId)).toEqual([]);
    expect(await expire(ada)).toBe(0);
  });

  test("a deal stays as long as it is about anybody, or is not over", async () => {
    await touched(bob, fresh);
    const dealId = await told("Closed Won", old, [ada, bob], old);
    await expire(ada);
    expect(kindsOf(ada)).toEqual([]);
    expect(await readDeal(world.table, dealId)).toHaveLength(1);
    expect(kindsOf(bob)).toContain("deal");
  });
});
