import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayNumber, dayText, startOfDay } from "../../../shared/policy/calendar.ts";

const dayOf = (time: string, timeZone: string) => dayText(dayNumber(Date.parse(time), timeZone));
const startOf = (day: string, timeZone: string) =>
  new Date(startOfDay(dayNumber(Date.parse(`${day}T12:00:00Z`), "UTC"), timeZone)).toISOString();

describe("the local day of an instant", () => {
  test.each([
    ["1970-01-01T00:00:00Z", "UTC", "1970-01-01"],
    ["1969-12-31T23:59:59.999Z", "UTC", "1969-12-31"],
    ["2024-02-29T23:59:59.999Z", "UTC", "2024-02-29"],
    ["2026-11-21T23:00:00Z", "Europe/Berlin", "2026-11-22"],
    ["2026-11-21T22:59:59.999Z", "Europe/Berlin", "2026-11-21"],
    ["2026-06-21T22:00:00Z", "Europe/Berlin", "2026-06-22"],
    ["2026-03-28T22:59:59Z", "Europe/Berlin", "2026-03-28"],
    ["2026-03-29T22:00:00Z", "Europe/Berlin", "2026-03-30"],
    ["2026-10-25T22:59:59Z", "Europe/Berlin", "2026-10-25"],
    ["2026-01-01T04:59:59Z", "America/New_York", "2025-12-31"],
    ["2026-01-01T10:00:00Z", "Pacific/Kiritimati", "2026-01-02"],
    ["2026-01-01T11:59:59Z", "Pacific/Pago_Pago", "2026-01-01"],
    ["2026-01-01T18:15:00Z", "Asia/Kathmandu", "2026-01-02"],
    ["2011-12-30T09:59:59Z", "Pacific/Apia", "2011-12-29"],
    ["2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31"],
    ["2010-11-07T02:30:30Z", "America/St_Johns", "2010-11-07"],
    ["2010-11-07T02:31:00Z", "America/St_Johns", "2010-11-06"],
  ])("%s in %s is %s", (time, timeZone, day) => {
    expect(dayOf(time, timeZone)).toBe(day);
  });

  test("is the one Intl tells, in any zone, at any time", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const time = fc.integer({
      min: Date.parse("1900-01-01T00:00:00Z"),
      max: Date.parse("2050-01-01T00:00:00Z"),
    });
    fc.assert(
      fc.property(fc.constantFrom(...zones), time, (timeZone, at) => {
        const parts = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(at);
        expect(dayText(dayNumber(at, timeZone))).toBe(parts);
      }),
      { numRuns: 300 },
    );
  });

  test("an unknown time zone is an error", () => {
    expect(() => dayNumber(0, "Mars/Olympus")).toThrow(RangeError);
  });
});

describe("the first instant of a local day", () => {
  test.each([
    ["2026-11-21", "UTC", "2026-11-21T00:00:00.000Z"],
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
    ["2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
    // The clocks go from 23:59:59 to 01:00:00: there is no midnight.
    ["2025-03-30", "Asia/Beirut", "2025-03-29T22:00:00.000Z"],
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
    // There was no such day; the next one begins where it would have.
    ["2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00.000Z"],
    ["2011-12-31", "Pacific/Apia", "2011-12-30T10:00:00.000Z"],
    // The day begins, is left again a minute later, and comes back after an hour: its first instant is the earlier.
    ["2010-11-07", "America/St_Johns", "2010-11-07T02:30:00.000Z"],
  ])("%s in %s begins at %s", (day, timeZone, start) => {
    expect(startOf(day, timeZone)).toBe(start);
  });

  test("is of that day or, if it does not exist, a later one; the millisecond before is of an earlier day", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: -20_000, max: 29_000 }), (timeZone, day) => {
        const start = startOfDay(day, timeZone);
        expect(dayNumber(start, timeZone)).toBeGreaterThanOrEqual(day);
        expect(dayNumber(start - 1, timeZone)).toBeLessThan(day);
      }),
      { numRuns: 300 },
    );
  });
});
