/** That sales put a version of the policy in force from a moment on. A version may be approved again: that is the way back to it. */
export interface Approval {
  v: 1;
  version: number;
  /** When it comes into force, ISO 8601. */
  from: string;
  /** When it was approved, ISO 8601. */
  at: string;
  /** The id of the key that approved; null where none is known. */
  by: string | null;
  comment: string | null;
}

/** Who made a version, and when. */
export interface PolicyOrigin {
  version: number;
  /** ISO 8601; null for the built-in one. */
  madeAt: string | null;
  /** The id of the key; null where none is known. */
  madeBy: string | null;
  /** When it came into force without an approval, as earlier releases had it and the built-in one has it; else undefined. */
  unapprovedFrom?: string | null;
}

/** A time in which a version is in force, `until` excluded; ISO 8601. `from` is null for the built-in one, `until` where there is no end. */
export interface ForceSpan {
  from: string | null;
  until: string | null;
}

export const policyStates = ["draft", "scheduled", "in_force", "past"] as const;

/** A version of the policy and what became of it. */
export interface PolicyLife {
  version: number;
  /** `scheduled` comes into force later; `past` was approved, and neither is in force nor will be as things stand. */
  state: (typeof policyStates)[number];
  madeAt: string | null;
  madeBy: string | null;
  /** In the order in which they were given. */
  approvals: Omit<Approval, "v" | "version">[];
  /** Oldest first. */
  inForce: ForceSpan[];
}

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Which versions are in force by approval, one after the other. At each moment it is the one approved from the latest date that has
 * come; of several from one date the one approved last.
 */
export function approvedSpans(
  approvals: readonly Approval[],
): { version: number; from: string; until: string | null }[] {
  const sorted = approvals.toSorted(
    (a, b) => compare(a.from, b.from) || compare(a.at, b.at) || compare(a.version, b.version),
  );
  return sorted
    .filter(({ from }, index) => sorted[index + 1]?.from !== from)
    .filter(({ version }, index, starts) => starts[index - 1]?.version !== version)
    .map(({ version, from }, index, starts) => ({ version, from, until: starts[index + 1]?.from ?? null }));
}

/** What comes into force next; null where nothing is scheduled. @param now ISO 8601 */
export function scheduledNext(
  approvals: readonly Approval[],
  now: string,
): { version: number; from: string } | null {
  const next = approvedSpans(approvals).find(({ from }) => from > now);
  return next ? { version: next.version, from: next.from } : null;
}

/**
 * What became of a version.
 * @param next the version made after it, where there is one
 * @param approvals of all versions
 * @param now ISO 8601
 */
export function lifeOf(
  { version, madeAt, madeBy, unapprovedFrom }: PolicyOrigin,
  next: PolicyOrigin | undefined,
  approvals: readonly Approval[],
  now: string,
): PolicyLife {
  const approved = approvedSpans(approvals);
  const spans: ForceSpan[] = approved.filter((span) => span.version === version);
  if (unapprovedFrom !== undefined) {
    const ends = [next?.unapprovedFrom, approved[0]?.from].filter((end) => typeof end === "string");
    const until = ends.sort()[0] ?? null;
    const [first] = spans;
    // Approved again while it was in force, it went on.
    if (first && first.from === until) spans[0] = { from: unapprovedFrom, until: first.until };
    else if (until === null || unapprovedFrom === null || unapprovedFrom < until)
      spans.unshift({ from: unapprovedFrom, until });
  }
  const own = approvals.filter((approval) => approval.version === version);
  const isNow = ({ from, until }: ForceSpan) => (from ?? "") <= now && (until === null || now < until);
  const state = spans.some(isNow)
    ? "in_force"
    : spans.some(({ from }) => from !== null && from > now)
      ? "scheduled"
      : own.length === 0 && unapprovedFrom === undefined
        ? "draft"
        : "past";
  return {
    version,
    state,
    madeAt,
    madeBy,
    approvals: [
      ...(unapprovedFrom ? [{ by: null, at: unapprovedFrom, comment: null, from: unapprovedFrom }] : []),
      ...own
        .toSorted((a, b) => compare(a.at, b.at))
        .map(({ by, at, comment, from }) => ({ by, at, comment, from })),
    ],
    inForce: spans.map(({ from, until }) => ({ from, until })),
  };
}
