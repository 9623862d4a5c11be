import { cutTo, manyLines, oneLine } from "./crm-cell.ts";
import { csvLine, type FileLimits, splitLines } from "./csv-text.ts";
import type { LeadRecord } from "./lead.ts";
import { type ProductSettings, salesforceNull } from "./product-settings.ts";

type SalesforceSettings = ProductSettings["salesforce"];

/**
 * What one upload of a Bulk API 2.0 ingest job takes: 150 MB after Salesforce has encoded it in base64, for which it asks to send at most
 * 100 MB. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm
 */
export const salesforceLimits: FileLimits = { bytes: 100_000_000, rows: Number.POSITIVE_INFINITY };

/** A column of the file: an API name of Lead and what it holds, at most so long. */
interface Column {
  name: string;
  /** Characters that the field takes. */
  most: number;
  value: (lead: LeadRecord) => string;
}

/** A text of one line; what Salesforce would take for nothing is nothing. */
const plain = (text: string | null): string => {
  const line = oneLine(text);
  return line === salesforceNull ? "" : line;
};

/** Text that may be cut: what is left of it is still true. */
const text = (name: string, most: number, value: (lead: LeadRecord) => string | null): Column => ({
  name,
  most,
  value: (lead) => cutTo(plain(value(lead)), most),
});

/** What is worth nothing when it is cut, as an address or a number is: whole or not at all, then it stands in the description. */
const whole = (name: string, most: number, value: (lead: LeadRecord) => string | null): Column => ({
  name,
  most,
  value: (lead) => {
    const line = plain(value(lead));
    return line.length <= most ? line : "";
  },
});

const fixed = (name: string, value: string | null): Column[] =>
  value === null ? [] : [{ name, most: value.length, value: () => value }];

const emailLength = 80;
const phoneLength = 40;

/**
 * The columns, with the lengths of
 * https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Lead.htm. A job fails as a
 * whole on a column that its org does not have, so what is not standard is there only where the settings name it.
 */
export const salesforceColumns = (settings: SalesforceSettings): Column[] => [
  text("FirstName", 40, ({ firstName }) => firstName),
  text("LastName", 80, ({ lastName }) => plain(lastName) || settings.lastName),
  text("Company", 255, ({ company, account }) => plain(company) || plain(account) || settings.company),
  text("Title", 128, ({ jobTitle }) => jobTitle),
  whole("Email", emailLength, ({ email }) => email),
  whole("Phone", phoneLength, ({ phone }) => phone),
  ...(settings.countryField === null ? [] : [text(settings.countryField, 80, ({ country }) => country)]),
  ...fixed("LeadSource", settings.leadSource),
  ...fixed("Status", settings.status),
  { name: "HasOptedOutOfEmail", most: 5, value: ({ emailOptOut }) => String(emailOptOut) },
  { name: "Description", most: 32_000, value: (lead) => cutTo(description(lead), 32_000) },
  ...(settings.leadIdField === null ? [] : [whole(settings.leadIdField, 255, ({ leadId }) => leadId)]),
  // A field of type URL takes 255 characters.
  ...(settings.evidenceField === null
    ? []
    : [whole(settings.evidenceField, 255, ({ evidenceUrl }) => evidenceUrl)]),
];

/** What a salesperson reads first, and what no other field has room for. */
function description(lead: LeadRecord): string {
  const { evidenceUrl, lastMessage, email, phone, owner } = lead;
  const long = (value: string | null, most: number): string | null =>
    value !== null && oneLine(value).length > most ? oneLine(value) : null;
  const lines: [string, string | null][] = [
    ["Why now", lead.whyNow],
    ["Evidence", evidenceUrl],
    ["Source", oneLine(lead.leadSource)],
    ["First campaign", lead.firstCampaign && oneLine(lead.firstCampaign)],
    ["Deciding campaign", lead.decidingCampaign && oneLine(lead.decidingCampaign)],
    ["Owner", owner && oneLine(owner)],
    ["E-mail", long(email, emailLength)],
    ["Phone", long(phone, phoneLength)],
    ["Touchline lead", lead.leadId],
    ["They wrote", lastMessage && manyLines(lastMessage)],
  ];
  return manyLines(lines.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : [])).join("\n"));
}

/**
 * Leads as the data of Bulk API 2.0 ingest jobs for the object Lead: UTF-8, a header of API names, comma, the job's line ending. LastName
 * and Company are never empty, and no value is longer than its field.
 *
 * Cells are not guarded against formulas: the file goes from a script into an API, no spreadsheet opens it on its way, and an apostrophe
 * in front would stand in the CRM's names for ever.
 */
export function salesforceFiles(
  leads: readonly LeadRecord[],
  settings: SalesforceSettings,
  limits: FileLimits = salesforceLimits,
): string[] {
  const columns = salesforceColumns(settings);
  const lineEnding = settings.lineEnding === "CRLF" ? "\r\n" : "\n";
  const line = (cells: readonly string[]) => csvLine(cells, lineEnding);
  return splitLines(
    line(columns.map(({ name }) => name)),
    leads.map((lead) => line(columns.map(({ value }) => value(lead)))),
    limits,
  );
}
