import { describe, expect, test } from "vitest";
import { readAmount } from "../../../shared/request/deal-amount.ts";
import { dealsFromCsv } from "../../../shared/request/deal-csv.ts";
import { dealFrom } from "../../../shared/request/deals.ts";
import { UnusableBody } from "../../../shared/request/unusable-body.ts";

const now = new Date("2026-11-22T10:00:00.000Z");
const deal = { id: "D-1", stage: "Proposal", updatedAt: "2026-11-21T10:00:00Z" };

describe("a deal as JSON", () => {
  test("is kept in one spelling, and what is null as if it was not sent", () => {
    const sent = {
      id: 4711,
      stage: " Closed  Won",
      amount: "0012000.50",
      currency: "eur",
      createdAt: 1_790_000_000,
      closedAt: "2026-11-20",
      owner: null,
      contacts: [
        { email: "Zoe@Acme.example", role: "Buyer" },
        { crm: "salesforce:0035f00000ABCDEAA4", role: null },
        { email: "zoe@acme.example" },
      ],
      updatedAt: "2026-11-20T10:00:00+01:00",
    };
    expect(dealFrom(sent, now)).toEqual({
      deal: {
        id: "4711",
        stage: "Closed  Won",
        amount: "12000.50",
        currency: "EUR",
        createdAt: "2026-09-21T14:13:20.000Z",
        closedAt: "2026-11-20T00:00:00.000Z",
        contacts: [
          { identifiers: { email: "zoe@acme.example" }, role: "Buyer" },
          { identifiers: { crm: "salesforce:0035f00000ABCDE" } },
        ],
        updatedAt: "2026-11-20T09:00:00.000Z",
      },
    });
  });

  test.each<[string, object, string, string, RegExp]>([
    ["an amount as a number", { amount: 1234.5 }, "invalid_field", "amount", /text, such as "1234\.50"/],
    ["an amount with separators", { amount: "1,234.50" }, "invalid_field", "amount", /decimal/],
    ["an amount in words", { amount: "1e3" }, "invalid_field", "amount", /decimal/],
    ["a currency that is none", { currency: "EURO" }, "invalid_field", "currency", /ISO 4217/],
    ["a currency that nobody has", { currency: "XQQ" }, "invalid_field", "currency", /ISO 4217/],
    ["no stage", { stage: "  " }, "invalid_field", "stage", /./],
    ["a time without a zone", { closedAt: "2026-11-20 10:00" }, "invalid_time", "closedAt", /time zone/],
    ["a day that no calendar has", { closedAt: "2026-02-30" }, "invalid_time", "closedAt", /ISO 8601/],
    ["a contact without a name", { contacts: [{ role: "Buyer" }] }, "no_identifier", "contacts.0", /email/],
    [
      "a contact who is nobody",
      { contacts: [{ crm: "null" }] },
      "invalid_crm",
      "contacts.0.crm",
      /system:id/,
    ],
    ["an address that is none", { contacts: [{ email: "a" }] }, "invalid_email", "contacts.0.email", /./],
    ["a field that it does not have", { probability: "80" }, "unknown_field", "probability", /./],
    ["an address in the stage", { stage: "won by a@b.example" }, "invalid_field", "stage", /address/],
  ])("with %s is refused", (_, wrong, code, field, detail) => {
    const read = dealFrom({ ...deal, ...wrong }, now);
    expect(read).toMatchObject({ refusal: { code, field } });
    expect("refusal" in read && read.refusal.detail).toMatch(detail);
  });

  test("needs an id and a time of change in a list, and takes the path's and now where it is alone", () => {
    const { id: _, updatedAt: __, ...bare } = deal;
    expect(dealFrom(bare, now)).toMatchObject({ refusal: { field: "id" } });
    expect(dealFrom({ ...bare, id: "1" }, now)).toMatchObject({ refusal: { field: "updatedAt" } });
    expect(dealFrom(bare, now, { id: "D-1" })).toMatchObject({
      deal: { id: "D-1", updatedAt: now.toISOString() },
    });
    expect(dealFrom({ ...bare, id: "D-2" }, now, { id: "D-1" })).toMatchObject({
      refusal: { code: "other_id" },
    });
  });

  test.each([
    ["4 minutes ahead stays", 4, "2026-11-22T10:04:00.000Z"],
    ["6 minutes ahead is that of its arrival", 6, "2026-11-22T10:00:00.000Z"],
  ])("whose time of change is %s", (_, minutes, updatedAt) => {
    const said = new Date(now.getTime() + minutes * 60_000).toISOString();
    expect(dealFrom({ ...deal, updatedAt: said }, now)).toMatchObject({ deal: { updatedAt } });
  });

  test("of Salesforce is one deal by its id of 15 and of 18 characters", () => {
    const ids = ["0065f00000ABCDE", "0065f00000ABCDEAA4"].map((id) => dealFrom({ ...deal, id }, now));
    expect(ids.map((read) => "deal" in read && read.deal.id)).toEqual(["0065f00000ABCDE", "0065f00000ABCDE"]);
  });
});

describe("an amount of a list", () => {
  test.each([
    ["1234.50", "1234.50", undefined],
    ["1234", "1234", undefined],
    ["-12.5", "-12.5", undefined],
    ["1,234.50", "1234.50", undefined],
    ["12,345,678", "12345678", undefined],
    ["€ 1.234,50", "1234.50", undefined],
    ["EUR 1'234.50", "1234.50", "EUR"],
    ["1 234,5 SEK", "1234.5", "SEK"],
    ["0.125", "0.125", undefined],
    ["1234.500", "1234.500", undefined],
    ["999999999999999999.99", "999999999999999999.99", undefined],
  ])("written as %s is %s", (text, amount, currency) => {
    expect(readAmount(text)).toEqual(currency === undefined ? { amount } : { amount, currency });
  });

  test.each([
    ["1,234", "ambiguous_amount"],
    ["1.234", "ambiguous_amount"],
    ["$12.345", "ambiguous_amount"],
    ["1,23.4,5", "invalid_amount"],
    ["twelve", "invalid_amount"],
    ["1e6", "invalid_amount"],
    ["12 k", "invalid_amount"],
  ])("written as %s is refused as %s", (text, code) => {
    expect(readAmount(text)).toMatchObject({ refusal: { code, field: "amount" } });
  });
});

const settings = { timeZone: "Europe/Berlin" };

describe("a list of deals", () => {
  test("as Salesforce reports opportunities with their contact roles: a row a contact, one deal", () => {
    const csv = [
      '"Opportunity ID","Opportunity Name","Stage","Amount Currency","Amount","Created Date","Close Date","Opportunity Owner","Contact ID","Contact: Email","Contact Role","Last Modified Date"',
      '"0065f00000ABCDE","Acme renewal","Negotiation/Review","EUR","12000.00","01.10.2026","31.12.2026","Anna Berg","0035f00000AAAAA","ada@acme.example","Decision Maker","20.11.2026"',
      '"0065f00000ABCDE","Acme renewal","Negotiation/Review","EUR","12000.00","01.10.2026","31.12.2026","Anna Berg","0035f00000BBBBB","","Evaluator","20.11.2026"',
      '"0065f00000XYZXY","Beta","Closed Won","EUR","800.00","01.10.2026","15.11.2026","Ben Ode","","","","16.11.2026"',
      "",
    ].join("\r\n");
    const read = dealsFromCsv(csv, settings, now);
    expect(read).toHaveLength(3);
    expect(read[0]).toEqual({
      deal: {
        id: "0065f00000ABCDE",
        stage: "Negotiation/Review",
        amount: "12000.00",
        currency: "EUR",
        createdAt: "2026-09-30T22:00:00.000Z",
        closedAt: "2026-12-30T23:00:00.000Z",
        owner: "Anna Berg",
        contacts: [
          {
            identifiers: { email: "ada@acme.example", crm: "salesforce:0035f00000AAAAA" },
            role: "Decision Maker",
          },
          { identifiers: { crm: "salesforce:0035f00000BBBBB" }, role: "Evaluator" },
        ],
        updatedAt: "2026-11-19T23:00:00.000Z",
      },
    });
    expect(read[1]).toBeUndefined();
    expect(read[2]).toMatchObject({ deal: { id: "0065f00000XYZXY", contacts: [], stage: "Closed Won" } });
  });

  test("as HubSpot exports deals: several contacts in one cell", () => {
    const csv = [
      "Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Currency,Create Date,Last Modified Date,Associated Contact,Associated Contact IDs",
      '9001,Acme,Closed Lost (Sales Pipeline),2026-11-10 09:30,Anna Berg,1500,USD,2026-09-01 08:00,2026-11-10 09:31,"Ada Byron (ada@acme.example);Bob (bob@acme.example)",101;102',
      "9002,Beta,appointmentscheduled,,,,,2026-09-01 08:00,2026-11-11 10:00,Cleo (cleo@beta.example),103",
    ].join("\n");
    const read = dealsFromCsv(csv, { ...settings, timeZone: "UTC" }, now);
    expect(read).toMatchObject([
      {
        deal: {
          id: "9001",
          amount: "1500",
          currency: "USD",
          closedAt: "2026-11-10T09:30:00.000Z",
          updatedAt: "2026-11-10T09:31:00.000Z",
        },
      },
      {
        deal: {
          id: "9002",
          contacts: [{ identifiers: { email: "cleo@beta.example", crm: "hubspot:103" } }],
        },
      },
    ]);
    const [first] = read;
    expect(first && "deal" in first && first.deal.contacts.map(({ identifiers }) => identifiers)).toEqual([
      { email: "ada@acme.example" },
      { email: "bob@acme.example" },
      { crm: "hubspot:101" },
      { crm: "hubspot:102" },
    ]);
  });

  test("refuses a row for itself, by its number in the spreadsheet and with the reason", () => {
    const csv = [
      "Deal ID;Stage;Amount;Updated at;Email",
      "1;won;1.234;2026-11-20T10:00:00Z;ada@acme.example",
      "2;won;99,50;2026-11-20T10:00:00Z;nobody",
      "3;won;99,50;05/06/2026;ada@acme.example",
      "",
      "4;won;99,50;20.11.2026;ada@acme.example",
      ";won;99,50;20.11.2026;ada@acme.example",
    ].join("\n");
    expect(dealsFromCsv(csv, settings, now)).toMatchObject([
      { refusal: { code: "ambiguous_amount", field: "amount", detail: expect.stringMatching(/^row 2: /) } },
      {
        refusal: {
          code: "invalid_email",
          field: "contacts.0.email",
          detail: expect.stringMatching(/^row 3: /),
        },
      },
      {
        refusal: {
          code: "ambiguous_date",
          field: "updatedAt",
          detail: expect.stringMatching(/^row 4: .*dateOrder=/),
        },
      },
      { deal: { id: "4", amount: "99.50", updatedAt: "2026-11-19T23:00:00.000Z" } },
      { refusal: { code: "invalid_field", field: "id", detail: expect.stringMatching(/^row 7: /) } },
    ]);
  });

  test("refuses ids that a spreadsheet has rounded: they would make one deal of several, and one person of strangers", () => {
    const header = "Record ID;Deal Stage;Last Modified Date;Associated Contact IDs";
    const rows = [
      "1,23457E+11;closedwon;2026-11-20T10:00:00Z;11",
      "2;closedwon;2026-11-20T10:00:00Z;1.01E+11",
      "3;closedwon;2026-11-20T10:00:00Z;101",
    ];
    expect(dealsFromCsv([header, ...rows].join("\n"), settings, now)).toMatchObject([
      { refusal: { code: "rounded_id", field: "id", detail: expect.stringMatching(/^row 2: /) } },
      { refusal: { code: "rounded_id", field: "contacts", detail: expect.stringMatching(/^row 3: /) } },
      { deal: { id: "3", contacts: [{ identifiers: { crm: "hubspot:101" } }] } },
    ]);
  });

  test("refuses a deal whose contacts have names alone, which would take all of them out of it", () => {
    const header = "Record ID,Deal Stage,Last Modified Date,Associated Contact,Associated Contact IDs";
    const rows = ["1,closedwon,2026-11-20T10:00:00Z,Ada Byron,", "2,closedwon,2026-11-20T10:00:00Z,,"];
    expect(dealsFromCsv([header, ...rows].join("\n"), settings, now)).toMatchObject([
      { refusal: { code: "no_identifier", field: "contacts", detail: expect.stringMatching(/^row 2: /) } },
      { deal: { id: "2", contacts: [] } },
    ]);
  });

  test.each([
    ["no column for the stage", "Deal ID,Amount,Email,Last Modified Date\n1,2,ada@acme.example,2026-11-20"],
    ["no column for the time of change", "Deal ID,Stage,Email\n1,won,ada@acme.example"],
    ["no column for the contacts", "Deal ID,Stage,Last Modified Date\n1,won,2026-11-20"],
    ["no header", "1,won,2\n2,won,3"],
  ])("is refused whole where it has %s", (_, csv) => {
    expect(() => dealsFromCsv(csv, settings, now)).toThrow(UnusableBody);
  });
});
