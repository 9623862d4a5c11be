import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate, type PersonFacts } from "../../../shared/policy/evaluate.ts";
import { firstQualified } from "../../../shared/policy/first-qualified.ts";
import type { Policy } from "../../../shared/policy/policy.ts";
import { foldTouches, type TimelineTouch } from "../../../shared/timeline/timeline.ts";
import {
  aPolicy,
  arbitraryInstant,
  arbitraryPerson,
  arbitraryPolicy,
  arbitraryTouches,
  aTouch,
  daily,
  somebody,
} from "./touches.ts";

/** Asked at every touch up to now what `evaluate` says of that moment. */
function oneByOne(touches: readonly TimelineTouch[], policy: Policy, now: number, person: PersonFacts) {
  const times = touches.map(({ occurredAt }) => Date.parse(occurredAt)).filter((time) => time <= now);
  for (const time of [...new Set(times)].sort((a, b) => a - b)) {
    const { qualifiedAt, decidingTouchId, fastTrack } = evaluate(touches, policy, time, person);
    if (qualifiedAt !== null) return { at: qualifiedAt, touchId: decidingTouchId, fastTrack };
  }
  return undefined;
}

function found(touches: readonly TimelineTouch[], policy: Policy, now: number, person: PersonFacts) {
  const first = firstQualified(touches, policy, now, person);
  return first && { at: first.touch.occurredAt, touchId: first.touch.touchId, fastTrack: first.fastTrack };
}

const fastTracks = fc.option(
  fc.constantFrom<object[]>(
    [{ name: "meeting", channel: "meeting" }],
    [{ name: "sale", campaign: "spring sale" }],
    [{ name: "any page", channel: "page" }],
  ),
  { freq: 3, nil: [] },
);

describe("when a contact would first have qualified", () => {
  test("is the earliest moment of which an evaluation says that it has", () => {
    let qualified = 0;
    fc.assert(
      fc.property(
        arbitraryTouches.map((touches) => foldTouches(touches)),
        arbitraryPolicy,
        fastTracks,
        arbitraryInstant,
        arbitraryPerson,
        (touches, counting, fastTrack, now, person) => {
          const policy = aPolicy({ ...counting, fastTrack });
          const wanted = oneByOne(touches, policy, now, person);
          if (wanted) qualified++;
          expect(found(touches, policy, now, person)).toEqual(wanted);
        },
      ),
      { numRuns: 1000 },
    );
    expect(qualified).toBeGreaterThan(100);
  });

  test("is found in any window of history, and not only in the last", () => {
    const touches = [...daily(3, "2019-03-01"), ...daily(8, "2021-06-01"), ...daily(8, "2024-01-01")];
    const policy = aPolicy({ windowDays: 30 });
    expect(evaluate(touches, policy, "2026-03-01T00:00:00Z", somebody).qualifiedAt).toBeNull();
    const first = firstQualified(touches, policy, "2026-03-01T00:00:00Z", somebody);
    expect(first?.touch.occurredAt).toBe("2021-06-08T12:00:00.000Z");
    expect(firstQualified(touches, policy, "2021-06-08T11:59:59Z", somebody)).toBeUndefined();
  });

  test("is where a window reaches over two stretches of history", () => {
    const touches = [
      aTouch("long-ago", "2020-01-01T12:00:00Z"),
      ...daily(5, "2020-01-26"),
      ...daily(3, "2020-02-10"),
    ];
    const policy = aPolicy({ windowDays: 30 });
    expect(firstQualified(touches, policy, "2026-01-01T00:00:00Z", somebody)?.touch.occurredAt).toBe(
      "2020-02-12T12:00:00.000Z",
    );
  });

  test("takes seconds for a forty thousand touches over ten years in which nobody ever qualifies", () => {
    const start = Date.parse("2016-01-01T00:00:00Z");
    const touches = Array.from({ length: 40_000 }, (_, index) =>
      aTouch(`touch-${index}`, new Date(start + (index / 40_000) * 3650 * 86_400_000).toISOString(), {
        campaign: { id: "one" },
      }),
    );
    // Of one campaign three count at most, so that every window has to be counted.
    const policy = aPolicy({ maxPerCampaign: 3, threshold: 4, windowDays: 180, timeZone: "Europe/Berlin" });
    const before = performance.now();
    expect(firstQualified(touches, policy, "2026-03-01T00:00:00Z", somebody)).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});
