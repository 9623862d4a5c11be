import "./quiet.ts";
import { describe, expect, test } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import { readFile } from "../../shared/files/files.ts";
import { takeIn } from "../../shared/ingest/intake.ts";
import { clicksFile, type RunPhase, runFolder } from "../../shared/lead/run.ts";
import { beginRun } from "../../shared/night/begin.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { parsePolicy } from "../../shared/policy/policy.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { readRun } from "../../shared/store/runs.ts";
import { deleteItem } from "../../shared/store/table.ts";
import { verdictPrefix } from "../../shared/table/keys.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { Processor, receive, settle } from "./pump.ts";
import { type Fault, Worker } from "./worker.ts";
import { intakeOf, nightOf, scanTable, type World } from "./world.ts";

const evening = "2026-03-20T18:00:00.000Z";
const source: Source = { v: 1, id: "mails", type: "server", createdAt: evening };
const scanner = "192.0.2.1";

/** A click of a recipient on the link of one mailing, some seconds after six in the evening. */
const click = (name: string, ip: string, seconds: number) => ({
  id: `${name} clicks`,
  channel: "email_click" as const,
  occurredAt: new Date(Date.parse(evening) + seconds * 1000).toISOString(),
  identifiers: { email: `${name}@buyer.example` },
  campaign: { id: "may" },
  asset: { url: "https://www.example.com/may" },
  client: { ip },
});
const scanned = ["ada", "ben", "cem", "dora", "eve"].map((name, index) => click(name, scanner, index * 60));
const read = click("fay", "198.51.100.7", 90);

async function store(world: World, clicks: ReturnType<typeof click>[]): Promise<void> {
  const candidates = clicks.map((item) => ({ item, touchpoint: item }));
  await takeIn(intakeOf(world), candidates, { source, route: "touchpoints", scope: "", now: world.clock() });
  const processor = new Processor(world);
  while (await processor.batch());
}

type Disturbance = { phase: RunPhase; fault: Fault; lost?: boolean };

/** A run from its beginning to its end. The first message of a phase may meet a fault, and be lost with its worker. */
async function night(world: World, trigger: string, disturbance?: Disturbance): Promise<number> {
  const { run } = await beginRun(nightOf(world), trigger);
  let left = disturbance;
  for (;;) {
    const [received] = await receive(world.nightQueue, 1);
    if (!received) {
      if (!disturbance?.lost || left) break;
      // What looks after runs that died sends the plan again.
      disturbance = undefined;
      await planRun(nightOf(world), run.number);
      continue;
    }
    const message = JSON.parse(received.body) as NightMessage;
    const met = message.kind === "chunk" && left?.phase === message.phase ? left : undefined;
    if (met) left = undefined;
    const { done } = await new Worker(met?.fault).run(async () => {
      if (message.kind === "plan") await planRun(nightOf(world), message.run);
      else if (message.kind === "chunk")
        await phases[message.phase](nightOf(world), message.run, message.chunk);
    });
    await settle(world.nightQueue, [received], new Set(done || met?.lost ? [] : [received.messageId]));
  }
  return run.number;
}

/** Whose clicks the night found to be a machine's, and whom the run hands to sales. */
async function outcome(world: World, run: number): Promise<{ marked: string[]; leads: string[] }> {
  const items = await scanTable(world);
  const emails = new Map(
    items.flatMap(({ pk, sk, body }) =>
      sk.startsWith("at#") ? [[pk, (JSON.parse(String(body)) as { i: { e: string } }).i.e]] : [],
    ),
  );
  const verdicts = items.filter(({ sk }) => sk.startsWith(verdictPrefix));
  const leads = ((await readFile(world.files, `${runFolder(run)}leads.jsonl`)) ?? "no file").split("\n");
  const name = (email: string | undefined) => email?.split("@")[0] ?? "";
  return {
    marked: verdicts.map(({ pk }) => name(emails.get(pk))).sort(),
    leads: leads
      .filter(Boolean)
      .map((line) => name((JSON.parse(line) as { email: string }).email))
      .sort(),
  };
}

async function inWorld(play: (world: World) => Promise<void>, machineClicks = {}): Promise<void> {
  const world = await openMemoryWorld(evening);
  const result = parsePolicy({ threshold: 1, machineClicks });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  try {
    await addPolicy(world.table, result.policy, world.clock());
    world.now += 60 * 60 * 1000;
    await play(world);
  } finally {
    await world.close();
  }
}

const expected = { marked: ["ada", "ben", "cem", "dora", "eve"], leads: ["fay"] };

describe("an address that clicked for many recipients of a mailing", () => {
  test("is found before the leads, and nobody is one by its clicks", () =>
    inWorld(async (world) => {
      await store(world, [...scanned, read]);
      expect(await outcome(world, await night(world, "first"))).toEqual(expected);
      const rows = (await scanTable(world)).filter(({ sk }) => sk.startsWith(verdictPrefix));
      expect(JSON.parse(String(rows[0]?.body))).toMatchObject({
        verdict: "machine",
        by: "night",
        reason: "shared_address",
      });
    }));

  test("is not looked for where the policy says so", () =>
    inWorld(
      async (world) => {
        await store(world, [...scanned, read]);
        const { marked, leads } = await outcome(world, await night(world, "first"));
        expect([marked, leads.length]).toEqual([[], 6]);
        expect(await readFile(world.files, clicksFile(1, 0))).toBeUndefined();
      },
      { sharedAddress: null },
    ));

  test("leaves no address of any kind in what runs compare", () =>
    inWorld(async (world) => {
      await store(world, [...scanned, read]);
      await night(world, "first");
      const file = await readFile(world.files, clicksFile(1, 0));
      expect((JSON.parse(file!) as { clicks: unknown[] }).clicks).toHaveLength(6);
      expect(file).not.toMatch(/192\.0\.2|198\.51|example/);
    }));

  test("is found with the clicks of the nights before, which count people anew", () =>
    inWorld(async (world) => {
      await store(world, scanned.slice(0, 4));
      expect(await outcome(world, await night(world, "first"))).toEqual({
        marked: [],
        leads: ["ada", "ben", "cem", "dora"],
      });
      world.now += 26 * 60 * 60 * 1000;
      await night(world, "second");
      world.now += 26 * 60 * 60 * 1000;
      // A provider was late, by two days.
      await store(world, [...scanned.slice(4), read]);
      const third = await night(world, "third");
      expect(await outcome(world, third)).toEqual(expected);
      // The two who came, and the four of the first day, whose clicks are now known for what they are.
      expect((await readRun(world.table, third))?.outcome).toMatchObject({ contacts: 6 });
      world.now += 26 * 60 * 60 * 1000;
      expect(await outcome(world, await night(world, "fourth"))).toEqual({ ...expected, leads: [] });
    }));

  test("says nothing of a touch that is gone", () =>
    inWorld(async (world) => {
      await store(world, scanned.slice(0, 4));
      await night(world, "first");
      const [gone] = (await scanTable(world)).filter(({ sk }) => sk.startsWith("at#"));
      await deleteItem(world.table, { pk: gone!.pk, sk: gone!.sk });
      world.now += 26 * 60 * 60 * 1000;
      await store(world, scanned.slice(4));
      const { marked } = await outcome(world, await night(world, "second"));
      expect(marked).toHaveLength(4);
    }));

  // The worker of the only chunk writes its file and its row; then a marker and a verdict for each of five, that it has compared,
  // and what it sends on.
  const writes = Array.from({ length: 14 }, (_, at) => at);
  describe.each([
    { after: "the message comes again", lost: false },
    { after: "the run is resumed", lost: true },
  ])("is found where a worker dies and $after", ({ lost }) => {
    test.each(writes)("before and after its write %i", async (at) => {
      for (const sent of [false, true]) {
        await inWorld(async (world) => {
          await store(world, [...scanned, read]);
          const fault = { kind: "dies", at, sent, counted: "writes" } as const;
          const run = await night(world, "first", { phase: "verdicts", fault, lost });
          expect(await outcome(world, run)).toEqual(expected);
        });
      }
    });
  });

  test("is found by two workers at once, each seeing the other's chunk as done", () =>
    inWorld(async (world) => {
      await store(world, [...scanned, read]);
      const { run } = await beginRun(nightOf(world), "first");
      const [plan] = await receive(world.nightQueue, 1);
      await planRun(nightOf(world), run.number);
      await settle(world.nightQueue, [plan!], new Set());
      await Promise.all([0, 1].map(() => phases.verdicts(nightOf(world), run.number, 0)));
      await night(world, "first");
      expect(await outcome(world, run.number)).toEqual(expected);
    }));
});
