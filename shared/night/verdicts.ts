import { putFirstFile, readFile } from "../files/files.ts";
import { chunkRange, clicksFile, daysBetween, type Run, type RunPhase, type RunPlan } from "../lead/run.ts";
import { logger } from "../observe/observe.ts";
import type { MachineClicks } from "../policy/machine-clicks.ts";
import { sendAll } from "../queue/queue.ts";
import { readActive } from "../store/active.ts";
import { eachOf } from "../store/each-of.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { isCompared, putChunkDone, putCompared, readChunksDone, readRun } from "../store/runs.ts";
import { putNightVerdict, readTouches } from "../store/verdicts.ts";
import { type ClickTrace, sharedClicks, traceOf } from "../timeline/shared-address.ts";
import { closeWhenDone } from "./close.ts";
import { isFoldFault } from "./fold-fault.ts";
import type { Night, NightMessage } from "./night.ts";

/** Partitions and files read at once. */
const concurrency = 8;

const day = 24 * 60 * 60 * 1000;

/** Providers tell of clicks up to some days later: so far back a run looks for clicks of its people, and for other runs' clicks. */
const lookBack = 7 * day;

/** Clicks held in memory at once; of more, one part of the groups after another. */
const clicksAtOnce = 500_000;

type SharedAddress = NonNullable<MachineClicks["sharedAddress"]>;

/**
 * Collects the clicks of one chunk in a file, for other people's to be compared with. The first writer's file stands, so what
 * is compared is the same for everybody. Whoever does the last chunk goes on with the run.
 */
export async function collectClicks(night: Night, number: number, chunk: number): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run?.plan || run.outcome) return;
  const { plan } = run;
  if (!(await readChunksDone(night.table, number, "verdicts")).has(chunk)) {
    const { contacts, traces } = await tracesOf(night, plan, chunk);
    const clicks = traces.map((trace) => [trace.group, trace.identifierId, trace.touchId, trace.occurredAt]);
    const body = JSON.stringify({ v: 1, clicks } satisfies ClicksFile);
    await putFirstFile(night.files, clicksFile(number, chunk), body, "application/json");
    await putChunkDone(night.table, number, "verdicts", chunk, { v: 1, contacts, clicks: clicks.length });
  }
  // Read again: of two that end at once, the later one must see both.
  const done = await readChunksDone(night.table, number, "verdicts");
  if (plan.chunks.every((_, index) => done.has(index))) await goOn(night, { ...run, plan });
}

/** Lists rather than objects: the names would be most of the file. */
interface ClicksFile {
  v: 1;
  /** group, identifierId, touchId, occurredAt */
  clicks: string[][];
}

async function tracesOf(
  night: Night,
  plan: RunPlan,
  chunk: number,
): Promise<{ contacts: number; traces: ClickTrace[] }> {
  const salt = await night.secrets.namespace();
  const from = new Date(Date.parse(plan.fromDay) - lookBack).toISOString();
  const days = daysBetween(plan.fromDay, plan.toDay);
  const ids = await readActive(night.table, days, chunkRange(plan.chunks, chunk));
  const traces: ClickTrace[] = [];
  await eachOf(ids, concurrency, async (id) => {
    try {
      const touches = await readTouches(night.table, id, from);
      for (const touch of touches) {
        const trace = traceOf(touch, salt);
        if (trace) traces.push(trace);
      }
    } catch (error) {
      // Who cannot be read is reported where leads are looked for, and stops nobody here either.
      if (!isFoldFault(error)) throw error;
    }
  });
  return { contacts: ids.length, traces };
}

/**
 * Takes a run to its next step, whichever it is in: hands out what is not done of the first phase; where all of it is, compares what it
 * collected and hands out the second; where that is done too, closes.
 */
export async function goOn(night: Night, run: Run & { plan: RunPlan }): Promise<void> {
  const { number, plan } = run;
  const { policy } = await readPolicyVersion(night.table, plan.policyVersion);
  const thresholds = policy.machineClicks.sharedAddress;
  if (thresholds !== null) {
    if (await handOut(night, number, plan, "verdicts")) return;
    if (!(await isCompared(night.table, number))) {
      await compare(night, run, thresholds);
      await putCompared(night.table, number);
    }
  }
  if (!(await handOut(night, number, plan, "leads"))) await closeWhenDone(night, number);
}

/** Sends the chunks of a phase that are not done. @returns whether there were any */
async function handOut(night: Night, number: number, plan: RunPlan, phase: RunPhase): Promise<boolean> {
  const done = await readChunksDone(night.table, number, phase);
  const messages = plan.chunks.flatMap((_, chunk) =>
    done.has(chunk)
      ? []
      : [JSON.stringify({ v: 1, kind: "chunk", run: number, phase, chunk } satisfies NightMessage)],
  );
  if (messages.length > 0) await sendAll(night.queue, messages);
  return messages.length > 0;
}

/** Finds the addresses that clicked for many recipients, and says so of each of their clicks. */
async function compare(night: Night, run: Run & { plan: RunPlan }, thresholds: SharedAddress): Promise<void> {
  const { files, clicks } = await collectedFiles(night, run);
  const parts = Math.max(1, Math.ceil(clicks / clicksAtOnce));
  let found = 0;
  for (let part = 0; part < parts; part++) {
    const traces: ClickTrace[] = [];
    await eachOf(files, concurrency, async (file) => {
      // Those of runs that found nothing to compare, or of long ago, are not there.
      const body = await readFile(night.files, file);
      const { clicks: lists } = JSON.parse(body ?? '{"clicks":[]}') as ClicksFile;
      for (const [group = "", identifierId = "", touchId = "", occurredAt = ""] of lists) {
        if (Number.parseInt(group.slice(0, 8), 16) % parts === part)
          traces.push({ group, identifierId, touchId, occurredAt });
      }
    });
    await eachOf(sharedClicks(traces, thresholds), concurrency, async (trace) => {
      const { identifierId, touchId, occurredAt } = trace;
      const reason = "shared_address";
      // Equal whoever writes it: no clock, no chance.
      const verdict = {
        touchId,
        verdict: "machine",
        by: "night",
        reason,
        at: run.plan.now,
        id: "night",
      } as const;
      if (await putNightVerdict(night.table, identifierId, occurredAt, verdict, run.plan.toDay)) found += 1;
    });
  }
  if (found > 0) logger.info("machine clicks found", { run: run.number, clicks: found });
}

/** The files of this run and of those that began in the week before it, and how many clicks they hold. */
async function collectedFiles(night: Night, run: Run): Promise<{ files: string[]; clicks: number }> {
  const since = Date.parse(run.startedAt) - lookBack;
  const files: string[] = [];
  let clicks = 0;
  for (let one: Run | undefined = run; one && Date.parse(one.startedAt) >= since; ) {
    const { number } = one;
    for (const [chunk, collected] of await readChunksDone(night.table, number, "verdicts")) {
      files.push(clicksFile(number, chunk));
      clicks += collected.clicks;
    }
    one = await readRun(night.table, number - 1);
  }
  return { files, clicks };
}
