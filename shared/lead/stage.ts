import type { Contact, Person } from "../timeline/contact.ts";
import { answerOf, type Cycle, ownEntries } from "./cycle.ts";
import type { LeadStatus, LedgerEntry } from "./ledger.ts";

/** How far a contact has come. The last three follow from deals alone. */
export const stages = [
  "engaged",
  "qualified",
  "contacted",
  "accepted",
  "rejected",
  "recycled",
  "opportunity",
  "won",
  "lost",
] as const;
export type Stage = (typeof stages)[number];

/** The stage of a contact: whoever has bought is a customer, whatever else; an open deal comes before what is said of leads. */
export function stageOf(person: Person, { deals }: Pick<Contact, "deals">, cycle: Cycle): Stage {
  if (deals.some(({ status }) => status === "won")) return "won";
  if (deals.some(({ status }) => status === "open")) return "opportunity";
  if (cycle.lead) return answerOf(person, cycle.lead.cycle).current?.outcome ?? "qualified";
  if (ownEntries(person, cycle.id).length > 0) return "qualified";
  switch (cycle.after) {
    case "rejected":
    case "recycled":
    case "lost":
      return cycle.after;
    case "go-live":
      return "qualified";
    default:
      return "engaged";
  }
}

/** Where one lead stands. @param person who it is now */
export function statusOf(person: Person, { cycle, run, baseline, withdrawal }: LedgerEntry): LeadStatus {
  if (withdrawal) return "withdrawn";
  if (baseline !== undefined) return answerOf(person, cycle).current?.outcome ?? "baseline";
  if (run === undefined) return answerOf(person, cycle).current?.outcome ?? "qualified";
  return answerOf(person, cycle).current?.outcome ?? "exported";
}
