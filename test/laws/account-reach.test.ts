import "./quiet.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import { readFile } from "../../shared/files/files.ts";
import { takeIn } from "../../shared/ingest/intake.ts";
import type { LeadRecord } from "../../shared/lead/lead.ts";
import { runFolder } from "../../shared/lead/run.ts";
import { beginRun } from "../../shared/night/begin.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { parsePolicy } from "../../shared/policy/policy.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { Processor, receive, settle } from "./pump.ts";
import { holds, lawTimeout } from "./runs.ts";
import { intakeOf, nightOf, type World } from "./world.ts";

const start = "2026-03-20T00:00:00.000Z";
const hour = 60 * 60 * 1000;
const source: Source = { v: 1, id: "site", type: "server", createdAt: start };
const ownThreshold = 2;

/** Two companies, a provider of mailboxes, and one person who moved from the one company to the other. */
const people: { emails: string[]; user?: string }[] = [
  { emails: ["a@red.example"] },
  { emails: ["b@eu.red.example"] },
  { emails: ["c@red.example"] },
  { emails: ["d@blue.example"] },
  { emails: ["e@blue.example"] },
  { emails: ["f@gmail.com"] },
  { emails: ["g@gmail.com"] },
  { emails: ["h@red.example", "h@blue.example"], user: "h" },
];
const companies = ["red.example", "blue.example"].map((domain) =>
  people
    .map((_, index) => index)
    .filter((index) => people[index]!.emails.some((email) => email.endsWith(domain))),
);

/** What each person did, in order; null is a night. */
interface History {
  asked: { threshold: number; minContacts: number };
  acts: ({ person: number; address: number } | null)[];
}
const history: fc.Arbitrary<History> = fc.record({
  asked: fc.record({
    threshold: fc.integer({ min: 1, max: 8 }),
    minContacts: fc.integer({ min: 1, max: 4 }),
  }),
  acts: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ person: fc.nat(people.length - 1), address: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    { minLength: 4, maxLength: 30, size: "max" },
  ),
});

/** A run from its beginning to its end. @returns whom it exported, by address */
async function night(world: World): Promise<string[]> {
  world.now += 24 * hour;
  const { run } = await beginRun(nightOf(world), world.clock().toISOString());
  for (;;) {
    const [received] = await receive(world.nightQueue, 1);
    if (!received) break;
    const message = JSON.parse(received.body) as NightMessage;
    if (message.kind === "plan") await planRun(nightOf(world), message.run);
    else if (message.kind === "chunk")
      await phases[message.phase](nightOf(world), message.run, message.chunk);
    await settle(world.nightQueue, [received], new Set());
  }
  const lines = (await readFile(world.files, `${runFolder(run.number)}leads.jsonl`))!.trim().split("\n");
  return lines.filter(Boolean).map((line) => (JSON.parse(line) as LeadRecord).email!);
}

/** Plays a history, each act a form of a campaign of its own. @returns the persons that its nights exported */
async function exportedOf({ asked, acts }: History): Promise<number[]> {
  const world = await openMemoryWorld(start);
  const policy = parsePolicy({ threshold: ownThreshold, account: asked });
  if ("issues" in policy) throw new Error(JSON.stringify(policy.issues));
  await addPolicy(world.table, policy.policy, world.clock());
  const processor = new Processor(world);
  const exported: string[] = [];
  for (const [index, act] of [...acts, null].entries()) {
    if (act === null) {
      while (await processor.batch());
      exported.push(...(await night(world)));
      continue;
    }
    const { emails, user } = people[act.person]!;
    world.now += hour;
    const touchpoint = {
      id: `act-${index}`,
      channel: "form" as const,
      occurredAt: world.clock().toISOString(),
      identifiers: { email: emails[act.address] ?? emails[0]!, ...(user && { user }) },
      campaign: { id: `campaign-${index}` },
    };
    await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], {
      source,
      route: "touchpoints",
      scope: "",
      now: world.clock(),
    });
  }
  return exported.map((email) => people.findIndex(({ emails }) => emails.includes(email))).sort();
}

/** Who did enough, and works where enough people did enough together. */
function expectedOf({ asked, acts }: History): number[] {
  const done = people.map((_, person) => acts.filter((act) => act?.person === person).length);
  const reached = companies.filter((members) => {
    const active = members.filter((person) => worksAt(acts, person, members));
    const points = active.reduce((sum, person) => sum + done[person]!, 0);
    return points >= asked.threshold && active.length >= asked.minContacts;
  });
  return people.flatMap((_, person) =>
    done[person]! >= ownThreshold && reached.some((members) => worksAt(acts, person, members))
      ? [person]
      : [],
  );
}

/** Whether a person did anything, and was seen with an address at the company. */
function worksAt(acts: History["acts"], person: number, members: readonly number[]): boolean {
  const { emails } = people[person]!;
  const company = companies.indexOf(members as number[]);
  const used = acts.flatMap((act) => (act?.person === person ? [emails.length === 1 ? 0 : act.address] : []));
  return members.includes(person) && (emails.length === 1 ? used.length > 0 : used.includes(company));
}

test(
  "whoever the order and the nights between, those are exported, once, whose own touches and whose company's suffice",
  async () => {
    await holds(history, { runs: 150, milliseconds: 30_000 }, async (one) => {
      expect(await exportedOf(one)).toEqual(expectedOf(one));
    });
  },
  lawTimeout,
);
