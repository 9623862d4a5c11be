import { checkInColumn, isVagueTime } from "./check-in-columns.ts";
import { type ListColumn, readRow } from "./check-in-row.ts";
import { csvRecords } from "./csv-records.ts";
import { isTechnical } from "./field-names.ts";
import type { Refusal } from "./refusal.ts";
import { UnusableBody } from "./unusable-body.ts";

/** A label's length without the number that may stand behind it. */
const maximumHeader = 190;

/** A row of a list that is no check-in, in the place where its check-in would stand. */
export class RefusedRow {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** One row of a list of check-ins. */
export interface CheckInRow {
  /** Its number as a spreadsheet shows it: the header is row 1, empty rows count. */
  row: number;
  /** In the shape of `checkInSchema`, not yet validated; a `RefusedRow` where the row is none. */
  checkIn: unknown;
  /** The row's cells under their headers, as they came. */
  original: Record<string, string>;
}

/** A refusal whose detail begins with the number of its row, for somebody who looks for it in a spreadsheet. */
export const inRow = (row: number, refusal: Refusal): Refusal => ({
  ...refusal,
  detail: `row ${row}: ${refusal.detail}`,
});

/**
 * Reads a list of check-ins as event apps export it: the delimiter is found, columns are known by their usual headers, unknown
 * ones become properties, empty rows are skipped. A row that is no check-in refuses itself alone.
 * @param event the event of rows that name none
 * @throws UnusableBody `invalid_csv`, `too_many_items` for more than 10,000 rows or 500 columns, or `csv_header` where no
 * column tells who the attendee is
 */
export function checkInsFromCsv(
  text: string,
  event: { id?: string | undefined; name?: string | undefined } = {},
): { rows: CheckInRow[] } {
  const records = csvRecords(text);
  const first = records.findIndex((cells) => cells.some((cell) => cell !== ""));
  const header = first < 0 ? [] : records[first]!;
  while (header.length > 0 && header.at(-1) === "") header.pop();
  const columns = columnsOf(header);
  if (!columns.some(({ meaning }) => meaning === "email" || meaning === "crm" || meaning === "user")) {
    throw new UnusableBody(
      400,
      "csv_header",
      "The first row of the CSV is no header with a column for the e-mail address.",
    );
  }
  const rows = records.flatMap((cells, index): CheckInRow[] => {
    if (index <= first || cells.every((cell) => cell === "")) return [];
    const row = index + 1;
    const original = Object.fromEntries(
      cells.map((cell, column): [string, string] => [columns[column]?.label ?? `column ${column + 1}`, cell]),
    );
    const read = isRagged(cells, columns)
      ? refusedAsRagged(cells.length, columns.length)
      : readRow(cells, columns, event);
    const checkIn = "refusal" in read ? new RefusedRow(inRow(row, read.refusal)) : read.checkIn;
    return [{ row, checkIn, original }];
  });
  return { rows };
}

const isRagged = (cells: readonly string[], columns: readonly ListColumn[]): boolean =>
  cells.length < columns.length || cells.slice(columns.length).some((cell) => cell !== "");

const refusedAsRagged = (cells: number, columns: number): { refusal: Refusal } => ({
  refusal: { code: "ragged_row", field: "", detail: `it has ${cells} cells, the header ${columns}` },
});

/** What each column is. An empty header is named by its number, a repeated one has its number behind. */
function columnsOf(header: readonly string[]): ListColumn[] {
  const seen = new Set<string>(["__proto__"]);
  return header.map((text, index) => {
    const name = text.slice(0, maximumHeader);
    const label = name === "" || seen.has(name) ? `${name || "column"} ${index + 1}` : name;
    seen.add(label);
    return {
      label,
      meaning: checkInColumn(name),
      isVagueTime: isVagueTime(name),
      isTechnical: isTechnical(text),
    };
  });
}
