import { refusedByValue } from "../identity/facts.ts";
import { contactsTouched } from "../identity/identity.ts";
import { Web } from "../identity/web.ts";
import { type Cycle, currentCycle, evaluateCycle, ownEntries } from "../lead/cycle.ts";
import { holdsOf, readyAtOf, requiresSomething, withoutRequirements } from "../lead/hold.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import type { Run, RunPlan } from "../lead/run.ts";
import { readFrom } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { type ContactReading, emptyReading, personOf, type Reading, settle } from "../store/contact.ts";
import { activeItem } from "../store/facts.ts";
import { judgePerson, readShallow } from "../store/judged-contact.ts";
import { enterLead, putOutbox, readLead } from "../store/ledger.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { putItem, type Table } from "../store/table.ts";
import { type Contact, foldContact, type Person } from "../timeline/contact.ts";
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
 * @returns the lead that waits; undefined where there is none
 */
export async function findLead(
  table: Table,
  person: Person,
  judging: Judging,
  accounts: Accounts,
): Promise<LedgerEntry | undefined> {
  // A browser that nobody has been linked with has no name to call: sales could do nothing with it.
  if (person.identity.strong.length === 0) return undefined;
  const cycle = currentCycle(person, judging.policy);
  // Nothing need happen on that day for the night to look again: the first run after that instant covers the day it is in.
  if (cycle.opensAt !== null && cycle.opensAt > judging.now)
    await putItem(table, activeItem(person.identity.contactId, new Date(cycle.opensAt)));
  if (cycle.lead) return undefined;
  let entry = ownEntries(person, cycle.id)[0];
  if (!entry) {
    const found = await enteredNow(table, person, judging, cycle);
    if (!found || !(await accounts.allow(person))) return undefined;
    // Of two who find it at once the first one's stands, perhaps under another policy.
    const isFirst = await enterLead(table, found);
    entry = (isFirst ? undefined : await readLead(table, found.identifierId, found.cycle)) ?? found;
    // What it did since the policy went live may make it a lead already.
    if (entry.baseline !== undefined) return findLead(table, withEntry(person, entry), judging, accounts);
  }
  if (entry.baseline !== undefined) return undefined;
  // Also where the entry was there: whoever entered it may have died before this line.
  await putOutbox(table, entry.leadId);
  return entry;
}

/** The same person, once an entry is in the ledger. */
const withEntry = (person: Person, entry: LedgerEntry): Person => ({
  ...person,
  partitions: person.partitions.map((partition) =>
    partition.identifierId === entry.identifierId
      ? { ...partition, ledger: [...partition.ledger, entry] }
      : partition,
  ),
});

/**
 * The entry of a person who qualifies now and whom nothing holds. What the policy requires may have been told by a touch of long ago,
 * so of those who qualify all is read; of others it would be for nothing.
 */
async function enteredNow(
  table: Table,
  person: Person,
  judging: Judging,
  cycle: Cycle,
): Promise<LedgerEntry | undefined> {
  const { policy, now } = judging;
  if (!requiresSomething(policy)) return qualifiedEntry(person, judging, cycle);
  if (!qualifiedEntry(person, { ...judging, policy: withoutRequirements(policy) }, cycle)) return undefined;
  const whole = await readShallow(table, person.identity.contactId, true);
  const reading = { policy, now: new Date(now), consistent: true };
  const known = whole && (await judgePerson(table, whole, reading)).contact;
  return qualifiedEntry(person, judging, cycle, known);
}

/**
 * The entry of a person who qualifies now and whom nothing holds; undefined where they do not.
 * @param known all that is known of them, where more is read than the touches that can count
 */
export function qualifiedEntry(
  person: Person,
  { policy, policyVersion, now, run }: Judging,
  cycle: Cycle = currentCycle(person, policy),
  known?: Contact,
): LedgerEntry | undefined {
  const { contactId } = person.identity;
  const read = foldContact(person, policy);
  const contact = known ?? read;
  const evaluation = evaluateCycle(person, read, policy, now, cycle);
  const { qualifiedAt, decidingTouchId, fastTrack } = evaluation;
  if (qualifiedAt === null || decidingTouchId === null) return undefined;
  const isBaseline = policy.goLive !== null && qualifiedAt < policy.goLive;
  // Before the policy went live there was nothing to be held from; but whom sales sent back comes again in time and not before.
  const holds = holdsOf(contact, cycle, policy, now);
  if (isBaseline ? holds.some(({ code }) => code === "not_yet") : holds.length > 0) return undefined;
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
