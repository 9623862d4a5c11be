import { daysLeaving, type RetentionPlan } from "../lead/retention.ts";
import { cutChunks, daysBetween, type Run, type RunPlan } from "../lead/run.ts";
import type { Policy } from "../policy/policy.ts";
import { retentionCutoff } from "../policy/retention.ts";
import { sendAll } from "../queue/queue.ts";
import { readHeld } from "../store/active.ts";
import { readChunksDone, readRun } from "../store/runs.ts";
import type { Night, NightMessage } from "./night.ts";

const day = 24 * 60 * 60 * 1000;
const dayBefore = (text: string): string => new Date(Date.parse(text) - day).toISOString().slice(0, 10);

/**
 * What a run takes out because the policy keeps it no longer: of whoever was active on the days that leave, and of whoever is
 * active now, since what arrives may be too old already. A run as of another day takes out nothing.
 * @param active the identifiers that the run covers, sorted
 * @returns undefined where nothing was ever to go
 */
export async function planRetention(
  night: Night,
  run: Run,
  { retentionDays }: Policy,
  active: readonly string[],
  now: Date,
): Promise<RetentionPlan | undefined> {
  if (run.asOf !== undefined) return undefined;
  const before = await lastRetention(night, run.number);
  const cutoff = retentionDays === null ? undefined : retentionCutoff(retentionDays, now.getTime());
  if (cutoff === undefined && !before) return undefined;
  // A day before the first: a marker may be from a clock that is behind.
  const days = daysLeaving(cutoff, before?.toDay ?? dayBefore(await night.secrets.firstDay()));
  const firstRunKept = await firstKept(night, before?.firstRunKept ?? 1, run.number, cutoff);
  if (cutoff === undefined) return { ...days, firstRunKept, chunks: [] };
  const ids = await readHeld(night.table, leavingDays(days));
  const chunks = cutChunks([...new Set([...ids, ...active])].sort());
  return { cutoff, ...days, firstRunKept, chunks };
}

/**
 * The days whose markers leave, as days, and once more the day before them: a sender's clock may be minutes ahead, so that what came
 * late on that day happened on the next.
 */
export const leavingDays = ({ fromDay, toDay }: Pick<RetentionPlan, "fromDay" | "toDay">): string[] =>
  fromDay < toDay ? daysBetween(dayBefore(fromDay), dayBefore(toDay)) : [];

/** What the last run that was about now had come to. */
async function lastRetention(night: Night, number: number): Promise<RetentionPlan | undefined> {
  for (let before = number - 1; before > 0; before--) {
    const run = await readRun(night.table, before);
    if (run?.outcome && run.asOf === undefined) return run.plan?.retention;
  }
  return undefined;
}

/** The first run that began since the cutoff; work grows with the runs that leave. */
async function firstKept(night: Night, from: number, current: number, cutoff = ""): Promise<number> {
  let number = from;
  while (number < current) {
    const run = await readRun(night.table, number);
    if (run && run.startedAt >= cutoff) break;
    number += 1;
  }
  return number;
}

/** Sends what is not done of a run's retention. @returns whether there was anything */
export async function handOutRetention(night: Night, number: number, plan: RunPlan): Promise<boolean> {
  if (!plan.retention || plan.retention.chunks.length === 0) return false;
  const done = await readChunksDone(night.table, number, "expire");
  const messages = plan.retention.chunks.flatMap((_, chunk) =>
    done.has(chunk)
      ? []
      : [JSON.stringify({ v: 1, kind: "chunk", run: number, phase: "expire", chunk } satisfies NightMessage)],
  );
  if (messages.length > 0) await sendAll(night.queue, messages);
  return messages.length > 0;
}
