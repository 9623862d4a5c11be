import { deleteFilesBefore } from "../files/versions.ts";
import type { RetentionPlan } from "../lead/retention.ts";
import { chunkRange, daysBetween, type RunPlan, runFolder } from "../lead/run.ts";
import { count, logger } from "../observe/observe.ts";
import { readActive, readHeld } from "../store/active.ts";
import { deleteAll } from "../store/delete-all.ts";
import { eachOf } from "../store/each-of.ts";
import { type Expiring, expirePerson, hasOld } from "../store/expiry.ts";
import { putChunkDone, readChunksDone, readRun } from "../store/runs.ts";
import { queryPage } from "../store/table.ts";
import { objectPrefixes, quarantinePartition } from "../table/keys.ts";
import { closeWhenDone } from "./close.ts";
import type { Night } from "./night.ts";
import { leavingDays } from "./retention-plan.ts";

/** People and days worked on at once. */
const concurrency = 8;

/**
 * Takes out what is too old of one chunk of people; with the first chunk also what is too old in quarantine and in the bucket.
 * Whoever does the last one closes the run. Doing it again finds less to do, and nothing else.
 */
export async function expireChunk(night: Night, number: number, chunk: number): Promise<void> {
  const run = await readRun(night.table, number);
  const retention = run?.plan?.retention;
  if (!run?.plan || !retention?.cutoff || run.outcome) return;
  const done = await readChunksDone(night.table, number, "expire");
  if (!done.has(chunk)) {
    const { people, rows } = await expirePeople(night, run.plan, retention, retention.cutoff, chunk);
    const kept = chunk === 0 ? await expireKept(night, retention, retention.cutoff) : 0;
    await putChunkDone(night.table, number, "expire", chunk, { v: 1, people, rows: rows + kept });
    count({ Expired: rows + kept });
    if (rows + kept > 0) logger.info("expired", { run: number, chunk, people, rows: rows + kept });
  }
  await closeWhenDone(night, number);
}

async function expirePeople(
  night: Night,
  plan: RunPlan,
  retention: RetentionPlan,
  cutoff: string,
  chunk: number,
): Promise<{ people: number; rows: number }> {
  const range = chunkRange(retention.chunks, chunk);
  const expiring: Expiring = { table: night.table, cutoff };
  const leaving = new Set(await readHeld(night.table, leavingDays(retention), range));
  const active = await readActive(night.table, daysBetween(plan.fromDay, plan.toDay), range);
  let rows = 0;
  await eachOf([...new Set([...leaving, ...active])], concurrency, async (id) => {
    if (leaving.has(id) || (await hasOld(expiring, id))) rows += await expirePerson(expiring, id);
  });
  return { people: leaving.size, rows };
}

/** What is kept by the day it came: quarantine and its bodies, and by the run: files. All versions of them. */
async function expireKept(night: Night, retention: RetentionPlan, cutoff: string): Promise<number> {
  const { table, files } = night;
  const day = cutoff.slice(0, 10);
  let gone = 0;
  await eachOf(leavingDays(retention), concurrency, async (one) => {
    let more = true;
    while (more) {
      const page = await queryPage(table, quarantinePartition(one), { consistent: true });
      await deleteAll(
        table,
        page.items.map(({ pk, sk }) => ({ pk, sk })),
      );
      gone += page.items.length;
      more = page.last !== undefined;
    }
  });
  const { quarantine, exports, clicks, imports } = objectPrefixes;
  const afterRun = runFolder(retention.firstRunKept).slice(exports.length);
  gone += await deleteFilesBefore(files, quarantine, quarantine + day);
  gone += await deleteFilesBefore(files, exports, exports + afterRun);
  gone += await deleteFilesBefore(files, clicks, clicks + afterRun);
  // Their ids begin with the digits of the time of asking.
  return gone + (await deleteFilesBefore(files, imports, imports + day.replaceAll("-", "")));
}
