import { finished, pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { utf16Of } from "./character-set.ts";
import { beginningOf, isWorkbook, parserOptions, refusedWorkbook, unreadable } from "./csv-records.ts";
import { UnusableBody } from "./unusable-body.ts";

/** Characters looked at for the delimiter and the header. */
const headLength = 64 * 1024;

/** A record is no longer: what is, is a quote that does not close. */
const longestRecord = 1024 * 1024;

/** Bytes of a file that may be gzip, told by its first bytes, unpacked. */
async function* unpacked(bytes: Readable, maximumBytes: number): AsyncGenerator<Buffer> {
  let source: AsyncIterable<Buffer> = bytes;
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const all = async function* (): AsyncGenerator<Buffer> {
    yield first.value;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  };
  const [a, b] = first.value as Buffer;
  const isGzip = a === 0x1f && b === 0x8b;
  // An error reaches the reader through the last stream.
  source = isGzip ? pipeline(Readable.from(all()), createGunzip(), () => {}) : all();
  let size = 0;
  try {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maximumBytes) {
        throw new UnusableBody(
          413,
          "file_too_large",
          `A file may have ${maximumBytes / 2 ** 20} MiB at most.`,
        );
      }
      yield chunk;
    }
  } catch (error) {
    if (isGzip && String((error as NodeJS.ErrnoException).code).startsWith("Z_")) {
      throw new UnusableBody(400, "invalid_gzip", "The file is damaged or incomplete gzip.");
    }
    throw error;
  } finally {
    bytes.destroy();
  }
}

/**
 * The character set of a file, by the rule that `decodeText` has for whole texts. Whether it is UTF-8 is known at its end
 * only.
 * @throws UnusableBody `file_too_large`, `invalid_gzip`
 */
export async function characterSetOf(bytes: Readable, maximumBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let isFirst = true;
  for await (const chunk of unpacked(bytes, maximumBytes)) {
    const utf16 = isFirst ? utf16Of(chunk) : undefined;
    if (utf16) return utf16;
    isFirst = false;
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      return "windows-1252";
    }
  }
  try {
    decoder.decode();
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/**
 * The records of a CSV file, uncleaned, while it is read: a file may be larger than memory.
 * @param characterSet as `characterSetOf` told it
 * @throws UnusableBody `invalid_csv`, `workbook`, `file_too_large`, `invalid_gzip`
 */
export async function* streamRecords(
  bytes: Readable,
  characterSet: string,
  maximumBytes: number,
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder(characterSet);
  const chunks = unpacked(bytes, maximumBytes);
  const texts = async function* (): AsyncGenerator<string> {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  };
  const rest = texts();
  let head = "";
  while (head.length < headLength) {
    const next = await rest.next();
    if (next.done) break;
    head += next.value;
  }
  if (isWorkbook(head)) throw refusedWorkbook();
  const { delimiter, start } = beginningOf(head);
  const table = async function* (): AsyncGenerator<string> {
    yield head.slice(start);
    yield* rest;
  };
  const found: string[][] = [];
  const parser = parse({
    ...parserOptions(delimiter),
    max_record_size: longestRecord,
    // A stream that fails drops what it had ready: so that every reading ends behind the same record, nothing passes through it.
    on_record: (record: string[]) => {
      found.push(record);
      return null;
    },
  });
  parser.resume();
  const done = new Promise<unknown>((resolve) => finished(parser, resolve));
  try {
    for await (const text of table()) {
      const fault = await new Promise<unknown>((resolve) => parser.write(text, resolve));
      yield* found.splice(0);
      if (fault) throw unreadable(fault);
    }
    parser.end();
    const fault = await done;
    yield* found.splice(0);
    if (fault) throw unreadable(fault);
  } finally {
    parser.destroy();
    bytes.destroy();
  }
}
