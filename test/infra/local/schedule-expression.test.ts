import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidSchedule, schedule } from "../../../infra/local/schedule-expression.ts";
import { scheduledInput } from "../../../infra/local/scheduler.ts";

const next = (expression: string, timeZone: string, after: string): string | undefined => {
  const due = schedule(expression, timeZone, 0)(Date.parse(after));
  return due === undefined ? undefined : new Date(due).toISOString();
};

describe("a cron expression is due next", () => {
  test.each([
    ["daily", "cron(0 4 * * ? *)", "UTC", "2026-11-21T03:59:59.999Z", "2026-11-21T04:00:00.000Z"],
    ["strictly after", "cron(0 4 * * ? *)", "UTC", "2026-11-21T04:00:00.000Z", "2026-11-22T04:00:00.000Z"],
    [
      "in its zone",
      "cron(0 4 * * ? *)",
      "America/New_York",
      "2026-11-21T04:00:00Z",
      "2026-11-21T09:00:00.000Z",
    ],
    [
      "in a zone a day ahead",
      "cron(30 1 * * ? *)",
      "Pacific/Kiritimati",
      "2026-11-21T11:00:00Z",
      "2026-11-21T11:30:00.000Z",
    ],
    [
      "in a zone of half hours",
      "cron(0 4 * * ? *)",
      "Asia/Kolkata",
      "2026-11-21T00:00:00Z",
      "2026-11-21T22:30:00.000Z",
    ],
    [
      "the day before clocks go forward",
      "cron(0 4 * * ? *)",
      "Europe/Berlin",
      "2026-03-28T00:00:00Z",
      "2026-03-28T03:00:00.000Z",
    ],
    [
      "the day clocks go forward",
      "cron(0 4 * * ? *)",
      "Europe/Berlin",
      "2026-03-28T12:00:00Z",
      "2026-03-29T02:00:00.000Z",
    ],
    [
      "the day clocks go back",
      "cron(0 4 * * ? *)",
      "Europe/Berlin",
      "2026-10-24T12:00:00Z",
      "2026-10-25T03:00:00.000Z",
    ],
    [
      "not at a time that does not exist",
      "cron(30 2 * * ? *)",
      "Europe/Berlin",
      "2026-03-28T12:00:00Z",
      "2026-03-30T00:30:00.000Z",
    ],
    [
      "once at a time that exists twice",
      "cron(30 2 * * ? *)",
      "Europe/Berlin",
      "2026-10-24T12:00:00Z",
      "2026-10-25T00:30:00.000Z",
    ],
    [
      "not at its second occurrence",
      "cron(30 2 * * ? *)",
      "Europe/Berlin",
      "2026-10-25T00:30:00Z",
      "2026-10-26T01:30:00.000Z",
    ],
    ["on week days", "cron(15 10 ? * MON-FRI *)", "UTC", "2026-11-20T10:15:00Z", "2026-11-23T10:15:00.000Z"],
    ["on numbered week days", "cron(0 8 ? * 1 *)", "UTC", "2026-11-21T00:00:00Z", "2026-11-22T08:00:00.000Z"],
    ["every ten minutes", "cron(0/10 * * * ? *)", "UTC", "2026-11-21T10:51:00Z", "2026-11-21T11:00:00.000Z"],
    ["at listed hours", "cron(0 6,18 * * ? *)", "UTC", "2026-11-21T07:00:00Z", "2026-11-21T18:00:00.000Z"],
    ["in named months", "cron(0 0 1 JAN,JUL ? *)", "UTC", "2026-11-21T00:00:00Z", "2027-01-01T00:00:00.000Z"],
    ["on a leap day", "cron(0 0 29 2 ? *)", "UTC", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["in its year", "cron(0 0 1 1 ? 2030)", "UTC", "2026-11-21T00:00:00Z", "2030-01-01T00:00:00.000Z"],
    ["never again", "cron(0 0 1 1 ? 2020)", "UTC", "2026-11-21T00:00:00Z", undefined],
  ])("%s", (_name, expression, timeZone, after, due) => {
    expect(next(expression, timeZone, after)).toBe(due);
  });

  test("exactly once on each day of a year, whatever the zone, at a time that always exists", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kolkata",
      "Pacific/Apia",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 4, max: 22 }), (timeZone, hour) => {
        const nextDue = schedule(`cron(0 ${hour} * * ? *)`, timeZone, 0);
        const day = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
        const clock = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" });
        let due = Date.parse("2026-01-01T12:00:00Z");
        const days = new Set<string>();
        for (let count = 0; count < 365; count++) {
          due = nextDue(due)!;
          days.add(day.format(due));
          expect(clock.format(due)).toBe(`${String(hour).padStart(2, "0")}:00`);
        }
        expect(days.size).toBe(365);
      }),
      { numRuns: 6 },
    );
  });
});

describe("a rate", () => {
  const startedAt = Date.parse("2026-11-21T10:00:30Z");
  test.each([
    ["rate(15 minutes)", "2026-11-21T10:00:30Z", "2026-11-21T10:15:30.000Z"],
    ["rate(15 minutes)", "2026-11-21T10:15:29.999Z", "2026-11-21T10:15:30.000Z"],
    ["rate(15 minutes)", "2026-11-21T10:15:30Z", "2026-11-21T10:30:30.000Z"],
    ["rate(1 hour)", "2026-11-21T18:00:00Z", "2026-11-21T18:00:30.000Z"],
    ["rate(2 days)", "2026-11-21T18:00:00Z", "2026-11-23T10:00:30.000Z"],
  ])("%s counts from the start: after %s comes %s", (expression, after, due) => {
    expect(new Date(schedule(expression, "UTC", startedAt)(Date.parse(after))!).toISOString()).toBe(due);
  });
});

test.each([
  "rate(0 minutes)",
  "rate(5 seconds)",
  "at(2026-11-21T10:00:00)",
  "cron(0 4 * * *)",
  "cron(60 4 * * ? *)",
  "cron(0 24 * * ? *)",
  "cron(0 4 L * ? *)",
  "cron(0 4 ? * 6#3 *)",
  "cron(0 4 ? * FOO *)",
  "cron(*/0 4 * * ? *)",
])("%s is refused, not misread", (expression) => {
  expect(() => schedule(expression, "UTC", 0)).toThrow(InvalidSchedule);
});

test("the input's context attributes are replaced, others left", () => {
  const input =
    '{"at":"<aws.scheduler.scheduled-time>","of":"<aws.scheduler.schedule-arn>","else":"<other>"}';
  const definition = {
    name: "n",
    arn: "arn:n",
    expression: "rate(1 day)",
    timeZone: "UTC",
    functionName: "f",
    input,
  };
  expect(JSON.parse(scheduledInput(definition, Date.parse("2026-11-21T04:00:00Z")))).toEqual({
    at: "2026-11-21T04:00:00Z",
    of: "arn:n",
    else: "<other>",
  });
});
