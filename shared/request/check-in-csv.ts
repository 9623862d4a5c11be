import { parse } from "csv-parse/sync";
import type { Refusal } from "../touchpoint/accept.ts";
import { type CheckInColumn, checkInColumn } from "./check-in-columns.ts";
import { isTechnical, type KnownField } from "./field-names.ts";
import { addProperty } from "./form-collection.ts";
import { completeName, isHonorific } from "./person-name.ts";
import { cleanText } from "./text.ts";
import { parseTime } from "./time.ts";
import { UnusableBody } from "./unusable-body.ts";

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

const delimiters = [",", ";", "\t", "|"] as const;

/** The delimiter that stands most often in the header, outside quotes. */
function delimiterOf(text: string): string {
  const header = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].replace(/"(?:[^"]|"")*"/g, "") ?? "";
  const counts = delimiters.map((delimiter) => header.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ",";
}

function recordsOf(text: string): string[][] {
  // Excel writes, and reads, the delimiter into a line of its own.
  const named = /^\ufeff?sep=([,;\t|])\r?\n/i.exec(text);
  const table = text.slice(named?.[0].length ?? 0).replace(/^\ufeff/, "");
  try {
    return parse(table, {
      delimiter: named?.[1] ?? delimiterOf(table),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: false,
      record_delimiter: ["\r\n", "\n", "\r"],
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

/**
 * Reads a list of check-ins as event apps export it: the delimiter is found, columns are known by their usual headers, unknown
 * ones become properties, empty rows are skipped. A row that is no check-in refuses itself alone.
 * @param event the event of rows that name none
 * @throws UnusableBody `invalid_csv`, or `csv_header` where no column tells who the attendee is
 */
export function checkInsFromCsv(
  text: string,
  event: { id?: string; name?: string } = {},
): { rows: CheckInRow[] } {
  const records = recordsOf(text).map((cells) => cells.map(cleanText));
  const first = records.findIndex((cells) => cells.some((cell) => cell !== ""));
  const header = first < 0 ? [] : records[first]!;
  while (header.length > 0 && header.at(-1) === "") header.pop();
  const columns = header.map((name) => checkInColumn(name));
  if (!columns.some((column) => column === "email" || column === "crm" || column === "user")) {
    throw new UnusableBody(
      400,
      "csv_header",
      "The first row of the CSV is no header with a column for the e-mail address.",
    );
  }
  const labels = uniqueLabels(header);
  const rows = records.flatMap((cells, index): CheckInRow[] => {
    if (index <= first || cells.every((cell) => cell === "")) return [];
    const original = Object.fromEntries(
      cells.map((cell, column): [string, string] => [labels[column] ?? `column ${column + 1}`, cell]),
    );
    const beyond = cells.slice(columns.length).some((cell) => cell !== "");
    const ragged = beyond || cells.length < columns.length;
    const checkIn = ragged
      ? refuse("ragged_row", "", `row ${index + 1} has ${cells.length} cells, the header ${columns.length}`)
      : readRow(cells, columns, labels, event);
    return [{ row: index + 1, checkIn, original }];
  });
  return { rows };
}

const refuse = (code: string, field: string, detail: string): RefusedRow =>
  new RefusedRow({ code, field, detail } satisfies Refusal);

/** Headers as the names of cells: an empty one by its number, a repeated one with its number behind. */
function uniqueLabels(header: readonly string[]): string[] {
  const seen = new Set<string>(["__proto__"]);
  return header.map((name, index) => {
    const label = name === "" || seen.has(name) ? `${name || "column"} ${index + 1}` : name;
    seen.add(label);
    return label;
  });
}

function readRow(
  cells: readonly string[],
  columns: readonly (CheckInColumn | undefined)[],
  labels: readonly string[],
  event: { id?: string; name?: string },
): unknown {
  const found = new Map<CheckInColumn, string>();
  const properties: Record<string, unknown> = {};
  for (const [index, cell] of cells.entries()) {
    const column = columns[index];
    const label = labels[index] ?? "";
    if (cell === "") continue;
    const fits = column !== "jobTitle" || !isHonorific(cell);
    if (column !== undefined && fits && !found.has(column)) found.set(column, cell);
    else if (!isTechnical(label)) addProperty(properties, label, cell);
  }
  const status = found.get("checkedIn");
  if (status !== undefined && !came.test(status)) addProperty(properties, "status", status);
  const time = readTime(found, columns);
  if (time instanceof RefusedRow) return time;
  const name = completeName(
    present({ firstName: found.get("firstName"), lastName: found.get("lastName") }),
    found.get("fullName") ?? "",
  );
  const fields = (...fields: KnownField[]) =>
    present(Object.fromEntries(fields.map((field) => [field, found.get(field)])));
  const campaign = present({
    id: found.get("campaign.id"),
    name: found.get("campaign.name"),
    source: found.get("campaign.source"),
    medium: found.get("campaign.medium"),
    term: found.get("campaign.term"),
    content: found.get("campaign.content"),
  });
  const named = present({ id: found.get("eventId"), name: found.get("eventName") });
  return {
    ...present({ id: found.get("id") }),
    event: Object.keys(named).length > 0 ? named : present({ id: event.id, name: event.name }),
    attendee: {
      ...fields("email", "crm", "user"),
      ...name,
      ...fields("company", "jobTitle", "phone", "country"),
    },
    ...present({ checkedInAt: time }),
    ...(Object.keys(campaign).length > 0 ? { campaign } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
  };
}

const absent =
  /^(n|no|false|0|nein|non|not[ _-]?(checked[ _-]?in|attended|attending|scanned|arrived)|no[ _-]?show|absent|did not attend|cancell?ed|declined|invited|pending|waitlist(ed)?)$/i;

const came = /^(y|yes|true|1|x|✓|✔|ja|oui|si|sí|checked[ _-]?in|attended|arrived|present|scanned)$/i;

const isTimeColumn = (column: CheckInColumn | undefined): boolean =>
  column === "checkedInAt" || column === "checkInDate" || column === "checkInTime";

/** When a row's person came; undefined where the list says only that, a `RefusedRow` where the person did not come. */
function readTime(
  found: ReadonlyMap<CheckInColumn, string>,
  columns: readonly (CheckInColumn | undefined)[],
): string | undefined | RefusedRow {
  const status = found.get("checkedIn");
  if (status !== undefined && absent.test(status))
    return refuse("not_checked_in", "checkedInAt", "the list says that this person did not check in");
  const [date, clock] = [found.get("checkInDate"), found.get("checkInTime")];
  const told = [
    found.get("checkedInAt"),
    date && clock ? `${date} ${clock}` : undefined,
    date,
    clock,
    status,
  ];
  for (const value of told) {
    const time = value === undefined ? undefined : parseTime(value);
    if (time !== undefined) return time;
  }
  if (told.slice(0, 4).some((value) => value !== undefined)) {
    return refuse(
      "ambiguous_time",
      "checkedInAt",
      "the time is not ISO 8601 with a time zone, for example 2026-11-21T10:00:00+01:00",
    );
  }
  // Exports list everybody who registered; who has no time there did not come.
  const asked = columns.some((column) => isTimeColumn(column) || column === "checkedIn");
  return asked && !came.test(status ?? "")
    ? refuse("not_checked_in", "checkedInAt", "the row has no time of check-in")
    : undefined;
}

function present<Members extends Record<string, string | undefined>>(
  members: Members,
): { [Name in keyof Members]?: string } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ""),
  ) as {
    [Name in keyof Members]?: string;
  };
}
