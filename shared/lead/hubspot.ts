import { manyLines, oneLine } from "./crm-cell.ts";
import { neutralised } from "./csv.ts";
import { csvLine, type FileLimits, splitLines } from "./csv-text.ts";
import type { LeadRecord } from "./lead.ts";
import type { ProductSettings } from "./product-settings.ts";

type HubspotSettings = ProductSettings["hubspot"];

/**
 * What HubSpot's import takes on any subscription, the free one too: 20 MB a file; and 1,048,576 rows on those that take more.
 * https://knowledge.hubspot.com/import-and-export/set-up-your-import-file
 */
export const hubspotLimits: FileLimits = { bytes: 20_000_000, rows: 500_000 };

interface Column {
  name: string;
  value: (lead: LeadRecord) => string;
}

const text = (name: string, value: (lead: LeadRecord) => string | null): Column => ({
  name,
  value: (lead) => oneLine(value(lead)),
});

const fixed = (name: string, value: string | null): Column[] =>
  value === null ? [] : [{ name, value: () => value }];

/**
 * The columns. Headers that name a property of HubSpot's contacts are matched by it; the last five name none that it ships, and whoever
 * imports has it make properties of them, or leaves them out. A lead without address is imported too, but a later import of the same
 * person makes another contact: HubSpot knows people by address.
 */
export const hubspotColumns = (settings: HubspotSettings): Column[] => [
  text("Email", ({ email }) => email),
  text("First Name", ({ firstName }) => firstName),
  text("Last Name", ({ lastName }) => lastName),
  text("Company Name", ({ company }) => company),
  text("Job Title", ({ jobTitle }) => jobTitle),
  text("Phone Number", ({ phone }) => phone),
  text("Country/Region", ({ country }) => country),
  // An import moves nobody's lifecycle stage backwards.
  ...fixed("Lifecycle Stage", settings.lifecycleStage),
  ...fixed("Lead Status", settings.leadStatus),
  { name: "Message", value: ({ lastMessage }) => manyLines(lastMessage ?? "") },
  text("Lead Source Detail", ({ leadSource, decidingCampaign }) =>
    [leadSource, decidingCampaign].filter(Boolean).join(" · "),
  ),
  text("Why Now", ({ whyNow }) => whyNow),
  text("Evidence URL", ({ evidenceUrl }) => evidenceUrl),
  text("Email Opt-Out", ({ emailOptOut }) => String(emailOptOut)),
  text("Touchline Lead ID", ({ leadId }) => leadId),
];

/**
 * Leads as files for HubSpot's import of contacts: UTF-8, CRLF, a header of property names.
 *
 * Cells are guarded against formulas as in `leads.csv`: a person uploads this file, and looks at it in a spreadsheet before.
 */
export function hubspotFiles(
  leads: readonly LeadRecord[],
  settings: HubspotSettings,
  limits: FileLimits = hubspotLimits,
): string[] {
  const columns = hubspotColumns(settings);
  return splitLines(
    csvLine(columns.map(({ name }) => name)),
    leads.map((lead) => csvLine(columns.map(({ value }) => neutralised(value(lead))))),
    limits,
  );
}
