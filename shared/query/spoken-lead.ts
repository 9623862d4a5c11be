import { ownPartitions } from "../lead/cycle.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { failureOf, isOutage } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import type { FeedbackRow } from "../request/feedback-row.ts";
import { parseTime } from "../request/time.ts";
import { readContact } from "../store/contact.ts";
import type { Table } from "../store/table.ts";
import type { Person } from "../timeline/contact.ts";
import { compareText } from "../timeline/timeline.ts";
import { identifierId } from "../touchpoint/identifier.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import { entryOf } from "./feedback.ts";

/**
 * The lead that a row speaks of; `before_lead` where it speaks of a time before the contact had any, `unreadable` where what is held of
 * the contact cannot be read.
 */
export type FoundLead =
  | { person: Person; entry: LedgerEntry }
  | { none: "no_lead" | "before_lead" | "unreadable" };

/** Finds the leads that answers speak of; each person is read once. */
export class SpokenLeads {
  readonly #table: Table;
  readonly #namespace: string;
  readonly #read = new Map<string, Promise<Person | undefined>>();

  /** @param namespace the deployment's, for identifier ids */
  constructor(table: Table, namespace: string) {
    this.#table = table;
    this.#namespace = namespace;
  }

  #person(id: string): Promise<Person | undefined> {
    const reading = this.#read.get(id) ?? readContact(this.#table, id, { consistent: true, only: "facts" });
    this.#read.set(id, reading);
    return reading;
  }

  /** One contact that cannot be read is reported, and fails nobody else's row. */
  async leadOf(row: FeedbackRow, now: Date): Promise<FoundLead> {
    try {
      return await this.#leadOf(row, now);
    } catch (error) {
      if (!(error instanceof Error) || isOutage(error)) throw error;
      logger.error("fold failed", failureOf(error));
      return { none: "unreadable" };
    }
  }

  async #leadOf({ reference, sent, isState }: FeedbackRow, now: Date): Promise<FoundLead> {
    const own = reference.lead === undefined ? undefined : parseLeadId(reference.lead);
    if (own) {
      const person = await this.#person(own.identifierId);
      const entry = person && entryOf(person, reference.lead!);
      return person && entry ? { person, entry } : { none: "no_lead" };
    }
    const at = parseTime(sent.occurredAt ?? "") ?? now.toISOString();
    let found: FoundLead = { none: "no_lead" };
    for (const type of ["email", "crm"] as const) {
      const value = reference[type];
      const person = value && (await this.#person(identifierId(this.#namespace, type, value)));
      if (!person) continue;
      found = latestLead(person, at, isState);
      if (!("none" in found)) return found;
    }
    return found;
  }
}

/**
 * The lead of a contact that was the latest when somebody spoke of it: sales had it, or it was one before the policy went live. What a
 * CRM had as a record's state before the contact ever qualified is not about a lead of ours; an answer is, whatever its clock says.
 */
function latestLead(person: Person, at: string, isState: boolean): FoundLead {
  const entries = ownPartitions(person)
    .flatMap(({ ledger }) => ledger)
    .filter(
      ({ run, baseline, fastTrack, foundIn, withdrawal }) =>
        (run !== undefined || baseline !== undefined || (fastTrack !== undefined && foundIn === 0)) &&
        withdrawal?.of === undefined,
    )
    .sort((a, b) => compareText(a.qualifiedAt, b.qualifiedAt) || compareText(a.leadId, b.leadId));
  const last = entries.at(-1);
  if (!last) return { none: "no_lead" };
  const entry = entries.findLast(({ qualifiedAt }) => qualifiedAt <= at) ?? (isState ? undefined : last);
  return entry ? { person, entry } : { none: "before_lead" };
}
