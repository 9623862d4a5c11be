import { runIdOf } from "./run.ts";
import type { LeadChange } from "./withdrawal.ts";

/** The columns of `changes.csv`, in order. New ones come last: importers know columns by their place. */
export const changeColumns = [
  "leadId",
  "contactId",
  "change",
  "reason",
  "of",
  "exportedIn",
  "changedAt",
] as const;

/**
 * What became of leads that earlier exports handed over, as CSV like that of the leads. Ids, words and times only, so that no cell needs
 * quoting.
 * @param at when the export was frozen, ISO 8601
 */
export function changesCsv(changes: readonly LeadChange[], at: string): string {
  const rows = changes.map(({ leadId, contactId, reason, of, exportedIn }) => [
    leadId,
    contactId,
    reason === "duplicate" ? "duplicate" : "withdrawn",
    reason,
    of ?? "",
    runIdOf(exportedIn),
    at,
  ]);
  return [changeColumns, ...rows].map((cells) => `${cells.join(",")}\r\n`).join("");
}
