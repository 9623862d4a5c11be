import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterBusinessTime, businessTimeBetween, isoWeek } from "../../../shared/policy/business-hours.ts";
import type { BusinessCalendar } from "../../../shared/policy/hand-off.ts";

const hour = 60 * 60 * 1000;
const calendar = (fields: Partial<BusinessCalendar> = {}): BusinessCalendar => ({
  timeZone: "UTC",
  days: [1, 2, 3, 4, 5],
  from: "09:00",
  to: "17:00",
  holidays: [],
  ...fields,
});

describe("business time between two instants", () => {
  test.each<[what: string, fields: Partial<BusinessCalendar>, from: string, to: string, hours: number]>([
    ["within one day", {}, "2026-11-23T10:00:00Z", "2026-11-23T12:30:00Z", 2.5],
    ["from before opening to after closing", {}, "2026-11-23T02:00:00Z", "2026-11-23T22:00:00Z", 8],
    ["overnight", {}, "2026-11-23T16:00:00Z", "2026-11-24T10:00:00Z", 2],
    ["over a weekend", {}, "2026-11-20T16:00:00Z", "2026-11-23T10:00:00Z", 2],
    ["within a weekend", {}, "2026-11-21T09:00:00Z", "2026-11-22T17:00:00Z", 0],
    ["over a holiday", { holidays: ["2026-11-24"] }, "2026-11-23T16:00:00Z", "2026-11-25T10:00:00Z", 2],
    ["backwards", {}, "2026-11-24T10:00:00Z", "2026-11-23T10:00:00Z", 0],
    [
      "in the owner's own time zone",
      { timeZone: "America/New_York" },
      "2026-11-23T13:00:00Z",
      "2026-11-23T15:00:00Z",
      1,
    ],
    [
      "where the clocks go forward at night",
      { timeZone: "Europe/Berlin", days: [7], from: "00:00", to: "24:00" },
      "2026-03-28T00:00:00Z",
      "2026-03-30T00:00:00Z",
      23,
    ],
    [
      "where the clocks go back at night",
      { timeZone: "Europe/Berlin", days: [7], from: "00:00", to: "24:00" },
      "2026-10-24T12:00:00Z",
      "2026-10-26T12:00:00Z",
      25,
    ],
    [
      "on a working day after the clocks went forward",
      { timeZone: "Europe/Berlin" },
      "2026-03-30T06:00:00Z",
      "2026-03-30T08:00:00Z",
      1,
    ],
  ])("%s", (_, fields, from, to, hours) => {
    expect(businessTimeBetween(calendar(fields), from, to) / hour).toBe(hours);
  });
});

describe("an instant after so much business time", () => {
  test.each<
    [what: string, fields: Partial<BusinessCalendar>, from: string, hours: number, at: string | null]
  >([
    ["on the same day", {}, "2026-11-23T10:00:00Z", 2, "2026-11-23T12:00:00.000Z"],
    ["at the very end of a day", {}, "2026-11-23T09:00:00Z", 8, "2026-11-23T17:00:00.000Z"],
    ["from a Friday evening", {}, "2026-11-20T20:00:00Z", 8, "2026-11-23T17:00:00.000Z"],
    ["over a holiday", { holidays: ["2026-12-25"] }, "2026-12-24T16:00:00Z", 2, "2026-12-28T10:00:00.000Z"],
    [
      "by the owner's own clock",
      { timeZone: "Asia/Tokyo" },
      "2026-11-22T00:00:00Z",
      1,
      "2026-11-23T01:00:00.000Z",
    ],
    [
      "of a calendar that never opens",
      { timeZone: "UTC", from: "09:00", to: "09:00" },
      "2026-11-22T00:00:00Z",
      1,
      null,
    ],
  ])("%s", (_, fields, from, hours, at) => {
    expect(afterBusinessTime(calendar(fields), from, hours * hour)).toBe(at);
  });

  test("is as far away as was asked for, and the first such instant", () => {
    const instants = fc.integer({ min: Date.UTC(2025, 0, 1) / 60_000, max: Date.UTC(2027, 0, 1) / 60_000 });
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia");
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 6_000 }), zones, (start, minutes, timeZone) => {
        const from = new Date(start * 60_000).toISOString();
        const open = calendar({ timeZone, days: [1, 3, 6], from: "08:30", to: "18:00" });
        const after = afterBusinessTime(open, from, minutes * 60_000)!;
        expect(businessTimeBetween(open, from, after)).toBe(minutes * 60_000);
        const before = new Date(Date.parse(after) - 1).toISOString();
        expect(businessTimeBetween(open, from, before)).toBe(minutes * 60_000 - 1);
      }),
      { numRuns: 200 },
    );
  });

  test("of a thousand leads that wait for a quarter is known within a moment", () => {
    const open = calendar({ timeZone: "Europe/Berlin", holidays: ["2026-10-03"] });
    const began = performance.now();
    for (let lead = 0; lead < 1_000; lead++) {
      const from = new Date(Date.UTC(2026, 7, 22) + lead * 60_000).toISOString();
      expect(businessTimeBetween(open, from, "2026-11-21T10:00:00.000Z")).toBe(65 * 8 * hour);
    }
    // Asked of the time zone each time it was half a minute.
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test("business time adds up, wherever it is cut", () => {
    const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 5, 1) });
    fc.assert(
      fc.property(fc.tuple(instant, instant, instant), (times) => {
        const [a, b, c] = times.toSorted((x, y) => x - y).map((time) => new Date(time).toISOString()) as [
          string,
          string,
          string,
        ];
        const open = calendar({ timeZone: "Europe/Berlin", holidays: ["2026-05-01"] });
        const whole = businessTimeBetween(open, a, c);
        expect(businessTimeBetween(open, a, b) + businessTimeBetween(open, b, c)).toBe(whole);
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  ["2026-11-22T12:00:00Z", "UTC", "2026-W47"],
  ["2026-11-22T23:30:00Z", "Europe/Berlin", "2026-W48"],
  ["2027-01-01T12:00:00Z", "UTC", "2026-W53"],
  ["2024-12-30T12:00:00Z", "UTC", "2025-W01"],
])("the week of %s in %s is %s", (time, timeZone, week) => {
  expect(isoWeek(time, timeZone)).toBe(week);
});
