import "./quiet.ts";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { type WhatIf, whatIfSets } from "../../shared/lead/what-if.ts";
import { type Policy, parsePolicy } from "../../shared/policy/policy.ts";
import { markersOf } from "../../shared/process/markers.ts";
import { itemsOf } from "../../shared/store/facts.ts";
import { putHands } from "../../shared/store/hands.ts";
import { addDraft, addPolicy } from "../../shared/store/policies.ts";
import { type Item, keyText, putAll } from "../../shared/store/table.ts";
import { readReport, readWhatIf } from "../../shared/store/what-ifs.ts";
import { partitions } from "../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../shared/touchpoint/accept-person-fact.ts";
import { type IdentifierType, identifierId } from "../../shared/touchpoint/identifier.ts";
import { beginWhatIf, resumeWhatIfs } from "../../shared/what-if/begin.ts";
import { countChunk } from "../../shared/what-if/count.ts";
import { listShard, planRecount } from "../../shared/what-if/plan.ts";
import type { RecountMessage } from "../../shared/what-if/recount.ts";
import { oracleEvaluate } from "../shared/policy/oracle.ts";
import { type MemoryWorld, openMemoryWorld } from "./memory-world.ts";
import { knownFrom, People } from "./people-oracle.ts";
import { arbitraryHistories, type Request, type SentItem, start, type Word } from "./permutation-history.ts";
import { type Received, receive, settle } from "./pump.ts";
import { arbitraryFault, holds, lawTimeout } from "./runs.ts";
import { type Fault, Worker } from "./worker.ts";
import { namespace, nightOf, recountingOf } from "./world.ts";

const minute = 60_000;

/** What goes wrong with a recount: with whoever begins it, and then with whoever takes messages. */
interface Disturbance {
  begins: (Fault | undefined)[];
  steps: {
    /** Messages taken at once, each by a worker of its own. */
    together: number;
    fault: Fault | undefined;
    /** The first of them comes again although it is done, or is gone although it is not. */
    becomes: "as told" | "again" | "lost";
    /** Meanwhile somebody does something for the first time. */
    newcomer: boolean;
  }[];
}

/** One that stands still goes on when the recount has long ended. */
const arbitraryStall: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constant("stalls" as const),
  at: fc.nat(20),
  sent: fc.boolean(),
});

const arbitraryDisturbance: fc.Arbitrary<Disturbance> = fc.record({
  begins: fc.array(arbitraryFault(6), { minLength: 1, maxLength: 3 }),
  steps: fc.array(
    fc.record({
      together: fc.integer({ min: 1, max: 4 }),
      fault: fc.oneof({ weight: 4, arbitrary: arbitraryFault(30) }, { weight: 1, arbitrary: arbitraryStall }),
      becomes: fc.constantFrom("as told", "as told", "again", "lost"),
      newcomer: fc.boolean(),
    }),
    { maxLength: 30 },
  ),
});

const receptionAt = (time: number) => ({
  source: "crm",
  sourceType: "server" as const,
  route: "touchpoints",
  scope: "",
  receivedAt: new Date(time).toISOString(),
  namespace,
  freshId: "none",
});

/** What is held where these requests were processed, each on a day of its own, and these words were said. */
async function store(
  world: MemoryWorld,
  requests: readonly Request[],
  words: readonly Word[],
): Promise<void> {
  for (const [index, { items }] of requests.entries())
    await put(world, items, Date.parse(start) + index * 24 * 60 * minute);
  for (const [index, word] of words.entries()) {
    if (word.kind !== "hand") continue;
    const at = new Date(Date.parse(start) + word.minute * minute).toISOString();
    const pair = word.pair.map((name) => {
      const colon = name.indexOf(":");
      return identifierId(namespace, name.slice(0, colon) as IdentifierType, name.slice(colon + 1));
    }) as [string, string];
    const said = { at, id: String(index), act: word.act, reason: "seen by hand", who: "key-1" };
    expect(await putHands(world.table, [pair], said, new Date(at))).toBe(true);
  }
  world.now = Date.parse(start) + (requests.length + 1) * 24 * 60 * minute;
}

/** @returns the rows that this made, by key */
async function put(world: MemoryWorld, items: readonly SentItem[], at: number): Promise<Map<string, Item>> {
  const rows = new Map<string, Item>();
  for (const item of items) {
    const accepted = accept(item, at);
    if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
    for (const row of [...itemsOf(accepted.fact), ...markersOf(accepted.fact, new Date(at))])
      rows.set(keyText(row), row);
  }
  expect((await putAll(world.table, [...rows.values()])).size).toBe(0);
  return rows;
}

/** What somebody does who was not there before; their touch comes when the recount has begun. */
const newcomer = (number: number, at: number): SentItem => ({
  touch: {
    id: `new-${number}`,
    occurredAt: new Date(at + minute).toISOString(),
    channel: "form",
    identifiers: { email: `newcomer-${number}@buyer.example` },
  },
});

const accept = (item: SentItem, at: number) =>
  "touch" in item
    ? acceptTouchpoint(item.touch, item.touch, receptionAt(at))
    : acceptPersonFact(item.person, item.person, receptionAt(at));

async function work(world: MemoryWorld, { body }: Received): Promise<void> {
  const message = JSON.parse(body) as RecountMessage;
  const recounting = { ...recountingOf(world), chunk: 2 };
  if (message.kind === "plan") await planRecount(recounting, message);
  else if (message.kind === "list") await listShard(recounting, message, message.shard);
  else await countChunk(recounting, message, message.shard, message.chunk);
}

/** Counts anew, disturbed as told, and then quietly to the end. @param meanwhile gets the rows of who came in between */
async function recount(
  world: MemoryWorld,
  version: number,
  { begins, steps }: Disturbance,
  meanwhile = new Map<string, Item>(),
): Promise<WhatIf> {
  const standing: { worker: Worker; ended: Promise<unknown> }[] = [];
  for (const fault of begins) await new Worker(fault).run(() => beginWhatIf(recountingOf(world), version));
  const { whatIf } = await beginWhatIf(recountingOf(world), version);
  for (const [number, { together, fault, becomes, newcomer: comes }] of steps.entries()) {
    if (comes)
      for (const [key, row] of await put(world, [newcomer(number, world.now)], world.now))
        meanwhile.set(key, row);
    const messages = await receive(world.whatIfQueue, together);
    const failed = new Set<string>();
    await Promise.all(
      messages.map(async (message, index) => {
        const worker = new Worker(index === 0 ? fault : undefined);
        const ended = worker.run(() => work(world, message));
        const stands = await Promise.race([worker.stalled.then(() => true), ended.then(() => false)]);
        if (stands) standing.push({ worker, ended });
        if (stands || !(await ended).done) failed.add(message.messageId);
      }),
    );
    const first = messages[0]?.messageId ?? "";
    if (becomes === "again") failed.add(first);
    if (becomes === "lost") failed.delete(first);
    await settle(world.whatIfQueue, messages, failed);
  }
  for (let round = 0; ; round++) {
    for (;;) {
      const messages = await receive(world.whatIfQueue);
      if (messages.length === 0) break;
      for (const message of messages) await work(world, message);
      await settle(world.whatIfQueue, messages, new Set());
    }
    const ended = (await readWhatIf(world.table, whatIf))!;
    if (ended.completedAt !== undefined) {
      for (const { worker } of standing) worker.release();
      await Promise.all(standing.map((one) => one.ended));
      expect(await readWhatIf(world.table, whatIf)).toEqual(ended);
      return ended;
    }
    // What was lost is found missing by who looks after recounts that died.
    expect(round).toBeLessThan(3);
    world.now += 15 * minute;
    await resumeWhatIfs({ ...nightOf(world), queue: world.whatIfQueue });
  }
}

const isWhatIf = ({ pk }: Item) => pk.startsWith(partitions.whatIf);

const contactsOf = (items: readonly Item[], now: number): string[] => {
  const people = new People(knownFrom(items));
  return people
    .contacts()
    .filter((id) => people.timelineOf(id).some(({ occurredAt }) => Date.parse(occurredAt) <= now));
};

/** When everybody would first have been a lead, by brute force over the whole table. */
function firstLeads(items: readonly Item[], policy: Policy, now: number): Map<string, string> {
  const people = new People(knownFrom(items));
  const leads = new Map<string, string>();
  for (const contactId of people.contacts()) {
    const timeline = people.timelineOf(contactId);
    const person = { emails: people.emailsOf(contactId), unsubscribed: false, doNotContact: false };
    const times = timeline.map(({ occurredAt }) => Date.parse(occurredAt)).filter((time) => time <= now);
    for (const time of [...new Set(times)].sort((a, b) => a - b)) {
      const { qualifiedAt } = oracleEvaluate(timeline, policy, time, person);
      if (qualifiedAt === null) continue;
      leads.set(contactId, qualifiedAt);
      break;
    }
    const hasName = timeline.some(({ conflict, traits }) => !conflict && traits?.firstName !== undefined);
    if (policy.require.traits.includes("firstName") && !hasName) leads.delete(contactId);
  }
  return leads;
}

/** Nothing here tells whether somebody unsubscribed: the oracle does not know it. */
const isTold = (item: SentItem): boolean => "touch" in item || item.person.type !== "consent";

const withName = (policy: Policy, isAsked: boolean): Policy => {
  const asked = { traits: isAsked ? ["firstName" as const] : [], segments: [] };
  const result = parsePolicy({ ...policy, require: asked });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.policy;
};

const arbitraryCases = fc.record({
  history: arbitraryHistories(3),
  draft: arbitraryHistories(0).map(({ policy }) => policy),
  asksForName: fc.boolean(),
  disturbance: arbitraryDisturbance,
});

describe("a recount of history under a draft", () => {
  test(
    "finds what brute force finds and changes nothing, whatever dies, is lost or comes twice",
    async () => {
      vi.stubGlobal("setTimeout", setImmediate);
      let leads = 0;
      await holds(arbitraryCases, { runs: 120, milliseconds: 40_000 }, async (one) => {
        const world = await openMemoryWorld(start);
        const requests = one.history.requests.map((request) => ({
          ...request,
          items: request.items.filter(isTold),
        }));
        await store(world, requests, one.history.words);
        const draft = withName(one.draft, one.asksForName);
        const { version: against } = await addPolicy(world.table, one.history.policy, world.clock());
        const { version } = await addDraft(world.table, draft, world.clock(), null);
        const before = world.items();
        const quiet = world.copy();

        const meanwhile = new Map(before.map((item) => [keyText(item), item]));
        const ended = await recount(world, version, one.disturbance, meanwhile);
        const report = (await readReport(world.table, ended))!;
        const others = world.items().filter((item) => !isWhatIf(item));
        expect(new Map(others.map((item) => [keyText(item), item]))).toEqual(meanwhile);
        expect(ended).toMatchObject({ version, number: 1, against });

        const undisturbed = await recount(quiet, version, { begins: [], steps: [] });
        expect(report).toEqual(await readReport(quiet.table, undisturbed));

        const now = Date.parse(ended.startedAt);
        const underDraft = firstLeads(before, draft, now);
        const inForce = firstLeads(before, one.history.policy, now);
        const gained = [...underDraft.keys()].filter((id) => !inForce.has(id));
        const lost = [...inForce.keys()].filter((id) => !underDraft.has(id));
        const both = [...underDraft.keys()].filter((id) => inForce.has(id));
        leads += underDraft.size + inForce.size;
        expect(report).toMatchObject({
          contacts: contactsOf(before, now).length,
          failed: 0,
          gained: gained.length,
          lost: lost.length,
          both: both.length,
        });
        const sets = { gained, lost, both };
        for (const set of whatIfSets) {
          const when = set === "lost" ? inForce : underDraft;
          expect(report.examples[set].map(({ contactId, at }) => [contactId, at])).toEqual(
            [...sets[set]]
              .sort()
              .slice(0, 5)
              .map((id) => [id, when.get(id)]),
          );
        }
      });
      vi.unstubAllGlobals();
      expect(leads).toBeGreaterThan(20);
    },
    lawTimeout,
  );
});
