import { readFile } from "../files/files.ts";
import type { RunPlan } from "../lead/run.ts";
import { bearsFrom, changesOf, isOpen, type LeadChange, openLeads } from "../lead/withdrawal.ts";
import type { Policy } from "../policy/policy.ts";
import {
  clearChange,
  isTold,
  markWithdrawn,
  noteChange,
  noteErasure,
  type PossibleChange,
  putReleases,
  putTold,
} from "../store/changes.ts";
import { readContact } from "../store/contact.ts";
import { eachOf } from "../store/each-of.ts";
import { activeItem } from "../store/facts.ts";
import { partitionOf } from "../store/person.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { type Item, putItem, type Table } from "../store/table.ts";
import { erasedSort } from "../table/keys.ts";
import type { Person } from "../timeline/contact.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import { membersFile } from "./export-files.ts";
import { pointersOf } from "./lead-pointers.ts";
import type { Members } from "./members.ts";
import type { Night } from "./night.ts";

/** Leads worked on at once. */
const concurrency = 8;

/** What a run tells of a lead that an earlier one handed over. */
export interface FrozenChange extends LeadChange {
  /** Other identifiers whose touches it had spent. */
  released: string[];
}

/** What a run found to tell, and what is noted for nothing. */
export interface CollectedChanges {
  changes: FrozenChange[];
  /** Leads of which an export has told. */
  told: string[];
}

/** Facts say who somebody is and what became of e-mails a while before a touch: so long is looked away from what has gone. */
const margin = 8 * 24 * 60 * 60 * 1000;

/** From when on everything is there: what is older than the policy keeps may be gone. ISO 8601; empty where nothing ever went. */
export function keptFrom({ retention }: RunPlan): string {
  if (!retention) return "";
  const { cutoff = "", toDay } = retention;
  const swept = cutoff > toDay ? cutoff : toDay;
  return new Date(Date.parse(swept) + margin).toISOString();
}

/** The policies of a person's leads that could be withdrawn, by version. */
async function policiesOf(table: Table, person: Person, known: Map<number, Policy>): Promise<void> {
  for (const { policyVersion } of openLeads(person))
    if (!known.has(policyVersion))
      known.set(policyVersion, (await readPolicyVersion(table, policyVersion)).policy);
}

/**
 * Notes of a person's leads that sales has which seem to be none any more. The close looks again, at all there is.
 * @param read from when on the person's touches were read, ISO 8601
 */
export async function noteChanges(
  table: Table,
  person: Person,
  { read, kept, policies }: { read: string; kept: string; policies: Map<number, Policy> },
): Promise<void> {
  const open = openLeads(person);
  if (open.length === 0) return;
  await policiesOf(table, person, policies);
  const from = open
    .map((entry) => bearsFrom(entry, policies.get(entry.policyVersion)!))
    .reduce((a, b) => (a < b ? a : b));
  const whole = from < read ? await readContact(table, person.identity.contactId, { from }) : person;
  if (!whole) return;
  await policiesOf(table, whole, policies);
  for (const { leadId, exportedIn } of changesOf(whole, policies, kept))
    await noteChange(table, leadId, exportedIn);
}

/**
 * What a run tells of the leads that were noted, by their people as of one moment. What is not so after all waits on: it may come to
 * be so again.
 * @param people by identifierId, null for one of whom nothing is known any more
 */
export async function collectChanges(
  night: Night,
  plan: RunPlan,
  possible: readonly PossibleChange[],
  people: ReadonlyMap<string, Person | null>,
  policies: Map<number, Policy>,
): Promise<CollectedChanges> {
  const told: string[] = [];
  const changes: LeadChange[] = [];
  for (const { leadId, exportedIn, reason } of possible) {
    const { identifierId: home = "" } = parseLeadId(leadId) ?? {};
    const person = people.get(home);
    if (person === undefined) continue;
    const entry = person?.partitions.flatMap(({ ledger }) => ledger).find((one) => one.leadId === leadId);
    if (entry?.withdrawal || (await isTold(night.table, leadId))) {
      told.push(leadId);
      continue;
    }
    let change: LeadChange | undefined;
    if (person) {
      await policiesOf(night.table, person, policies);
      change = changesOf(person, policies, keptFrom(plan)).find((one) => one.leadId === leadId);
      if (change && reason && change.reason === "evidence") change = { ...change, reason };
    } else if (reason === "erasure") change = { leadId, contactId: home, reason, exportedIn };
    if (change) changes.push(change);
  }
  return { changes: await withReleased(night, changes), told };
}

/** Changes with what their leads had spent, which stands in what exports froze: one of these is held at a time, each may be large. */
async function withReleased({ files }: Night, changes: readonly LeadChange[]): Promise<FrozenChange[]> {
  const released = new Map<string, string[]>();
  for (const run of new Set(changes.map(({ exportedIn }) => exportedIn))) {
    const text = await readFile(files, membersFile(run));
    const changed = new Set(changes.flatMap((one) => (one.exportedIn === run ? [one.leadId] : [])));
    for (const member of text === undefined ? [] : (JSON.parse(text) as Members).members)
      if (changed.has(member.entry.leadId))
        released.set(member.entry.leadId, [...pointersOf(member).keys()].sort());
  }
  return changes.map((change) => ({ ...change, released: released.get(change.leadId) ?? [] }));
}

/**
 * Marks what a run tells in the ledger, from what it froze alone. Whoever had a part in such a lead may be one now: the next run looks
 * at them.
 */
export async function markChanges(
  { table }: Night,
  { changes = [], run, frozenAt }: Pick<Members, "changes" | "run" | "frozenAt">,
): Promise<void> {
  await eachOf(changes, concurrency, async ({ leadId, reason, of, released }) => {
    await putReleases(table, leadId, run, released);
    await markWithdrawn(table, leadId, { reason, run, at: frozenAt, ...(of !== undefined && { of }) });
    for (const id of [parseLeadId(leadId)!.identifierId, ...released])
      await putItem(table, activeItem(id, new Date(frozenAt)));
  });
}

export const clearChanges = (
  { table }: Night,
  { changes = [], told = [] }: Pick<Members, "changes" | "told">,
): Promise<void> =>
  eachOf([...changes.map(({ leadId }) => leadId), ...told], concurrency, (leadId) =>
    clearChange(table, leadId),
  );

/**
 * Notes of leads whose lines in the ledger are about to be erased where there is nothing to tell of that: sales was told already what
 * became of them, or has accepted them. Of the others it is noted by whoever takes them out of the files that sales has; here only
 * where what their export froze is too old to be kept.
 * @param rows what stands in the partition
 */
export async function noteErasedLeads(
  { table, files }: Pick<Night, "table" | "files">,
  identifierId: string,
  rows: readonly Item[],
): Promise<void> {
  const partition = partitionOf(
    identifierId,
    rows.filter(({ sk }) => sk !== erasedSort),
  );
  for (const entry of partition.ledger) {
    const { leadId, run, withdrawal } = entry;
    if (run === undefined) continue;
    if (!isOpen(entry, partition.feedback)) await putTold(table, leadId, withdrawal?.run ?? 0);
    else if ((await readFile(files, membersFile(run))) === undefined) await noteErasure(table, leadId, run);
  }
}
