import * as fc from "fast-check";
import { type Policy, parsePolicy } from "../../shared/policy/policy.ts";
import { arbitraryFault } from "./runs.ts";
import type { Fault } from "./worker.ts";

/** One touch of a contact, `hours` before it is sent. */
export interface GeneratedTouch {
  hours: number;
  channel: "form" | "check_in" | "email_click";
  campaign: string;
}

/** What may happen in a history. Everything between two of these is undisturbed by the others, except what stands still. */
export type Action =
  | { kind: "ingest"; contact: number; touches: GeneratedTouch[] }
  | { kind: "ingestAgain"; which: number }
  | { kind: "process"; most: number; fault: Fault | undefined }
  | { kind: "processStalls"; at: number; sent: boolean }
  /** The clock moves on; what stands still in processing goes on before that, within its Lambda's life. */
  | { kind: "wait"; minutes: number }
  /** The schedule of this night, `copies` times. */
  | { kind: "schedule"; copies: number; fault: Fault | undefined }
  | { kind: "request"; asOfHoursAgo: number | undefined; fault: Fault | undefined }
  /** The night's workers take messages: so many, two at once or one after another, the first one disturbed. */
  | { kind: "work"; messages: number; together: boolean; fault: Fault | undefined }
  | { kind: "workToTheEnd" }
  /** A message of any run there ever was comes again, to a worker that may die. */
  | { kind: "redeliver"; which: number; fault: Fault | undefined }
  /** A message of any run is taken by a worker that stands still at a call, until it is released. */
  | {
      kind: "nightStalls";
      fresh: boolean;
      which: number;
      where: Omit<Extract<Fault, { kind: "stalls" }>, "kind">;
    }
  | { kind: "release" }
  | { kind: "policy"; policy: Policy };

export interface History {
  first: Policy;
  /** People without a touch but with a marker on the first day, so that runs have several chunks. */
  crowd: number;
  actions: Action[];
}

/**
 * Policies under which more facts never unmake a lead: touches weigh all or nothing, and those that count once are of one
 * channel and day, so that a twin can stand for the other. Under these, and where no two items share an id, a bound by the
 * facts before a run and one by the facts after it enclose exactly what the run may do, whatever it saw of those that
 * came in between.
 */
export const arbitraryMonotonePolicy: fc.Arbitrary<Policy> = fc
  .record({
    threshold: fc.integer({ min: 1, max: 3 }),
    windowDays: fc.integer({ min: 1, max: 4 }),
    timeZone: fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"),
    email_click: fc.constantFrom(0, 1),
    oncePer: fc.constantFrom<string[]>([], ["channel", "day"], ["channel", "campaign", "day"]),
    minChannels: fc.constantFrom(1, 1, 2),
    minDays: fc.constantFrom(1, 1, 2),
  })
  .map(({ email_click, minDays, ...rest }) => {
    const result = parsePolicy({
      ...rest,
      minDays: Math.min(minDays, rest.windowDays),
      channels: { email_click },
    });
    if ("issues" in result) throw new Error(JSON.stringify(result.issues));
    return result.policy;
  });

const touch = fc.record({
  hours: fc.oneof({ weight: 3, arbitrary: fc.nat(30) }, { weight: 1, arbitrary: fc.nat(150) }),
  channel: fc.constantFrom("form", "check_in", "email_click"),
  campaign: fc.constantFrom("c1", "c2", "c3"),
}) satisfies fc.Arbitrary<GeneratedTouch>;

const is = <Kind extends string>(kind: Kind): { kind: fc.Arbitrary<Kind> } => ({ kind: fc.constant(kind) });

/** At a write mostly: there, what a dead or standing process leaves behind changes from call to call. */
const where = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ at: fc.nat(22), sent: fc.boolean(), counted: fc.constant("writes" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ at: fc.nat(90), sent: fc.boolean() }) },
);
const nightFault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 6, arbitrary: where.map((at) => ({ ...at, kind: "dies" as const })) },
  { weight: 1, arbitrary: arbitraryFault(60) },
);
/** Counted back from the last message that was received: mostly one of the run that is under way. */
const which = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 2, arbitrary: fc.nat(30) });

const ingest = fc.record({
  ...is("ingest"),
  contact: fc.nat(6),
  touches: fc.array(touch, { minLength: 1, maxLength: 6, size: "max" }),
});
const process = fc.record({
  ...is("process"),
  most: fc.integer({ min: 1, max: 10 }),
  fault: arbitraryFault(4),
});
const processWell = fc.constant({ kind: "process" as const, most: 10, fault: undefined });
const processStalls = fc.record({ ...is("processStalls"), at: fc.nat(2), sent: fc.boolean() });
const ingestAgain = fc.record({ ...is("ingestAgain"), which: fc.nat(9) });
const schedule = fc.record({ ...is("schedule"), copies: fc.integer({ min: 1, max: 2 }), fault: nightFault });
const request = fc.record({
  ...is("request"),
  asOfHoursAgo: fc.option(fc.nat(100), { nil: undefined }),
  fault: nightFault,
});
const work = fc.record({
  ...is("work"),
  messages: fc.integer({ min: 1, max: 3 }),
  together: fc.boolean(),
  fault: nightFault,
});
const redeliver = fc.record({ ...is("redeliver"), which, fault: nightFault });
const nightStalls = fc.record({ ...is("nightStalls"), fresh: fc.boolean(), which, where });
const policy = fc.record({ ...is("policy"), policy: arbitraryMonotonePolicy });
const wait = (most: number) => fc.record({ ...is("wait"), minutes: fc.integer({ min: 1, max: most }) });

type Part = fc.Arbitrary<Action>;
const some = (most: number, ...weighted: [number, Part][]): fc.Arbitrary<Action[]> =>
  fc.array(fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
    maxLength: most,
    size: "max",
  });
const perhaps = (ofTen: number, part: Part): fc.Arbitrary<Action[]> =>
  fc.oneof(
    { weight: ofTen, arbitrary: part.map((action) => [action]) },
    { weight: 10 - ofTen, arbitrary: fc.constant<Action[]>([]) },
  );

/** A day and its night, in the order in which things mostly happen; each part may be missing or go wrong. */
const arbitraryDay: fc.Arbitrary<Action[]> = fc
  .tuple(
    some(4, [5, ingest], [1, ingestAgain]),
    perhaps(2, policy),
    some(3, [2, process], [1, processStalls]),
    perhaps(8, processWell),
    perhaps(8, wait(30 * 60)),
    perhaps(9, fc.oneof({ weight: 3, arbitrary: schedule }, { weight: 1, arbitrary: request })),
    some(5, [5, work], [3, nightStalls], [2, redeliver], [1, ingest], [1, processWell], [1, wait(90)]),
    perhaps(8, fc.constant({ kind: "workToTheEnd" as const })),
    some(2, [3, redeliver], [1, fc.constant({ kind: "release" as const })], [1, schedule], [1, policy]),
  )
  .map((parts) => parts.flat());

export const arbitraryNights: fc.Arbitrary<History> = fc.record({
  first: arbitraryMonotonePolicy,
  crowd: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(200) }),
  actions: fc.array(arbitraryDay, { minLength: 1, maxLength: 4, size: "max" }).map((days) => days.flat()),
});
