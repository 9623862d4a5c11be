import { CheckInList, type CheckInRow, type ListSettings } from "./check-in-list.ts";
import { csvRecords } from "./csv-records.ts";

/**
 * Reads a list of check-ins as event apps export it: the delimiter and the header are found, columns are known by their usual
 * headers, unknown ones become properties, empty rows are skipped. A row that is no check-in refuses itself alone.
 * @throws UnusableBody `invalid_csv`, `workbook`, `too_many_items` for more than 10,000 rows or 500 columns, or `csv_header`
 * where no column tells who the attendee is
 */
export function checkInsFromCsv(text: string, settings: ListSettings = {}): { rows: CheckInRow[] } {
  const list = new CheckInList(settings);
  const rows = csvRecords(text).flatMap((cells) => list.read(cells));
  return { rows: [...rows, ...list.end(true)] };
}
