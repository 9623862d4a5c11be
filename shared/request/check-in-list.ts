import { checkInColumn, identifies, isVagueTime, namesPerson } from "./check-in-columns.ts";
import { type ListColumn, readRow } from "./check-in-row.ts";
import { maximumPreamble } from "./csv-records.ts";
import { isTechnical } from "./field-names.ts";
import type { TimeReading } from "./list-time.ts";
import type { Refusal } from "./refusal.ts";
import { zoneOfHeader } from "./time-zone.ts";
import { UnusableBody } from "./unusable-body.ts";

/** A label's length without the number that may stand behind it. */
const maximumHeader = 190;

/** What somebody says of a list beside it: in the query of a request, or in an import. */
export interface SaidOfList {
  /** The name of the event of rows that name none; the same as `eventName`. */
  event?: string | undefined;
  eventId?: string | undefined;
  eventName?: string | undefined;
  timeZone?: string | undefined;
  dateOrder?: string | undefined;
}

/** The same, checked. */
export interface ListSettings extends TimeReading {
  /** The event of rows that name none. */
  event?: { id?: string | undefined; name?: string | undefined };
}

/** A row of a list that is no check-in, in the place where its check-in would stand. */
export class RefusedRow {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** One row of a list of check-ins. */
export interface CheckInRow {
  /** Its number as a spreadsheet shows it: the first line is row 1, empty rows count. */
  row: number;
  /** In the shape of `checkInSchema`, not yet validated; a `RefusedRow` where the row is none. */
  checkIn: unknown;
}

/** A refusal whose detail begins with the number of its row, for somebody who looks for it in a spreadsheet. */
export const inRow = (row: number, refusal: Refusal): Refusal => ({
  ...refusal,
  detail: `row ${row}: ${refusal.detail}`,
});

/** A part of a report that lists those who held the event, not those who came to it. */
const ofStaff =
  /^(\d+\.?\s*)?(hosts?|panelists?|presenters?|speakers?|organi[sz]ers?|moderators?|staff|podiumsteilnehmer|referenten|moderatoren)\b/i;

/**
 * Reads a list of check-ins record by record. Its header is the first row with a column that tells who the attendee is;
 * what stands above (the summary of a webinar's report) is left out. A further header begins a further part with columns of its
 * own: reports have several, and people put files one behind the other.
 */
export class CheckInList {
  private readonly settings: ListSettings;
  private row = 0;
  private columns: ListColumn[] | undefined;
  /** A row of one cell that names nobody: the title of a further part, if its header follows. */
  private held: { row: number; cells: readonly string[] } | undefined;
  /** What the last row said, if it had one cell and that can be a title. */
  private title = "";
  private isOfStaff = false;

  constructor(settings: ListSettings) {
    this.settings = settings;
  }

  /**
   * The rows that the next record completes: none, one or two.
   * @param cells clean
   * @throws UnusableBody `csv_header` where no header comes
   */
  read(cells: readonly string[]): CheckInRow[] {
    const row = ++this.row;
    const said = cells.filter((cell) => cell !== "").length;
    if (said === 0) return [];
    if (this.columns ? this.isFurtherHeader(cells, said) : cells.some(namesPerson)) {
      this.isOfStaff = ofStaff.test(this.title);
      this.title = "";
      this.held = undefined;
      this.columns = columnsOf(cells.slice(0, cells.findLastIndex((cell) => cell !== "") + 1));
      return [];
    }
    const before = this.end();
    const lonely = said === 1 ? cells.findIndex((cell) => cell !== "") : -1;
    const text = cells[lonely] ?? "";
    const meaning = this.columns?.[lonely]?.meaning;
    this.title =
      text.includes("@") || (meaning === "crm" && text.includes(":")) || meaning === "user" ? "" : text;
    if (!this.columns) {
      if (row > maximumPreamble) throw noHeader();
      return [];
    }
    if (this.title !== "" && !identifies(meaning) && this.columns.length > 1) {
      this.held = { row, cells };
      return before;
    }
    return [...before, this.rowOf(row, cells, this.columns)];
  }

  /**
   * The row that was waiting for what follows it.
   * @throws UnusableBody `csv_header` where `isLast` and there was no header
   */
  end(isLast = false): CheckInRow[] {
    if (isLast && !this.columns) throw noHeader();
    const held = this.held;
    this.held = undefined;
    return held && this.columns ? [this.rowOf(held.row, held.cells, this.columns)] : [];
  }

  private isFurtherHeader(cells: readonly string[], said: number): boolean {
    if (cells.some((cell) => cell.includes("@")) || !cells.some(namesPerson)) return false;
    if (said === 1) return this.columns?.length === 1;
    const known = cells.filter(
      (cell, index) =>
        cell.length <= maximumHeader && (checkInColumn(cell) || cell === this.columns?.[index]?.label),
    );
    return known.length > said / 2;
  }

  private rowOf(row: number, cells: readonly string[], columns: readonly ListColumn[]): CheckInRow {
    const read = this.isOfStaff
      ? refuse("not_an_attendee", "the list has this person among those who held the event")
      : isRagged(cells, columns)
        ? refuse("ragged_row", `it has ${cells.length} cells, the header ${columns.length}`)
        : readRow(cells, columns, this.settings);
    return { row, checkIn: "refusal" in read ? new RefusedRow(inRow(row, read.refusal)) : read.checkIn };
  }
}

const refuse = (code: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field: "", detail },
});

const noHeader = () =>
  new UnusableBody(
    400,
    "csv_header",
    `The CSV has no header with a column for the e-mail address in its first ${maximumPreamble} rows.`,
  );

/** Excel leaves out empty cells at a row's end; a row that ends before it can say of whom it speaks is none. */
const isRagged = (cells: readonly string[], columns: readonly ListColumn[]): boolean =>
  cells.length <= columns.findIndex(({ meaning }) => identifies(meaning)) ||
  cells.slice(columns.length).some((cell) => cell !== "");

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
      zone: zoneOfHeader(name),
    };
  });
}
