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
 * policy, or that qualifies at once by a rule of its own, whether it counts or is a repeat, capped or worth no points; not where it
 * is excluded. What is alike and what is capped is decided within each window: a touch whose earlier twin has left the window
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
  const { window } = judged;
  const byCount = qualifyingTouch(judged, policy.windowDays);
  const atOnce = fastTouch(judged, policy, cycleStart);
  // Of one touch the count comes first: it would have made a lead without the rule.
  const isFast = atOnce !== undefined && (byCount === undefined || compareTouches(atOnce.touch, byCount) < 0);
  const deciding = isFast ? atOnce.touch : byCount;
  const evaluated = verdicts(judged, policy);
  return {
    count: window.count,
    points: window.total,
    threshold: policy.threshold,
    reached: window.reached || atOnce !== undefined,
    qualifiedAt: deciding?.occurredAt ?? null,
    decidingTouchId: deciding?.touchId ?? null,
    fastTrack: isFast ? atOnce.name : null,
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
  const sifted = siftTouches(touches, policy, now, person, cycleStart);
  const window = new WindowCount(sifted.eligible, policy);
  const firstDay = dayNumber(instant(now), policy.timeZone) - policy.windowDays + 1;
  return { ...sifted, window, firstDay };
}

/** Touches up to a moment, oldest first, why some of them can count in no window, and the others. */
export function siftTouches(
  touches: readonly TimelineTouch[],
  policy: Policy,
  now: string | number,
  person: PersonFacts,
  cycleStart: string | null,
) {
  const nowMs = instant(now);
  const known = touches.filter((touch) => Date.parse(touch.occurredAt) <= nowMs).sort(compareTouches);
  const excluded = known.map(exclusionRule(policy, person, cycleStart));
  const eligible = known.filter((_, index) => excluded[index] === null);
  return { known, excluded, eligible };
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
 * The touch with which the count first meets the policy. The count moves on with the touches and begins anew only where one has left
 * the window: at most once a day, and for most contacts never.
 */
export function qualifyingTouch(
  { window, eligible, firstDay }: Pick<ReturnType<typeof judge>, "window" | "eligible" | "firstDay">,
  windowDays: number,
): TimelineTouch | undefined {
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
    if (window.add(last) === null && day >= firstDay && window.reached) return eligible[last];
  }
  return undefined;
}

/** The first touch, from a day on, that qualifies at once, and by which rule. */
export function fastTouch(
  { known, excluded, firstDay }: Pick<ReturnType<typeof judge>, "known" | "excluded" | "firstDay">,
  policy: Policy,
  cycleStart: string | null,
): { touch: TimelineTouch; name: string } | undefined {
  if (policy.fastTrack.length === 0) return undefined;
  for (const [index, touch] of known.entries()) {
    const reason = excluded[index]!;
    if (reason !== null && reason !== "channel_weight_zero") continue;
    const time = Date.parse(touch.occurredAt);
    // Of two reasons that it is worth nothing is told first.
    if (cycleStart !== null && time <= Date.parse(cycleStart)) continue;
    if (dayNumber(time, policy.timeZone) < firstDay) continue;
    const name = fastTrackOf(policy, touch);
    if (name !== null) return { touch, name };
  }
  return undefined;
}

/**
 * The oldest instant (ISO 8601) whose touches can still matter: the first day of the window that ends with the
 * first day of the window that ends now.
 */
export function readFrom(policy: Policy, now: string | number): string {
  const firstDay = dayNumber(instant(now), policy.timeZone) - 2 * (policy.windowDays - 1);
  return new Date(startOfDay(firstDay, policy.timeZone)).toISOString();
}
