import type { MachineClicks } from "../policy/machine-clicks.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import { deliveryTimes, signsOf } from "./click-signs.ts";
import type { TimelineTouch } from "./timeline.ts";
import { foldVerdicts, type TouchVerdict } from "./verdict.ts";

/**
 * Why a touch is a machine's. Where several signs are there, the first of this list is told: what the client says of itself
 * before what its behaviour lets one conclude. `by_hand` is what a person said.
 */
export const machineReasons = [
  "scanner_agent",
  "head_request",
  "honeypot",
  "at_delivery",
  "burst",
  "shared_address",
  "by_hand",
] as const;
export type MachineReason = (typeof machineReasons)[number];

/** What is known of who made a touch. */
export interface TouchJudgement {
  /** A machine did, by a rule over the contact's own clicks, by the night's verdict, or because a person says so. */
  machine?: { reason: MachineReason; by: "rule" | "night" | "person" };
  /** The sign that a person said is wrong: it is a human's touch. */
  overruled?: MachineReason;
}

/**
 * Which touches machines made, and why. It depends on the sets of touches, facts and verdicts only, and looks at each recipient's
 * clicks for themselves, so joining and separating contacts changes none of it.
 *
 * A person's verdict wins over every sign, for a touch of any channel. A click that a person says is a human's is also no
 * proof against others: two links clicked at once are no burst if one of the clicks was somebody's.
 *
 * @param touches as `foldTouches` makes them; those in conflict are left out
 * @param facts of the same contact; deliveries are looked at
 * @param verdicts of the same contact, by the night and by people
 * @param thresholds of the policy: which signs hold, and from where on
 * @returns by touchId, those of which there is something to say
 */
export function judgeClicks(
  touches: readonly TimelineTouch[],
  facts: readonly PersonFact[],
  verdicts: readonly TouchVerdict[],
  thresholds: MachineClicks,
): Map<string, TouchJudgement> {
  const said = foldVerdicts(verdicts);
  const standing = touches.filter(({ conflict }) => !conflict);
  const clicks = standing.filter(({ channel }) => channel === "email_click");
  const human = (touchId: string): boolean => said.get(touchId)?.verdict === "human";
  const deliveries = deliveryTimes(facts);
  const signs = signsOf(
    clicks.filter(({ touchId }) => !human(touchId)),
    deliveries,
    thresholds,
  );
  const night = new Set(
    thresholds.sharedAddress === null
      ? []
      : verdicts
          .filter(({ by, verdict }) => by === "night" && verdict === "machine")
          .map((one) => one.touchId),
  );
  const judgements = new Map<string, TouchJudgement>();
  for (const [touchId, reason] of signs) judgements.set(touchId, { machine: { reason, by: "rule" } });
  for (const { touchId } of clicks) {
    if (night.has(touchId) && !signs.has(touchId))
      judgements.set(touchId, { machine: { reason: "shared_address", by: "night" } });
  }
  const byPerson = standing.filter(({ touchId }) => said.get(touchId)?.by === "person");
  if (byPerson.length === 0) return judgements;

  const unsaid = signsOf(clicks, deliveries, thresholds);
  for (const { touchId, channel } of byPerson) {
    if (!human(touchId)) {
      judgements.set(touchId, { machine: { reason: "by_hand", by: "person" } });
      continue;
    }
    const byNight = channel === "email_click" && night.has(touchId) ? "shared_address" : undefined;
    const overruled = unsaid.get(touchId) ?? byNight;
    if (overruled) judgements.set(touchId, { overruled });
    else judgements.delete(touchId);
  }
  return judgements;
}
