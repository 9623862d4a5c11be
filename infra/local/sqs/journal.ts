import { closeSync, ftruncateSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

const READ_BYTES = 1 << 20;
const NEWLINE = 10;
/** Eight hexadecimal digits of the CRC-32, then a space. */
const CHECKSUM_LENGTH = 9;

/** The journal is damaged before its end: not a torn last write, so nothing is cut off and nothing is lost. */
export class JournalDamaged extends Error {
  constructor(path: string, offset: number) {
    super(`The journal ${path} is damaged at byte ${offset}. Restore the file or move it away.`);
    this.name = "JournalDamaged";
  }
}

/**
 * An append-only file of JSON records, one per line, each after its CRC-32.
 *
 * `append` only collects; `flush` hands all that was collected to the operating system in one write. What
 * `flush` returned from survives the death of the process, `kill -9` too, because it is in the page cache.
 * It does not call fsync, so a power failure may take the last seconds: this serves development on one
 * machine, where an fsync per event-loop turn would cost more than it saves.
 */
export class Journal {
  readonly #path: string;
  #descriptor: number;
  #writtenBytes: number;
  #pending: string[] = [];

  private constructor(path: string, descriptor: number, writtenBytes: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#writtenBytes = writtenBytes;
  }

  /**
   * Opens or creates the file, and hands every record to `replay` in the order in which they were written.
   * A torn last record, which no one was told is stored, is cut off.
   * @throws {JournalDamaged} if a broken record is followed by whole ones.
   */
  static open(path: string, replay: (record: unknown, bytes: number) => void): Journal {
    // A compaction that did not reach its rename: the journal itself is still whole.
    rmSync(compactionPath(path), { force: true });
    closeSync(openSync(path, "a", 0o600));
    const descriptor = openSync(path, "r+");
    try {
      const length = replayLines(path, descriptor, replay);
      ftruncateSync(descriptor, length);
      return new Journal(path, descriptor, length);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Bytes in the file. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Collects one record (JSON without a raw newline) for the next flush. Returns its length in the file. */
  append(json: string): number {
    const line = formatLine(json);
    this.#pending.push(line);
    return Buffer.byteLength(line);
  }

  /**
   * Writes what was collected. If the write fails (a full disk), the error is thrown, the records stay
   * collected, and the next flush writes them to the same place.
   */
  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.length === 1 ? this.#pending[0]! : this.#pending.join(""));
    writeAll(this.#descriptor, bytes, this.#writtenBytes);
    this.#writtenBytes += bytes.length;
    this.#pending = [];
  }

  /**
   * Replaces the file by one with these records only: writes beside it, then renames, so a crash leaves the
   * old journal or the new one. On failure the old one stays in use and the error is thrown.
   */
  compact(records: Iterable<string>): void {
    this.flush();
    const path = compactionPath(this.#path);
    const descriptor = openSync(path, "w+", 0o600);
    let length = 0;
    try {
      let lines: string[] = [];
      let characters = 0;
      const writeLines = () => {
        const bytes = Buffer.from(lines.join(""));
        writeAll(descriptor, bytes, length);
        length += bytes.length;
        lines = [];
        characters = 0;
      };
      for (const json of records) {
        lines.push(formatLine(json));
        characters += json.length;
        if (characters >= READ_BYTES) writeLines();
      }
      writeLines();
      renameSync(path, this.#path);
    } catch (error) {
      closeSync(descriptor);
      rmSync(path, { force: true });
      throw error;
    }
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#writtenBytes = length;
  }

  /** Flushes and closes the file. */
  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#descriptor);
      // The number may soon be another file's: a late write must fail.
      this.#descriptor = -1;
    }
  }
}

function compactionPath(path: string): string {
  return `${path}.new`;
}

function formatLine(json: string): string {
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
}

function parseLine(line: Buffer): { record: unknown } | null {
  if (line.length <= CHECKSUM_LENGTH) return null;
  const json = line.subarray(CHECKSUM_LENGTH);
  if (Number.parseInt(line.toString("latin1", 0, CHECKSUM_LENGTH - 1), 16) !== crc32(json)) return null;
  return { record: JSON.parse(json.toString("utf8")) as unknown };
}

function writeAll(descriptor: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
  }
}

/** Returns the length of the whole records; what follows them is a torn tail. */
function replayLines(
  path: string,
  descriptor: number,
  replay: (record: unknown, bytes: number) => void,
): number {
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  let carried: Buffer[] = [];
  let length = 0;
  let brokenAt: number | null = null;
  let offset = 0;
  for (;;) {
    const read = readSync(descriptor, chunk, 0, READ_BYTES, offset);
    if (read === 0) return brokenAt ?? length;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1 && end < read; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...carried, chunk.subarray(start, end)]);
      carried = [];
      const parsed = parseLine(line);
      if (parsed === null) {
        brokenAt ??= length;
      } else {
        if (brokenAt !== null) throw new JournalDamaged(path, brokenAt);
        replay(parsed.record, line.length + 1);
      }
      length += line.length + 1;
      start = end + 1;
    }
    if (start < read) carried.push(Buffer.from(chunk.subarray(start, read)));
    offset += read;
  }
}
