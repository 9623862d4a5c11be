import type { Source } from "../access/source.ts";
import { deleteFile, type Files, openFiles, putFile } from "../files/files.ts";
import { openUpload } from "../files/uploads.ts";
import { Problem } from "../http/problem.ts";
import { logger } from "../observe/observe.ts";
import { CheckInList } from "../request/check-in-list.ts";
import { type CheckInRow, inRow, type ListSettings } from "../request/check-ins.ts";
import { Records } from "../request/csv-records.ts";
import { characterSetOf, streamRecords } from "../request/csv-stream.ts";
import { UnusableBody } from "../request/unusable-body.ts";
import { readSources } from "../store/config.ts";
import {
  completeImport,
  type Import,
  type ImportOutcome,
  type ImportStart,
  readImport,
} from "../store/imports.ts";
import { openTable, type Table } from "../store/table.ts";
import { objectPrefixes } from "../table/keys.ts";
import { candidateOfRow, checkInsRoute } from "./check-ins.ts";
import { type Intake, judge, openIntake, takeIn } from "./intake.ts";
import { listSettings } from "./list-settings.ts";

/** What an import may be: as many rows as a spreadsheet has, and what is read well within the function's time. */
export const maximumImportRows = 1_048_576;
export const maximumImportBytes = 500 * 2 ** 20;

/** Rows judged and sent at once. */
const rowsAtOnce = 1_000;

export const uploadKey = (id: string): string => `${objectPrefixes.uploads}${id}`;
export const resultsKey = (id: string): string => `${objectPrefixes.imports}${id}/results.csv`;

/** What asks for the work. */
export interface ImportMessage {
  v: 1;
  kind: "import";
  importId: string;
}

/** What importing stands on. */
export interface Importing {
  table: Table;
  files: Files;
  intake: Intake;
  clock: () => Date;
}

export function openImporting(): Importing {
  return {
    table: openTable(),
    files: openFiles(),
    // Nobody waits for an answer, so the queue may take its time.
    intake: openIntake({ attempts: 6, timeout: 10_000 }),
    clock: () => new Date(),
  };
}

/**
 * Takes in a file that was uploaded: every row as `POST /v1/check-ins` would, and puts a file that says what became of each. It
 * may be done twice, by two at once, and again after it died anywhere: rows have the same ids and the same time of arrival at
 * every attempt, so the touches are the same, and the end is written once. A file that cannot be read, or not to its end, is
 * completed with a problem, and what was read before is taken in. The upload is deleted at the end.
 */
export async function runImport(importing: Importing, importId: string): Promise<void> {
  const { table, files, clock } = importing;
  const asked = await readImport(table, importId);
  if (!asked?.start) {
    logger.warn("import was never started", { importId });
    return;
  }
  if (!asked.outcome) {
    const { results, ...said } = await take(importing, asked, asked.start);
    // One that worked beside this has deleted the file at its end: what was not there then is no problem.
    if ((await readImport(table, importId))?.outcome) return;
    await putFile(files, resultsKey(importId), results, "text/csv; charset=utf-8");
    const outcome: ImportOutcome = { completedAt: clock().toISOString(), ...said };
    if (await completeImport(table, importId, outcome)) {
      const { rows, accepted, refused, problem } = outcome;
      logger.info("import completed", { importId, rows, accepted, refused, problem: problem?.code });
    }
  }
  await deleteFile(files, uploadKey(importId));
}

type Taken = Omit<ImportOutcome, "completedAt"> & { results: Buffer };

const changed = () =>
  new UnusableBody(400, "file_changed", "The file was uploaded again after the import had started.");

async function take(importing: Importing, asked: Import, start: ImportStart): Promise<Taken> {
  const work = new Work(importing, asked, start);
  try {
    const source = (await readSources(importing.table)).find(
      ({ id, deletedAt }) => id === asked.source && !deletedAt,
    );
    if (!source) return work.end({ code: "unknown_source", detail: "The import's source is there no more." });
    for await (const rows of rowsOf(importing.files, asked, start)) await work.take(rows, source);
    return work.end();
  } catch (error) {
    if (error instanceof UnusableBody) return work.end({ code: error.code, detail: error.detail });
    if (error instanceof Problem) {
      const { code, detail } = error.members;
      return work.end({ code, detail });
    }
    throw error;
  }
}

/** A file's rows, so many at once. Throws UnusableBody, after the rows before what cannot be read. */
async function* rowsOf(files: Files, asked: Import, start: ImportStart): AsyncGenerator<CheckInRow[]> {
  const settings: ListSettings = listSettings(asked);
  const open = async () => {
    const bytes = await openUpload(files, uploadKey(asked.id), start.etag);
    if (!bytes) throw changed();
    return bytes;
  };
  const characterSet = await characterSetOf(await open(), maximumImportBytes);
  const records = new Records(maximumImportRows);
  const list = new CheckInList(settings);
  let rows: CheckInRow[] = [];
  try {
    for await (const cells of streamRecords(await open(), characterSet, maximumImportBytes)) {
      rows.push(...list.read(records.clean(cells)));
      if (rows.length < rowsAtOnce) continue;
      yield rows;
      rows = [];
    }
    rows.push(...list.end(true));
  } catch (error) {
    if (rows.length > 0) yield rows;
    throw error;
  }
  if (rows.length > 0) yield rows;
}

/** The work on one file: sends what can be used, and writes down what became of each row. */
class Work {
  private readonly importing: Importing;
  private readonly asked: Import;
  private readonly start: ImportStart;
  private readonly results: Buffer[] = [
    Buffer.from(line(["row", "verdict", "touchId", "code", "field", "detail"])),
  ];
  private accepted = 0;
  private readonly refusals: Record<string, number> = {};

  constructor(importing: Importing, asked: Import, start: ImportStart) {
    this.importing = importing;
    this.asked = asked;
    this.start = start;
  }

  async take(rows: readonly CheckInRow[], source: Source): Promise<void> {
    const { intake } = this.importing;
    const namespace = await intake.secrets.namespace();
    const now = new Date(this.start.startedAt);
    const read = rows.map((row) => candidateOfRow(row, namespace, now));
    const candidates = read.map(({ candidate }) => candidate);
    const delivery = {
      source,
      route: checkInsRoute,
      scope: (index: number) => read[index]?.eventId ?? "",
      now,
    };
    const receipt = this.asked.dryRun
      ? (await judge(intake, candidates, delivery)).receipt
      : await takeIn(intake, candidates, delivery);
    const refused = new Map(receipt.rejected.map(({ index, ...refusal }) => [index, refusal]));
    let taken = 0;
    const lines = rows.map(({ row }, index) => {
      const refusal = refused.get(index);
      if (!refusal) return line([String(row), "accepted", receipt.ids[taken++] ?? "", "", "", ""]);
      const { code, field, detail } = refusal;
      this.refusals[code] = (this.refusals[code] ?? 0) + 1;
      // The row stands in a column of its own.
      const bare = detail.replace(inRow(row, { code, field, detail: "" }).detail, "");
      return line([String(row), "refused", "", code, field, bare]);
    });
    this.accepted += receipt.accepted;
    this.results.push(Buffer.from(lines.join("")));
  }

  end(problem?: { code: string; detail: string }): Taken {
    const refused = Object.values(this.refusals).reduce((sum, one) => sum + one, 0);
    return {
      rows: this.accepted + refused,
      accepted: this.accepted,
      refused,
      refusals: this.refusals,
      ...(problem && { problem }),
      results: Buffer.concat(this.results),
    };
  }
}

/** A line of CSV after RFC 4180. What stands in results is ours: no cell of the sender's. */
const line = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`;
