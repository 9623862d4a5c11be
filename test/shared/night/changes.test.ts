import "../../laws/quiet.ts";
import { parse } from "csv-parse/sync";
import { beforeEach, describe, expect, test } from "vitest";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { deleteFile, readFile } from "../../../shared/files/files.ts";
import { feedbackIdOf } from "../../../shared/lead/feedback.ts";
import { runFolder } from "../../../shared/lead/run.ts";
import { beginRun } from "../../../shared/night/begin.ts";
import { erase } from "../../../shared/night/erase.ts";
import { membersFile } from "../../../shared/night/export-files.ts";
import type { NightMessage } from "../../../shared/night/night.ts";
import { phases } from "../../../shared/night/phases.ts";
import { planRun } from "../../../shared/night/plan.ts";
import { parsePolicy } from "../../../shared/policy/policy.ts";
import { eraseContact } from "../../../shared/query/erasures.ts";
import { noteChange, readChanges } from "../../../shared/store/changes.ts";
import { activeItem, itemsOf } from "../../../shared/store/facts.ts";
import { putFeedback } from "../../../shared/store/feedback.ts";
import { putHands } from "../../../shared/store/hands.ts";
import { readLead } from "../../../shared/store/ledger.ts";
import { addPolicy } from "../../../shared/store/policies.ts";
import { readRun } from "../../../shared/store/runs.ts";
import { keyText, putAll } from "../../../shared/store/table.ts";
import { putPersonVerdict } from "../../../shared/store/verdicts.ts";
import { sha256Hex } from "../../../shared/table/keys.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Touch } from "../../../shared/touchpoint/touch.ts";
import { touchIdOf } from "../../../shared/touchpoint/touch-id.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { receive, settle } from "../../laws/pump.ts";
import { type Fault, Worker } from "../../laws/worker.ts";
import { namespace, nightOf } from "../../laws/world.ts";

const start = "2026-03-20T18:00:00.000Z";
const hour = 3_600_000;
const ada = identifierId(namespace, "email", "ada@buyer.example");
const ben = identifierId(namespace, "crm", "hubspot:51");
const lead = `${ada}.first`;

const policy = (() => {
  const result = parsePolicy({ threshold: 1, windowDays: 30, oncePer: [] });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.policy;
})();

let world: MemoryWorld;
beforeEach(async () => {
  world = await openMemoryWorld(start);
  await addPolicy(world.table, policy, world.clock());
  world.now += hour;
});

const touchIdOfMessage = (messageId: string): string =>
  touchIdOf({ source: "crm", route: "touchpoints", scope: "", messageId });

async function touched(home = ada, messageId = "1"): Promise<void> {
  const occurredAt = world.clock().toISOString();
  const touch: Touch = {
    identifierId: home,
    touchId: touchIdOfMessage(messageId),
    hash16: "aaaaaaaaaaaaaaaa",
    channel: "form",
    direction: "inbound",
    occurredAt,
    receivedAt: occurredAt,
    source: "crm",
    identifiers: home === ada ? { email: "ada@buyer.example" } : { crm: "hubspot:51" },
  };
  const identifierIds: Record<string, string> = home === ada ? { email: ada } : { crm: ben };
  const items = itemsOf({ kind: "touch", touch, identifierIds });
  await putAll(world.table, [...new Map(items.map((item) => [keyText(item), item])).values()]);
  await putAll(world.table, [activeItem(home, world.clock())]);
}

const isMachine = async (home = ada, messageId = "1"): Promise<void> => {
  const said = { at: world.clock().toISOString(), id: messageId, reason: "seen", who: "key" };
  const verdict = {
    ...said,
    touchId: touchIdOfMessage(messageId),
    verdict: "machine",
    by: "person",
  } as const;
  await putPersonVerdict(world.table, home, verdict, world.clock());
};

/** They are seen together. */
async function met(): Promise<void> {
  const occurredAt = world.clock().toISOString();
  const fact = {
    type: "link" as const,
    identifierId: ada,
    factId: touchIdOfMessage("met"),
    hash16: "0000000000000000",
    occurredAt,
    receivedAt: occurredAt,
    source: "crm",
    identifiers: { email: "ada@buyer.example" },
  };
  const seen = [
    { id: ada, type: "email" as const, value: "ada@buyer.example" },
    { id: ben, type: "crm" as const, value: "hubspot:51" },
  ];
  const items = itemsOf({ kind: "person", fact, seen });
  await putAll(world.table, [...new Map(items.map((item) => [keyText(item), item])).values()]);
  await putAll(
    world.table,
    seen.map(({ id }) => activeItem(id, world.clock())),
  );
}

const separated = async (): Promise<void> => {
  const said = { at: world.clock().toISOString(), id: "1", reason: "two", who: "key" };
  await putHands(world.table, [[ada, ben]], { ...said, act: "separated" }, world.clock());
};

async function answered(outcome: "accepted" | "rejected"): Promise<void> {
  const at = world.clock().toISOString();
  const entry = (await readLead(world.table, ada, "first"))!;
  const ids = { leadId: lead, feedbackId: feedbackIdOf(lead, "1"), hash16: "0123456789abcdef" };
  const said = { id: "1", outcome, who: "key", occurredAt: at, receivedAt: at };
  expect(await putFeedback(world.table, [{ entry, feedback: { ...ids, ...said } }], world.clock())).toEqual(
    [],
  );
}

/** Works on messages of the night until there are none. @returns whether a worker with this fault came to its end */
async function work(fault?: Fault): Promise<boolean> {
  for (;;) {
    const [received] = await receive(world.nightQueue, 1);
    if (!received) return true;
    const message = JSON.parse(received.body) as NightMessage;
    const night = nightOf(world);
    const { done } = await new Worker(fault).run(async () => {
      if (message.kind === "erase") await erase(night, message.id);
      else if (message.kind === "plan") await planRun(night, message.run);
      else if (message.kind === "chunk") await phases[message.phase](night, message.run, message.chunk);
    });
    await settle(world.nightQueue, [received], new Set(done ? [] : [received.messageId]));
    if (!done) return false;
  }
}

const begun = async (): Promise<number> => {
  world.now += hour;
  return (await beginRun(nightOf(world), world.clock().toISOString())).run.number;
};

async function night(): Promise<void> {
  await begun();
  await work();
}

const erased = () =>
  eraseContact(nightOf(world), { pathParameters: { id: ada } } as unknown as HttpEvent, {
    role: "admin",
    keyId: "key",
  });

/** What each run told, in order: its leads and what became of earlier ones. */
async function told(): Promise<{ leads: string[]; changes: string[] }[]> {
  const runs = [];
  for (let number = 1; ; number++) {
    const run = await readRun(world.table, number);
    if (!run) return runs;
    expect(run.outcome).toBeDefined();
    for (const { name, sha256 } of run.outcome!.files)
      expect(sha256Hex((await readFile(world.files, runFolder(number) + name))!)).toBe(sha256);
    const text = async (name: string) => (await readFile(world.files, runFolder(number) + name))!;
    const changes = parse(await text("changes.csv"), { columns: true }) as Record<string, string>[];
    runs.push({
      leads: (await text("leads.jsonl"))
        .split("\n")
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { leadId: string }).leadId),
      changes: changes.map(({ leadId, reason, exportedIn }) => `${leadId} ${reason} ${exportedIn}`),
    });
  }
}

const nothing = { leads: [], changes: [] };

describe("a person who is erased", () => {
  test("is told to sales once, by ids alone", async () => {
    await touched();
    await night();
    await erased();
    await work();
    await night();
    world.now += 3 * hour;
    await night();
    await night();
    expect(await told()).toEqual([
      nothing,
      { leads: [], changes: [`${lead} erasure 000001`] },
      nothing,
      nothing,
    ]);
    const file = await readFile(world.files, `${runFolder(2)}changes.csv`);
    expect(file).not.toMatch(/buyer|@/);
  });

  test("is told to sales also where the export that had the lead is too old to be kept", async () => {
    await touched();
    await night();
    for (const { name } of (await readRun(world.table, 1))!.outcome!.files)
      await deleteFile(world.files, runFolder(1) + name);
    await deleteFile(world.files, membersFile(1));
    await erased();
    await work();
    await night();
    const file = await readFile(world.files, `${runFolder(2)}changes.csv`);
    expect(file).toContain(lead);
  });

  test("is not told where sales never had the lead, had accepted it, or was told already", async () => {
    for (const before of [
      async () => {},
      async () => {
        await night();
        await answered("accepted");
      },
      async () => {
        await night();
        await isMachine();
        await night();
      },
    ]) {
      world = await openMemoryWorld(start);
      await addPolicy(world.table, policy, world.clock());
      await touched();
      await before();
      await erased();
      await work();
      await night();
      world.now += 3 * hour;
      await night();
      const changes = (await told()).flatMap((run) => run.changes);
      expect(changes.filter((one) => one.includes("erasure"))).toEqual([]);
    }
  });

  test("is told in one way, wherever in the close that tells of a verdict it is asked for", async () => {
    for (let at = 0; at < 60; at++) {
      world = await openMemoryWorld(start);
      await addPolicy(world.table, policy, world.clock());
      await touched();
      await night();
      await isMachine();
      await begun();
      const died = !(await work({ kind: "dies", at, sent: true }));
      await erased();
      await work();
      world.now += 3 * hour;
      await night();
      await night();
      const changes = (await told()).flatMap((run) => run.changes);
      expect({ at, changes: changes.map((one) => one.split(" ")[0]) }).toEqual({ at, changes: [lead] });
      if (!died) break;
    }
  });

  test("is told exactly where an export had the lead, wherever in the close it is asked for", async () => {
    for (let at = 0; at < 80; at++) {
      world = await openMemoryWorld(start);
      await addPolicy(world.table, policy, world.clock());
      await touched();
      await begun();
      const died = !(await work({ kind: "dies", at, sent: true }));
      const files = ["leads.csv", "leads.jsonl"].map((name) => readFile(world.files, runFolder(1) + name));
      const had = (await Promise.all(files)).some((text) => text?.includes(lead));
      await erased();
      await work();
      world.now += 3 * hour;
      await night();
      await night();
      const changes = (await told()).flatMap((run) => run.changes);
      expect({ at, changes }).toEqual({ at, changes: had ? [`${lead} erasure 000001`] : [] });
      if (!died) break;
    }
  });
});

describe("a close that stands still until the next run is under way", () => {
  test("brings back nothing of a person who was erased meanwhile, which is told once", async () => {
    let stood = true;
    for (let at = 0; stood; at++) {
      world = await openMemoryWorld(start);
      await addPolicy(world.table, policy, world.clock());
      await touched();
      const number = await begun();
      const standing = new Worker({ kind: "stalls", at, sent: false, counted: "writes" });
      await planRun(nightOf(world), number);
      const ended = standing.run(() => phases.leads(nightOf(world), number, 0));
      stood = await Promise.race([ended.then(() => false), standing.stalled.then(() => true)]);
      await work();
      await erased();
      await work();
      await begun();
      standing.release();
      expect((await ended).done).toBe(true);
      await work();
      world.now += 3 * hour;
      await night();
      const runs = await told();
      expect({ at, leads: runs.flatMap(({ leads }) => leads) }).toEqual({ at, leads: [] });
      expect({ at, changes: runs.flatMap(({ changes }) => changes) }).toEqual({
        at,
        changes: [`${lead} erasure 000001`],
      });
    }
  });
});

describe("a lead that turned out to be none", () => {
  test("is told once, also where it is noted again", async () => {
    await touched();
    await night();
    await isMachine();
    await night();
    await noteChange(world.table, lead, 1);
    await night();
    expect(await readChanges(world.table)).toEqual([]);
    expect(await told()).toEqual([
      { leads: [lead], changes: [] },
      { leads: [], changes: [`${lead} verdict 000001`] },
      nothing,
    ]);
  });

  test("is told once, also where it is noted again once its person is erased", async () => {
    await touched();
    await night();
    await isMachine();
    await night();
    await erased();
    await work();
    await noteChange(world.table, lead, 1);
    world.now += 3 * hour;
    await night();
    expect((await told()).flatMap(({ changes }) => changes)).toEqual([`${lead} verdict 000001`]);
  });

  test("is looked at again the night after, though nothing has happened since", async () => {
    await touched();
    await night();
    world.now += hour;
    await touched(ada, "2");
    await isMachine();
    world.now += 40 * hour;
    await night();
    world.now += 24 * hour;
    await night();
    expect((await told()).slice(1)).toEqual([
      { leads: [], changes: [`${lead} verdict 000001`] },
      { leads: [`${ada}.withdrawn-2`], changes: [] },
    ]);
  });

  test("gives back what it had spent to whom that belongs, who is looked at the night after", async () => {
    await touched();
    world.now += hour;
    await touched(ben, "2");
    await met();
    await night();
    expect((await told())[0]!.leads).toEqual([`${ben}.first`]);
    world.now += 24 * hour;
    await separated();
    world.now += 40 * hour;
    await night();
    world.now += 24 * hour;
    await night();
    expect((await told()).slice(1)).toEqual([
      { leads: [], changes: [`${ben}.first separation 000001`] },
      { leads: [lead, `${ben}.withdrawn-2`], changes: [] },
    ]);
  });

  test("opens nothing for somebody of whom sales turns out to have another", async () => {
    await touched();
    world.now += hour;
    await touched(ben, "2");
    await night();
    await isMachine(ben, "2");
    await night();
    await met();
    await night();
    await night();
    expect((await told()).slice(1)).toEqual([
      { leads: [], changes: [`${ben}.first verdict 000001`] },
      nothing,
      nothing,
    ]);
  });
});
