import type { Run } from "../lead/run.ts";
import { sendAll } from "../queue/queue.ts";
import { addRun, readLatestRun } from "../store/runs.ts";
import type { Night, NightMessage } from "./night.ts";

/**
 * Begins the next run, or goes on with one that has not completed: runs are one at a time, and a run that died is resumed,
 * never replaced. The same trigger twice is one run.
 * @param trigger the schedule's time, or a fresh id for a request
 * @param asOf evaluate as of this instant; ISO 8601
 * @returns the run that is now on its way, and whether this call began it
 */
export async function beginRun(
  night: Night,
  trigger: string,
  asOf?: string,
): Promise<{ run: Run; begun: boolean }> {
  for (;;) {
    const latest = await readLatestRun(night.table);
    if (latest && !latest.outcome) {
      await sendPlan(night, latest.number);
      return { run: latest, begun: false };
    }
    if (latest?.trigger === trigger) return { run: latest, begun: false };
    const run: Run = {
      v: 1,
      number: (latest?.number ?? 0) + 1,
      trigger,
      startedAt: night.clock().toISOString(),
      ...(asOf === undefined ? {} : { asOf }),
    };
    if (await addRun(night.table, run)) {
      await sendPlan(night, run.number);
      return { run, begun: true };
    }
  }
}

/** A run is left alone this long before it is taken for dead, in milliseconds. */
const patience = 30 * 60 * 1000;

/** Goes on with a run that seems to have died. Sending its plan again is harmless where it has not. */
export async function resumeRun(night: Night): Promise<void> {
  const latest = await readLatestRun(night.table);
  if (!latest || latest.outcome) return;
  if (night.clock().getTime() - Date.parse(latest.startedAt) < patience) return;
  await sendPlan(night, latest.number);
}

const sendPlan = (night: Night, run: number): Promise<void> =>
  sendAll(night.queue, [JSON.stringify({ v: 1, kind: "plan", run } satisfies NightMessage)]);
