import { putFile, putFirstFile, readFile } from "../files/files.ts";
import { leadsCsv } from "../lead/csv.ts";
import { type LeadRecord, LeadUnmade } from "../lead/lead.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { type Run, type RunFile, type RunOutcome, runFolder, runIdOf } from "../lead/run.ts";
import { count, logger } from "../observe/observe.ts";
import { eachOf } from "../store/each-of.ts";
import { evidenceUrl, readLeadRecord } from "../store/lead-record.ts";
import { clearOutbox, markExported, readLead, readOutbox } from "../store/ledger.ts";
import { completeRun, readChunksDone, readRun } from "../store/runs.ts";
import { sha256Hex } from "../table/keys.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import { isFoldFault, reportFoldFault } from "./fold-fault.ts";
import type { Night } from "./night.ts";

/**
 * What one run exports, whole: written once, by whoever closes first. Everybody who closes afterwards works from it, so the
 * files come out the same to the byte.
 */
interface Members {
  v: 1;
  run: number;
  frozenAt: string;
  members: { entry: LedgerEntry; record: LeadRecord }[];
  /** Outbox rows with nothing to export, for ever: an earlier run exported the lead, or there is none. */
  stale: string[];
}

/** Leads read or marked at once. */
const concurrency = 8;

/** Closes a run where all its chunks are done and nobody has closed it yet. */
export async function closeWhenDone(night: Night, number: number): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run?.plan || run.outcome) return;
  const done = await readChunksDone(night.table, number, "leads");
  if (run.plan.chunks.some((_, chunk) => !done.has(chunk))) return;

  const members = await freezeMembers(night, run);
  await eachOf(members.members, concurrency, ({ entry }) => mark(night, entry, members));
  const files = await writeFiles(night, run, members);
  const chunks = [...done.values()];
  const outcome: RunOutcome = {
    completedAt: night.clock().toISOString(),
    leads: members.members.length,
    contacts: chunks.reduce((sum, chunk) => sum + chunk.contacts, 0),
    failed: chunks.reduce((sum, chunk) => sum + chunk.failed.length, 0),
    files,
  };
  const first = await completeRun(night.table, number, outcome);
  const cleared = [...members.members.map(({ entry }) => entry.leadId), ...members.stale];
  await eachOf(cleared, concurrency, (leadId) => clearOutbox(night.table, leadId));
  if (!first) return;
  count({ RunCompleted: 1, LeadsExported: outcome.leads });
  logger.info("run completed", {
    run: number,
    leads: outcome.leads,
    contacts: outcome.contacts,
    failed: outcome.failed,
  });
}

const membersFile = (number: number): string => `${runFolder(number)}members.json`;

/** The members of a run: those frozen before, else the outbox as it is now. */
async function freezeMembers(night: Night, run: Run): Promise<Members> {
  const key = membersFile(run.number);
  const frozen = await readFile(night.files, key);
  if (frozen !== undefined) return JSON.parse(frozen) as Members;
  const members = await collectMembers(night, run);
  if (await putFirstFile(night.files, key, JSON.stringify(members), "application/json")) return members;
  return JSON.parse((await readFile(night.files, key))!) as Members;
}

async function collectMembers(night: Night, run: Run): Promise<Members> {
  const frozenAt = night.clock().toISOString();
  const signing = await night.secrets.signingKey();
  const members: Members = { v: 1, run: run.number, frozenAt, members: [], stale: [] };
  await eachOf(await readOutbox(night.table), concurrency, async (leadId) => {
    const parts = parseLeadId(leadId);
    const entry = parts && (await readLead(night.table, parts.identifierId, parts.cycle));
    if (!entry || entry.run !== undefined) {
      members.stale.push(leadId);
      return;
    }
    try {
      const url = evidenceUrl(night.publicUrl, signing, leadId, frozenAt);
      const { record } = await readLeadRecord(night.table, entry, url);
      members.members.push({ entry, record });
    } catch (error) {
      // It waits on: later facts may make it again. Its row must not be cleared, for a close that comes late would take
      // away what a later run put back.
      if (error instanceof LeadUnmade) return;
      // It stays in the outbox: the next run tries again, and nobody else waits for it.
      if (!isFoldFault(error)) throw error;
      await reportFoldFault(night, entry.identifierId, error);
    }
  });
  return { ...members, members: onePerContact(members.members) };
}

/** The earliest qualified first; of several leads of one contact and cycle only that one. */
function onePerContact(members: Members["members"]): Members["members"] {
  const order = ({ entry }: Members["members"][number]) => `${entry.qualifiedAt}#${entry.leadId}`;
  const seen = new Set<string>();
  return members
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .filter(({ entry, record }) => {
      const key = `${record.contactId}#${entry.cycle}`;
      return !seen.has(key) && seen.add(key);
    });
}

async function mark(night: Night, entry: LedgerEntry, members: Members): Promise<void> {
  const run = await markExported(night.table, entry, members.run, members.frozenAt);
  if (run !== members.run)
    throw new Error(`lead ${entry.leadId} is in run ${run} and cannot be in ${members.run}`);
}

async function writeFiles(night: Night, run: Run, { members, frozenAt }: Members): Promise<RunFile[]> {
  const records = members.map(({ record }) => record);
  const folder = runFolder(run.number);
  const files: RunFile[] = [];
  const write = async (name: string, contentType: string, body: string) => {
    await putFile(night.files, folder + name, body, contentType);
    files.push({ name, contentType, bytes: Buffer.byteLength(body), sha256: sha256Hex(body) });
  };
  await write("leads.csv", "text/csv; charset=utf-8", leadsCsv(records));
  await write(
    "leads.jsonl",
    "application/x-ndjson",
    records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
  const manifest = {
    v: 1,
    runId: runIdOf(run.number),
    asOf: run.asOf ?? null,
    evaluatedAt: run.plan?.now,
    frozenAt,
    policyVersion: run.plan?.policyVersion,
    days: { from: run.plan?.fromDay, to: run.plan?.toDay },
    leads: records.length,
    files: [...files],
  };
  await write("manifest.json", "application/json", `${JSON.stringify(manifest, null, 2)}\n`);
  return files;
}
