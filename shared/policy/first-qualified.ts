import { compareTouches, type TimelineTouch } from "../timeline/timeline.ts";
import { dayNumber } from "./calendar.ts";
import { fastTouch, type PersonFacts, qualifyingTouch, siftTouches } from "./evaluate.ts";
import type { Policy } from "./policy.ts";
import { worthOf } from "./touch-rule.ts";
import { WindowCount } from "./window-count.ts";

/** The touch with which a contact met a policy for the first time. */
export interface FirstQualified {
  touch: TimelineTouch;
  /** The name of the rule by which it qualified at once; null where the count did. */
  fastTrack: string | null;
}

/**
 * When a contact would have met a policy for the first time, had it always been in force: the earliest moment at which `evaluate` would
 * say `qualifiedAt`, over all touches and not only those of the last window. What is known of the person is taken as it is now.
 * @param touches as `foldTouches` makes them
 * @param now ISO 8601 or milliseconds since the epoch: later touches do not exist
 */
export function firstQualified(
  touches: readonly TimelineTouch[],
  policy: Policy,
  now: string | number,
  person: PersonFacts,
): FirstQualified | undefined {
  const sifted = siftTouches(touches, policy, now, person, null);
  const atOnce = fastTouch({ ...sifted, firstDay: Number.NEGATIVE_INFINITY }, policy, null);
  // What comes after a touch that qualifies at once could only qualify later.
  const before = atOnce
    ? sifted.eligible.filter((touch) => compareTouches(touch, atOnce.touch) <= 0)
    : sifted.eligible;
  const byCount = canReach(before, policy) ? firstByCount(before, policy) : undefined;
  if (byCount) return { touch: byCount, fastTrack: null };
  return atOnce && { touch: atOnce.touch, fastTrack: atOnce.name };
}

/** Whether all touches together would be worth enough: those of most people never are. */
function canReach(touches: readonly TimelineTouch[], policy: Policy): boolean {
  const asked = Math.round(policy.threshold * 1000);
  let points = 0;
  for (const touch of touches) {
    points += Math.round(worthOf(policy, touch) * 1000);
    if (points >= asked) return true;
  }
  return false;
}

/**
 * The first touch with which a window met the policy. History is gone through in stretches of a window's length, each counted with the
 * window before it, so that what it takes grows with the touches and not with their square.
 * @param touches that can count, oldest first
 */
function firstByCount(touches: readonly TimelineTouch[], policy: Policy): TimelineTouch | undefined {
  const { windowDays, timeZone } = policy;
  const days = touches.map(({ occurredAt }) => dayNumber(Date.parse(occurredAt), timeZone));
  let context = 0;
  for (let begin = 0; begin < touches.length; ) {
    // Of the touches from `begin` to `end` none is more than a window after the first.
    let end = begin;
    let firstDay = Number.POSITIVE_INFINITY;
    for (; end < touches.length && days[end]! < days[begin]! + windowDays; end++)
      firstDay = Math.min(firstDay, days[end]!);
    // Days can go back by one where clocks go back over midnight, so that of two touches the later may be in a window alone: no
    // touch before the first one of a window is in it, but some behind that may not be either.
    while (days[context]! < firstDay - windowDays + 1) context++;
    const eligible = touches.slice(context, end);
    const window = new WindowCount(eligible, policy);
    const found = qualifyingTouch({ window, eligible, firstDay }, windowDays);
    if (found) return found;
    begin = end;
  }
  return undefined;
}
