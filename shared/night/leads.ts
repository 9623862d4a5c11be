import type { LedgerEntry } from "../lead/ledger.ts";
import { chunkRange, daysBetween, type RunPlan } from "../lead/run.ts";
import { evaluate, readFrom } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { readActive } from "../store/active.ts";
import { eachOf } from "../store/each-of.ts";
import { enterLead, putOutbox } from "../store/ledger.ts";
import { readPerson } from "../store/person.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { putChunkDone, readChunksDone, readRun } from "../store/runs.ts";
import { foldContact } from "../timeline/contact.ts";
import { leadIdOf } from "../touchpoint/touch-id.ts";
import { closeWhenDone } from "./close.ts";
import { isFoldFault, reportFoldFault } from "./fold-fault.ts";
import type { Night } from "./night.ts";

/** Contacts read at once. */
const concurrency = 8;

/**
 * Finds the leads of one chunk: folds each contact that was active, and enters those that qualify in the ledger. Whoever
 * does the last chunk closes the run. Everything is put under keys that follow from the contact, so a chunk may be done
 * twice, late or by two at once.
 */
export async function findLeads(night: Night, number: number, chunk: number): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run?.plan || run.outcome) return;
  const { plan } = run;
  const done = await readChunksDone(night.table, number, "leads");
  if (!done.has(chunk)) {
    const result = await evaluateChunk(night, number, plan, chunk);
    await putChunkDone(night.table, number, "leads", chunk, { v: 1, ...result });
  }
  await closeWhenDone(night, number);
}

async function evaluateChunk(
  night: Night,
  number: number,
  plan: RunPlan,
  chunk: number,
): Promise<{ contacts: number; leads: number; failed: string[] }> {
  const { policy } = await readPolicyVersion(night.table, plan.policyVersion);
  const ids = await readActive(
    night.table,
    daysBetween(plan.fromDay, plan.toDay),
    chunkRange(plan.chunks, chunk),
  );
  const failed: string[] = [];
  let leads = 0;
  await eachOf(ids, concurrency, async (id) => {
    try {
      if (await findLead(night, number, plan, policy, id)) leads += 1;
    } catch (error) {
      if (!isFoldFault(error)) throw error;
      failed.push(id);
      await reportFoldFault(night, id, error);
    }
  });
  return { contacts: ids.length, leads, failed };
}

/** @returns whether the contact is a lead that waits for an export */
async function findLead(
  night: Night,
  number: number,
  plan: RunPlan,
  policy: Policy,
  identifierId: string,
): Promise<boolean> {
  const partition = await readPerson(night.table, identifierId, { from: readFrom(policy, plan.now) });
  const contact = foldContact(partition);
  // A browser that nobody has been linked with has no name to call: sales could do nothing with it.
  if (contact.identifiers.every(({ type }) => type === "anonymous")) return false;
  const cycle = "first";
  const known = contact.ledger.find((entry) => entry.cycle === cycle);
  if (known?.run !== undefined) return false;
  if (!known) {
    const { qualifiedAt, decidingTouchId } = evaluate(contact.touches, policy, plan.now, contact.person);
    if (qualifiedAt === null || decidingTouchId === null) return false;
    const entry: LedgerEntry = {
      v: 1,
      leadId: leadIdOf(identifierId, cycle),
      identifierId,
      cycle,
      qualifiedAt,
      decidingTouchId,
      policyVersion: plan.policyVersion,
      foundIn: number,
    };
    await enterLead(night.table, entry);
  }
  // Also where the entry was there: whoever entered it may have died before this line.
  await putOutbox(night.table, leadIdOf(identifierId, cycle));
  return true;
}
