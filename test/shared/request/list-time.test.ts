import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readListTime, type TimeCells, type TimeReading } from "../../../shared/request/list-time.ts";
import { readZone, zoneOfHeader } from "../../../shared/request/time-zone.ts";

const berlin: TimeReading = { timeZone: "Europe/Berlin" };

const read = (cells: TimeCells, reading: TimeReading = berlin): string | undefined => {
  const result = readListTime(cells, reading);
  return "refusal" in result ? result.refusal.code : result.time?.replace(".000Z", "Z");
};
const both = (text: string, reading: TimeReading = berlin): string | undefined =>
  read({ both: { text } }, reading);

describe("a wall clock's time in a zone", () => {
  test.each([
    "21.11.2026 14:30",
    "21.11.2026, 14:30:00",
    "21.11.26 14.30 Uhr",
    "21.11. 2026 14:30",
    "21. 11. 2026 14:30",
    "21. November 2026 um 14:30 Uhr",
    "Samstag, 21. November 2026 14:30",
    "11/21/2026 2:30 PM",
    "11/21/26, 2:30:00 PM",
    "11/21/2026 2:30 p.m.",
    "21/11/2026 14:30",
    "21-11-2026 14:30",
    "2026-11-21 14:30",
    "2026-11-21T14:30:00",
    "2026/11/21 14:30",
    "20261121 14:30",
    "Nov 21, 2026 2:30 PM",
    "Sat, 21 Nov 2026 14:30:00",
    "21-Nov-2026 14:30",
    "21-Nov-26 2:30 PM",
    "21/Nov/2026 14:30",
    "November 21st, 2026 at 2:30pm",
    "21 novembre 2026 à 14h30",
    "21 de noviembre de 2026 14:30",
    "2:30 PM 11/21/2026",
    "2:30\u202fPM, 21/11/2026",
    "46347.6041666667",
    "46347,604166667",
    "2026-11-21 14:30 CET",
    "2026-11-21T13:30:00Z",
    "2026-11-21 13:30 (UTC)",
    "2026-11-21 13:30 GMT",
    "2026-11-21 8:30 AM GMT-05:00",
    "2026-11-21 08:30:00 -0500",
    "Sat Nov 21 2026 08:30:00 GMT-0500",
    "2026-11-21 08:30 America/New_York",
    "1795267800",
  ])("%s", (text) => {
    expect(both(text)).toBe("2026-11-21T13:30:00Z");
  });

  test.each([
    ["a day is its first moment", "21.11.2026", "2026-11-20T23:00:00Z"],
    ["a serial day too", "46347", "2026-11-20T23:00:00Z"],
    ["midnight", "11/21/2026 12:00 AM", "2026-11-20T23:00:00Z"],
    ["noon", "11/21/2026 12:00 PM", "2026-11-21T11:00:00Z"],
    ["summer", "21.07.2026 14:30", "2026-07-21T12:30:00Z"],
    ["an hour that autumn has twice: the earlier", "25.10.2026 02:30", "2026-10-25T00:30:00Z"],
    ["the same, said to be the later", "25.10.2026 02:30 CET", "2026-10-25T01:30:00Z"],
    ["a clock of 24 hours with PM", "11/21/2026 14:30 PM", "2026-11-21T13:30:00Z"],
    ["an hour that spring leaves out", "29.03.2026 02:30", "invalid_time"],
    ["a day that no month has", "31.04.2026", "invalid_time"],
    ["0:15 AM is a quarter past midnight", "11/21/2026 0:15 AM", "2026-11-20T23:15:00Z"],
    ["0:30 PM", "11/21/2026 0:30 PM", "invalid_time"],
    ["a day without its year", "21.11. 14:30", "invalid_time"],
    ["the past century", "21.11.1999", "invalid_time"],
    ["a serial number of no such year", "99999.5", "invalid_time"],
    ["a small number", "12", "invalid_time"],
    ["words", "in the morning", "invalid_time"],
    ["more than a time", "21.11.2026 14:30 booth 5", "invalid_time"],
    ["a clock", "14:30", "ambiguous_time"],
    ["an abbreviation of another zone", "2026-11-21 14:30 EST", "ambiguous_time"],
  ])("%s", (_, text, expected) => {
    expect(both(text)).toBe(expected);
  });

  test("needs a zone, from its cell, its header or the list", () => {
    const [wall, plain] = [{ text: "21.11.2026 14:30" }, {}];
    expect(read({ both: wall }, plain)).toBe("ambiguous_time");
    expect(both("2026-11-21 14:30 EST", plain)).toBe("ambiguous_time");
    expect(read({ both: { ...wall, zone: zoneOfHeader("Scan Time (UTC)") } }, berlin)).toBe(
      "2026-11-21T14:30:00Z",
    );
    expect(read({ both: { text: "21.11.2026 14:30 +02:00", zone: { offset: 0 } } }, plain)).toBe(
      "2026-11-21T12:30:00Z",
    );
    const refused = readListTime({ both: wall }, plain);
    expect(refused).toMatchObject({ refusal: { detail: expect.stringContaining("?timeZone=") } });
  });
});

describe("a date of numbers", () => {
  test.each([
    ["03/04/2026", undefined, "ambiguous_date"],
    ["03/04/2026", "DMY", "2026-04-03T00:00:00Z"],
    ["03/04/2026", "MDY", "2026-03-04T00:00:00Z"],
    ["03-04-2026 10:00", undefined, "ambiguous_date"],
    ["04/04/2026", undefined, "2026-04-04T00:00:00Z"],
    ["13/04/2026", undefined, "2026-04-13T00:00:00Z"],
    ["04/13/2026", undefined, "2026-04-13T00:00:00Z"],
    ["13/04/2026", "MDY", "invalid_time"],
    ["03.04.2026", undefined, "2026-04-03T00:00:00Z"],
    ["03.04.2026", "MDY", "2026-03-04T00:00:00Z"],
    ["11.21.2026", undefined, "ambiguous_date"],
    ["2026-04-03", "DMY", "2026-04-03T00:00:00Z"],
    ["03/04/2026", "YMD", "ambiguous_date"],
    ["11/21/26", undefined, "2026-11-21T00:00:00Z"],
    ["21/11/26", undefined, "ambiguous_date"],
    ["21/11/26", "DMY", "2026-11-21T00:00:00Z"],
    ["26/11/21", "YMD", "2026-11-21T00:00:00Z"],
    ["12/25/26", undefined, "2026-12-25T00:00:00Z"],
  ] as const)("%s with dateOrder %s: %s", (text, dateOrder, expected) => {
    expect(both(text, { timeZone: "UTC", dateOrder })).toBe(expected);
  });

  test("a refusal says how to tell", () => {
    expect(readListTime({ both: { text: "03/04/2026" } }, berlin)).toMatchObject({
      refusal: { field: "checkedInAt", detail: expect.stringContaining("?dateOrder=") },
    });
  });

  test("is never read as another day than its writer meant: as meant, or refused", () => {
    const written = fc.record({
      day: fc.integer({ min: 0, max: 36_000 }).map((day) => new Date(Date.UTC(2000, 0, 1 + day))),
      order: fc.constantFrom("DMY", "MDY", "YMD"),
      separator: fc.constantFrom("/", "-"),
      padded: fc.boolean(),
    });
    fc.assert(
      fc.property(written, ({ day, order, separator, padded }) => {
        const pad = (number: number) => String(number).padStart(padded ? 2 : 1, "0");
        const parts = {
          D: pad(day.getUTCDate()),
          M: pad(day.getUTCMonth() + 1),
          Y: `${day.getUTCFullYear()}`,
        };
        const text = [...order].map((part) => parts[part as "D"]).join(separator);
        const iso = day.toISOString().replace(".000", "");
        expect([iso, "ambiguous_date"]).toContain(both(text, { timeZone: "UTC" }));
        expect(both(text, { timeZone: "UTC", dateOrder: order as "DMY" })).toBe(iso);
      }),
    );
  });
});

describe("a date and a clock in two cells", () => {
  test.each([
    ["each its own", "21.11.2026", "2:30 PM"],
    ["a date with a midnight behind it", "21.11.2026 00:00:00", "14:30"],
    ["a date with the same clock in it", "21.11.2026 14:30", "14:30"],
    ["a date that says UTC at midnight", "2026-11-21T00:00:00Z", "13:30"],
    ["a clock that says the day too", "21.11.2026", "2026-11-21 14:30"],
    ["serial numbers", "46347", "0.604166667"],
    ["a serial date beside a clock", "46347", "14:30"],
    ["a date beside a clock with a zone", "2026-11-21", "13:30 UTC"],
    ["all in the date's", "21.11.2026 14:30", ""],
    ["all in the clock's", "", "21.11.2026 14:30"],
  ])("%s", (_, date, clock) => {
    const cell = (text: string) => (text === "" ? undefined : { text });
    expect(read({ date: cell(date), clock: cell(clock) })).toBe("2026-11-21T13:30:00Z");
  });

  test("that are empty say nothing", () => {
    expect(readListTime({}, berlin)).toEqual({ time: undefined });
  });
});

describe("zones in headers", () => {
  test.each([
    ["Scan Time (UTC)", { offset: 0 }],
    ["Scan Time (GMT+01:00)", { offset: 60 }],
    ["Joined at UTC", { offset: 0 }],
    ["Check-in [America/New_York]", { name: "America/New_York" }],
    ["Time in Session (minutes)", undefined],
    ["Scan Time", undefined],
    ["Time (Mars/Olympus)", undefined],
  ])("%s", (header, zone) => {
    expect(zoneOfHeader(header)).toEqual(zone);
  });

  test("an abbreviation is none of its own", () => {
    expect(readZone("EST")).toMatchObject({ abbreviation: "EST" });
    expect(readZone("XYZ")).toBeUndefined();
  });
});

test("any text is a time of the years 2000 to 2100, nothing, or a refusal", () => {
  const part = fc.constantFrom(
    "21",
    "11",
    "2026",
    "/",
    ".",
    "-",
    " ",
    ":",
    "30",
    "PM",
    "Nov",
    "UTC",
    "+01:00",
    ",",
    "é",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join("")),
      ),
      (text) => {
        expect(both(text) ?? "").toMatch(/^$|^(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d|_/);
      },
    ),
    { numRuns: 1000 },
  );
});
