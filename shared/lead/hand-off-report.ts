import type { HandOff } from "./hand-off.ts";

/** A middle and a worst case of a set of durations, in hours; null where there are none. */
export interface Spread {
  median: number | null;
  p90: number | null;
}

/** What is counted of a set of hand-offs, each team's own work apart. What each figure means: `definitions`. */
export interface HandOffFigures {
  handedOver: number;
  marketing: {
    withdrawn: number;
    accepted: number;
    rejected: number;
    recycled: number;
    undecided: number;
    acceptanceRate: number | null;
    reasons: Record<string, number>;
    won: number;
  };
  sales: {
    inTime: number;
    late: number;
    overdue: number;
    notYetDue: number;
    unmeasured: number;
    withdrawn: number;
    inTimeRate: number | null;
    answerHours: Spread;
  };
  system: { delayHours: Spread };
}

/** What each figure means, for whoever reads the numbers without the manual. */
export const definitions = {
  handedOver:
    "Leads that an export or a webhook gave to sales within the time asked for, by the earlier of the two.",
  "marketing.withdrawn":
    "Of these, what turned out to be no lead: overruled, separated, erased, or a duplicate. They stay in handedOver.",
  "marketing.accepted":
    "Of these, those whose current answer by sales is accepted; rejected and recycled likewise.",
  "marketing.undecided": "Neither accepted, rejected, recycled nor withdrawn.",
  "marketing.acceptanceRate": "accepted ÷ (accepted + rejected + recycled); null where nothing is decided.",
  "marketing.reasons": "Current rejections by the reason that sales gave.",
  "marketing.won":
    "Of these, those not withdrawn with whom a deal was won after they became a lead and before they became another.",
  "sales.inTime":
    "Answered within the service level of the policy that made the lead, in business hours of its owner's calendar. The clock starts at the first receipt by sales, else at the export, and stops at the first feedback, or outbound call, mail or meeting. A feedback of which only the day is known is in time on the day it is due.",
  "sales.late": "Answered, but later than that.",
  "sales.overdue": "Not answered, and the service level is over.",
  "sales.notYetDue": "Not answered, and the service level is not over.",
  "sales.unmeasured": "Handed over under a policy without a service level.",
  "sales.withdrawn":
    "Turned out to be no lead before anybody answered. It and the five above add up to handedOver.",
  "sales.inTimeRate": "inTime ÷ (inTime + late + overdue); null where nothing is due.",
  "sales.answerHours":
    "Business hours from the start of the clock to the answer, of what was answered. Percentiles interpolate linearly, as spreadsheets do.",
  "system.delayHours":
    "Hours of the clock on the wall from the moment a contact could have been handed over to the moment it was. Neither team's doing.",
} as const;

const hourLength = 60 * 60 * 1000;
const inHours = (milliseconds: number): number => Math.round((milliseconds / hourLength) * 100) / 100;
const inPerMille = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 1000) / 1000;

/** Interpolated linearly between the two nearest (Hyndman and Fan's type 7, 1996). @param sorted ascending */
function percentile(sorted: readonly number[], share: number): number | null {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low === undefined || high === undefined ? null : inHours(low + (high - low) * (place % 1));
}

/** The middle and the ninetieth percentile of durations in milliseconds. */
function spreadOf(durations: readonly number[]): Spread {
  const sorted = durations.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 0.5), p90: percentile(sorted, 0.9) };
}

/** The figures of a set of hand-offs; it does not depend on their order. */
export function figuresOf(handOffs: readonly HandOff[]): HandOffFigures {
  const among = (holds: (one: HandOff) => boolean): number => handOffs.filter(holds).length;
  const isStanding = ({ withdrawn }: HandOff): boolean => !withdrawn;
  const standing = handOffs.filter(isStanding);
  const decided = (outcome: string): number =>
    standing.filter((one) => one.outcome?.outcome === outcome).length;
  const [accepted, rejected, recycled] = [decided("accepted"), decided("rejected"), decided("recycled")];
  const state = (name: HandOff["state"]): number => among((one) => one.state === name);
  const [inTime, late, overdue] = [state("in_time"), state("late"), state("overdue")];
  const reasons = new Map<string, number>();
  for (const { outcome } of standing)
    if (outcome?.outcome === "rejected")
      reasons.set(outcome.reason ?? "other", (reasons.get(outcome.reason ?? "other") ?? 0) + 1);
  const answered = handOffs.filter(({ state }) => state === "in_time" || state === "late");
  return {
    handedOver: handOffs.length,
    marketing: {
      withdrawn: handOffs.length - standing.length,
      accepted,
      rejected,
      recycled,
      undecided: standing.length - accepted - rejected - recycled,
      acceptanceRate: inPerMille(accepted, accepted + rejected + recycled),
      reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1))),
      won: standing.filter(({ won }) => won).length,
    },
    sales: {
      inTime,
      late,
      overdue,
      notYetDue: state("not_yet_due"),
      unmeasured: state("unmeasured"),
      withdrawn: state("withdrawn"),
      inTimeRate: inPerMille(inTime, inTime + late + overdue),
      answerHours: spreadOf(answered.flatMap(({ businessTime }) => businessTime ?? [])),
    },
    system: {
      delayHours: spreadOf(
        handOffs.map(({ readyAt, handedOverAt }) =>
          Math.max(0, Date.parse(handedOverAt) - Date.parse(readyAt)),
        ),
      ),
    },
  };
}

/** Figures of each group of hand-offs, the groups in the order of their names; null is who or what nobody knows, and comes last. */
export function figuresBy(
  handOffs: readonly HandOff[],
  groupOf: (one: HandOff) => string | null,
): { name: string | null; figures: HandOffFigures }[] {
  const groups = new Map<string | null, HandOff[]>();
  for (const one of handOffs) {
    const name = groupOf(one);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups]
    .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
    .map(([name, members]) => ({ name, figures: figuresOf(members) }));
}
