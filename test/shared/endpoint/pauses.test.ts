import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attemptsInAll, pauseAfter, pauses } from "../../../shared/endpoint/pauses.ts";

/** SQS hides a message for twelve hours at most. */
const longest = 12 * 60 * 60;

describe("pauses between attempts", () => {
  test.each([
    [1, 10],
    [2, 60],
    [3, 300],
    [8, 36_000],
    [9, undefined],
    [10, undefined],
  ])("after attempt %i: %s seconds", (attempt, seconds) => {
    expect(pauseAfter(attempt, 0)).toBe(seconds);
  });

  test("grow, make about a day, and leave one attempt after the last of them", () => {
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    const sum = pauses.reduce((total, pause) => total + pause, 0);
    expect(sum / 3600).toBeGreaterThan(24);
    expect(sum / 3600).toBeLessThan(36);
    expect(attemptsInAll).toBe(pauses.length + 1);
  });

  test("whatever chance says: whole seconds, at least one, a fifth shorter at most, and not too long for SQS", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: pauses.length }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, chance) => {
          const pause = pauseAfter(attempt, chance)!;
          expect(Number.isInteger(pause)).toBe(true);
          expect(pause).toBeGreaterThanOrEqual(Math.max(1, Math.floor(pauses[attempt - 1]! * 0.8)));
          expect(pause).toBeLessThanOrEqual(pauses[attempt - 1]!);
          expect(pause).toBeLessThan(longest);
        },
      ),
    );
    expect(pauseAfter(4, 0.5)).toBeLessThan(pauseAfter(4, 0)!);
  });
});
