import { compareText } from "./timeline.ts";

/** Whether a machine made a touch, said of it afterwards: by the night, from other people's events, or by a person, for good. */
export interface TouchVerdict {
  touchId: string;
  verdict: "machine" | "human";
  by: "night" | "person";
  /** The night's is the name of a sign, `shared_address`; a person's is in their own words. */
  reason: string;
  /** ISO 8601 in UTC with milliseconds. */
  at: string;
  id: string;
  /** The id of the key with which a person said it. */
  who?: string;
}

/** The one that holds: a person's before the night's, and of several the latest. */
const compareVerdicts = (a: TouchVerdict, b: TouchVerdict): number =>
  Number(a.by === "person") - Number(b.by === "person") ||
  compareText(a.at, b.at) ||
  compareText(a.id, b.id) ||
  compareText(a.verdict, b.verdict) ||
  compareText(a.reason, b.reason);

/** The verdict that holds of each touch, by touchId. It depends on the set of verdicts only. */
export function foldVerdicts(verdicts: readonly TouchVerdict[]): Map<string, TouchVerdict> {
  const holding = new Map<string, TouchVerdict>();
  for (const verdict of verdicts) {
    const other = holding.get(verdict.touchId);
    if (!other || compareVerdicts(verdict, other) > 0) holding.set(verdict.touchId, verdict);
  }
  return holding;
}
