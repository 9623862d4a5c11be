import { randomUUID } from "node:crypto";
import type { Outcome } from "./function-instance.ts";
import { schedule } from "./schedule-expression.ts";
import type { ScheduleDefinition } from "./stack.ts";

/** Timers do not run while a machine sleeps, and lose time over days: the clock is looked at this often. */
const longestSleep = 30_000;

/** A time that passed longer ago than this was slept through, and is not made up for. */
const stillDue = 60_000;

/**
 * Runs schedules while the runtime is up: each due time at most once; times at which it was down or the machine slept
 * are left out, where EventBridge Scheduler would have kept them: a laptop that is opened at noon should not start the
 * night.
 *
 * @param run invokes a function with JSON
 * @returns ends all schedules
 */
export function startSchedules(
  schedules: ScheduleDefinition[],
  run: (functionName: string, payload: string) => Promise<Outcome>,
): () => void {
  const timers = new Map<ScheduleDefinition, NodeJS.Timeout>();
  for (const definition of schedules) {
    const nextDue = schedule(definition.expression, definition.timeZone, Date.now());
    const wait = (due: number | undefined) => {
      if (due === undefined) return;
      const timer = setTimeout(look, Math.min(Math.max(due - Date.now(), 0), longestSleep), due);
      timers.set(definition, timer.unref());
    };
    const look = (due: number) => {
      const now = Date.now();
      if (now < due) return wait(due);
      if (now - due < stillDue) void run(definition.functionName, scheduledInput(definition, due));
      wait(nextDue(now));
    };
    wait(nextDue(Date.now()));
  }
  return () => {
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

/**
 * The input with the context attributes of EventBridge Scheduler replaced.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function scheduledInput(definition: ScheduleDefinition, due: number): string {
  const attributes: Record<string, string> = {
    "aws.scheduler.schedule-arn": definition.arn,
    "aws.scheduler.scheduled-time": new Date(due).toISOString().replace(".000Z", "Z"),
    "aws.scheduler.execution-id": randomUUID(),
    "aws.scheduler.attempt-number": "1",
  };
  return definition.input.replace(
    /<(aws\.scheduler\.[a-z-]+)>/g,
    (found, name: string) => attributes[name] ?? found,
  );
}
