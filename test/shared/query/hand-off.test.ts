import "../../laws/quiet.ts";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { type DealVersion, dealIdOf } from "../../../shared/lead/deal.ts";
import type { OutgoingEvent } from "../../../shared/lead/event.ts";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { giveFeedback } from "../../../shared/query/feedback.ts";
import { giveFeedbackList } from "../../../shared/query/feedback-list.ts";
import { getHandOff, handOffSchema } from "../../../shared/query/hand-off.ts";
import { announceOverdue } from "../../../shared/query/overdue.ts";
import { Cached } from "../../../shared/store/cached.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { enterLead, markExported } from "../../../shared/store/ledger.ts";
import { deleteItem, putAll, putItem, setOnce } from "../../../shared/store/table.ts";
import {
  contactDealKey,
  feedbackPrefix,
  leadKey,
  leadPrefix,
  personPartition,
} from "../../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import { leadIdOf } from "../../../shared/touchpoint/touch-id.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace, nightOf } from "../../laws/world.ts";

const ada = "ada@example.com";
const ben = "ben@example.com";
/** A Friday. */
const start = "2026-11-20T12:00:00.000Z";

let world: MemoryWorld;
let api: Api;
beforeEach(async () => {
  world = await openMemoryWorld(start);
  const version = { v: 1, version: 0, policy: defaultPolicy, from: null } as const;
  api = { ...nightOf(world), policy: new Cached(async () => version, Number.POSITIVE_INFINITY) } as Api;
});

const homeOf = (email: string): string => identifierId(namespace, "email", email);

/** A lead that was exported; eight business hours later it is overdue. */
async function leadOf(email: string, fields: Partial<LedgerEntry> = {}): Promise<string> {
  const input = { id: "1", channel: "form", occurredAt: "2026-11-01T10:00:00Z", identifiers: { email } };
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
  const { cycle = "first", exportedAt = "2026-11-18T04:00:00.000Z", ...more } = fields;
  const entry: LedgerEntry = {
    v: 1,
    leadId: leadIdOf(homeOf(email), cycle),
    identifierId: homeOf(email),
    cycle,
    qualifiedAt: "2026-11-17T10:00:00.000Z",
    decidingTouchId: "t",
    policyVersion: 0,
    foundIn: 1,
    ...more,
  };
  await enterLead(world.table, entry);
  await markExported(world.table, entry, 1, exportedAt);
  return entry.leadId;
}

async function told(): Promise<OutgoingEvent[]> {
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

const report = async (query: Record<string, string> = {}) => {
  const event = { queryStringParameters: query, headers: {} } as unknown as HttpEvent;
  const { body } = await getHandOff(api, event);
  return z.parse(handOffSchema, JSON.parse(body!));
};

/** A contact whose facts cannot be read any more. */
const spoil = (email: string) =>
  putItem(world.table, { pk: personPartition(homeOf(email)), sk: "traits#2026#x#y", body: "no JSON" });

describe("one contact that cannot be folded", () => {
  beforeEach(async () => {
    await leadOf(ada);
    await leadOf(ben);
    await spoil(ada);
  });

  test("keeps nobody else out of the report, which says how many it could not read", async () => {
    expect(await report()).toMatchObject({ total: { handedOver: 1 }, unreadable: 1 });
  });

  test("keeps nobody else's lead from being told overdue", async () => {
    expect(await announceOverdue(world, world.clock())).toBe(1);
    expect(await told()).toMatchObject([{ type: "lead.overdue", leadId: leadIdOf(homeOf(ben), "first") }]);
  });
});

describe("a lead that nobody answers", () => {
  test("is told overdue once, also where it qualified long before it was handed over", async () => {
    const leadId = await leadOf(ada, { qualifiedAt: "2026-05-20T10:00:00.000Z" });
    expect(await announceOverdue(world, world.clock())).toBe(1);
    expect(await told()).toMatchObject([{ type: "lead.overdue", leadId, at: "2026-11-18T17:00:00.000Z" }]);
    expect(await announceOverdue(world, world.clock())).toBe(0);
    expect(await told()).toEqual([]);
  });

  test("is nobody's news half a year after it was handed over", async () => {
    await leadOf(ada, { exportedAt: "2026-05-20T04:00:00.000Z", qualifiedAt: "2026-05-19T10:00:00.000Z" });
    expect(await announceOverdue(world, world.clock())).toBe(0);
  });
});

test("whoever answers on the day a lead is due is in time, also where the CRM's report tells days alone", async () => {
  await leadOf(ada);
  await leadOf(ben);
  const csv = `Email,Lead Status,Last Modified Date\n${ada},Working,2026-11-18\n${ben},Working,2026-11-19\n`;
  const event = {
    queryStringParameters: {},
    headers: { "content-type": "text/csv" },
    body: csv,
  } as unknown as HttpEvent;
  await giveFeedbackList(api, event, { role: "sales", keyId: "key-1" });
  expect((await report()).total.sales).toMatchObject({ inTime: 1, late: 1, inTimeRate: 0.5 });
});

test("a lead that was answered stays so when all else of its person is too old to be kept", async () => {
  const id = await leadOf(ada);
  const event = {
    pathParameters: { id },
    headers: {},
    body: JSON.stringify({ outcome: "accepted", occurredAt: "2026-11-18T10:00:00Z" }),
  } as unknown as HttpEvent;
  await giveFeedback(api, event, { role: "sales", keyId: "key-1" });
  for (const { pk, sk } of world.items().filter(({ pk }) => pk === personPartition(homeOf(ada))))
    if (!sk.startsWith(leadPrefix) && !sk.startsWith(feedbackPrefix))
      await deleteItem(world.table, { pk, sk });
  expect((await report()).total).toMatchObject({
    handedOver: 1,
    marketing: { accepted: 1 },
    sales: { inTime: 1, overdue: 0 },
  });
});

describe("a deal that is won", () => {
  const dealOf = (email: string, closedAt: string): DealVersion => ({
    id: "d-1",
    dealId: dealIdOf("d-1"),
    hash16: "0123456789abcdef",
    stage: "Closed Won",
    status: "won",
    contacts: [{ identifierIds: [homeOf(email)] }],
    closedAt,
    updatedAt: closedAt,
    receivedAt: start,
    who: "key-1",
  });
  const won = async (email: string, closedAt: string) => {
    const deal = dealOf(email, closedAt);
    const key = contactDealKey(homeOf(email), deal.dealId, deal.updatedAt, deal.hash16);
    await putItem(world.table, { ...key, body: JSON.stringify(deal) });
  };
  const first = { qualifiedAt: "2026-11-10T10:00:00.000Z", exportedAt: "2026-11-11T04:00:00.000Z" };
  const second = { cycle: "second", cycleStart: "2026-11-12T00:00:00.000Z" };

  test.each([
    ["before the contact was a lead again is the first lead's", "2026-11-16T10:00:00.000Z", ["2026-W46"]],
    ["after it is the second's", "2026-11-19T10:00:00.000Z", ["2026-W47"]],
  ])("%s, and never both's", async (_, closedAt, weeks) => {
    await leadOf(ada, first);
    await leadOf(ada, second);
    await won(ada, closedAt);
    const shown = await report();
    expect(shown.total.marketing.won).toBe(1);
    expect(shown.weeks.filter(({ marketing }) => marketing.won > 0).map(({ week }) => week)).toEqual(weeks);
  });

  test("is not won by a lead that was withdrawn", async () => {
    await leadOf(ada);
    const withdrawal = { reason: "duplicate", run: 2, at: "2026-11-19T04:00:00.000Z" };
    await setOnce(world.table, leadKey(homeOf(ada), "first"), { withdrawal: JSON.stringify(withdrawal) });
    await won(ada, "2026-11-19T10:00:00.000Z");
    expect((await report()).total.marketing).toMatchObject({ withdrawn: 1, won: 0 });
  });
});
