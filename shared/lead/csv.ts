import { csvLine } from "./csv-text.ts";
import type { LeadRecord } from "./lead.ts";

/** The columns of `leads.csv`, in order. New ones come last: importers know columns by their place. */
export const leadColumns = [
  "leadId",
  "contactId",
  "email",
  "firstName",
  "lastName",
  "company",
  "jobTitle",
  "phone",
  "country",
  "countedTouches",
  "points",
  "whyNow",
  "firstTouchAt",
  "qualifiedAt",
  "lastTouchAt",
  "leadSource",
  "firstCampaign",
  "decidingCampaign",
  "lastMessage",
  "channels",
  "owner",
  "emailOptOut",
  "policyVersion",
  "evidenceUrl",
  "segments",
  "account",
  "fastTrack",
] as const satisfies readonly (keyof LeadRecord)[];

const number = /^[+-] ?(\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)?%?$/i;
// E.164 numbers as people write them, with an extension: six to fifteen digits, and nothing that could name a function.
const phone = /^\+(?=(?:\D*\d){6,21}\D*$) ?[\d(][\d ()./\u00a0-]*( ?(x|ext\.?) ?\d{1,6})?$/i;

/**
 * A cell that no spreadsheet takes for a formula: what begins with `=`, `@`, tab or carriage return, or with `+` or `-` and
 * is neither number nor phone number, gets an apostrophe in front (CSV injection, as OWASP describes it).
 */
export function neutralised(cell: string): string {
  const formula = /^[=@\t\r]/.test(cell) || (/^[+-]/.test(cell) && !number.test(cell) && !phone.test(cell));
  return formula ? `'${cell}` : cell;
}

/** Nothing, too, for a column that was not there yet when an earlier release froze the lead. */
function cellText(value: LeadRecord[(typeof leadColumns)[number]] | undefined): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join("; ") : String(value);
}

/**
 * The leads as CSV: RFC 4180, a header line, every line ended by CRLF.
 *
 * Without byte order mark: CRM importers and scripts take the first header as it stands, and with a mark in front
 * there is no column `leadId` for them. Spreadsheets are asked for UTF-8 on import.
 */
export function leadsCsv(leads: readonly LeadRecord[]): string {
  const rows = leads.map((lead) => leadColumns.map((column) => neutralised(cellText(lead[column]))));
  return [leadColumns, ...rows].map((cells) => csvLine(cells)).join("");
}
