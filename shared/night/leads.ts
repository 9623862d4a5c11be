import { type ChunkDone, chunkRange, daysBetween, type Run, type RunPlan } from "../lead/run.ts";
import { readActive } from "../store/active.ts";
import { readContact } from "../store/contact.ts";
import { eachOf } from "../store/each-of.ts";
import { settleStatus } from "../store/ledger.ts";
import { putChunkDone, readChunksDone, readRun } from "../store/runs.ts";
import type { Person } from "../timeline/contact.ts";
import { Accounts } from "./account-reach.ts";
import { keptFrom, noteChanges } from "./changes.ts";
import { closeWhenDone } from "./close.ts";
import { findLead, judgingOf, readTouched } from "./contact-lead.ts";
import { keepDigests } from "./deep-people.ts";
import { isFoldFault, reportFoldFault } from "./fold-fault.ts";
import type { Night } from "./night.ts";

/** Identifiers read at once. */
const concurrency = 8;

/** Identifiers that a chunk tells to be seen with too many, at most. */
const toldOfChunk = 100;

/**
 * Finds the leads of one chunk, and the leads that sales has and that seem to be none any more: folds each contact that the facts of an active identifier touch, and enters those that qualify
 * in the ledger. Where the policy asks for an account's reach, the colleagues of who was active are looked at as well. Whoever does
 * the last chunk closes the run. Everything is put under keys that follow from the contact, so a chunk may be done twice, late
 * or by two at once.
 */
export async function findLeads(night: Night, number: number, chunk: number): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run?.plan || run.outcome) return;
  const { plan } = run;
  const done = await readChunksDone(night.table, number, "leads");
  if (!done.has(chunk)) {
    const result = await evaluateChunk(night, { ...run, plan }, chunk);
    await putChunkDone(night.table, number, "leads", chunk, { v: 1, ...result });
  }
  await closeWhenDone(night, number);
}

async function evaluateChunk(
  night: Night,
  run: Run & { plan: RunPlan },
  chunk: number,
): Promise<Omit<ChunkDone, "v">> {
  const judging = await judgingOf(night.table, run);
  const days = daysBetween(run.plan.fromDay, run.plan.toDay);
  const ids = await readActive(night.table, days, chunkRange(run.plan.chunks, chunk));
  const isAboutNow = run.asOf === undefined;
  const kept = keptFrom(run.plan);
  const policies = new Map([[judging.policyVersion, judging.policy]]);
  const judged = new Set<string>();
  const [failed, tooManyLinks]: string[][] = [[], []];
  let leads = 0;
  const accounts = new Accounts(night.table, judging.policy, judging.now);
  const unlessFault = async (id: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!isFoldFault(error)) throw error;
      failed!.push(id);
      await reportFoldFault(night, id, error);
    }
  };
  const judge = async (person: Person) => {
    if (judged.has(person.identity.contactId)) return;
    judged.add(person.identity.contactId);
    if (await findLead(night.table, person, judging, accounts)) leads += 1;
    if (isAboutNow) await noteChanges(night.table, person, { read: judging.from, kept, policies });
    await settleStatus(night.table, person.identity.contactId, person);
    await keepDigests(night, person);
    for (const id of await accounts.colleaguesOf(person)) {
      await unlessFault(id, async () => {
        const colleague = await readContact(night.table, id, { from: judging.from });
        if (colleague) await judge(colleague);
      });
    }
  };
  await eachOf(ids, concurrency, (id) =>
    unlessFault(id, async () => {
      const touched = await readTouched(night.table, id, { from: judging.from });
      if (touched.tooManyLinks) tooManyLinks!.push(id);
      for (const person of touched.people) await judge(person);
    }),
  );
  return {
    contacts: judged.size,
    leads,
    failed: failed!,
    tooManyLinks: tooManyLinks!.sort().slice(0, toldOfChunk),
    tooManyLinksTotal: tooManyLinks!.length,
  };
}
