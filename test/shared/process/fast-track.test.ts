import "../../laws/quiet.ts";
import { describe, expect, test } from "vitest";
import { takeIn } from "../../../shared/ingest/intake.ts";
import type { OutgoingEvent } from "../../../shared/lead/event.ts";
import { Accounts } from "../../../shared/night/account-reach.ts";
import { findLead, readTouched } from "../../../shared/night/contact-lead.ts";
import { type FastTrackMessage, judgeAtOnce } from "../../../shared/night/fast-track.ts";
import { parsePolicy } from "../../../shared/policy/policy.ts";
import { cachedFastTrack } from "../../../shared/process/fast-track.ts";
import { processMessages } from "../../../shared/process/process.ts";
import { readOutbox } from "../../../shared/store/ledger.ts";
import { addPolicy, readPolicy } from "../../../shared/store/policies.ts";
import { readRun } from "../../../shared/store/runs.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { receive, settle } from "../../laws/pump.ts";
import { type Fault, Worker } from "../../laws/worker.ts";
import { intakeOf, nightOf, processingOf } from "../../laws/world.ts";

const start = "2026-03-20T18:00:00.000Z";
const source = { v: 1, id: "site", type: "server", createdAt: start } as const;

async function openWith(fastTrack: object[]): Promise<MemoryWorld> {
  const world = await openMemoryWorld(start);
  const result = parsePolicy({ threshold: 8, fastTrack });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  await addPolicy(world.table, result.policy, world.clock());
  return world;
}

/** Sends a demo request and stores it, as often as its message comes. @returns who is to be looked at, and what is not done */
async function ask(world: MemoryWorld, daysAgo: number, times = 1, url = "https://sqs.invalid") {
  const touchpoint = {
    id: "1",
    channel: "form" as const,
    occurredAt: new Date(world.now - daysAgo * 86_400_000).toISOString(),
    identifiers: { email: "ada@buyer.example", crm: "hubspot:51" },
    asset: { id: "demo-request" },
  };
  const candidates = [{ item: touchpoint, touchpoint }];
  await takeIn(intakeOf(world), candidates, { source, route: "touchpoints", scope: "", now: world.clock() });
  const messages = await receive(world.touchpoints, 10, world.now);
  const queue = url === "night" ? world.nightQueue : { ...world.nightQueue, url };
  const processing = {
    ...processingOf(world),
    fastTrack: { queue, policy: cachedFastTrack(world.table) },
  };
  let failed: string[] = [];
  for (let time = 0; time < times; time++) failed = await processMessages(processing, messages);
  const sent = await receive(world.nightQueue);
  await settle(world.nightQueue, sent, new Set());
  return { failed, sent: sent.map(({ body }) => body) };
}

const heard = async (world: MemoryWorld): Promise<OutgoingEvent[]> =>
  (await receive(world.deliveries)).map(({ body }) => JSON.parse(body) as OutgoingEvent);

const demo = { name: "demo", asset: "demo-*" };

describe("a touch that qualifies at once", () => {
  test("is told with everybody it names, and makes a lead that is announced before the night, however often it comes", async () => {
    const world = await openWith([demo]);
    const { sent, failed } = await ask(world, 0, 2, "night");
    expect(failed).toEqual([]);
    expect((JSON.parse(sent[0]!) as FastTrackMessage).ids).toHaveLength(2);
    for (const body of sent) await judgeAtOnce(nightOf(world), body);
    expect(await readOutbox(world.table)).toHaveLength(1);
    const events = await heard(world);
    expect(events.map(({ type }) => type)).toEqual(["lead.created", "lead.created"]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
    await oneNight(world);
    const later = await heard(world);
    expect(later.map(({ type }) => type)).toEqual(["lead.created", "export.completed"]);
    expect(later[0]!.id).toBe(events[0]!.id);
    expect(await readOutbox(world.table)).toEqual([]);
  });

  test("does not wait for the night where its sender's clock is a little ahead", async () => {
    const world = await openWith([demo]);
    const { sent } = await ask(world, -90 / 86_400, 1, "night");
    for (const body of sent) await judgeAtOnce(nightOf(world), body);
    expect((await heard(world)).map(({ type }) => type)).toEqual(["lead.created"]);
    await oneNight(world);
    expect((await readRun(world.table, 1))?.outcome?.leads).toBe(1);
  });

  test("is announced also where whoever found it died, and the night exported it before anybody went on", async () => {
    const world = await openWith([demo]);
    const { sent } = await ask(world, 0, 1, "night");
    const dies: Fault = { kind: "killed", command: "SendMessage" };
    expect((await new Worker(dies).run(() => judgeAtOnce(nightOf(world), sent[0]!))).done).toBe(false);
    expect(await readOutbox(world.table)).toHaveLength(1);
    await oneNight(world);
    await judgeAtOnce(nightOf(world), sent[0]!);
    expect((await heard(world)).map(({ type }) => type)).toContain("lead.created");
  });

  test("is the lead of whoever enters it first, where somebody else looks at its person at the same time", async () => {
    const world = await openWith([demo]);
    const { sent } = await ask(world, 0, 1, "night");
    const { ids } = JSON.parse(sent[0]!) as FastTrackMessage;
    const { version, policy } = await readPolicy(world.table, world.clock());
    const judging = { now: world.clock().toISOString(), policy, policyVersion: version, from: start };
    const [person] = (await readTouched(world.table, ids[0]!, {})).people;
    const accounts = new Accounts(world.table, policy, judging.now);
    const first = await findLead(world.table, person!, { ...judging, run: 7 }, accounts);
    const second = await findLead(world.table, person!, { ...judging, run: 0 }, accounts);
    expect(first?.foundIn).toBe(7);
    expect(second?.foundIn).toBe(7);
  });

  test.each([
    { case: "no rule fits", rules: [{ name: "meeting", channel: "meeting" }], daysAgo: 0 },
    { case: "there is no rule", rules: [], daysAgo: 0 },
    { case: "it happened long ago", rules: [demo], daysAgo: 8 },
  ])("waits for the night where $case", async ({ rules, daysAgo }) => {
    const world = await openWith(rules);
    expect(await ask(world, daysAgo, 1, "night")).toEqual({ failed: [], sent: [] });
  });

  test("comes again where nobody could be told", async () => {
    const world = await openWith([demo]);
    const { failed } = await ask(world, 0);
    expect(failed).toHaveLength(1);
  });
});
