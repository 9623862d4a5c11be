import "./quiet.ts";
import { afterAll, beforeAll, describe, test } from "vitest";
import { parsePolicy } from "../../shared/policy/policy.ts";
import type { Action, GeneratedTouch } from "./night-actions.ts";
import { Nights } from "./night-history.ts";
import { expectNightsAsFolded } from "./night-verdict.ts";
import { type Database, openWorld, startDatabase } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

const touch = (hours: number, campaign: string): GeneratedTouch => ({ hours, campaign, channel: "form" });
const ingest = (contact: number, ...touches: GeneratedTouch[]): Action[] => [
  { kind: "ingest", contact, touches },
  { kind: "process", most: 10, fault: undefined },
];
const schedule: Action = { kind: "schedule", copies: 1, fault: undefined };
const work: Action = { kind: "work", messages: 1, together: false, fault: undefined };
const workToTheEnd: Action = { kind: "workToTheEnd" };
const wait = (minutes: number): Action => ({ kind: "wait", minutes });
const policyOf = (threshold: number) => {
  const result = parsePolicy({ threshold, windowDays: 3 });
  if ("issues" in result) throw new Error("no policy");
  return result.policy;
};

/** Two people who qualify and one who does not yet, in the night of the first day. */
const evening: Action[] = [
  ...ingest(0, touch(1, "c1"), touch(2, "c2"), touch(3, "c3")),
  ...ingest(1, touch(1, "c1"), touch(2, "c2")),
  ...ingest(4, touch(1, "c1")),
  wait(600),
  schedule,
];
const begun = [...evening, work];
const planned = [...begun, work];
const compared = [...planned, work];
/** Somebody makes up the numbers while the night goes on. */
const meanwhile = [wait(10), ...ingest(4, touch(1, "c2"))];
const nextDay = [wait(24 * 60), ...ingest(2, touch(1, "c1"), touch(2, "c2")), schedule, work];

async function held(actions: Action[], crowd = 0): Promise<void> {
  const world = await openWorld(database, "2026-03-20T18:00:00.000Z");
  const nights = new Nights(world);
  try {
    await nights.play({ first: policyOf(2), crowd, actions });
    await nights.quietly();
    await expectNightsAsFolded(nights);
  } finally {
    await nights.abandon();
    await world.close();
  }
}

/**
 * The writes of one worker: a beginning and a plan have one and a message each, a chunk whose clicks are compared two, one for
 * the comparison and a message; a chunk with two leads and its close have fourteen.
 */
const writes = (count: number) => Array.from({ length: count }, (_, at) => ({ at }));

describe.each([
  { step: "a beginning", before: evening, count: 2 },
  { step: "a plan", before: begun, count: 2 },
  { step: "a comparison of clicks", before: planned, count: 4 },
])("$step whose worker", ({ before, count }) => {
  test.each(writes(count))("dies after its write $at", ({ at }) =>
    held([
      ...before,
      { ...work, fault: { kind: "dies", at, sent: true, counted: "writes" } },
      ...nextDay,
      workToTheEnd,
    ]),
  );

  test.each(writes(count))(
    "stands still at write $at until another has done it under a new policy",
    ({ at }) =>
      held([
        ...before,
        { kind: "nightStalls", fresh: true, which: 0, where: { at, sent: false, counted: "writes" } },
        { kind: "policy", policy: policyOf(1) },
        wait(10),
        workToTheEnd,
        ...nextDay,
        work,
        { kind: "release" },
        workToTheEnd,
      ]),
  );
});

describe.each(writes(14))("a chunk and its close whose worker, at write $at,", ({ at }) => {
  const where = { at, counted: "writes" as const };

  test("dies after it took effect", () =>
    held([
      ...compared,
      { ...work, fault: { ...where, kind: "dies", sent: true } },
      ...meanwhile,
      workToTheEnd,
    ]));

  test("stands still until another has done it, and the next run is under way", () =>
    held([
      ...compared,
      { kind: "nightStalls", fresh: true, which: 0, where: { ...where, sent: false } },
      ...meanwhile,
      workToTheEnd,
      ...nextDay,
      work,
      { kind: "release" },
      workToTheEnd,
    ]));
});

test.each([false, true])("a run of several chunks closes with the last; both at once: %s", (together) =>
  held(
    [
      ...planned,
      { kind: "work", messages: together ? 2 : 1, together, fault: undefined },
      ...(together ? [] : [work]),
      { kind: "work", messages: together ? 2 : 1, together, fault: undefined },
      workToTheEnd,
    ],
    200,
  ),
);
