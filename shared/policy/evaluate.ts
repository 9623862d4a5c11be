import { compareTouches, type TimelineTouch } from "../timeline/timeline.ts";
import { dayNumber, startOfDay } from "./calendar.ts";
import { exclusionRule, type PersonFacts } from "./exclusion.ts";
import type { Policy } from "./policy.ts";
import type { Reason } from "./reason.ts";
import { fastTrackOf, worthOf } from "./touch-rule.ts";
import { WindowCount } from "./window-count.ts";

export type { PersonFacts } from "./exclusion.ts";
export type { Reason } from "./reason.ts";

export interface EvaluatedTouch {
  touch: TimelineTouch;
  counted: boolean;
  /** What it adds to the points; 0 where it does not count. */
  points: number;
  reason: Reason | null;
}

/** A contact under a policy at one moment, with the proof: `count` and `points` are the sums over `touches`. */
export interface Evaluation {
  /** Touches counted in the window that ends now. */
  count: number;
  points: number;
  threshold: number;
  /**
   * Whether the window that ends now meets the policy, or holds a touch that qualifies at once. A contact may have qualified earlier
   * and have cooled since.
   */
  reached: boolean;
  /** When the contact first met the policy, within the last window; null where it did not. */
  qualifiedAt: string | null;
  /** The touchId of the touch at which it did. */
  decidingTouchId: string | null;
  /** The name of the rule by which that touch qualified at once; null where the count did. */
  fastTrack: string | null;
  /** In which a day is a day. */
  timeZone: string;
  /** Every touch up to now, oldest first. */
  touches: EvaluatedTouch[];
}

const instant = (time: string | number): number => (typeof time === "number" ? time : Date.parse(time));

/**
 * What counts, at a moment, and why the rest does not.
 *
 * A window of n days is the n whole local days that end with its last day. The contact qualifies at the earliest touch,
 * on one of the last n days, that itself counts in the window ending with it and with which that window meets the
 * policy, or that qualifies at once by a rule of its own, counted or not. What is alike and what is capped is decided within each window: a touch whose earlier twin has left the window
 * counts again. Touches after `now` do not exist: they are not in the answer, so that an evaluation as of a past moment
 * is what it would have been then.
 *
 * @param touches as `foldTouches` makes them; the answer does not depend on their order
 * @param now ISO 8601 or milliseconds since the epoch
 * @param cycleStart where the current cycle begins (the recycling of an earlier lead): touches at or before it are over
 */
export function evaluate(
  touches: readonly TimelineTouch[],
  policy: Policy,
  now: string | number,
  person: PersonFacts,
  cycleStart: string | null = null,
): Evaluation {
  const judged = judge(touches, policy, now, person, cycleStart);
  const { window, eligible, firstDay } = judged;
  const fast = eligible.map((touch) => fastTrackOf(policy, touch));
  const deciding = qualifyingTouch(judged, policy.windowDays, fast);
  const evaluated = verdicts(judged, policy);
  return {
    count: window.count,
    points: window.total,
    threshold: policy.threshold,
    reached: window.reached || fast.some((name, index) => name !== null && window.days[index]! >= firstDay),
    qualifiedAt: eligible[deciding.position]?.occurredAt ?? null,
    decidingTouchId: eligible[deciding.position]?.touchId ?? null,
    fastTrack: deciding.byCount ? null : (fast[deciding.position] ?? null),
    timeZone: policy.timeZone,
    touches: evaluated,
  };
}

/**
 * What `evaluate` says of each touch, and no more: for readers of some touches who do not ask when the contact qualified.
 * @param touches all that bear on those whose verdicts are wanted
 */
export const evaluateTouches = (
  touches: readonly TimelineTouch[],
  policy: Policy,
  now: string | number,
  person: PersonFacts,
  cycleStart: string | null = null,
): EvaluatedTouch[] => verdicts(judge(touches, policy, now, person, cycleStart), policy);

/** Touches up to a moment, why some can count in no window, and the count of the others. */
function judge(
  touches: readonly TimelineTouch[],
  policy: Policy,
  now: string | number,
  person: PersonFacts,
  cycleStart: string | null,
) {
  const nowMs = instant(now);
  const known = touches.filter((touch) => Date.parse(touch.occurredAt) <= nowMs).sort(compareTouches);
  const exclusion = exclusionRule(policy, person, cycleStart);
  const excluded = known.map(exclusion);
  const eligible = known.filter((_, index) => excluded[index] === null);
  const window = new WindowCount(eligible, policy);
  const firstDay = dayNumber(nowMs, policy.timeZone) - policy.windowDays + 1;
  return { known, excluded, eligible, window, firstDay };
}

/** Counts the window that ends now, and says of each touch whether it is in the count. */
function verdicts(
  { known, excluded, window, firstDay }: ReturnType<typeof judge>,
  policy: Policy,
): EvaluatedTouch[] {
  window.clear();
  let next = 0;
  return known.map((touch, index): EvaluatedTouch => {
    let reason = excluded[index] ?? null;
    if (reason === null) {
      const position = next++;
      reason = window.days[position]! < firstDay ? "out_of_window" : window.add(position);
    }
    const counted = reason === null;
    return { touch, counted, points: counted ? worthOf(policy, touch) : 0, reason };
  });
}

/**
 * The position of the touch at which the contact qualified, or -1, and whether the count did it. The count moves on with the touches and begins anew
 * only where one has left the window: at most once a day, and for most contacts never.
 */
function qualifyingTouch(
  { window, firstDay }: { window: WindowCount; firstDay: number },
  windowDays: number,
  fast: readonly (string | null)[],
): { position: number; byCount: boolean } {
  const { days } = window;
  const earliest = days.findIndex((day) => day >= firstDay);
  let start = Number.NaN;
  let oldest = Number.POSITIVE_INFINITY;
  for (let last = earliest; last >= 0 && last < days.length; last++) {
    const day = days[last]!;
    const from = day - windowDays + 1;
    // Days can go back by one where clocks go back over midnight, so neither condition implies the other.
    const movesOn = from >= start && oldest >= from;
    start = from;
    if (!movesOn) {
      window.clear();
      oldest = Number.POSITIVE_INFINITY;
      for (let index = 0; index < last; index++) {
        if (days[index]! < from) continue;
        oldest = Math.min(oldest, days[index]!);
        window.add(index);
      }
    }
    oldest = Math.min(oldest, day);
    const byCount = window.add(last) === null && window.reached;
    if (day >= firstDay && (byCount || fast[last] !== null)) return { position: last, byCount };
  }
  return { position: -1, byCount: false };
}

/**
 * The oldest instant (ISO 8601) whose touches can still matter: the first day of the window that ends with the
 * first day of the window that ends now.
 */
export function readFrom(policy: Policy, now: string | number): string {
  const firstDay = dayNumber(instant(now), policy.timeZone) - 2 * (policy.windowDays - 1);
  return new Date(startOfDay(firstDay, policy.timeZone)).toISOString();
}
