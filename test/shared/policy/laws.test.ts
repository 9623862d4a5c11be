import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayNumber, startOfDay } from "../../../shared/policy/calendar.ts";
import { evaluate, readFrom } from "../../../shared/policy/evaluate.ts";
import { foldTouches, type TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { oracleEvaluate, oracleFits, oracleFold } from "./oracle.ts";
import { arbitraryInstant, arbitraryPerson, arbitraryPolicy, arbitraryTouches, rarely } from "./touches.ts";

const cycleStart = fc.option(
  arbitraryInstant.map((at) => new Date(at).toISOString()),
  { freq: 3 },
);

/** Some touches turn out to be machines' or cancelled. */
const arbitraryTimeline: fc.Arbitrary<TimelineTouch[]> = fc
  .tuple(
    arbitraryTouches,
    fc.array(rarely<string | undefined>(undefined, "machine", "cancelled"), { minLength: 40, maxLength: 40 }),
  )
  .map(([touches, marks]) =>
    foldTouches(touches).map((touch, index) => {
      const exclusion = marks[index] as "machine" | "cancelled" | undefined;
      return exclusion ? { ...touch, exclusion } : touch;
    }),
  );

describe("what counts", () => {
  test("is what a brute-force count finds", () => {
    fc.assert(
      fc.property(
        arbitraryTimeline,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        cycleStart,
        (timeline, policy, now, person, cycle) => {
          const found = evaluate(timeline, policy, now, person, cycle);
          expect(found).toEqual(oracleEvaluate(timeline, policy, now, person, cycle));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("is the sum of its evidence, and every touch up to now is in it once", () => {
    fc.assert(
      fc.property(
        arbitraryTimeline,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        (timeline, policy, now, person) => {
          const { touches, count, points } = evaluate(timeline, policy, now, person);
          const counted = touches.filter((touch) => touch.counted);
          expect(count).toBe(counted.length);
          expect(points).toBeCloseTo(
            touches.reduce((sum, touch) => sum + touch.points, 0),
            6,
          );
          for (const touch of touches) expect(touch.counted).toBe(touch.reason === null);
          expect(touches.map(({ touch }) => touch)).toEqual(
            timeline.filter((touch) => Date.parse(touch.occurredAt) <= now),
          );
        },
      ),
    );
  });

  test("does not depend on the order in which touches arrived, nor on how often", () => {
    const shuffled = arbitraryTouches.chain((touches) =>
      fc.tuple(
        fc.constant(touches),
        fc.shuffledSubarray([...touches, ...touches], {
          minLength: touches.length * 2,
          maxLength: touches.length * 2,
        }),
      ),
    );
    fc.assert(
      fc.property(
        shuffled,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        ([once, again], policy, now, person) => {
          expect(foldTouches(again)).toEqual(foldTouches(once));
          expect(evaluate(foldTouches(again), policy, now, person)).toEqual(
            evaluate(foldTouches(once), policy, now, person),
          );
          expect(evaluate(foldTouches(once).reverse(), policy, now, person)).toEqual(
            evaluate(foldTouches(once), policy, now, person),
          );
        },
      ),
    );
  });

  test("finds the same moment of qualifying however late within the window it is asked", () => {
    fc.assert(
      fc.property(
        arbitraryTimeline,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (timeline, policy, now, person, lateness) => {
          const early = evaluate(timeline, policy, now, person);
          fc.pre(early.qualifiedAt !== null);
          const day = (time: number) => dayNumber(time, policy.timeZone);
          const lastDay = day(Date.parse(early.qualifiedAt)) + policy.windowDays - 1;
          const latest = Math.max(now, startOfDay(lastDay + 1, policy.timeZone) - 1);
          const late = evaluate(timeline, policy, Math.floor(now + lateness * (latest - now)), person);
          expect([late.qualifiedAt, late.decidingTouchId]).toEqual([
            early.qualifiedAt,
            early.decidingTouchId,
          ]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("as of the moment of qualifying, meets the policy with the deciding touch counted, or holds one that qualifies at once", () => {
    fc.assert(
      fc.property(
        arbitraryTimeline,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        (timeline, policy, now, person) => {
          const { qualifiedAt, decidingTouchId, fastTrack } = evaluate(timeline, policy, now, person);
          fc.pre(qualifiedAt !== null);
          const then = evaluate(timeline, policy, qualifiedAt, person);
          expect(then.reached).toBe(true);
          const deciding = then.touches.find(
            ({ touch }) => touch.touchId === decidingTouchId && !touch.conflict,
          )!;
          if (fastTrack !== null) {
            const rule = policy.fastTrack.find((one) => oracleFits(one, deciding.touch));
            expect(rule?.name).toBe(fastTrack);
            expect([null, "repeat", "capped", "channel_weight_zero"]).toContain(deciding.reason);
            return;
          }
          expect(then.points).toBeGreaterThanOrEqual(policy.threshold);
          expect(deciding.counted).toBe(true);
        },
      ),
    );
  });

  test("needs no touch older than readFrom says", () => {
    fc.assert(
      fc.property(
        arbitraryTimeline,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        (timeline, policy, now, person) => {
          const from = readFrom(policy, now);
          const whole = evaluate(timeline, policy, now, person);
          const read = evaluate(
            timeline.filter((touch) => touch.occurredAt >= from),
            policy,
            now,
            person,
          );
          expect({ ...read, touches: [] }).toEqual({ ...whole, touches: [] });
          expect(read.touches).toEqual(whole.touches.slice(whole.touches.length - read.touches.length));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the timeline", () => {
  test("is what a naive fold makes", () => {
    fc.assert(
      fc.property(arbitraryTouches, (touches) => {
        expect(
          foldTouches(touches).map(
            ({ receivedAt: _, ...touch }) => touch.touchId + touch.hash16 + touch.conflict,
          ),
        ).toEqual(oracleFold(touches).map((touch) => touch.touchId + touch.hash16 + touch.conflict));
      }),
    );
  });
});
