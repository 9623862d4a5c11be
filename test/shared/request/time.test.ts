import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTime } from "../../../shared/request/time.ts";

test.each([
  ["2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z"],
  ["2026-11-21T10:00:00.123456Z", "2026-11-21T10:00:00.123Z"],
  ["2026-11-21T10:00:00,5Z", "2026-11-21T10:00:00.500Z"],
  ["2026-11-21T10:00Z", "2026-11-21T10:00:00.000Z"],
  ["2026-11-21t10:00:00z", "2026-11-21T10:00:00.000Z"],
  ["2026-11-21 10:00:00 UTC", "2026-11-21T10:00:00.000Z"],
  ["2026-11-21 10:00:00 +0100", "2026-11-21T09:00:00.000Z"],
  ["2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00.000Z"],
  ["2026-11-21T10:00:00-05", "2026-11-21T15:00:00.000Z"],
  ["2026-11-21T01:00:00+05:30", "2026-11-20T19:30:00.000Z"],
  [" 2024-02-29T00:00:00Z ", "2024-02-29T00:00:00.000Z"],
  [1_795_255_200, "2026-11-21T10:00:00.000Z"],
  [1_795_255_200.25, "2026-11-21T10:00:00.250Z"],
  [1_795_255_200_123, "2026-11-21T10:00:00.123Z"],
  ["1795255200", "2026-11-21T10:00:00.000Z"],
  ["1795255200123", "2026-11-21T10:00:00.123Z"],
])("%s is %s", (value, expected) => {
  expect(parseTime(value)).toBe(expected);
});

test.each([
  ["a time without zone", "2026-11-21T10:00:00"],
  ["a day", "2026-11-21"],
  ["a slashed day", "11/21/2026 10:00"],
  ["a day that is none", "2026-02-29T10:00:00Z"],
  ["a month that is none", "2026-13-01T10:00:00Z"],
  ["day 0", "2026-01-00T10:00:00Z"],
  ["an hour that is none", "2026-11-21T24:00:00Z"],
  ["a second that is none", "2026-11-21T10:00:60Z"],
  ["an offset that is none", "2026-11-21T10:00:00+15:00"],
  ["the past", "1999-12-31T23:59:59Z"],
  ["the far future", "2101-01-01T00:00:00Z"],
  ["words", "yesterday"],
  ["nothing", ""],
  ["zero", 0],
  ["microseconds", 1_795_255_200_000_000],
  ["no number", Number.NaN],
  ["infinity", Number.POSITIVE_INFINITY],
])("%s is none", (_, value) => {
  expect(parseTime(value)).toBeUndefined();
});

test("every moment is read back from its own text, milliseconds and, but for the fraction, seconds", () => {
  const moment = fc.date({
    min: new Date("2000-01-01T00:00:00Z"),
    max: new Date("2100-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moment, (date) => {
      expect(parseTime(date.toISOString())).toBe(date.toISOString());
      expect(parseTime(date.getTime())).toBe(date.toISOString());
      expect(parseTime(date.getTime() / 1000)).toBe(date.toISOString());
    }),
  );
});

test("any text is a time or none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double()), (value) => {
      expect(parseTime(value) ?? "2000-01-01T00:00:00.000Z").toMatch(
        /^2[01]\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      );
    }),
  );
});
