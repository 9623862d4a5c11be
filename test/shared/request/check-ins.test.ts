import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnusableBody } from "../../../shared/request/body.ts";
import {
  checkInFrom,
  checkInSchema,
  checkInsFromCsv,
  checkInToTouchpoint,
  type ListSettings,
} from "../../../shared/request/check-ins.ts";
import type { TouchpointInput } from "../../../shared/touchpoint/touch.ts";
import { anyText } from "./any-text.ts";

const at = "2026-11-21T10:00:00Z";

/** Each row as the route sees it. */
const read = (text: string, event?: { id?: string; name?: string }, settings: ListSettings = {}) =>
  checkInsFromCsv(text, { ...settings, event: event ?? {} }).rows.map(({ row, checkIn }) => {
    const result = checkInFrom(checkIn);
    return "refusal" in result ? { row, refused: result.refusal.code } : { row, touch: result.touchpoint };
  });

const firstTouch = (text: string, event?: { id?: string; name?: string }): TouchpointInput => {
  const [first] = read(text, event);
  if (!first?.touch) throw new Error(JSON.stringify(first));
  return first.touch;
};

describe("a check-in", () => {
  const checkIn = {
    id: 17,
    event: { id: "expo-26", name: "Expo 2026" },
    attendee: { email: "pat@example.com", firstName: "Pat", crm: "salesforce:00Q1" },
    checkedInAt: at,
    properties: { hall: 3 },
  };

  test("is a touch of its event", () => {
    expect(checkInFrom(checkIn)).toEqual({
      eventId: "expo-26",
      touchpoint: {
        id: "17",
        channel: "check_in",
        occurredAt: "2026-11-21T10:00:00.000Z",
        identifiers: { email: "pat@example.com", crm: "salesforce:00Q1", user: undefined },
        traits: { firstName: "Pat" },
        campaign: { id: "expo-26", name: "Expo 2026" },
        asset: { id: "expo-26", name: "Expo 2026" },
        properties: { hall: 3 },
      },
    });
  });

  test("counts what is null as not sent, except in its properties", () => {
    const sent = {
      ...checkIn,
      id: null,
      event: { id: "expo-26", name: null },
      attendee: { email: "pat@example.com", phone: null },
      campaign: null,
      properties: { hall: null },
    };
    expect(checkInFrom(sent)).toMatchObject({
      eventId: "expo-26",
      touchpoint: { asset: { id: "expo-26" }, traits: {}, properties: { hall: null } },
    });
    expect(checkInFrom({ ...sent, event: { name: null } })).toMatchObject({
      refusal: { code: "invalid_field", field: "event" },
    });
  });

  test("keeps the campaign it names, and adds the event to one without a name", () => {
    const touchOf = (campaign: object) => checkInToTouchpoint(checkInSchema.parse({ ...checkIn, campaign }));
    expect(touchOf({ name: "Autumn" }).campaign).toEqual({ name: "Autumn" });
    expect(touchOf({ source: "fair" }).campaign).toEqual({
      id: "expo-26",
      name: "Expo 2026",
      source: "fair",
    });
  });

  test("takes epoch times, and leaves a time that it cannot read for the touch to be refused", () => {
    const timeOf = (checkedInAt: unknown) =>
      checkInToTouchpoint(checkInSchema.parse({ ...checkIn, checkedInAt })).occurredAt;
    expect(timeOf(1_795_255_200)).toBe("2026-11-21T10:00:00.000Z");
    expect(timeOf("21.11.2026")).toBe("21.11.2026");
    expect(timeOf(5)).toBe("5");
  });

  test.each([
    ["no object", "x", "invalid_field", ""],
    ["no event", { attendee: {} }, "invalid_field", "event"],
    ["an empty event", { event: {}, attendee: {} }, "invalid_field", "event"],
    ["no attendee", { event: { id: "e" } }, "invalid_field", "attendee"],
    ["a misspelt field", { event: { id: "e" }, attendee: { mail: "x" } }, "unknown_field", "attendee.mail"],
    ["a list of ids", { ...checkIn, id: ["x"] }, "invalid_field", "id"],
  ])("with %s is refused", (_, sent, code, field) => {
    expect(checkInFrom(sent)).toMatchObject({ refusal: { code, field } });
  });
});

describe("headers in the usual spellings", () => {
  const values: Record<string, [string, (touch: TouchpointInput) => unknown, string]> = {
    email: [
      "pat@example.com",
      (touch) => touch.identifiers.email,
      "Email|Email Address|E-Mail|email_address|Attendee Email|EMAIL",
    ],
    first: [
      "Pat",
      (touch) => touch.traits?.firstName,
      "First Name|FirstName|first_name|Attendee First Name|Vorname",
    ],
    last: ["Example", (touch) => touch.traits?.lastName, "Last Name|Surname|last_name|Nachname"],
    name: [
      "Pat Example",
      (touch) => `${touch.traits?.firstName} ${touch.traits?.lastName}`,
      "Name|Full Name|Attendee Name|Guest Name",
    ],
    company: [
      "Example GmbH",
      (touch) => touch.traits?.company,
      "Company|Organization|Company Name|Organisation",
    ],
    title: ["CTO", (touch) => touch.traits?.jobTitle, "Title|Job Title|Position"],
    phone: ["+49 1", (touch) => touch.traits?.phone, "Phone|Phone Number|Mobile|Cell Phone"],
    country: ["DE", (touch) => touch.traits?.country, "Country|Country Code"],
    time: [
      at,
      (touch) => touch.occurredAt?.replace(".000", ""),
      "Checked In At|Check-in Time|Checked-In At|checked_in_at|Scan Date|Scanned At|Check-In Time (UTC)|Scan Time",
    ],
    event: ["Expo", (touch) => touch.asset?.name, "Event|Event Name|Event Title"],
    eventId: ["e-1", (touch) => touch.asset?.id, "Event ID|event_id"],
    id: ["b-1", (touch) => touch.id, "Scan ID|Check-in ID|scan_uuid"],
    crm: ["salesforce:1", (touch) => touch.identifiers.crm, "CRM ID|crm"],
    campaign: ["autumn", (touch) => touch.campaign?.name, "utm_campaign|Campaign|Campaign Name"],
    note: ["met at booth", (touch) => touch.properties?.Notes, "Notes"],
  };
  const cases = Object.values(values).flatMap(([value, get, names]) =>
    names.split("|").map((name) => ({ name, value, get })),
  );

  test.each(cases)("$name", ({ name, value, get }) => {
    const [email, cell] = name.match(/mail/i) ? ["", ""] : [",Email", ",x@example.com"];
    expect(get(firstTouch(`"${name}"${email}\n"${value}"${cell}\n`, { id: "given", name: "Given" }))).toBe(
      value,
    );
  });
});

describe("a list as CSV", () => {
  const columns = ["Email", "Name", "Checked In At", "Event"];
  const cells = ["pat@example.com", "Pat Example", at, "Expo"];
  const touch = {
    channel: "check_in",
    occurredAt: "2026-11-21T10:00:00.000Z",
    traits: { firstName: "Pat", lastName: "Example" },
    asset: { name: "Expo" },
  };

  test.each([",", ";", "\t", "|"])("separated by %j", (delimiter) => {
    const text = `${columns.join(delimiter)}\r\n${cells.join(delimiter)}\r\n`;
    expect(read(text)).toMatchObject([{ row: 2, touch }]);
  });

  test.each([
    ["a byte order mark", `\ufeffEmail,Name,Checked In At,Event\n${cells.join(",")}`],
    ["Excel's sep line", `sep=;\r\n${columns.join(";")}\r\n${cells.join(";")}`],
    ["line ends of old Macs", `${columns.join(",")}\r${cells.join(",")}\r`],
    ["empty rows before the header", `\n,,,\n${columns.join(",")}\n${cells.join(",")}\n`],
    [
      "a delimiter inside of quotes",
      `"Email","Name","Checked In At","Event"\n"pat@example.com","Example, Pat","${at}","Expo"\n`,
    ],
  ])("with %s", (_, text) => {
    expect(read(text)).toMatchObject([{ touch }]);
  });

  test("rows have the numbers that a spreadsheet shows, empty rows and quoted newlines counted", () => {
    const text = `Email,Notes,Event\na@example.com,"two\nlines",Expo\n,,\n\nb@example.com,"say ""hi""",Expo\n`;
    expect(read(text)).toMatchObject([
      { row: 2, touch: { properties: { Notes: "two\nlines" } } },
      { row: 5, touch: { properties: { Notes: 'say "hi"' } } },
    ]);
  });

  test("unknown, repeated and nameless columns are properties; secrets are none", () => {
    const text = `Email,T-Shirt,Email,,Password,__proto__,Event\na@example.com,XL,b@example.com,x,secret,evil,Expo\n`;
    expect(firstTouch(text).properties).toEqual({
      "T-Shirt": "XL",
      "Email 3": "b@example.com",
      "column 4": "x",
      "__proto__ 6": "evil",
    });
  });

  test("a row that does not fit its header refuses itself alone", () => {
    const text =
      "Name,Email,Company,Event\nA\nB,b@example.com,Example, Inc,Expo\nC,c@example.com,Example,Expo,\n";
    expect(read(text)).toMatchObject([
      { row: 2, refused: "ragged_row" },
      { row: 3, refused: "ragged_row" },
      { row: 4, touch: { identifiers: { email: "c@example.com" } } },
    ]);
  });

  test("cells that Excel left out at a row's end are empty", () => {
    const text = `Email,Event,Scan Date,Company,Notes\na@example.com,Expo,${at}\nb@example.com,Expo\n`;
    expect(read(text)).toMatchObject([
      { row: 2, touch: { occurredAt: "2026-11-21T10:00:00.000Z", traits: {} } },
      { row: 3, refused: "not_checked_in" },
    ]);
  });

  test.each([
    ["a date and a time", "Scan Date,Scan Time", "2026-11-21,11:00:00+01:00"],
    ["a date with the time in it beside a time", "Scan Date,Scan Time", "2026-11-21 10:00:00Z,11:00"],
    ["a status that is the time", "Checked In", "2026-11-21 10:00 UTC"],
    ["a status beside the time", "Status,Scan Date", `Checked In,${at}`],
  ])("the time from %s", (_, header, row) => {
    expect(firstTouch(`Email,Event,${header}\na@example.com,Expo,${row}\n`).occurredAt).toBe(
      "2026-11-21T10:00:00.000Z",
    );
  });

  test.each([
    ["a time without zone", "Check-in Time", "2026-11-21 10:00:00", "ambiguous_time"],
    ["a slashed time", "Check-in Time", "11/12/2026 10:00 AM", "ambiguous_date"],
    ["a dotted date", "Scan Date,Scan Time", "21.11.2026,10:00", "ambiguous_time"],
    ["only a clock", "Scan Date,Scan Time", ",10:00", "ambiguous_time"],
    ["no time in a list of all who registered", "Checked In At", "", "not_checked_in"],
    ["the status No", "Checked In", "No", "not_checked_in"],
    ["the status No-show, with a time", "Status,Checked In At", `No-show,${at}`, "not_checked_in"],
    ["a status that says something else", "Status", "Registered", "not_checked_in"],
    ...["FALSCH", "faux", "falso", "Storniert", "Abgesagt", "annulé", "Annulée", "Cancelado", "abwesend"].map(
      (status) => [`${status}, with a time`, "Status,Scan Date", `${status},${at}`, "not_checked_in"],
    ),
    ...[
      "Ausente",
      "Absent (excused)",
      "Absente",
      "Nicht erschienen",
      "pas venu",
      "No asistió",
      "Not used",
      "no_show",
    ].map((status) => [`${status}, with a time`, "Status,Scan Date", `${status},${at}`, "not_checked_in"]),
  ])("%s is refused", (_, header, row, code) => {
    expect(read(`Email,Event,${header}\na@example.com,Expo,${row}\n`)).toMatchObject([{ refused: code }]);
  });

  test.each([
    ["registered in Eventbrite", "Attendee Status", "Attending", "not_checked_in"],
    ["registered, with the time of it", "Attendee Status,Date", `Attending,${at}`, "not_checked_in"],
    ["registered, with a timestamp", "Ticket Status,Timestamp (UTC)", `Valid,${at}`, "not_checked_in"],
    ["invited", "Guest Status,Checked In At", `Invited,${at}`, "not_checked_in"],
    ["not scanned", "Ticket Status", "Unused", "not_checked_in"],
    ["not checked in", "Check-In Status", "Not Checked In", "not_checked_in"],
    ["a no-show who was going to come", "Attendee Status,Attended", "Attending,No", "not_checked_in"],
  ])("somebody %s is refused", (_, header, row, code) => {
    expect(read(`Email,Event,${header}\na@example.com,Expo,${row}\n`)).toMatchObject([{ refused: code }]);
  });

  test.each([
    ["checked in in Eventbrite", "Attendee Status", "Checked In", undefined],
    ["whose ticket was used", "Ticket Status", "Used", undefined],
    ...["WAHR", "vrai", "VERDADERO", "Teilgenommen", "anwesend", "Eingecheckt", "Erschienen"].map(
      (status) => [`who is ${status}`, "Status", status, undefined],
    ),
    ...["présent", "Présente", "presente", "asistió", "Sí"].map((status) => [
      `who is ${status}`,
      "Status",
      status,
      undefined,
    ]),
    ...["Not contacted", "No answer", "Nicht bewertet", "Non-member"].map((status) => [
      `with the status ${status} and a time`,
      "Status,Scan Date",
      `${status},${at}`,
      "2026-11-21T10:00:00.000Z",
    ]),
    ...["CheckedIn", "checked_in", "Checked-In"].map((status) => [status, "Status", status, undefined]),
    ["who was going to come, and came", "Attendee Status,Checked In", "Attending,Yes", undefined],
    [
      "with a date beside the check-in",
      "Attendee Status,Date",
      `Checked In,${at}`,
      "2026-11-21T10:00:00.000Z",
    ],
    [
      "registered, with a scan",
      "Registration Status,Scan Date",
      `Confirmed,${at}`,
      "2026-11-21T10:00:00.000Z",
    ],
  ])("somebody %s is a check-in", (_, header, row, occurredAt) => {
    expect(firstTouch(`Email,Event,${header}\na@example.com,Expo,${row}\n`).occurredAt).toBe(occurredAt);
  });

  test("a refusal says whether the time is missing or the status not known", () => {
    const detailOf = (header: string, row: string) => {
      const [first] = checkInsFromCsv(`Email,Event,${header}\na@example.com,Expo,${row}\n`).rows;
      const result = checkInFrom(first?.checkIn);
      return "refusal" in result ? result.refusal.detail : undefined;
    };
    expect(detailOf("Scan Date,Notes", ",x")).toBe("row 2: the row has no time of check-in");
    for (const header of ["Notes,Status", "Scan Date,Status"]) {
      expect(detailOf(header, ",Purple")).toMatch(/^row 2: .*status.* not known/);
    }
  });

  test("the status Yes without a time is a check-in", () => {
    expect(firstTouch("Email,Event,Checked In\na@example.com,Expo,Yes\n")).not.toHaveProperty("occurredAt");
  });

  test("a form of address is no job", () => {
    expect(firstTouch("Email,Event,Title,Job Title\na@example.com,Expo,Ms,CTO\n")).toMatchObject({
      traits: { jobTitle: "CTO" },
      properties: { Title: "Ms" },
    });
  });

  test("a row's own event wins over the given one, as a whole", () => {
    const text = "Email,Event Name\na@example.com,Own\nb@example.com,\n";
    expect(read(text, { id: "e1", name: "Given" })).toMatchObject([
      { touch: { asset: { id: undefined, name: "Own" } } },
      { touch: { asset: { id: "e1", name: "Given" } } },
    ]);
  });

  test.each([[{}], [{ id: "", name: undefined }], [{ id: " " }]])(
    "a row without an event says how to name one, where %j is given",
    (event) => {
      const [first, second] = checkInsFromCsv("Email,Event\na@example.com,Expo\n\nb@example.com,\n", {
        event,
      }).rows.map(({ checkIn }) => checkInFrom(checkIn));
      expect(first).toHaveProperty("touchpoint");
      expect(second).toMatchObject({ refusal: { field: "event" } });
    },
  );

  test("a refusal names its row, whoever refuses it, and the way out", () => {
    const long = "x".repeat(301);
    const text = `Name,Email,Company,Event\n,a@example.com,,\n\nB\nC,c@example.com,${long},Expo\n`;
    const details = checkInsFromCsv(text).rows.map(({ row, checkIn }) => {
      const result = checkInFrom(checkIn, row);
      return "refusal" in result ? result.refusal.detail : undefined;
    });
    expect(details).toEqual([
      expect.stringMatching(/^row 2: .*\?event=, \?eventId= or \?eventName=/),
      "row 4: it has 1 cells, the header 4",
      expect.stringMatching(/^row 5: (?!row)/),
    ]);
  });

  test.each([
    ["10,001 rows", `Email\n${"a@example.com\n".repeat(10_001)}`, "rows"],
    ["10,001 rows behind an empty one", `\nEmail\n${"a@example.com\n".repeat(10_001)}`, "rows"],
    [
      "no end of empty rows between two",
      `Email\na@example.com\n${"\n".repeat(100_000)}b@example.com`,
      "rows",
    ],
    ["501 columns", `Email${",x".repeat(500)}\n`, "columns"],
    ["a row of 501 cells", `Email,Event\na@example.com${",x".repeat(500)}\n`, "columns"],
  ])("with %s is to be split", (_, text, what) => {
    expect(() => checkInsFromCsv(text)).toThrow(
      expect.objectContaining({ status: 413, code: "too_many_items", detail: expect.stringContaining(what) }),
    );
  });

  test("10,000 rows, 500 columns, and what a spreadsheet adds to them, are read", () => {
    const tall = `Email\n${"a@example.com\n".repeat(10_000)}${",,,\r\n".repeat(50_000)}`;
    expect(checkInsFromCsv(tall).rows).toHaveLength(10_000);
    const wide = `Email${",x".repeat(499)}${",".repeat(300)}\na@example.com${",".repeat(799)}\n`;
    expect(read(wide, { id: "e" })).toMatchObject([
      { row: 2, touch: { identifiers: { email: "a@example.com" } } },
    ]);
  });

  test("a header longer than a label is cut, and a secret at its end still known", () => {
    const long = "Which of our products do you use? ".repeat(20);
    const text = `Email,Event,${long},${long},${long}Password\na@example.com,Expo,one,two,secret\n`;
    const properties = firstTouch(text).properties ?? {};
    expect(Object.values(properties)).toEqual(["one", "two"]);
    expect(Object.keys(properties).every((label) => label.length <= 210)).toBe(true);
  });

  test.each([
    ["no header", "a@example.com,Pat\nb@example.com,Sam\n", "csv_header"],
    ["nothing in it", "\n\n", "csv_header"],
    ["a quote that does not close", 'Email,Notes\na@example.com,"open\nb@example.com,x\n', "invalid_csv"],
  ])("with %s is refused as a whole", (_, text, code) => {
    expect(() => checkInsFromCsv(text)).toThrow(expect.objectContaining({ status: 400, code }));
  });

  test("any text gives rows or an UnusableBody", () => {
    const fragment = fc.constantFrom(
      ",",
      ";",
      "\n",
      "\r",
      '"',
      "Email",
      "Scan Date",
      "__proto__",
      "a@example.com",
      at,
      "sep=,",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(fragment, anyText), { maxLength: 30 }), (fragments) => {
        try {
          for (const { checkIn } of checkInsFromCsv(`Email,${fragments.join("")}`).rows) {
            const result = checkInFrom(checkIn);
            if ("touchpoint" in result) expect(JSON.stringify(result)).not.toContain('"__proto__":');
          }
        } catch (error) {
          if (!(error instanceof UnusableBody)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
