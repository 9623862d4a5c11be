import { machineReach, windowStart } from "../policy/bearing.ts";
import type { Policy } from "../policy/policy.ts";
import { foldContact, type Person } from "../timeline/contact.ts";
import { compareText } from "../timeline/timeline.ts";
import { evaluateEntry, ownPartitions } from "./cycle.ts";
import { type Feedback, foldFeedback } from "./feedback.ts";
import type { LedgerEntry, Withdrawal } from "./ledger.ts";

/** That a lead which sales has is none: withdrawn, or another one's contact. Ids only. */
export interface LeadChange {
  leadId: string;
  contactId: string;
  reason: Withdrawal["reason"];
  /** Of a duplicate: the lead that stands. */
  of?: string;
  /** The run that handed it over. */
  exportedIn: number;
}

type Exported = LedgerEntry & { run: number };

/**
 * Whether a lead could still be withdrawn: sales has it, has not been told, and has not accepted it. What was said of another lead of the
 * same person does not matter.
 */
export function isOpen({ leadId, run, withdrawal }: LedgerEntry, feedback: readonly Feedback[]): boolean {
  if (run === undefined || withdrawal) return false;
  const { current } = foldFeedback(feedback.filter((one) => one.leadId === leadId));
  return current?.outcome !== "accepted";
}

/** The person's leads that were handed over, the earliest first. */
function exportedLeads(person: Person): Exported[] {
  const order = ({ exportedAt = "", qualifiedAt, leadId }: LedgerEntry) =>
    `${exportedAt} ${qualifiedAt} ${leadId}`;
  return ownPartitions(person)
    .flatMap(({ ledger }) => ledger)
    .flatMap((entry): Exported[] => (entry.run === undefined ? [] : [{ ...entry, run: entry.run }]))
    .sort((a, b) => compareText(order(a), order(b)));
}

/** Those of them that could still be withdrawn. */
export function openLeads(person: Person): Exported[] {
  const feedback = ownPartitions(person).flatMap((partition) => partition.feedback);
  return exportedLeads(person).filter((entry) => isOpen(entry, feedback));
}

/** From when on what happened bears on whether a lead is one. ISO 8601. */
export const bearsFrom = ({ qualifiedAt }: Pick<LedgerEntry, "qualifiedAt">, policy: Policy): string =>
  new Date(Date.parse(windowStart(policy, qualifiedAt)) - machineReach(policy)).toISOString();

/** Whether the facts, as they are now, make a lead. */
const isMade = (person: Person, entry: LedgerEntry, policy: Policy): boolean =>
  evaluateEntry(person, foldContact(person, policy), policy, entry).reached;

/** Why a lead is none: a machine made what counted; by hand; or whatever else became of the facts. */
function reasonOf(person: Person, entry: Exported, policy: Policy): Withdrawal["reason"] {
  const believing: Policy = { ...policy, exclude: { ...policy.exclude, machine: false } };
  if (isMade(person, entry, believing)) return "verdict";
  const own = ownPartitions(person);
  const strong = new Set(own.map(({ identifierId }) => identifierId));
  const isSeparated = own.some(({ hands }) =>
    hands.some(
      ({ act, other, at }) => act === "separated" && !strong.has(other) && at > (entry.exportedAt ?? ""),
    ),
  );
  return isSeparated ? "separation" : "evidence";
}

/**
 * What has become of a person's leads that sales has and has not accepted. A lead is withdrawn where the facts no longer make it, as of
 * the moment it qualified and under its own policy; it is a duplicate where an earlier one, of what turned out to be the same person,
 * was not over when it qualified.
 * @param policies by version
 * @param keptFrom what happened before it may be gone because it is too old, and its leads are left alone; ISO 8601
 */
export function changesOf(
  person: Person,
  policies: ReadonlyMap<number, Policy>,
  keptFrom: string,
): LeadChange[] {
  const open = new Set(openLeads(person).map(({ leadId }) => leadId));
  const { contactId } = person.identity;
  const changes: LeadChange[] = [];
  const standing: Exported[] = [];
  for (const entry of exportedLeads(person)) {
    if (entry.withdrawal) continue;
    const { leadId, run: exportedIn } = entry;
    const policy = policies.get(entry.policyVersion);
    const isJudged = open.has(leadId) && policy !== undefined && bearsFrom(entry, policy) >= keptFrom;
    const of = standing.find(({ qualifiedAt }) => (entry.cycleStart ?? "") < qualifiedAt)?.leadId;
    if (isJudged && !isMade(person, entry, policy))
      changes.push({ leadId, contactId, reason: reasonOf(person, entry, policy), exportedIn });
    else if (open.has(leadId) && of !== undefined)
      changes.push({ leadId, contactId, reason: "duplicate", of, exportedIn });
    else standing.push(entry);
  }
  return changes;
}
