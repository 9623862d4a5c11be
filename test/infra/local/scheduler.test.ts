import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Outcome } from "../../../infra/local/function-instance.ts";
import { startSchedules } from "../../../infra/local/scheduler.ts";

const minutes = 60_000;

/** Schedules that run on a clock the test moves; gives the scheduled times of all invocations so far. */
function running(expression: string, timeZone = "UTC") {
  const fired: string[] = [];
  const run = async (name: string, payload: string): Promise<Outcome> => {
    fired.push(`${name} ${JSON.parse(payload).at}`);
    return { ok: true, payload: "null" };
  };
  const input = '{"at":"<aws.scheduler.scheduled-time>"}';
  const end = startSchedules(
    [{ name: "s", arn: "arn", expression, timeZone, functionName: "nightly", input }],
    run,
  );
  return { fired, end };
}

describe("a schedule", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse("2026-11-21T10:00:00Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("invokes its function once at each due time, and no more once it has ended", () => {
    const { fired, end } = running("rate(15 minutes)");
    vi.advanceTimersByTime(14 * minutes);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(20 * minutes);
    expect(fired).toEqual(["nightly 2026-11-21T10:15:00Z", "nightly 2026-11-21T10:30:00Z"]);
    end();
    vi.advanceTimersByTime(60 * minutes);
    expect(fired).toHaveLength(2);
  });

  test("is due in its own time zone", () => {
    const { fired, end } = running("cron(0 4 * * ? *)", "Europe/Berlin");
    vi.advanceTimersByTime(48 * 60 * minutes);
    end();
    expect(fired).toEqual(["nightly 2026-11-22T03:00:00Z", "nightly 2026-11-23T03:00:00Z"]);
  });

  test("does not make up for a time that the machine slept through", () => {
    const { fired, end } = running("cron(0 4 * * ? *)");
    // The clock goes on while the timers stand still.
    vi.setSystemTime(Date.parse("2026-11-22T11:00:00Z"));
    vi.advanceTimersByTime(60 * minutes);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(17 * 60 * minutes);
    end();
    expect(fired).toEqual(["nightly 2026-11-23T04:00:00Z"]);
  });
});
