import { cutChunks, daysBetween, type Run, type RunPlan } from "../lead/run.ts";
import { readActive } from "../store/active.ts";
import { readPolicy, readPolicyVersion } from "../store/policies.ts";
import { freezePlan, readRun } from "../store/runs.ts";
import type { Night } from "./night.ts";
import { planRetention } from "./retention-plan.ts";
import { goOn } from "./verdicts.ts";

const hour = 60 * 60 * 1000;
const day = 24 * hour;

/**
 * Freezes what a run covers, once, and hands out the chunks that are not done of the phase it is in. Called again it hands out
 * the rest, so a run whose messages were lost goes on where it was.
 */
export async function planRun(night: Night, number: number): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run || run.outcome) return;
  const plan = run.plan ?? (await freezePlan(night.table, number, await makePlan(night, run)));
  await goOn(night, { ...run, plan });
}

async function makePlan(night: Night, run: Run): Promise<RunPlan> {
  const now = night.clock();
  const { version, policy } = await readPolicy(night.table, now);
  const toDay = dayOf(now.getTime());
  const fromDay = latest(
    await firstDayToCover(night, run, version, now),
    dayBefore(await night.secrets.firstDay()),
  );
  const ids = await readActive(night.table, daysBetween(fromDay, toDay));
  const retention = await planRetention(night, run, policy, ids, now);
  return {
    now: run.asOf ?? now.toISOString(),
    policyVersion: version,
    fromDay,
    toDay,
    chunks: cutChunks(ids),
    active: ids.length,
    ...(retention ? { retention } : {}),
  };
}

/**
 * From the day of the last run's start, less an hour for clocks that differ. Under a new policy, and for a run as of another
 * day, everybody who was active within the window.
 */
async function firstDayToCover(night: Night, run: Run, policyVersion: number, now: Date): Promise<string> {
  const before = await lastWatermark(night, run.number);
  if (before?.plan && before.plan.policyVersion === policyVersion && !run.asOf) {
    return dayOf(Date.parse(before.startedAt) - hour);
  }
  const { policy } = await readPolicyVersion(night.table, policyVersion);
  const end = Math.min(now.getTime(), run.asOf ? Date.parse(run.asOf) : now.getTime());
  // A day more on each side: the window's days are the policy's, the markers' are UTC's.
  return dayOf(end - (policy.windowDays + 1) * day);
}

/** The last completed run that was about now. */
async function lastWatermark(night: Night, number: number): Promise<Run | undefined> {
  for (let before = number - 1; before > 0; before--) {
    const run = await readRun(night.table, before);
    if (run?.outcome && !run.asOf) return run;
  }
  return undefined;
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const dayBefore = (text: string): string => dayOf(Date.parse(text) - day);
const latest = (a: string, b: string): string => (a > b ? a : b);
