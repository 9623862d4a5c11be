import { describe, expect, test } from "vitest";
import { UnusableBody } from "../../../shared/request/body.ts";
import { checkInFrom, checkInsFromCsv } from "../../../shared/request/check-ins.ts";
import { parseFormBody } from "../../../shared/request/form-body.ts";
import { readForm, readJsonForm } from "../../../shared/request/form-fields.ts";

const form = "application/x-www-form-urlencoded";
const json = "application/json";
const csv = "text/csv";

const many = (length: number, one: (index: number) => string): string =>
  Array.from({ length: Math.ceil(length / one(0).length) }, (_, index) => one(index)).join("");
const listed = (length: number, one: (index: number) => string): string =>
  many(length, (index) => `${one(index)},`).slice(0, -1);
const marks = (size: number): string => "\u0301".repeat(size / 4) + "\u0316".repeat(size / 4);

const boundary = "a".repeat(70);
const multipart = (content: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${content}\r\n--${boundary}--\r\n`;

/** Bodies of about `size` bytes whose reading a careless rule makes grow with the square of it. */
const shapes: [string, string, (size: number) => string][] = [
  ["commas", "text/plain", (size) => ",".repeat(size)],
  ["newlines behind a form", "text/plain", (size) => `a=b${"\n".repeat(size)}`],
  ["blank lines behind a form", "text/plain", (size) => `a=b${"\n ".repeat(size / 2)}`],
  ["lines that continue a value", "text/plain", (size) => `a=b\n${"x\n".repeat(size / 2)}`],
  ["carriage returns in a value", form, (size) => `a=b${"\r".repeat(size)}x`],
  ["line ends in a value", form, (size) => `a=b${"\r\n".repeat(size / 2)}x`],
  ["equals signs", form, (size) => "=".repeat(size)],
  ["ampersands", form, (size) => `a=b${"&".repeat(size)}`],
  ["percent signs", form, (size) => `a=${"%".repeat(size)}`],
  ["spaces in a value", form, (size) => `name=a${" ".repeat(size)}b`],
  ["a name of dots", form, (size) => `${"a.".repeat(size / 2)}=1`],
  ["accents on one letter of a value", form, (size) => `message=a${marks(size)}`],
  ["accents on one letter of a name", form, (size) => `a${marks(size)}=b`],
  ["angle brackets in an address", form, (size) => `email=${"<a".repeat(size / 2)}`],
  [
    "parts of multipart",
    "multipart/form-data",
    (size) => multipart(`\r\n--${boundary}\r\n`.repeat(size / 76)),
  ],
  [
    "almost boundaries",
    "multipart/form-data",
    (size) => multipart(`\r\n--${boundary.slice(1)}b`.repeat(size / 74)),
  ],
  ["open objects", json, (size) => '{"a":'.repeat(size / 5)],
  ["fields of one name", json, (size) => `{"fields":[${listed(size, () => '{"id":"a","value":"b"}')}]}`],
  [
    "fields of many names",
    json,
    (size) => `{"fields":[${listed(size, (i) => `{"name":"n${i}","value":1}`)}]}`,
  ],
  ["members of one name", json, (size) => `{${listed(size, () => '"a":1')}}`],
  ["members of many names", json, (size) => `{${listed(size, (i) => `"n${i}":1`)}}`],
  [
    "members under a long name",
    json,
    (size) => `{"${"n".repeat(size / 2)}":{${listed(size / 2, (i) => `"n${i}":1`)}}}`,
  ],
  [
    "members in nested fields",
    json,
    (size) => `${'{"fields":'.repeat(60)}{${listed(size, (i) => `"n${i}":1`)}}${"}".repeat(60)}`,
  ],
  ["a list of addresses", json, (size) => `{"email":[${listed(size, (i) => `"a${i}@example.com"`)}]}`],
  ["a list of pages", json, (size) => `{"page":[${listed(size, () => '"a"')}]}`],
  ["a list of objects", json, (size) => `{"x":[${listed(size, () => '{"a":1}')}]}`],
  ["accents in JSON", json, (size) => `{"message":"a${marks(size)}"}`],
  ["opening brackets in a header", csv, (size) => `Email,${"(".repeat(size)}\na@example.com,b\n`],
  ["quotes in a header", csv, (size) => `Email,${'"'.repeat(size)}\n`],
  ["quotes in words of a header", csv, (size) => `Email,${'"a'.repeat(size / 2)}\n`],
  ["carriage returns behind a header", csv, (size) => `Email,Name${"\r".repeat(size)}`],
  ["short rows", csv, (size) => `Email\n${"a\n".repeat(size / 2)}`],
  ["empty rows", csv, (size) => `Email\n${",\n".repeat(size / 2)}`],
  ["columns", csv, (size) => `Email${",a".repeat(size / 2)}\n`],
  ["cells beyond the header", csv, (size) => `Email,Name\n${"a,".repeat(size / 2)}`],
  ["rows under a long header", csv, (size) => `Email,${"h".repeat(size / 2)}\n${"a,b\n".repeat(size / 8)}`],
  ["forms of address", csv, (size) => `Email,Name\na@example.com,${"Mr ".repeat(size / 3)}\n`],
];

async function read(body: Buffer, type: string): Promise<void> {
  try {
    const parsed = await parseFormBody(body, type);
    if (parsed.kind === "form") readForm(parsed.fields, {});
    else if (parsed.kind === "json") readJsonForm(parsed.value, {});
    else
      for (const { checkIn } of checkInsFromCsv(parsed.text, { event: { id: "expo" } }).rows)
        checkInFrom(checkIn);
  } catch (error) {
    if (!(error instanceof UnusableBody)) throw error;
  }
}

describe("a hostile body is read in one breath", () => {
  // What grows with the square of this takes minutes: the bound is there to end the test, not to measure it.
  const size = 240_000;

  test.each(shapes)("%s", { timeout: 20_000 }, async (_, type, bodyOf) => {
    await expect(read(Buffer.from(bodyOf(size)), type)).resolves.toBeUndefined();
  });
});
