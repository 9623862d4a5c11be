import { leadsCsv } from "./csv.ts";
import type { FileLimits } from "./csv-text.ts";
import { hubspotFiles } from "./hubspot.ts";
import type { LeadRecord } from "./lead.ts";
import { defaultSettings, type ExportFormat, type FileSettings } from "./product-settings.ts";
import { salesforceFiles } from "./salesforce.ts";

/** A file of leads, before anybody has weighed it. */
export interface LeadFile {
  name: string;
  contentType: string;
  body: string;
}

const csvType = "text/csv; charset=utf-8";

const numbered = (name: string, bodies: readonly string[]): LeadFile[] =>
  bodies.map((body, index) => ({
    name: `${name}-${String(index + 1).padStart(3, "0")}.csv`,
    contentType: csvType,
    body,
  }));

/**
 * Leads in the formats that the settings ask for, and with their whole proof as JSON lines: the same leads and settings make the same
 * bytes. `leads.csv` comes first where it is asked for, then `leads.jsonl`, then the files for CRMs.
 * @param settings those that were frozen with the leads; absent where an earlier release froze them
 * @param limits of one file for a CRM, where they are not that CRM's own
 */
export function leadFiles(
  leads: readonly LeadRecord[],
  settings: FileSettings = defaultSettings,
  limits?: FileLimits,
): LeadFile[] {
  const has = (format: ExportFormat) => settings.exportFormats.includes(format);
  const lines = leads.map((record) => `${JSON.stringify(record)}\n`).join("");
  return [
    ...(has("csv") ? [{ name: "leads.csv", contentType: csvType, body: leadsCsv(leads) }] : []),
    { name: "leads.jsonl", contentType: "application/x-ndjson", body: lines },
    ...(has("salesforce")
      ? numbered("salesforce-leads", salesforceFiles(leads, settings.salesforce, limits))
      : []),
    ...(has("hubspot") ? numbered("hubspot-leads", hubspotFiles(leads, settings.hubspot, limits)) : []),
  ];
}
