import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText } from "../../../shared/request/character-set.ts";
import { csvRecords } from "../../../shared/request/csv-records.ts";
import { characterSetOf, streamRecords } from "../../../shared/request/csv-stream.ts";
import { cleanText } from "../../../shared/request/text.ts";
import { UnusableBody } from "../../../shared/request/unusable-body.ts";

const enough = 2 ** 20;

/** A file as a network delivers it: cut anywhere. */
const delivered = (bytes: Buffer, cut: number): Readable =>
  Readable.from(
    (function* () {
      for (let start = 0; start < bytes.length; start += cut) yield bytes.subarray(start, start + cut);
    })(),
  );

/** The records of a file, and what ended them. */
async function read(bytes: Buffer, cut: number, maximum = enough) {
  const records: string[][] = [];
  try {
    const characterSet = await characterSetOf(delivered(bytes, cut), maximum);
    for await (const cells of streamRecords(delivered(bytes, cut), characterSet, maximum))
      records.push(cells.map(cleanText));
    return { records, fault: undefined };
  } catch (error) {
    if (!(error instanceof UnusableBody)) throw error;
    return { records, fault: error.code };
  }
}

const text = 'E-Mail;Firma;Notizen\r\na@example.com;Müller;"zwei\r\nZeilen"\r\n\r\nb@example.com;Smith;€\r\n';

describe("a file read as a stream", () => {
  test.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16 without its mark", Buffer.from(text, "utf16le")],
    ["Windows-1252", Buffer.from(text.replace("€", "§"), "latin1")],
  ])("in %s, has the records of the whole, however it is cut and packed", async (_, bytes) => {
    const whole = csvRecords(decodeText(bytes));
    const packed = gzipSync(bytes);
    for (const cut of [64, 67, 1000]) {
      for (const file of [bytes, packed]) {
        const { records, fault } = await read(file, cut);
        expect(fault).toBeUndefined();
        expect(records.filter((cells, index) => index < whole.length || cells.some(Boolean))).toEqual(whole);
      }
    }
  });

  test("ends behind the same record at every reading, where a quote does not close", async () => {
    const row = "a@example.com;x;y\r\n";
    const file = Buffer.from(`E-Mail;Firma;Notizen\r\n${row.repeat(5000)}"${row.repeat(80_000)}`);
    const readings = await Promise.all([1000, 65_536, 10_000_000].map((cut) => read(file, cut, 2 ** 22)));
    for (const { records, fault } of readings) {
      expect(fault).toBe("invalid_csv");
      expect(records).toHaveLength(5001);
    }
  });

  test("is refused beyond its size, a bomb of gzip too", async () => {
    const large = Buffer.alloc(3 * enough, "a@example.com\n");
    expect((await read(large, 65_536)).fault).toBe("file_too_large");
    expect((await read(gzipSync(large), 65_536)).fault).toBe("file_too_large");
    expect((await read(gzipSync(large).subarray(0, 2000), 65_536)).fault).toBe("invalid_gzip");
  });

  test("any bytes are records or a refusal, the same however they are cut", async () => {
    const fragment = fc.constantFrom("Email", ",", ";", "\n", "\r\n", '"', "a@example.com", "é", "\u0000");
    const bytes = fc.oneof(
      fc.array(fragment, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(""))),
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (file) => {
        // Gzip and UTF-16 are told by the first bytes, which S3 hands over at once.
        expect(await read(file, 1024)).toEqual(await read(file, 4096));
      }),
      { numRuns: 200 },
    );
  });
});
