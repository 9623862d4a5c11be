import * as fc from "fast-check";
import { type Policy, parsePolicy } from "../../shared/policy/policy.ts";
import type { Fault } from "./worker.ts";

/** Identifiers that meet: `type:value`. */
export const names = ["email:ada@buyer.example", "email:ben@other.example", "crm:hubspot:51", "user:u-1"];

/** What comes to be known, and what becomes of the night meanwhile. */
export type Step =
  | { kind: "touches"; name: string; count: number; hours: number; channel: "form" | "meeting" }
  | { kind: "link"; pair: [string, string] }
  | { kind: "hand"; pair: [string, string]; act: "separated" | "joined" }
  /** Of any touch, or of one that made a lead which sales has. */
  | { kind: "verdict"; of: "touch" | "lead"; which: number; verdict: "machine" | "human" }
  /** Sales answers a lead that was handed over, or announced. */
  | {
      kind: "answer";
      which: number;
      outcome: "contacted" | "accepted" | "rejected" | "recycled";
      days: number;
      back: boolean;
    }
  | { kind: "deal"; deal: number; name: string; status: "open" | "won" | "lost" }
  | { kind: "policy"; policy: Policy }
  | { kind: "atOnce"; fault: Fault | undefined }
  | { kind: "wait"; hours: number }
  | { kind: "schedule" }
  | { kind: "work"; messages: number; together: boolean; fault: Fault | undefined }
  | { kind: "workToTheEnd" }
  | { kind: "redeliver"; which: number; fault: Fault | undefined }
  | { kind: "stall"; fault: Fault }
  | { kind: "release" };

export interface CycleHistory {
  first: Policy;
  steps: Step[];
}

export const start = "2026-03-20T18:00:00.000Z";
const hour = 3_600_000;

const policy: fc.Arbitrary<Policy> = fc
  .record({
    threshold: fc.constantFrom(1, 1, 2, 3),
    goLiveHours: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.integer({ min: -60, max: 60 }) },
    ),
    maxLeadsPerExport: fc.constantFrom(null, null, 1),
    requalifyAfterDays: fc.constantFrom(0, 2),
    required: fc.boolean(),
    fast: fc.boolean(),
  })
  .map(({ threshold, goLiveHours, maxLeadsPerExport, requalifyAfterDays, required, fast }) => {
    const result = parsePolicy({
      threshold,
      windowDays: 30,
      oncePer: [],
      maxLeadsPerExport,
      requalifyAfterDays,
      goLive:
        goLiveHours === undefined ? null : new Date(Date.parse(start) + goLiveHours * hour).toISOString(),
      require: { traits: required ? ["email"] : [] },
      fastTrack: fast ? [{ name: "meeting", channel: "meeting" }] : [],
      machineClicks: { sharedAddress: null, burstSeconds: null },
    });
    if ("issues" in result) throw new Error(JSON.stringify(result.issues));
    return result.policy;
  });

const name = fc.constantFrom(...names);
const pair = fc
  .shuffledSubarray(names, { minLength: 2, maxLength: 2 })
  .map((both) => both as [string, string]);
const is = <Kind extends string>(kind: Kind): { kind: fc.Arbitrary<Kind> } => ({ kind: fc.constant(kind) });

const dies: fc.Arbitrary<Fault | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({
    kind: fc.constant("dies" as const),
    at: fc.nat(16),
    sent: fc.boolean(),
    counted: fc.constant("writes" as const),
  }),
);
const stalls: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constant("stalls" as const),
  at: fc.nat(14),
  sent: fc.boolean(),
  counted: fc.constant("writes" as const),
});

const touches = fc.record({
  ...is("touches"),
  name,
  count: fc.integer({ min: 1, max: 3 }),
  hours: fc.nat(30),
  channel: fc.constantFrom("form" as const, "form" as const, "meeting" as const),
});
const link = fc.record({ ...is("link"), pair });
const hand = fc.record({
  ...is("hand"),
  pair,
  act: fc.constantFrom("separated" as const, "joined" as const),
});
const verdict = fc.record({
  ...is("verdict"),
  of: fc.constantFrom("touch" as const, "lead" as const, "lead" as const),
  which: fc.nat(20),
  verdict: fc.constantFrom("machine" as const, "machine" as const, "human" as const),
});
const answer = fc.record({
  ...is("answer"),
  which: fc.nat(9),
  outcome: fc.constantFrom(
    "contacted" as const,
    "accepted" as const,
    "rejected" as const,
    "recycled" as const,
  ),
  days: fc.nat(3),
  back: fc.boolean(),
});
const deal = fc.record({
  ...is("deal"),
  deal: fc.nat(1),
  name,
  status: fc.constantFrom("open" as const, "won" as const, "lost" as const, "lost" as const),
});

type Part = fc.Arbitrary<Step>;
const some = (most: number, ...parts: Part[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof(...parts), { maxLength: most, size: "max" });
const perhaps = (ofTen: number, part: Part): fc.Arbitrary<Step[]> =>
  fc.oneof(
    { weight: ofTen, arbitrary: part.map((step) => [step]) },
    { weight: 10 - ofTen, arbitrary: fc.constant<Step[]>([]) },
  );
const wait = (most: number) => fc.record({ ...is("wait"), hours: fc.integer({ min: 1, max: most }) });
const work = fc.record({
  ...is("work"),
  messages: fc.integer({ min: 1, max: 2 }),
  together: fc.boolean(),
  fault: dies,
});
const redeliver = fc.record({ ...is("redeliver"), which: fc.nat(6), fault: dies });
const stall = fc.record({ ...is("stall"), fault: stalls });
/** What marketing finds out, and what is found out later of leads that sales may have. */
const news = [touches, touches, touches, link, deal];
const later = [verdict, verdict, verdict, hand, hand, link, answer, answer, touches, deal];

const day: fc.Arbitrary<Step[]> = fc
  .tuple(
    some(4, ...news),
    perhaps(2, fc.record({ ...is("policy"), policy })),
    perhaps(5, fc.record({ ...is("atOnce"), fault: dies })),
    perhaps(8, wait(40)),
    perhaps(9, fc.constant({ kind: "schedule" as const })),
    some(4, work, work, redeliver, stall, ...later),
    perhaps(8, fc.constant({ kind: "workToTheEnd" as const })),
    some(4, redeliver, fc.constant({ kind: "release" as const }), ...later),
  )
  .map((parts) => parts.flat());

/** A few days of marketing, nights and sales. */
export const arbitraryCycles: fc.Arbitrary<CycleHistory> = fc.record({
  first: policy,
  steps: fc.array(day, { minLength: 2, maxLength: 7, size: "max" }).map((days) => days.flat()),
});
