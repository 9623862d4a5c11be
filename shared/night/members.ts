import { type Cycle, currentCycle, ownEntries } from "../lead/cycle.ts";
import { holdsOf } from "../lead/hold.ts";
import type { LeadRecord } from "../lead/lead.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import type { FileSettings } from "../lead/product-settings.ts";
import type { ErasedLeads, Run, RunPlan } from "../lead/run.ts";
import type { Policy } from "../policy/policy.ts";
import { readChanges } from "../store/changes.ts";
import { Colleagues } from "../store/colleagues.ts";
import { eachOf } from "../store/each-of.ts";
import { evaluateLead, evidenceUrl, type LeadReading, recordOf } from "../store/lead-record.ts";
import { readOutbox } from "../store/ledger.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { readSettings } from "../store/product-settings.ts";
import type { Table } from "../store/table.ts";
import type { Person } from "../timeline/contact.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import { collectChanges, type FrozenChange } from "./changes.ts";
import { type Judging, judgingOf, qualifiedEntry } from "./contact-lead.ts";
import { isFoldFault, reportFoldFault } from "./fold-fault.ts";
import type { Night } from "./night.ts";
import { collectPeople } from "./people.ts";

/** Companies read at once. */
const concurrency = 8;

/** A lead as a run exports it. */
export interface Member {
  entry: LedgerEntry;
  record: LeadRecord;
  /** The strong identifiers of its contact when the members were frozen; what an earlier release froze does not say them. */
  strong?: string[];
}

/**
 * What one run exports, whole: written once, by whoever closes first. Everybody who closes afterwards works from it, so the
 * files come out the same to the byte.
 */
export interface Members {
  v: 1;
  run: number;
  frozenAt: string;
  members: Member[];
  /** Outbox rows with nothing to export, for ever: an earlier run exported the lead, or there is none. */
  stale: string[];
  /** Leads that would be exported but for how many the policy allows at once; they wait for the next run. */
  waiting?: number;
  /** What became of leads that earlier runs handed over. */
  changes?: FrozenChange[];
  /** Leads that were noted as changed and of which an earlier run has told. */
  told?: string[];
  /** In which formats; what an earlier release froze does not say it. */
  settings?: FileSettings;
  /** Leads that were taken out since, because their people were erased. */
  erased?: ErasedLeads;
}

/**
 * What a run exports: of the leads that wait, as of one moment, one of each contact and cycle that no export has had. The others
 * wait on: later facts may make them again, or part again those who were joined. Their rows must not be cleared, for a close
 * that comes late would take away what a later run put back.
 */
export async function collectMembers(night: Night, run: Run & { plan: RunPlan }): Promise<Members> {
  const frozenAt = night.clock().toISOString();
  const rows = await readOutbox(night.table);
  const leads = rows.flatMap((leadId) => {
    const parts = parseLeadId(leadId);
    return parts ? [{ leadId, ...parts }] : [];
  });
  // What a run as of another day would tell is left to the next one about now.
  const possible = run.asOf === undefined ? await readChanges(night.table) : [];
  const noted = possible.flatMap(({ leadId }) => parseLeadId(leadId) ?? []);
  const homes = [...new Set([...leads, ...noted].map(({ identifierId }) => identifierId))];
  const onFault = async (identifierId: string, error: unknown) => {
    // It stays in the outbox: the next run tries again, and nobody else waits for it.
    if (!isFoldFault(error)) throw error;
    await reportFoldFault(night, identifierId, error);
  };
  const people = await collectPeople(night.table, homes, onFault);

  const judging = await judgingOf(night.table, run);
  const policies = new Map([[judging.policyVersion, judging.policy]]);
  const signing = await night.secrets.signingKey();
  const members = new Map<string, Member>();
  const stale = rows.filter((leadId) => !parseLeadId(leadId));
  for (const { leadId, identifierId, cycle } of leads) {
    const person = people.get(identifierId);
    if (person === undefined) continue;
    const entries = person ? ownEntries(person, cycle) : [];
    const own = entries.find((entry) => entry.leadId === leadId);
    if (!own || own.run !== undefined) stale.push(leadId);
    // Of several leads of one contact the earliest stands, and none where one was exported.
    const [entry] = entries;
    if (!person || !entry || entries.some(({ run }) => run !== undefined)) continue;
    // Since it was found another cycle may have begun: a deal was lost, or the contact was joined with somebody who is a lead.
    const current = currentCycle(person, judging.policy);
    if (current.id !== cycle || current.lead || entry.baseline !== undefined) continue;
    try {
      const { policyVersion } = entry;
      const policy =
        policies.get(policyVersion) ?? (await readPolicyVersion(night.table, policyVersion)).policy;
      policies.set(policyVersion, policy);
      const lead = leadOf(person, entry, policy, judging, current);
      if (!lead) continue;
      const url = evidenceUrl(night.publicUrl, signing, entry.leadId, frozenAt);
      const strong = person.identity.strong.map((member) => member.identifierId);
      members.set(entry.leadId, { entry: lead.entry, record: recordOf(lead.entry, lead, url), strong });
    } catch (error) {
      await onFault(identifierId, error);
    }
  }
  const { exported, waiting } = firstOf(disjoint([...members.values()]), judging.policy);
  await addColleagues(night.table, exported, judging);
  const { exportFormats, salesforce, hubspot } = (await readSettings(night.table)).settings;
  const settings = { exportFormats, salesforce, hubspot };
  const changes = await collectChanges(night, run.plan, possible, people, policies);
  return { v: 1, run: run.number, frozenAt, members: exported, stale, waiting, ...changes, settings };
}

/** As many as the policy lets out at once: first those who qualified at once, then whoever waits longest. */
function firstOf(
  members: readonly Member[],
  { maxLeadsPerExport: most }: Policy,
): { exported: Member[]; waiting: number } {
  const order = ({ entry: { fastTrack, readyAt, qualifiedAt, leadId } }: Member) =>
    `${fastTrack === undefined ? 1 : 0} ${readyAt ?? qualifiedAt} ${leadId}`;
  const first = members.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, most ?? undefined);
  const chosen = new Set(first);
  const exported = members.filter((member) => chosen.has(member));
  return { exported, waiting: members.length - exported.length };
}

/** Who else is there at each company, by id alone. */
async function addColleagues(
  table: Table,
  members: readonly Member[],
  { policy, now }: Judging,
): Promise<void> {
  const colleagues = new Colleagues(table, policy, now, false);
  await eachOf(members, concurrency, async ({ record }) => {
    record.colleagues = await colleagues.of(record.account, record.contactId);
  });
}

/**
 * An entry with what counts for it: as it was found, else as the contact qualifies now. Between the finding and the close, what made
 * it a lead may be gone, and other facts may make it one again; and it may have become a customer, or its time put off.
 * @returns undefined where nothing makes it a lead, or where it has to wait
 */
function leadOf(
  person: Person,
  entry: LedgerEntry,
  policy: Policy,
  judging: Judging,
  cycle: Cycle,
): (LeadReading & { entry: LedgerEntry }) | undefined {
  const asFound = evaluateLead(person, entry, policy);
  // What the policy requires was there when it was found; what sales would not call whatever it did is asked again.
  const { exclude } = judging.policy;
  const asked = { require: { traits: [], segments: [] }, exclude };
  if (holdsOf(asFound.contact, cycle, asked, judging.now).length > 0) return undefined;
  const isSameCycle = (entry.cycleStart ?? null) === cycle.start;
  if (isSameCycle && asFound.evaluation.reached) return { ...asFound, entry };
  const found = qualifiedEntry(person, judging, cycle);
  // What it did before the policy went live is no lead to hand over; what it did since may be one.
  const now = found?.baseline ? qualifiedEntry(person, judging, { ...cycle, start: found.baseline }) : found;
  if (!now) return undefined;
  const { leadId, identifierId } = entry;
  const again = { ...now, leadId, identifierId };
  return { ...evaluateLead(person, again, judging.policy), entry: again };
}

/**
 * The earliest qualified first, each contact, identifier and touch in one lead. It follows from how people are collected; here it is
 * held, whatever became of that.
 */
function disjoint(members: readonly Member[]): Member[] {
  const order = ({ entry }: Member) => `${entry.qualifiedAt}#${entry.leadId}`;
  const taken = new Set<string>();
  return members
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .filter(({ entry: { cycle }, record, strong = [] }) => {
      const parts = [...strong, ...record.touches.map(({ id }) => id)].map((id) => `${cycle} ${id}`);
      if (parts.some((part) => taken.has(part))) return false;
      for (const part of parts) taken.add(part);
      return true;
    });
}
