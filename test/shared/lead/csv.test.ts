import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leadColumns, leadsCsv, neutralised } from "../../../shared/lead/csv.ts";
import { leadOf } from "./leads.ts";

const read = (csv: string): string[][] => parse(csv, { record_delimiter: "\r\n" });

describe("leads as CSV", () => {
  test("of no lead is the header", () => {
    expect(leadsCsv([])).toBe(
      "leadId,contactId,email,firstName,lastName,company,jobTitle,phone,country,countedTouches,points,whyNow," +
        "firstTouchAt,qualifiedAt,lastTouchAt,leadSource,firstCampaign,decidingCampaign,lastMessage,channels,owner," +
        "emailOptOut,policyVersion,evidenceUrl,segments,account,fastTrack\r\n",
    );
  });

  test("has a line for each, nothing where nothing is known", () => {
    const lead = leadOf();
    expect(read(leadsCsv([lead, { ...lead, leadId: "second", emailOptOut: true }]))).toEqual([
      [...leadColumns],
      [
        "9f0c6a52-0000-5000-8000-000000000001.first",
        "9f0c6a52-0000-5000-8000-000000000001",
        "ada@buyer.example",
        "Ada",
        "Lovelace",
        "Buyer",
        "",
        "+49 30 1234567",
        "",
        "8",
        "8",
        "8 touches in 41 days over 3 channels; the last, a demo-request form of campaign “Autumn Webinar”, on 12 Nov 2026.",
        "2026-10-03T12:00:00.000Z",
        "2026-11-12T15:00:00.000Z",
        "2026-11-12T15:00:00.000Z",
        "linkedin/paid-social",
        "Autumn Webinar",
        "Autumn Webinar",
        "We need this by January.",
        "form; email_click; check_in",
        "",
        "false",
        "3",
        "https://touchline.example/e/token",
        "dach; enterprise",
        "buyer.example",
        "",
      ],
      expect.arrayContaining(["second", "true"]),
    ]);
  });

  test("leaves empty what an earlier release did not know of", () => {
    const { segments: _, account: __, ...before } = leadOf();
    expect(read(leadsCsv([before as ReturnType<typeof leadOf>]))[1]?.slice(-3)).toEqual(["", "", ""]);
  });

  test("quotes as RFC 4180 says and ends each line with CRLF", () => {
    const csv = leadsCsv([leadOf(undefined, { traits: { firstName: 'A "B", C', company: "two\nlines" } })]);
    expect(csv).toContain(',"A ""B"", C",,"two\nlines",');
    expect(csv.endsWith("\r\n")).toBe(true);
  });

  test.each([
    ["=1+1", "'=1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", "'\r=1"],
    ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ["-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"],
    ["+49 30 1234567+HYPERLINK(1)", "'+49 30 1234567+HYPERLINK(1)"],
    ["+", "'+"],
    ["-", "'-"],
    ["- a list", "'- a list"],
    ["+1+1", "'+1+1"],
    ["-5", "-5"],
    ["+5.25", "+5.25"],
    ["-1,234.50", "-1,234.50"],
    ["-12%", "-12%"],
    ["-1e-7", "-1e-7"],
    ["+49 30 1234567", "+49 30 1234567"],
    ["+1 (555) 010-2000", "+1 (555) 010-2000"],
    ["+44.20.7946.0000 ext. 12", "+44.20.7946.0000 ext. 12"],
    ["+491701234567", "+491701234567"],
    ["a=b", "a=b"],
    ["", ""],
    ["'=1", "'=1"],
  ])("a cell %j is written %j", (cell, written) => {
    expect(neutralised(cell)).toBe(written);
    const lead = leadOf(undefined, { traits: { company: cell } });
    expect(read(leadsCsv([lead]))[1]?.[leadColumns.indexOf("company")]).toBe(written);
  });

  test("reads back to the same cells, none of them a formula", () => {
    const nasty = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."=+-@\t\r\n\"',;1 a(") }),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(nasty, nasty, nasty, (firstName, company, jobTitle) => {
        const lead = { ...leadOf(), firstName, company, jobTitle };
        const cells = read(leadsCsv([lead, lead]));
        expect(cells[2]).toEqual(cells[1]);
        const row = Object.fromEntries(leadColumns.map((column, index) => [column, cells[1]?.[index]]));
        for (const [cell, given] of [
          [row.firstName, firstName],
          [row.company, company],
          [row.jobTitle, jobTitle],
        ] as [string, string][]) {
          expect([given, `'${given}`]).toContain(cell);
          expect(cell).not.toMatch(/^[=@\t\r]/);
          // What still begins with a sign holds no function, name or reference.
          if (/^[+-]/.test(cell))
            expect(cell).toMatch(/^[+-][\d ,.()%/\u00a0-]*(e[+-]?\d+%?|( ?(x|ext\.?) ?\d+))?$/i);
        }
      }),
      { numRuns: 500 },
    );
  });
});
