import { putFirstFile, readFile } from "../files/files.ts";
import { exportCompleted, leadCreated } from "../lead/event.ts";
import { type Run, type RunFile, type RunOutcome, type RunPlan, runFolder } from "../lead/run.ts";
import { count, logger } from "../observe/observe.ts";
import { announce } from "../queue/announce.ts";
import { eachOf } from "../store/each-of.ts";
import { clearOutbox, markExported, putPointers } from "../store/ledger.ts";
import { completeRun, readChunksDone, readRun } from "../store/runs.ts";
import { readSuppression } from "../store/suppressions.ts";
import { clearChanges, markChanges } from "./changes.ts";
import { readSought, settleErasures } from "./erase.ts";
import { membersWithout } from "./erase-exports.ts";
import { exportFiles, membersFile } from "./export-files.ts";
import { pointersOf } from "./lead-pointers.ts";
import { collectMembers, type Member, type Members } from "./members.ts";
import type { Night } from "./night.ts";
import { handOutRetention } from "./retention-plan.ts";

/** Leads marked at once. */
const concurrency = 8;

/** Identifiers that a run tells to be seen with too many, at most. */
const toldOfRun = 100;

/** Closes a run where all its chunks are done and nobody has closed it yet. */
export async function closeWhenDone(night: Night, number: number): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run?.plan || run.outcome) return;
  const done = await readChunksDone(night.table, number, "leads");
  if (run.plan.chunks.some((_, chunk) => !done.has(chunk))) return;
  if (await handOutRetention(night, number, run.plan)) return;

  const frozen = await freezeMembers(night, { ...run, plan: run.plan });
  const sought = await readSought(night);
  const members = await membersWithout(night, frozen, new Set(), sought);
  await eachOf(members.members, concurrency, (member) => mark(night, member, members));
  await markChanges(night, members);
  const files = await writeFiles(night, run, members);
  await announceExport(night, members);
  const chunks = [...done.values()];
  const outcome: RunOutcome = {
    completedAt: night.clock().toISOString(),
    leads: members.members.length,
    waiting: members.waiting ?? 0,
    changes: members.changes?.length ?? 0,
    contacts: chunks.reduce((sum, chunk) => sum + chunk.contacts, 0),
    failed: chunks.reduce((sum, chunk) => sum + chunk.failed.length, 0),
    tooManyLinks: chunks.reduce((sum, chunk) => sum + (chunk.tooManyLinksTotal ?? 0), 0),
    tooManyLinksIds: chunks.flatMap((chunk) => chunk.tooManyLinks ?? []).slice(0, toldOfRun),
    files,
  };
  const first = await completeRun(night.table, number, outcome);
  const cleared = [...members.members.map(({ entry }) => entry.leadId), ...members.stale];
  await eachOf(cleared, concurrency, (leadId) => clearOutbox(night.table, leadId));
  await clearChanges(night, members);
  await settleErasures(night, run);
  if (!first) return;
  count({ RunCompleted: 1, LeadsExported: outcome.leads, TooManyLinks: outcome.tooManyLinks });
  logger.info("run completed", {
    run: number,
    leads: outcome.leads,
    waiting: outcome.waiting,
    changes: outcome.changes,
    contacts: outcome.contacts,
    failed: outcome.failed,
    tooManyLinks: outcome.tooManyLinksIds,
  });
}

/** The members of a run: those frozen before, else the outbox as it is now. */
async function freezeMembers(night: Night, run: Run & { plan: RunPlan }): Promise<Members> {
  const key = membersFile(run.number);
  const frozen = await readFile(night.files, key);
  if (frozen !== undefined) return JSON.parse(frozen) as Members;
  const members = await collectMembers(night, run);
  if (await putFirstFile(night.files, key, JSON.stringify(members), "application/json")) return members;
  return JSON.parse((await readFile(night.files, key))!) as Members;
}

/** From the members alone: whoever closes after the first marks the same. */
async function mark(night: Night, member: Member, members: Members): Promise<void> {
  const { record } = member;
  // Whose it is was said when it was frozen.
  const entry = { ...member.entry, ...(record.owner !== null && { owner: record.owner }) };
  // Before the lead is marked: whoever sees it exported finds what tells the others so.
  await putPointers(night.table, entry, pointersOf(member));
  const run = await markExported(night.table, entry, members.run, members.frozenAt);
  // Its person was erased since.
  if (run === undefined && (await readSuppression(night.table, entry.identifierId))) return;
  if (run !== members.run)
    throw new Error(`lead ${entry.leadId} is in run ${run} and cannot be in ${members.run}`);
}

/**
 * Tells others of the files that are there now, and of their leads: also of one that was found between two nights, because whoever
 * found it may have died before telling, and finds it handed over now.
 */
const announceExport = (night: Night, { members, run, frozenAt }: Members): Promise<void> =>
  announce(night.deliveries, [
    ...members.map(({ entry }) => leadCreated(entry.leadId, frozenAt)),
    exportCompleted(run, frozenAt),
  ]);

/** Whoever writes a file first writes what everybody would; later ones must not bring back what was erased from it since. */
async function writeFiles(night: Night, run: Run, members: Members): Promise<RunFile[]> {
  const files = exportFiles(run, members);
  for (const { name, contentType, body } of files)
    await putFirstFile(night.files, runFolder(run.number) + name, body, contentType);
  return files.map(({ body: _, ...file }) => file);
}
