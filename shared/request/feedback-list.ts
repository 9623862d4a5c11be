import { parseLeadId } from "../touchpoint/touch-id.ts";
import { inRow } from "./check-in-list.ts";
import { csvRecords, maximumPreamble } from "./csv-records.ts";
import { type ReadRow, type RowFields, referenceOf, rowFrom } from "./feedback-row.ts";
import { fieldKey, fieldPath, recogniseField } from "./field-names.ts";
import { readListTime, type TimeReading } from "./list-time.ts";
import type { Refusal } from "./refusal.ts";
import { cleanText } from "./text.ts";
import { parseTime } from "./time.ts";
import { type NamedZone, zoneOfHeader } from "./time-zone.ts";
import { UnusableBody } from "./unusable-body.ts";
import { dateOrders, readWallTime } from "./wall-time.ts";

/** What a column of a list of answers can hold. `record` is an id that says by itself what it names. */
type FeedbackColumn =
  | "record"
  | "email"
  | "outcome"
  | "status"
  | "stage"
  | "converted"
  | "reason"
  | "occurredAt"
  | "modifiedAt"
  | "until"
  | "by"
  | "note"
  | "id"
  | "moveBack";

/**
 * The headers of Salesforce's lead reports and data exports (field labels and API names) and of HubSpot's contact exports, as `fieldKey`
 * spells them, and our own. A last change is when a status was set at the latest, and all that most exports say of it.
 */
const headers: Partial<Record<FeedbackColumn, string>> = {
  record:
    "id lead leadid crm crmid recordid recordidcontact contactid hubspotid hubspotcontactid hsobjectid vid contactvid salesforceid " +
    "salesforceleadid salesforcecontactid casesafeid casesafeleadid leadid18 id18 touchlineleadid touchlinelead",
  outcome: "outcome leadoutcome feedback",
  status: "status leadstatus hsleadstatus",
  stage: "lifecyclestage",
  converted: "converted isconverted",
  reason:
    "reason rejectionreason rejectreason rejectedreason reasonrejected unqualifiedreason reasonunqualified disqualificationreason " +
    "disqualifiedreason disqualifyreason reasondisqualified reasonfordisqualification closedreason lossreason lostreason " +
    "closednotconvertedreason leadrejectionreason leadstatusreason statusreason",
  occurredAt:
    "occurredat answeredat statuschangedat statuschangedate leadstatuschangedate laststatuschange laststatuschangedate " +
    "leadstatuslastchanged statusdate",
  modifiedAt:
    "lastmodifieddate lastmodified lastmodifiedat lastmodifieddatetime lastmodifiedtime modifieddate modifiedat modifiedon " +
    "hslastmodifieddate updatedat updateddate lastupdated lastupdate systemmodstamp",
  until:
    "until recycleuntil recycleduntil recycledate nurtureuntil reengagedate reengageon reengagementdate followupdate",
  by: "by owner leadowner contactowner ownername ownerfullname leadownername contactownername hubspotowner assignedto salesrep",
  note: "note notes comment comments",
  id: "feedbackid answerid",
  moveBack: "moveback",
};

const columnOfKey = new Map(
  (Object.entries(headers) as [FeedbackColumn, string][]).flatMap(([column, keys]) =>
    keys.split(" ").map((key) => [key, column] as const),
  ),
);

interface ListColumn {
  key: string;
  meaning: FeedbackColumn | undefined;
  zone: NamedZone | undefined;
}

/** A header is no longer; a longer cell is text. */
const longestHeader = 200;

function columnOf(header: string): ListColumn {
  if (header.length > longestHeader) return { key: "", meaning: undefined, zone: undefined };
  // Custom fields of Salesforce end so; a unit or zone in brackets does not count.
  const bare = header.replace(/__c$/i, "").replace(/\([^()]*\)|\[[^[\]]*\]/g, "");
  const key = fieldKey(bare);
  const meaning =
    columnOfKey.get(fieldKey(header)) ??
    columnOfKey.get(key) ??
    (recogniseField(fieldPath(bare)) === "email" ? "email" : undefined);
  return { key, meaning, zone: zoneOfHeader(header) };
}

/** Columns whose numbers are HubSpot's. */
const ofHubspot =
  /^(recordid|recordidcontact|contactid|hubspotid|hubspotcontactid|hsobjectid|vid|contactvid)$/;

/** A row of a list, by its number as a spreadsheet shows it. */
export interface ListedRow {
  row: number;
  read: ReadRow;
}

/**
 * Reads a list of answers as a CRM exports it. The header is the first row with a column that says whose and one that says what; what
 * stands above it, and the lines that a report has below its rows, are left out.
 * @param reading where the list does not say it; without an order of dates the one by which all of them can be read
 * @param reasons of the policy
 * @throws UnusableBody `invalid_csv`, `workbook`, `too_many_items` for more than 10,000 rows, `csv_header`
 */
export function feedbackFromCsv(text: string, reading: TimeReading, reasons: readonly string[]): ListedRow[] {
  const records = csvRecords(text);
  const at = records.slice(0, maximumPreamble).findIndex(isHeader);
  const columns = records[at]?.map(columnOf);
  if (!columns) throw noHeader();
  const rows = records.slice(at + 1);
  const times = { ...reading, dateOrder: reading.dateOrder ?? orderOf(rows, columns) };
  return rows.flatMap((cells, index) => {
    if (!saysSomething(cells, columns)) return [];
    const row = at + 2 + index;
    const read = readRow(cells, columns, times, reasons);
    return [{ row, read: "refusal" in read ? { refusal: inRow(row, read.refusal) } : read }];
  });
}

function isHeader(cells: readonly string[]): boolean {
  const meanings = new Set(cells.map((cell) => (cell === "" ? undefined : columnOf(cell).meaning)));
  const has = (...columns: FeedbackColumn[]) => columns.some((column) => meanings.has(column));
  return has("record", "email") && has("outcome", "status", "stage", "converted");
}

const noHeader = () =>
  new UnusableBody(
    400,
    "csv_header",
    `The CSV has no header with a column for the lead (Lead ID, Email, Record ID) and one for its Outcome or Status in its first ${maximumPreamble} rows.`,
  );

/** Empty rows say nothing, and so does the text of a report's end, which stands alone in its row. */
function saysSomething(cells: readonly string[], columns: readonly ListColumn[]): boolean {
  const said = cells.flatMap((cell, index) => (cell === "" ? [] : [{ cell, column: columns[index] }]));
  if (said.length !== 1 || columns.length === 1) return said.length > 0;
  const { cell, column } = said[0]!;
  return cell.includes("@") || referenceOf(cell, ofHubspot.test(column?.key ?? "")) !== undefined;
}

const isTime = ({ meaning }: ListColumn): boolean =>
  meaning === "occurredAt" || meaning === "modifiedAt" || meaning === "until";

/** The one order by which every date of a list can be read; undefined where there are several, or none. */
function orderOf(
  rows: readonly (readonly string[])[],
  columns: readonly ListColumn[],
): TimeReading["dateOrder"] {
  const cells = columns.flatMap((column, index) =>
    isTime(column)
      ? rows.map((row) => row[index] ?? "").filter((cell) => cell !== "" && parseTime(cell) === undefined)
      : [],
  );
  if (!cells.some((cell) => "unread" in readWallTime(cell))) return undefined;
  const orders = dateOrders.filter((order) =>
    cells.every((cell) => !("unread" in readWallTime(cell, order))),
  );
  return orders.length === 1 ? orders[0] : undefined;
}

function readRow(
  cells: readonly string[],
  columns: readonly ListColumn[],
  reading: TimeReading,
  reasons: readonly string[],
): ReadRow {
  if (cells.slice(columns.length).some((cell) => cell !== ""))
    return refuse("ragged_row", "", `it has ${cells.length} cells, the header ${columns.length}`);
  const found = new Map<FeedbackColumn, { text: string; zone: NamedZone | undefined }>();
  const fields: RowFields = {};
  columns.forEach(({ key, meaning, zone }, index) => {
    const text = cells[index] ?? "";
    if (text === "") return;
    // A field of one's own may carry our lead's id under any name.
    if (parseLeadId(text)) fields.lead ??= text;
    else if (meaning === "record") addRecord(fields, text, key);
    else if (meaning && !found.has(meaning)) found.set(meaning, { text, zone });
  });
  const said = (column: FeedbackColumn): string | undefined => found.get(column)?.text;
  const times: { occurredAt?: string; until?: string; since?: string } = {};
  for (const field of ["occurredAt", "until"] as const) {
    const cell = found.get(field) ?? (field === "occurredAt" ? found.get("modifiedAt") : undefined);
    if (!cell) continue;
    const read = readTime(cell, reading, field === "occurredAt");
    if ("refusal" in read) return { refusal: { ...read.refusal, field } };
    if (read.time !== undefined) times[field] = read.time;
    const day = field === "occurredAt" && isDay(cell, reading) && readTime(cell, reading, false);
    if (day && "time" in day && day.time !== undefined) times.since = day.time;
  }
  return rowFrom(
    {
      ...fields,
      ...times,
      id: said("id") ?? fields.id,
      email: said("email"),
      outcome: said("outcome"),
      status: said("status"),
      stage: said("stage"),
      isConverted: isYes(said("converted")),
      reason: said("reason")?.slice(0, 500),
      by: said("by")?.slice(0, 200),
      note: cleanText(said("note")?.slice(0, 2000) ?? ""),
      ...(isYes(said("moveBack")) && { moveBack: true }),
    },
    reasons,
  );
}

/** An id that no system is named with is the answer's own, where its column says no more than that. */
function addRecord(fields: RowFields, id: string, key: string): void {
  const crm = referenceOf(id, ofHubspot.test(key))?.crm;
  if (key === "id" && !crm?.startsWith("salesforce:")) fields.id ??= id;
  else fields.crm ??= crm;
}

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

const isYes = (cell = ""): boolean => /^(true|yes|y|1|x)$/i.test(cell);

interface Cell {
  text: string;
  zone: NamedZone | undefined;
}

function isDay({ text }: Cell, { dateOrder }: TimeReading): boolean {
  const wall = parseTime(text) === undefined ? readWallTime(text, dateOrder) : undefined;
  return wall !== undefined && "day" in wall && wall.day !== undefined && wall.clock === undefined;
}

/**
 * A time of a row. Of a day alone, when something happened is its end: what a report has by days may have been said at any time of
 * it, and before a lead was handed over that morning it was not.
 */
function readTime(cell: Cell, reading: TimeReading, isEnd: boolean) {
  return isEnd && isDay(cell, reading)
    ? readListTime({ date: cell, clock: { text: "23:59:59" } }, reading)
    : readListTime({ both: cell }, reading);
}
