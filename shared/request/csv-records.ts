import { type Options, parse } from "csv-parse/sync";
import { namesPerson } from "./check-in-columns.ts";
import { cleanText } from "./text.ts";
import { UnusableBody } from "./unusable-body.ts";

/** As many rows as one request may carry items. */
const maximumRows = 10_000;

/** More columns than any app exports. */
const maximumColumns = 500;

const delimiters = [",", ";", "\t", "|"] as const;

/** Where a header can still stand: reports have a summary above it. */
export const maximumPreamble = 100;

/** A header, or a line above one, is no longer. */
const longestLine = 20_000;

/** Whether a text is within quotes behind a character: as the parser has it, a quote opens them at the start of a cell only. */
class Quotes {
  private readonly delimiters: string;
  private isAtStart = true;
  isOpen = false;

  constructor(delimiters: string) {
    this.delimiters = delimiters;
  }

  pass(character: string): void {
    if (character === '"' && (this.isOpen || this.isAtStart)) {
      this.isOpen = !this.isOpen;
      // The second of two within quotes opens them again.
      this.isAtStart = !this.isOpen;
    } else this.isAtStart = !this.isOpen && this.delimiters.includes(character);
  }
}

/** The first lines of a table that say something; line ends in quotes belong to them. */
function* linesOf(text: string): Generator<string> {
  let start = 0;
  for (let count = 0; count < maximumPreamble && start < text.length; count++) {
    const quotes = new Quotes(delimiters.join(""));
    let end = start;
    for (; end < text.length && end - start < longestLine; end++) {
      const character = text[end]!;
      if (!quotes.isOpen && (character === "\n" || character === "\r")) break;
      quotes.pass(character);
    }
    const line = text.slice(start, end);
    if (line.trim() !== "") yield line;
    start = end + (text.startsWith("\r\n", end) ? 2 : 1);
  }
}

/** The cells of a line by a delimiter, roughly: good enough to tell a header. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells = [""];
  const quotes = new Quotes(delimiter);
  for (const character of line) {
    if (character === delimiter && !quotes.isOpen) cells.push("");
    else if (character !== '"') cells[cells.length - 1] += character;
    quotes.pass(character);
  }
  return cells.map((cell) => cell.trim());
}

/**
 * The delimiter of a table: the one that parts its header, which is the first line with a column that names people; where
 * there is none, the one that stands most often in the first line. `isList` tells whether there was a header.
 * @param head the table's beginning
 */
export function tableOf(head: string): { delimiter: string; isList: boolean } {
  let first: { delimiter: string; parts: number } | undefined;
  for (const text of linesOf(head)) {
    const counted = delimiters.map((delimiter) => {
      const cells = cellsOf(text, delimiter);
      return { delimiter, parts: cells.length, isHeader: cells.slice(0, maximumColumns).some(namesPerson) };
    });
    counted.sort((a, b) => b.parts - a.parts);
    const header = counted.find(({ isHeader }) => isHeader);
    if (header) return { delimiter: header.delimiter, isList: true };
    first ??= counted[0];
  }
  return { delimiter: first?.delimiter ?? ",", isList: false };
}

/** A table's delimiter, and where the table begins: Excel writes, and reads, the delimiter into a line of its own. */
export function beginningOf(head: string): { delimiter: string; start: number } {
  const named = /^\ufeff?sep=([,;\t|])\r?\n/i.exec(head);
  if (named) return { delimiter: named[1]!, start: named[0].length };
  const start = head.startsWith("\ufeff") ? 1 : 0;
  return { delimiter: tableOf(head.slice(start)).delimiter, start };
}

/** Whether a text is a table with a column that names people. */
export const isList = (text: string): boolean =>
  /^\ufeff?sep=[,;\t|]\r?\n/i.test(text) || tableOf(text).isList;

/** How a table is parsed, whether whole or as a stream. */
export const parserOptions = (delimiter: string): Options => ({
  delimiter,
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: false,
  record_delimiter: ["\r\n", "\n", "\r"],
});

const tooManyItems = (detail: string): UnusableBody => new UnusableBody(413, "too_many_items", detail);

/** What an error of the parser means to somebody with a spreadsheet. */
export function unreadable(error: unknown): UnusableBody {
  const at = (error as { lines?: number }).lines;
  return new UnusableBody(
    400,
    "invalid_csv",
    `The CSV cannot be read${at === undefined ? "" : `: a quote opened before line ${at} does not close`}.`,
  );
}

/**
 * Cleans and counts the records of a table, one by one. Empty rows count as no items, but have to be read; empty cells beyond
 * `maximumColumns` are left out.
 */
export class Records {
  private readonly maximumRows: number;
  private rows = -1;
  private all = 0;

  constructor(rows: number) {
    this.maximumRows = rows;
  }

  /** @throws UnusableBody `too_many_items` */
  clean(cells: readonly string[]): string[] {
    const width = cells.findLastIndex((cell) => cell.trim() !== "") + 1;
    if (width > 0) this.rows++;
    if (this.rows > this.maximumRows || ++this.all > 2 * this.maximumRows) {
      throw tooManyItems(
        `A list may have ${this.maximumRows} rows at most. Split it and send the parts one by one.`,
      );
    }
    if (width > maximumColumns)
      throw tooManyItems(`A list may have ${maximumColumns} columns at most. Leave out the others.`);
    return cells.slice(0, maximumColumns).map(cleanText);
  }
}

/** A table without the empty rows that spreadsheets write behind the last one that says something. */
function withoutEmptyEnd(table: string): string {
  let end = table.length;
  while (end > 0 && " ,;\t|\r\n".includes(table[end - 1] ?? "")) end--;
  while (end < table.length && table[end] !== "\n" && table[end] !== "\r") end++;
  return table.slice(0, end);
}

/** The first bytes of a ZIP file, which is what a workbook is. */
export const isWorkbook = (head: string): boolean => head.startsWith("PK\u0003\u0004");

export const refusedWorkbook = (): UnusableBody =>
  new UnusableBody(415, "workbook", "This is a workbook, not CSV. Save it as CSV and send that.");

/**
 * The rows of a CSV with clean cells, the header and what stands above it among them. The delimiter is found.
 * @throws UnusableBody `invalid_csv`, `too_many_items`, `workbook`
 */
export function csvRecords(text: string): string[][] {
  if (isWorkbook(text)) throw refusedWorkbook();
  const { delimiter, start } = beginningOf(text);
  const records = new Records(maximumRows);
  return recordsOf(withoutEmptyEnd(text.slice(start)), delimiter).map((cells) => records.clean(cells));
}

function recordsOf(table: string, delimiter: string): string[][] {
  try {
    return parse(table, { ...parserOptions(delimiter), to: 2 * maximumRows + 1 });
  } catch (error) {
    throw unreadable(error);
  }
}
