import type { Reason } from "../policy/reason.ts";
import type { Touch } from "../touchpoint/touch.ts";
import { canonicalJson } from "../touchpoint/touch-id.ts";
import type { TouchJudgement } from "./machine.ts";

/** A touch as the timeline shows it. */
export type TimelineTouch = Touch &
  TouchJudgement & {
    /** Another item came under the same id with an earlier key; that one counts, this one is only shown. */
    conflict: boolean;
    /** What is known of this touch from other facts: a machine's click, a cancelled meeting. */
    exclusion?: Reason;
  };

/** By code units, as DynamoDB sorts keys of ASCII. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Oldest first; ties by touchId, then hash16: the order of the keys under which touches are stored. */
export const compareTouches = (
  a: Pick<Touch, "occurredAt" | "touchId" | "hash16">,
  b: Pick<Touch, "occurredAt" | "touchId" | "hash16">,
): number =>
  compareText(a.occurredAt, b.occurredAt) ||
  compareText(a.touchId, b.touchId) ||
  compareText(a.hash16, b.hash16);

/** Of two with one key, what differs is how they arrived: the earliest arrival is shown, whichever was read first. */
const compareArrival = (a: Touch, b: Touch): number =>
  compareText(a.receivedAt, b.receivedAt) ||
  compareText(a.identifierId, b.identifierId) ||
  compareText(canonicalJson(a), canonicalJson(b));

/**
 * The timeline that a set of stored touches makes, oldest first. It depends on the set only: not on order, and not on how
 * often a touch is given.
 *
 * Touches with one touchId and one hash16 are one item that was sent again; the smallest key stands (a sender without
 * clock gets its time at acceptance, so a resend may carry a later one). Touches with one touchId and different hash16
 * contradict each other: the smallest key counts, the others stay and are marked `conflict`.
 */
export function foldTouches(touches: readonly Touch[]): TimelineTouch[] {
  const messages = new Map<string, Map<string, Touch>>();
  for (const touch of touches) {
    let items = messages.get(touch.touchId);
    if (!items) {
      items = new Map();
      messages.set(touch.touchId, items);
    }
    const other = items.get(touch.hash16);
    if (!other || (compareTouches(touch, other) || compareArrival(touch, other)) < 0)
      items.set(touch.hash16, touch);
  }
  const timeline: TimelineTouch[] = [];
  for (const items of messages.values()) {
    const [counting, ...others] = [...items.values()].sort(compareTouches);
    if (counting) timeline.push({ ...counting, conflict: false });
    for (const other of others) timeline.push({ ...other, conflict: true });
  }
  return timeline.sort(compareTouches);
}
