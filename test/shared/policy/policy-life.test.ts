import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Approval,
  approvedSpans,
  lifeOf,
  type PolicyOrigin,
  scheduledNext,
} from "../../../shared/policy/policy-life.ts";

const day = (number: number): string => `2026-03-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const approval = (version: number, from: number, at = from): Approval => ({
  v: 1,
  version,
  from: day(from),
  at: day(at),
  by: "key",
  comment: null,
});
const made = (version: number): PolicyOrigin => ({ version, madeAt: day(1), madeBy: "key" });
const earlier = (version: number, from: number | null): PolicyOrigin => ({
  version,
  madeAt: from === null ? null : day(from),
  madeBy: null,
  unapprovedFrom: from === null ? null : day(from),
});

/** Spans as days, `null` where there is no end. */
type Days = [from: number | null, until: number | null][];
const asSpans = (spans: Days) =>
  spans.map(([from, until]) => ({ from: from && day(from), until: until && day(until) }));

describe("a version of the policy", () => {
  test.each<
    [
      what: string,
      origin: PolicyOrigin,
      next: PolicyOrigin | undefined,
      given: Approval[],
      state: string,
      inForce: Days,
    ]
  >([
    ["nobody approved", made(1), undefined, [], "draft", []],
    ["another was approved", made(1), undefined, [approval(2, 5)], "draft", []],
    ["in force", made(1), undefined, [approval(1, 5)], "in_force", [[5, null]]],
    ["from this very moment", made(1), undefined, [approval(1, 10)], "in_force", [[10, null]]],
    ["from a day to come", made(1), undefined, [approval(1, 20, 5)], "scheduled", [[20, null]]],
    ["until this very moment", made(1), undefined, [approval(1, 5), approval(2, 10)], "past", [[5, 10]]],
    ["until a day to come", made(1), undefined, [approval(1, 5), approval(2, 20, 6)], "in_force", [[5, 20]]],
    [
      "and again",
      made(1),
      undefined,
      [approval(1, 2), approval(2, 4), approval(1, 6)],
      "in_force",
      [
        [2, 4],
        [6, null],
      ],
    ],
    [
      "and on a day to come again",
      made(1),
      undefined,
      [approval(1, 2), approval(2, 4), approval(1, 16, 5)],
      "scheduled",
      [
        [2, 4],
        [16, null],
      ],
    ],
    ["twice", made(1), undefined, [approval(1, 2), approval(1, 4), approval(2, 6)], "past", [[2, 6]]],
    [
      "whose day was given to another",
      made(1),
      undefined,
      [approval(1, 20, 5), approval(2, 20, 6)],
      "past",
      [],
    ],
    [
      "taken back by the first",
      made(1),
      undefined,
      [approval(2, 20, 5), approval(1, 20, 6)],
      "scheduled",
      [[20, null]],
    ],
    // The built-in one, and what an earlier release put in force.
    ["built in, alone", earlier(0, null), undefined, [], "in_force", [[null, null]]],
    [
      "built in, until the first of an earlier release",
      earlier(0, null),
      earlier(1, 3),
      [],
      "past",
      [[null, 3]],
    ],
    ["built in, until the first approved", earlier(0, null), made(1), [approval(1, 5)], "past", [[null, 5]]],
    [
      "built in, approved again",
      earlier(0, null),
      made(1),
      [approval(1, 5), approval(0, 7)],
      "in_force",
      [
        [null, 5],
        [7, null],
      ],
    ],
    ["an earlier release's", earlier(1, 3), undefined, [], "in_force", [[3, null]]],
    [
      "an earlier release's, until the next of it",
      earlier(1, 3),
      earlier(2, 4),
      [approval(3, 5)],
      "past",
      [[3, 4]],
    ],
    [
      "an earlier release's, until the first approved",
      earlier(1, 3),
      made(2),
      [approval(2, 5)],
      "past",
      [[3, 5]],
    ],
    [
      "an earlier release's, until one is that is scheduled",
      earlier(1, 3),
      made(2),
      [approval(2, 15, 5)],
      "in_force",
      [[3, 15]],
    ],
    [
      "an earlier release's, approved while in force",
      earlier(1, 3),
      made(2),
      [approval(1, 5), approval(2, 7)],
      "past",
      [[3, 7]],
    ],
  ])("%s", (_, origin, next, approvals, state, spans) => {
    const life = lifeOf(origin, next, approvals, day(10));
    expect(life).toMatchObject({ version: origin.version, state, inForce: asSpans(spans) });
    expect(life.inForce).toHaveLength(spans.length);
  });

  test("tells who approved it, when and why, in the order of their words", () => {
    const approvals: Approval[] = [
      { ...approval(1, 20, 5), by: "a", comment: "later" },
      { ...approval(1, 6), by: "b", comment: "now" },
      approval(2, 7),
    ];
    expect(lifeOf(made(1), undefined, approvals, day(10)).approvals).toEqual([
      { by: "a", at: day(5), comment: "later", from: day(20) },
      { by: "b", at: day(6), comment: "now", from: day(6) },
    ]);
    expect(lifeOf(earlier(1, 3), undefined, [approval(1, 6)], day(10)).approvals).toEqual([
      { by: null, at: day(3), comment: null, from: day(3) },
      { by: "key", at: day(6), comment: null, from: day(6) },
    ]);
  });

  const given = fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .map(([version, from, at]) => approval(version, from, at)),
    { maxLength: 8 },
  );
  test("is in force in the spans that are told, one at each moment", () => {
    fc.assert(
      fc.property(given, fc.integer({ min: 1, max: 10 }), (approvals, now) => {
        const candidates = approvals.filter(({ from }) => from <= day(now));
        const latest = candidates
          .map(({ from, at, version }) => `${from} ${at} ${version}`)
          .sort()
          .at(-1);
        const expected = latest === undefined ? 0 : Number(latest.slice(-1));
        const lives = [0, 1, 2, 3, 4].map((version) =>
          lifeOf(version === 0 ? earlier(0, null) : made(version), made(version + 1), approvals, day(now)),
        );
        expect(lives.filter(({ state }) => state === "in_force").map(({ version }) => version)).toEqual([
          expected,
        ]);
        const next = approvedSpans(approvals).find(({ from }) => from > day(now));
        expect(scheduledNext(approvals, day(now))).toEqual(
          next ? { version: next.version, from: next.from } : null,
        );
        for (const { inForce } of lives)
          for (const { from, until } of inForce) expect(until === null || (from ?? "") < until).toBe(true);
      }),
    );
  });
});
