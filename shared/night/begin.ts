import type { Run } from "../lead/run.ts";
import { sendAll } from "../queue/queue.ts";
import { addRun, readLatestRun, readRun } from "../store/runs.ts";
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
    const known = await begunBy(night, latest, trigger);
    if (known) return { run: known, begun: false };
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

/** EventBridge Scheduler tries for at most this long to deliver a trigger, perhaps twice; in milliseconds. */
const redeliveredWithin = 24 * 60 * 60 * 1000;

/** The run that a trigger began, even where others, which somebody asked for, have come after it. */
async function begunBy(night: Night, latest: Run | undefined, trigger: string): Promise<Run | undefined> {
  const since = night.clock().getTime() - redeliveredWithin;
  let run = latest;
  while (run && Date.parse(run.startedAt) >= since) {
    if (run.trigger === trigger) return run;
    run = await readRun(night.table, run.number - 1);
  }
  return undefined;
}

/**
 * Notes that the night is due. Through the queue, so that it waits there while another run is on its way, and is not
 * forgotten.
 * @param scheduledTime the schedule's own time, the same at each delivery
 */
export const scheduleRun = (night: Night, scheduledTime: string): Promise<void> =>
  send(night, { v: 1, kind: "begin", trigger: `schedule:${scheduledTime}` });

/** @returns whether the night has begun; false where another run has to complete first */
export async function beginScheduled(night: Night, trigger: string): Promise<boolean> {
  const { run, begun } = await beginRun(night, trigger);
  return begun || run.trigger === trigger;
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

const sendPlan = (night: Night, run: number): Promise<void> => send(night, { v: 1, kind: "plan", run });

const send = (night: Night, message: NightMessage): Promise<void> =>
  sendAll(night.queue, [JSON.stringify(message)]);
