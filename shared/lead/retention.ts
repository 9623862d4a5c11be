/**
 * What one run takes out because it is older than the policy keeps it. Frozen with the run's plan; what earlier runs have swept
 * follows from theirs.
 */
export interface RetentionPlan {
  /** What happened before it goes. ISO 8601 UTC, a day's beginning; absent where the policy keeps everything. */
  cutoff?: string;
  /**
   * Days of markers that leave with this run: from inclusive, to exclusive. All that came on such a day happened before the cutoff,
   * but for what happened minutes later by its sender's clock.
   * The days before `toDay` have been swept for ever, also where a later policy keeps more.
   */
  fromDay: string;
  toDay: string;
  /** The first run whose files stay. */
  firstRunKept: number;
  /** Where each chunk begins, as in the run's plan. The first one also has the quarantine and the files. */
  chunks: string[];
}

/**
 * The days that leave: those since the last sweep, up to the cutoff's.
 * @param sweptTo up to where earlier runs have come, exclusive; the deployment's first day before the first sweep
 */
export function daysLeaving(
  cutoff: string | undefined,
  sweptTo: string,
): Pick<RetentionPlan, "fromDay" | "toDay"> {
  const cutoffDay = cutoff?.slice(0, 10) ?? "";
  return { fromDay: sweptTo, toDay: cutoffDay > sweptTo ? cutoffDay : sweptTo };
}
