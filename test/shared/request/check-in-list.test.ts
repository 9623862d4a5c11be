import { describe, expect, test } from "vitest";
import { decodeText } from "../../../shared/request/character-set.ts";
import { checkInFrom, checkInsFromCsv, type ListSettings } from "../../../shared/request/check-ins.ts";
import { isList } from "../../../shared/request/csv-records.ts";

const berlin: ListSettings = { event: { name: "Expo" }, timeZone: "Europe/Berlin" };

/** What each row is: who came when, or why not. */
const read = (text: string, settings: ListSettings = berlin) =>
  checkInsFromCsv(text, settings).rows.map(({ row, checkIn }) => {
    const result = checkInFrom(checkIn, row);
    if ("refusal" in result) return [row, result.refusal.code];
    const { identifiers, occurredAt } = result.touchpoint;
    return [row, identifiers.email ?? identifiers.crm, occurredAt?.replace(":00.000Z", "Z")];
  });

const touchOf = (text: string, settings: ListSettings = berlin) => {
  const result = checkInFrom(checkInsFromCsv(text, settings).rows[0]?.checkIn);
  if ("refusal" in result) throw new Error(JSON.stringify(result));
  return result.touchpoint;
};

const zoomReport = `Attendee Report
Report Generated:,"Nov 22, 2026 09:12 AM"
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered,Unique Viewers
Evidence in marketing,918 1234 5678,"Nov 21, 2026 01:54 PM",75,120,80
Host Details,
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Hanna Host,host@example.com,"Nov 21, 2026 01:54 PM","Nov 21, 2026 03:10 PM",76,No,Germany,
Attendee Details,
Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Pat E.,Pat,Example,pat@example.com,"Nov 16, 2026 11:54 AM",approved,"Nov 21, 2026 02:01 PM","Nov 21, 2026 03:10 PM",69,Yes,Germany,
No,--,Sam,Example,sam@example.com,"Nov 17, 2026 08:00 AM",approved,--,--,--,--,--,
`;

const teamsReport = `1. Summary
Meeting title\tEvidence in marketing
Attended participants\t2
Start time\t11/21/26, 1:54:00 PM

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Pat Example\t11/21/26, 2:01:00 PM\t11/21/26, 3:10:00 PM\t1h 9m\tpat@example.com\tpat@example.com\tAttendee
Guest\t11/21/26, 2:05:00 PM\t11/21/26, 3:10:00 PM\t1h 5m\t\t\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Pat Example\t11/21/26, 2:01:00 PM\t11/21/26, 2:30:00 PM\t29m\tpat@example.com\tAttendee
Pat Example\t11/21/26, 2:35:00 PM\t11/21/26, 3:10:00 PM\t35m\tpat@example.com\tAttendee
`;

describe("reports", () => {
  test("of a Zoom webinar: its attendees, from under the summary and beside the hosts", () => {
    expect(isList(zoomReport)).toBe(true);
    expect(read(zoomReport)).toEqual([
      [7, "not_an_attendee"],
      [10, "pat@example.com", "2026-11-21T13:01Z"],
      [11, "not_checked_in"],
    ]);
    expect(touchOf(zoomReport.replace(/Host Details[\s\S]*?(?=Attendee Details)/, ""))).toMatchObject({
      traits: { firstName: "Pat", lastName: "Example", country: "Germany" },
      properties: { "Registration Time": "Nov 16, 2026 11:54 AM" },
    });
  });

  test("of a Teams meeting, tabs and all: each joining once, though two parts have it", () => {
    expect(isList(teamsReport)).toBe(true);
    expect(read(teamsReport)).toEqual([
      [8, "pat@example.com", "2026-11-21T13:01Z"],
      [9, undefined, "2026-11-21T13:05Z"],
      [13, "pat@example.com", "2026-11-21T13:01Z"],
      [14, "pat@example.com", "2026-11-21T13:35Z"],
    ]);
    expect(touchOf(teamsReport).traits).toEqual({ firstName: "Pat", lastName: "Example" });
  });

  test("put one behind the other, with their headers", () => {
    const day = (date: string) => `Email,Scan Date,Scan Time\na@example.com,${date},9:00 AM\n`;
    expect(read(day("11/21/2026") + day("11/22/2026"))).toEqual([
      [2, "a@example.com", "2026-11-21T08:00Z"],
      [4, "a@example.com", "2026-11-22T08:00Z"],
    ]);
  });

  test("a row that says Email is no header", () => {
    const text = "CRM ID,Preferred\nsalesforce:1,Email\nsalesforce:2,Phone\n";
    expect(read(text)).toEqual([
      [2, "salesforce:1", undefined],
      [3, "salesforce:2", undefined],
    ]);
  });

  test("a lonely cell at the end is a row that does not fit", () => {
    expect(read("Name,Email\nA,a@example.com\nTotal: 1\n")).toEqual([
      [2, "a@example.com", undefined],
      [3, "ragged_row"],
    ]);
  });

  test.each([
    ["an address", "Email,Name,Company", "host@example.com,,"],
    ["an address in a column of something else", "Name,Email,Company", "h2@example.com,,"],
    ["an id", "CRM ID,Name,Company", "salesforce:2,,"],
  ])("a row of one cell before a further header is no title if it has %s", (_, header, row) => {
    const text = `${header}\n${row}\n${header}\n${row}\n`;
    expect(read(text).map(([number]) => number)).toEqual([2, 4]);
    expect(read(text).flat()).not.toContain("not_an_attendee");
  });

  test("a title in a column that names people still begins the part of those who held the event", () => {
    const text =
      "Email,Attended\na@example.com,Yes\nPanelists\nEmail,Attended\nb@example.com,Yes\nAttendees\nEmail,Attended\nc@example.com,Yes\n";
    expect(read(text).filter(([row]) => row !== 3 && row !== 6)).toEqual([
      [2, "a@example.com", undefined],
      [5, "not_an_attendee"],
      [8, "c@example.com", undefined],
    ]);
  });

  test("a repeated header of columns that mean little is a header", () => {
    const day = "Badge ID,Booth,Rating,Email\n1,A,5,a@example.com\n";
    expect(read(day + day)).toEqual([
      [2, "a@example.com", undefined],
      [4, "a@example.com", undefined],
    ]);
  });

  test("a header is found under as many lines of a summary, whatever ends them", () => {
    for (const end of ["\n", "\r\n"]) {
      const summary = `Summary, with commas, of a report${end}`.repeat(60);
      expect(read(`${summary}Email;Scan Date${end}a@example.com;2026-11-21 14:30${end}`)).toEqual([
        [62, "a@example.com", "2026-11-21T13:30Z"],
      ]);
    }
  });

  test.each([
    ["above its header", 'Screens of 19" and larger\n\nEmail;Scan Date\na@example.com;2026-11-21 14:30\n'],
    ["in its header", 'Screen 19";Email;Scan Date\nx;a@example.com;2026-11-21 14:30\n'],
  ])("a lonely quote within a cell %s is text", (_, text) => {
    expect(isList(text)).toBe(true);
    expect(read(text)).toMatchObject([[expect.any(Number), "a@example.com", "2026-11-21T13:30Z"]]);
  });
});

describe("headers of", () => {
  const at = "2026-11-21T13:30Z";
  const wall = "2026-11-21 14:30";
  test.each([
    [
      "a badge scanner",
      "Email Address,Title,Scan Date,Scan Time,Notes",
      "a@example.com,CTO,11/21/2026,2:30 PM,hot",
    ],
    [
      "Cvent",
      "First Name,Email Address,Title,Company,Captured Date,Rating",
      `A,a@example.com,CTO,Acme,${wall},5`,
    ],
    [
      "Tito",
      "Order Email,Order Name,Ticket,Ticket Full Name,Ticket Email,Ticket Company Name,Checked In At",
      `buyer@example.com,Buyer,Early bird,Pat Example,a@example.com,Acme,${wall}`,
    ],
    ["Swapcard", "Email,Job title,Scanned at,Tags", `a@example.com,CTO,${wall},x`],
    ["Eventbrite", "Order #,Email,Attendee Status,Check-In Date", `1,a@example.com,Checked In,${wall}`],
    ["Whova", "Email,Affiliation,Check-in Time", `a@example.com,Acme,${wall}`],
    [
      "Bizzabo",
      "Email Address,Registration Date,Checked in,Check in date",
      `a@example.com,2026-10-01,Yes,${wall}`,
    ],
    ["ON24", "Email Address,Attended Live,First Join Time", `a@example.com,Yes,${wall}`],
    ["iCapture", "Email,Date Captured,Lead Rating", `a@example.com,${wall},A`],
    ["a lead form", "Email,Submitted At,Form", `a@example.com,${wall},Demo`],
    [
      "a German one",
      "E-Mail-Adresse;Funktion;Datum;Uhrzeit;Notizen",
      "a@example.com;CTO;21.11.2026;14:30;heiß",
    ],
    ["another", "Vorname;Nachname;E-Mail;Firma;Gescannt am", "A;B;a@example.com;Acme;21.11.2026 14:30"],
    ["a French one", "Prénom;Nom;Courriel;Société;Date d'arrivée", "A;B;a@example.com;Acme;21/11/2026 14:30"],
    [
      "a Spanish one",
      "Nombre;Correo electrónico;Empresa;Fecha;Hora",
      "A;a@example.com;Acme;21/11/2026;14:30",
    ],
    ["a zone", "Email,Scan Time (UTC)", "a@example.com,2026-11-21 13:30"],
    [
      "a list beside the record's date",
      "Created At,Email,Check-in Time",
      `2026-11-01 08:00,a@example.com,${wall}`,
    ],
    ["a date beside a scan's clock", "Email,Date,Scan Time", "a@example.com,2026-11-21,14:30"],
    ["Excel that lost its formats", "Email,Scan Date", "a@example.com,46347.6041666667"],
  ])("%s", (_, header, row) => {
    expect(read(`${header}\n${row}\n`)).toEqual([[2, "a@example.com", at]]);
  });

  test("a record's date is no check-in where the list has an empty one", () => {
    const text = "Email,Created At,Check-in Time\na@example.com,2026-11-01 08:00,\n";
    expect(read(text)).toEqual([[2, "not_checked_in"]]);
  });

  test("a number in a column of no time is no serial date", () => {
    expect(touchOf("Email,Booth\na@example.com,46347\n")).toMatchObject({ properties: { Booth: "46347" } });
  });

  test.each([
    ["a date of two readings", "03/04/2026 14:30", {}, "ambiguous_date", /^row 3: .*\?dateOrder=/],
    [
      "a time of no zone",
      "2026-04-03 14:30",
      { timeZone: undefined },
      "ambiguous_time",
      /^row 3: .*\?timeZone=/,
    ],
    ["no time", "soon", {}, "invalid_time", /^row 3: /],
  ])("%s refuses its row and names it", (_, time, settings, code, detail) => {
    const text = `Email,Scan Date\na@example.com,2026-11-21T13:30:00Z\nb@example.com,${time}\n`;
    const [first, second] = checkInsFromCsv(text, { ...berlin, ...settings }).rows;
    expect(checkInFrom(first?.checkIn)).toHaveProperty("touchpoint");
    expect(checkInFrom(second?.checkIn, 3)).toMatchObject({
      refusal: { code, field: "checkedInAt", detail: expect.stringMatching(detail) },
    });
  });
});

describe("ids", () => {
  const idOf = (header: string, row: string) => touchOf(`Email,${header}\na@example.com,${row}\n`).id;

  test.each([
    ["a scan's id", "Scan ID,Badge ID,Scan Date", "s1,b1,2026-11-21T13:30:00Z", "s1"],
    ["a check-in's id", "Check-in ID,Attended", "c1,Yes", "c1"],
    ["none of a badge", "Badge ID,Scan Date", "b1,2026-11-21T13:30:00Z", undefined],
    ["none of a ticket", "Ticket Number,Attended", "b1,Yes", undefined],
    ["none of a row's number", "ID,Attended", "1,Yes", undefined],
    ["nobody's", "Scan Date", "2026-11-21T13:30:00Z", undefined],
  ])("%s", (_, header, row, id) => {
    expect(idOf(header, row)).toBe(id);
  });
});

test("Tito's columns name the attendee, not the buyer", () => {
  const header =
    "Order Name,Order Email,Order Company Name,Ticket First Name,Ticket Last Name,Ticket Email,Ticket Company Name";
  const row = "Bo Buyer,buyer@example.com,Buyers,Pat,Example,pat@example.com,Acme";
  expect(touchOf(`${header}\n${row}\n`)).toMatchObject({
    identifiers: { email: "pat@example.com" },
    traits: { firstName: "Pat", lastName: "Example", company: "Acme" },
    properties: { "Order Email": "buyer@example.com", "Order Name": "Bo Buyer" },
  });
  expect(touchOf("Email,Ticket Full Name\na@example.com,Pat Example\n").traits).toEqual({
    firstName: "Pat",
    lastName: "Example",
  });
  expect(isList("Order Email,Order Name\n")).toBe(false);
});

describe("character sets", () => {
  const text = "E-Mail;Vorname;Firma;Gescannt am\r\na@example.com;Jörg;Müller & Söhne;21.11.2026 14:30\r\n";
  const utf16 = Buffer.from(text, "utf16le");
  test.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16, little-endian", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ["UTF-16 without its mark", utf16],
    ["UTF-16, big-endian", Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
    ["UTF-16, big-endian without its mark", Buffer.from(utf16).swap16()],
    ["Windows-1252", Buffer.from(text, "latin1")],
  ])("%s", (_, bytes) => {
    const touch = touchOf(decodeText(bytes));
    expect([touch.traits, touch.occurredAt]).toEqual([
      { firstName: "Jörg", company: "Müller & Söhne" },
      "2026-11-21T13:30:00.000Z",
    ]);
  });

  test("a workbook is told what to do", () => {
    expect(() => checkInsFromCsv("PK\u0003\u0004\u0014\0\u0006\0")).toThrow(
      expect.objectContaining({ status: 415, code: "workbook" }),
    );
  });
});
