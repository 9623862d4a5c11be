import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Journal, JournalDamaged } from "../../../../infra/local/sqs/journal.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
  path = join(directory, "queue.journal");
});

afterEach(() => rmSync(directory, { recursive: true }));

function write(...records: unknown[]): void {
  const journal = Journal.open(path, () => {});
  for (const record of records) journal.append(JSON.stringify(record));
  journal.close();
}

function read(): unknown[] {
  const records: unknown[] = [];
  Journal.open(path, (record) => records.push(record)).close();
  return records;
}

describe("journal", () => {
  test("gives back what was written, in order, over several runs", () => {
    write({ a: 1 }, { text: 'line\nbreak "quoted" é 😀' });
    write({ b: 2 });
    expect(read()).toEqual([{ a: 1 }, { text: 'line\nbreak "quoted" é 😀' }, { b: 2 }]);
  });

  test("reads records larger than what it reads at once", () => {
    const records = [{ text: "é".repeat(1_500_000) }, { text: "y" }, { text: "z".repeat(1_048_576) }];
    write(...records);
    expect(read()).toEqual(records);
  });

  test("what is flushed is in the file while the journal is open", () => {
    const journal = Journal.open(path, () => {});
    const bytes = journal.append('{"a":1}');
    expect(readFileSync(path, "utf8")).toBe("");
    journal.flush();
    expect(readFileSync(path, "utf8")).toContain('{"a":1}');
    expect(journal.writtenBytes).toBe(bytes);
    journal.close();
  });

  test("a last record torn at any byte is cut off, and the journal goes on behind the whole ones", () => {
    write({ whole: 1 });
    const whole = readFileSync(path).length;
    write({ torn: "é".repeat(5) });
    const file = readFileSync(path);
    for (let length = whole; length < file.length; length += 1) {
      writeFileSync(path, file.subarray(0, length));
      expect(read()).toEqual([{ whole: 1 }]);
      expect(readFileSync(path)).toHaveLength(whole);
      write({ next: length });
      expect(read()).toEqual([{ whole: 1 }, { next: length }]);
    }
  });

  test("a last record of which a byte has changed is cut off", () => {
    write({ whole: 1 }, { changed: 1 });
    const file = readFileSync(path);
    file[file.length - 4]! ^= 1;
    writeFileSync(path, file);
    expect(read()).toEqual([{ whole: 1 }]);
  });

  test("damage before whole records is no torn write: it is reported, and the file stays as it is", () => {
    write({ changed: 1 }, { whole: 1 });
    const file = readFileSync(path);
    file[12]! ^= 1;
    writeFileSync(path, file);
    expect(read).toThrow(JournalDamaged);
    expect(readFileSync(path)).toEqual(file);
  });

  test("compaction replaces the records, and later ones follow them", () => {
    const journal = Journal.open(path, () => {});
    for (let index = 0; index < 100; index += 1) journal.append(JSON.stringify({ index }));
    journal.flush();
    const before = journal.writtenBytes;
    journal.compact(['{"live":1}', '{"live":2}']);
    expect(journal.writtenBytes).toBeLessThan(before);
    journal.append('{"later":1}');
    journal.close();
    expect(read()).toEqual([{ live: 1 }, { live: 2 }, { later: 1 }]);
  });

  test("a compaction that died before its rename leaves the journal whole", () => {
    write({ a: 1 });
    writeFileSync(`${path}.new`, "half a fi");
    expect(read()).toEqual([{ a: 1 }]);
    expect(() => readFileSync(`${path}.new`)).toThrow("ENOENT");
  });

  test("a compaction that fails leaves the journal in use", () => {
    const journal = Journal.open(path, () => {});
    journal.append('{"a":1}');
    const failing = function* () {
      yield '{"half":1}';
      throw new Error("no room");
    };
    expect(() => journal.compact(failing())).toThrow("no room");
    journal.append('{"b":2}');
    journal.close();
    expect(read()).toEqual([{ a: 1 }, { b: 2 }]);
  });
});
