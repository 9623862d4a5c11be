import { refusedByValue } from "../identity/facts.ts";
import { contactsTouched } from "../identity/identity.ts";
import { Web } from "../identity/web.ts";
import { type Cycle, currentCycle, evaluateCycle, ownEntries } from "../lead/cycle.ts";
import { holdsOf, readyAtOf } from "../lead/hold.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import type { Run, RunPlan } from "../lead/run.ts";
import { readFrom } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { type ContactReading, emptyReading, personOf, type Reading, settle } from "../store/contact.ts";
import { activeItem } from "../store/facts.ts";
import { enterLead, putOutbox } from "../store/ledger.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { putItem, type Table } from "../store/table.ts";
import { foldContact, type Person } from "../timeline/contact.ts";
import { leadIdOf } from "../touchpoint/touch-id.ts";
import type { Accounts } from "./account-reach.ts";

/** What the contacts of one run are judged by. */
export interface Judging {
  run: number;
  now: string;
  policy: Policy;
  policyVersion: number;
  /** Touches before it can no longer matter. */
  from: string;
}

/** What a run judges contacts by. */
export async function judgingOf(table: Table, { number, plan }: Run & { plan: RunPlan }): Promise<Judging> {
  const { now, policyVersion } = plan;
  const { policy } = await readPolicyVersion(table, policyVersion);
  return { run: number, now, policy, policyVersion, from: readFrom(policy, now) };
}

/** Whom one identifier's new facts touch, and whether it was seen with too many others to be anybody's. */
export interface Touched {
  people: Person[];
  tooManyLinks: boolean;
}

/** Reads every person whom new facts about an identifier may have changed. */
export async function readTouched(
  table: Table,
  identifierId: string,
  options: ContactReading,
): Promise<Touched> {
  const reading = await settle(table, identifierId, options, emptyReading());
  const people = new Map<string, Person>();
  for (const id of touchedBy(reading, identifierId)) {
    await settle(table, id, options, reading);
    const person = await personOf(table, id, options, reading);
    if (person) people.set(person.identity.contactId, person);
  }
  const tooManyLinks = new Web(reading.read).refusal(identifierId) === "too_many_links";
  return { people: [...people.values()], tooManyLinks };
}

/** What joins nobody whatever else comes to be known of it concerns nobody else. */
function touchedBy({ read }: Reading, identifierId: string): string[] {
  const facts = read.get(identifierId);
  if (!facts) return [];
  const isNobodys =
    refusedByValue(facts.type, facts.value) !== null ||
    (facts.type === "anonymous" && new Web(read).refusal(identifierId) !== null);
  return isNobodys ? [identifierId] : contactsTouched(read, identifierId);
}

/**
 * Enters a person who qualifies in the ledger, under their best identifier, and notes that the lead waits for an export. What
 * has pointers to others' leads has them since those were exported: a pointer put here could be to a lead that turns out, at the
 * close, to be of fewer. Once in the ledger, a lead stays one whatever becomes of its company's reach.
 * @returns whether there is a lead that waits
 */
export async function findLead(
  table: Table,
  person: Person,
  judging: Judging,
  accounts: Accounts,
): Promise<boolean> {
  // A browser that nobody has been linked with has no name to call: sales could do nothing with it.
  if (person.identity.strong.length === 0) return false;
  const cycle = currentCycle(person, judging.policy);
  // Nothing need happen on that day for the night to look again.
  if (cycle.opensAt !== null && cycle.opensAt > judging.now)
    await putItem(table, activeItem(person.identity.contactId, new Date(cycle.opensAt)));
  if (cycle.lead) return false;
  let entry = ownEntries(person, cycle.id)[0];
  if (!entry) {
    entry = qualifiedEntry(person, judging, cycle);
    if (!entry || !(await accounts.allow(person))) return false;
    await enterLead(table, entry);
  }
  if (entry.baseline !== undefined) return false;
  const { leadId } = entry;
  // Also where the entry was there: whoever entered it may have died before this line.
  await putOutbox(table, leadId);
  return true;
}

/** The entry of a person who qualifies now and whom nothing holds; undefined where they do not. */
export function qualifiedEntry(
  person: Person,
  { policy, policyVersion, now, run }: Judging,
  cycle: Cycle = currentCycle(person, policy),
): LedgerEntry | undefined {
  const { contactId } = person.identity;
  const contact = foldContact(person, policy);
  const evaluation = evaluateCycle(person, contact, policy, now, cycle);
  const { qualifiedAt, decidingTouchId, fastTrack } = evaluation;
  if (qualifiedAt === null || decidingTouchId === null) return undefined;
  // Before the policy went live there was nothing to be held from.
  const isBaseline = policy.goLive !== null && qualifiedAt < policy.goLive;
  if (!isBaseline && holdsOf(contact, cycle, policy, now).length > 0) return undefined;
  const readyAt = readyAtOf(contact, cycle, policy, qualifiedAt);
  return {
    v: 1,
    leadId: leadIdOf(contactId, cycle.id),
    identifierId: contactId,
    cycle: cycle.id,
    ...(cycle.start !== null && { cycleStart: cycle.start }),
    qualifiedAt,
    ...(readyAt > qualifiedAt && { readyAt }),
    decidingTouchId,
    policyVersion,
    ...(fastTrack !== null && { fastTrack }),
    foundIn: run,
    ...(isBaseline && { baseline: policy.goLive ?? undefined }),
  };
}
