import { parse } from "csv-parse/sync";
import { cleanText } from "./text.ts";
import { UnusableBody } from "./unusable-body.ts";

/** As many rows as one request may carry items. */
const maximumRows = 10_000;

/** More columns than any app exports. */
const maximumColumns = 500;

/** Empty rows count as no items, but have to be read. */
const maximumRecords = 2 * maximumRows;

const delimiters = [",", ";", "\t", "|"] as const;

/** The delimiter that stands most often in the header, outside quotes. */
function delimiterOf(text: string): string {
  const header = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].replace(/"(?:[^"]|"")*"/g, "") ?? "";
  const counts = delimiters.map((delimiter) => header.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** A table without the empty rows that spreadsheets write behind the last one that says something. */
function withoutEmptyEnd(table: string): string {
  let end = table.length;
  while (end > 0 && " ,;\t|\r\n".includes(table[end - 1] ?? "")) end--;
  while (end < table.length && table[end] !== "\n" && table[end] !== "\r") end++;
  return table.slice(0, end);
}

const tooManyItems = (detail: string): UnusableBody => new UnusableBody(413, "too_many_items", detail);

const tooManyRows = () =>
  tooManyItems(`A list may have ${maximumRows} rows at most. Split it and send the parts one by one.`);

/**
 * The rows of a CSV with clean cells, the header and the empty ones above the last other among them; empty cells beyond
 * `maximumColumns` are left out. The delimiter is found.
 * @throws UnusableBody `invalid_csv`, `too_many_items`
 */
export function csvRecords(text: string): string[][] {
  // Excel writes, and reads, the delimiter into a line of its own.
  const named = /^\ufeff?sep=([,;\t|])\r?\n/i.exec(text);
  const table = withoutEmptyEnd(text.slice(named?.[0].length ?? 0).replace(/^\ufeff/, ""));
  const records = recordsOf(table, named?.[1] ?? delimiterOf(table));
  if (records.length > maximumRecords) throw tooManyRows();
  let rows = -1;
  for (const cells of records) {
    const width = cells.findLastIndex((cell) => cell.trim() !== "") + 1;
    if (width > 0) rows++;
    if (rows > maximumRows) throw tooManyRows();
    if (width > maximumColumns)
      throw tooManyItems(`A list may have ${maximumColumns} columns at most. Leave out the others.`);
    cells.length = Math.min(cells.length, maximumColumns);
  }
  return records.map((cells) => cells.map(cleanText));
}

function recordsOf(table: string, delimiter: string): string[][] {
  try {
    return parse(table, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: false,
      record_delimiter: ["\r\n", "\n", "\r"],
      to: maximumRecords + 1,
    });
  } catch (error) {
    const line = (error as { lines?: number }).lines;
    throw new UnusableBody(
      400,
      "invalid_csv",
      `The CSV cannot be read${line === undefined ? "" : `: a quote opened before line ${line} does not close`}.`,
    );
  }
}
