import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { leadFiles } from "../../../shared/lead/formats.ts";
import { hubspotFiles } from "../../../shared/lead/hubspot.ts";
import type { LeadRecord } from "../../../shared/lead/lead.ts";
import {
  defaultSettings,
  type ProductSettings,
  productSettingsSchema,
} from "../../../shared/lead/product-settings.ts";
import { salesforceColumns, salesforceFiles } from "../../../shared/lead/salesforce.ts";
import { leadOf } from "./leads.ts";

const settingsOf = (given: object): ProductSettings => z.parse(productSettingsSchema, given);
type Row = Record<string, string>;
const lead = leadOf();

const salesforce = (leads: LeadRecord[], given: object = {}): Row[] => {
  const { salesforce } = settingsOf({ salesforce: given });
  return salesforceFiles(leads, salesforce).flatMap(
    (text) => parse(text, { columns: true, record_delimiter: "\n" }) as Row[],
  );
};
const hubspot = (leads: LeadRecord[], given: object = {}): Row[] => {
  const { hubspot } = settingsOf({ hubspot: given });
  return hubspotFiles(leads, hubspot).flatMap(
    (text) => parse(text, { columns: true, record_delimiter: "\r\n" }) as Row[],
  );
};

describe("the file for Salesforce", () => {
  test("has the columns of Lead, and in the description what no column has room for", () => {
    const message = 'We need "this",\r\nby January.';
    expect(salesforce([{ ...lead, lastMessage: message, owner: "Sam" }])).toEqual([
      {
        FirstName: "Ada",
        LastName: "Lovelace",
        Company: "Buyer",
        Title: "",
        Email: "ada@buyer.example",
        Phone: "+49 30 1234567",
        Country: "",
        HasOptedOutOfEmail: "false",
        Description: [
          `Why now: ${lead.whyNow}`,
          "Evidence: https://touchline.example/e/token",
          "Source: linkedin/paid-social",
          "First campaign: Autumn Webinar",
          "Deciding campaign: Autumn Webinar",
          "Owner: Sam",
          `Touchline lead: ${lead.leadId}`,
          'They wrote: We need "this",\nby January.',
        ].join("\n"),
      },
    ]);
  });

  test("has what the settings add, and nothing that an org may not have without them", () => {
    const [row] = salesforce([lead], {
      leadSource: "Web",
      status: "New",
      countryField: "CountryCode",
      leadIdField: "Touchline_Lead_Id__c",
      evidenceField: "Touchline_Evidence__c",
    });
    expect(row).toMatchObject({
      LeadSource: "Web",
      Status: "New",
      CountryCode: "",
      Touchline_Lead_Id__c: lead.leadId,
      Touchline_Evidence__c: lead.evidenceUrl,
    });
    expect(Object.keys(salesforce([lead], { countryField: null })[0]!)).not.toContain("Country");
  });

  test.each<[Partial<LeadRecord>, Row]>([
    [{ lastName: null }, { FirstName: "Ada", LastName: "[not provided]" }],
    [{ lastName: " \n " }, { LastName: "[not provided]" }],
    [{ lastName: "#N/A" }, { LastName: "[not provided]" }],
    [{ company: null }, { Company: "buyer.example" }],
    [{ company: null, account: null }, { Company: "[not provided]" }],
    [{ company: "#N/A", account: null }, { Company: "[not provided]" }],
    [{ firstName: "#N/A" }, { FirstName: "" }],
    [{ lastName: "x".repeat(80) }, { LastName: "x".repeat(80) }],
    [{ lastName: "x".repeat(81) }, { LastName: `${"x".repeat(79)}…` }],
    [{ firstName: "🙂".repeat(40) }, { FirstName: `${"🙂".repeat(19)}…` }],
    [{ company: "Ä".repeat(300) }, { Company: `${"Ä".repeat(254)}…` }],
    [{ jobTitle: "x".repeat(129) }, { Title: `${"x".repeat(127)}…` }],
    [{ country: "x".repeat(81) }, { Country: `${"x".repeat(79)}…` }],
    [{ jobTitle: "Head\r\nof\tall\u0000" }, { Title: "Head of all" }],
    [{ company: '"Quoted", Ltd.' }, { Company: '"Quoted", Ltd.' }],
    [{ company: "株式会社テスト" }, { Company: "株式会社テスト" }],
    [{ company: "half \ud83d" }, { Company: "half \ufffd" }],
    [{ company: "=1+1" }, { Company: "=1+1" }],
    [{ phone: "+49 30 1234567" }, { Phone: "+49 30 1234567" }],
    [{ phone: `+49 ${"1".repeat(40)}` }, { Phone: "" }],
    [{ emailOptOut: true }, { HasOptedOutOfEmail: "true" }],
  ])("of %j says %j", (facts, cells) => {
    expect(salesforce([{ ...lead, ...facts }])[0]).toMatchObject(cells);
  });

  test("never cuts an address or a number: what is too long stands in the description", () => {
    const email = `${"a".repeat(64)}@a-company-of-a-long-name.example`;
    const phone = `+49 ${"1".repeat(40)}`;
    const [row] = salesforce([{ ...lead, email, phone }]);
    expect(row).toMatchObject({ Email: "", Phone: "" });
    expect(row!.Description).toContain(`\nE-mail: ${email}\nPhone: ${phone}\n`);
  });

  test.each(["LF", "CRLF"] as const)("ends its lines with %s", (lineEnding) => {
    const end = lineEnding === "LF" ? "\n" : "\r\n";
    const [text] = salesforceFiles(
      [{ ...lead, lastMessage: null }],
      settingsOf({ salesforce: { lineEnding } }).salesforce,
    );
    expect(text!.split(end)[0]).toBe(
      "FirstName,LastName,Company,Title,Email,Phone,Country,HasOptedOutOfEmail,Description",
    );
    expect(text!.endsWith(end)).toBe(true);
    expect(text!.includes("\r")).toBe(lineEnding === "CRLF");
  });

  test("reads back to the leads, no field empty that must not be nor longer than it may be", () => {
    const text = fc.option(
      fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 300 }), fc.constant("#N/A"), fc.lorem()),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ firstName: text, lastName: text, company: text, jobTitle: text }), {
          maxLength: 5,
        }),
        fc.integer({ min: 1, max: 5_000 }),
        (given, bytes) => {
          const leads = given.map((facts, index) => ({ ...lead, ...facts, leadId: `lead-${index}` }));
          const settings = settingsOf({ salesforce: { leadIdField: "Id__c" } }).salesforce;
          const limits = { bytes, rows: 3 };
          const texts = salesforceFiles(leads, settings, limits);
          const rows = texts.flatMap((one) => parse(one, { columns: true, record_delimiter: "\n" }) as Row[]);
          expect(rows.map(({ Id__c }) => Id__c)).toEqual(leads.map(({ leadId }) => leadId));
          const columns = salesforceColumns(settings);
          rows.forEach((row, index) => {
            for (const { name, most, value } of columns) {
              expect(row[name]).toBe(value(leads[index]!));
              expect(row[name]!.length).toBeLessThanOrEqual(most);
            }
            expect(row.LastName).not.toBe("");
            expect(row.Company).not.toBe("");
          });
          for (const one of texts) {
            const { length } = parse(one) as unknown[];
            expect(length - 1).toBeLessThanOrEqual(3);
            if (length > 2) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(bytes);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("the file for HubSpot", () => {
  test("has its property names, and what only this product knows at the end", () => {
    expect(hubspot([{ ...lead, country: "Germany", jobTitle: "CTO" }])).toEqual([
      {
        Email: "ada@buyer.example",
        "First Name": "Ada",
        "Last Name": "Lovelace",
        "Company Name": "Buyer",
        "Job Title": "CTO",
        "Phone Number": "+49 30 1234567",
        "Country/Region": "Germany",
        "Lifecycle Stage": "marketingqualifiedlead",
        "Lead Status": "NEW",
        Message: "We need this by January.",
        "Lead Source Detail": "linkedin/paid-social · Autumn Webinar",
        "Why Now": lead.whyNow,
        "Evidence URL": "https://touchline.example/e/token",
        "Email Opt-Out": "false",
        "Touchline Lead ID": lead.leadId,
      },
    ]);
  });

  test("leaves out what the settings leave out", () => {
    const [row] = hubspot([lead], { lifecycleStage: null, leadStatus: "OPEN" });
    expect(row).toMatchObject({ "Lead Status": "OPEN" });
    expect(row).not.toHaveProperty("Lifecycle Stage");
  });

  test("has no formula that a spreadsheet would run, and leaves a phone number as it is", () => {
    const [row] = hubspot([
      { ...lead, company: "=HYPERLINK(1)", lastName: "@SUM(A1)", lastMessage: "-2+3+cmd|' /C calc'!A0" },
    ]);
    expect(row).toMatchObject({
      "Company Name": "'=HYPERLINK(1)",
      "Last Name": "'@SUM(A1)",
      Message: "'-2+3+cmd|' /C calc'!A0",
      "Phone Number": "+49 30 1234567",
    });
  });

  test("reads back to the leads, however it is split", () => {
    const text = fc.option(fc.oneof(fc.string(), fc.string({ unit: "binary" })));
    fc.assert(
      fc.property(
        fc.array(fc.record({ firstName: text, lastName: text, lastMessage: text }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (given, rows) => {
          const leads = given.map((facts, index) => ({ ...lead, ...facts, leadId: `lead-${index}` }));
          const texts = hubspotFiles(leads, defaultSettings.hubspot, { bytes: 20_000, rows });
          const read = texts.flatMap(
            (one) => parse(one, { columns: true, record_delimiter: "\r\n" }) as Row[],
          );
          expect(read.map((row) => row["Touchline Lead ID"])).toEqual(leads.map(({ leadId }) => leadId));
          expect(texts).toHaveLength(Math.max(1, Math.ceil(leads.length / rows)));
          for (const row of read)
            for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=@\t\r]/);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("the files of an export", () => {
  const all = settingsOf({ exportFormats: ["hubspot", "salesforce", "csv"] });
  const names = (settings?: ProductSettings, leads = [lead], limits = { bytes: 1, rows: 1 }) =>
    leadFiles(leads, settings, limits).map(({ name }) => name);

  test.each<[string, ProductSettings | undefined, string[]]>([
    ["an earlier release", undefined, ["leads.csv", "leads.jsonl"]],
    ["no settings", defaultSettings, ["leads.csv", "leads.jsonl"]],
    ["no format", settingsOf({ exportFormats: [] }), ["leads.jsonl"]],
    [
      "Salesforce alone",
      settingsOf({ exportFormats: ["salesforce"] }),
      ["leads.jsonl", "salesforce-leads-001.csv"],
    ],
    ["all", all, ["leads.csv", "leads.jsonl", "salesforce-leads-001.csv", "hubspot-leads-001.csv"]],
  ])("of %s", (_, settings, expected) => {
    expect(names(settings)).toEqual(expected);
  });

  test("are there where there are no leads, with their headers alone", () => {
    for (const { name, body } of leadFiles([], all))
      if (name.endsWith(".csv")) expect(body.trimEnd().split("\n")).toHaveLength(1);
  });

  test("are as many as a CRM takes in one, each with the header", () => {
    const files = leadFiles([lead, lead, lead], all, { bytes: 100_000, rows: 2 });
    const crm = files.filter(({ name }) => name.startsWith("salesforce"));
    expect(crm.map(({ name }) => name)).toEqual(["salesforce-leads-001.csv", "salesforce-leads-002.csv"]);
    const [first, second] = crm.map(({ body }) => parse(body, { columns: true }) as Row[]);
    expect([first?.length, second?.length]).toEqual([2, 1]);
    expect(files.find(({ name }) => name === "leads.csv")!.body.match(/\r\n/g)).toHaveLength(4);
  });

  test("are the same bytes of the same leads and settings", () => {
    const frozen = JSON.parse(JSON.stringify({ leads: [lead], settings: all })) as {
      leads: LeadRecord[];
      settings: ProductSettings;
    };
    expect(leadFiles(frozen.leads, frozen.settings)).toEqual(leadFiles([lead], all));
  });
});
