import type { ChunkDone, ClicksCollected, Expired, Run, RunOutcome, RunPlan } from "../lead/run.ts";
import { doneKey, donePrefix, partitions, runKey } from "../table/keys.ts";
import { getItem, type Item, putFirst, putItem, queryAll, queryPage, setOnce, type Table } from "./table.ts";

const runOf = (item: Item): Run => ({
  ...(JSON.parse(String(item.body)) as Run),
  plan: item.plan === undefined ? undefined : (JSON.parse(String(item.plan)) as RunPlan),
  outcome: item.outcome === undefined ? undefined : (JSON.parse(String(item.outcome)) as RunOutcome),
});

/** One run, as of now. */
export async function readRun(table: Table, number: number): Promise<Run | undefined> {
  const item = await getItem(table, runKey(number), true);
  return item && runOf(item);
}

/** The run with the highest number. */
export async function readLatestRun(table: Table): Promise<Run | undefined> {
  const page = await queryPage(table, partitions.run, { descending: true, limit: 1, consistent: true });
  const last = page.items[0];
  return last && readRun(table, Number(last.sk.split("#", 1)[0]));
}

/** @returns false where another run took the number */
export const addRun = (table: Table, run: Run): Promise<boolean> =>
  putFirst(table, { ...runKey(run.number), body: JSON.stringify(run) });

/** Freezes a run's plan. @returns the plan that stands: this one, or the one that was first */
export async function freezePlan(table: Table, number: number, plan: RunPlan): Promise<RunPlan> {
  if (await setOnce(table, runKey(number), { plan: JSON.stringify(plan) }, "plan")) return plan;
  return (await readRun(table, number))!.plan!;
}

/** Ends a run. @returns whether this call was the first */
export const completeRun = (table: Table, number: number, outcome: RunOutcome): Promise<boolean> =>
  setOnce(table, runKey(number), { outcome: JSON.stringify(outcome) }, "outcome");

/** Replaces what a completed run says of its files, after leads were erased from them. */
export const replaceOutcome = (table: Table, number: number, outcome: RunOutcome): Promise<boolean> =>
  setOnce(table, runKey(number), { outcome: JSON.stringify(outcome) });

const chunkName = (phase: string, index: number): string => `${phase}#${String(index).padStart(5, "0")}`;

/** What a chunk's row says, by the phase it was done in. */
interface Done {
  verdicts: ClicksCollected;
  leads: ChunkDone;
  expire: Expired;
}

export const putChunkDone = <Phase extends keyof Done>(
  table: Table,
  number: number,
  phase: Phase,
  index: number,
  done: Done[Phase],
): Promise<void> =>
  putItem(table, { ...doneKey(number, chunkName(phase, index)), body: JSON.stringify(done) });

/** What the chunks of a phase did, by index; only those that are done. */
export async function readChunksDone<Phase extends keyof Done>(
  table: Table,
  number: number,
  phase: Phase,
): Promise<Map<number, Done[Phase]>> {
  const items = await queryAll(table, partitions.run, {
    beginsWith: `${donePrefix(number)}${phase}#`,
    consistent: true,
  });
  return new Map(
    items.map(({ sk, body }) => [Number(sk.slice(-5)), JSON.parse(String(body)) as Done[Phase]]),
  );
}

/** What the chunks collected has been compared. */
const comparedKey = (number: number) => doneKey(number, "compared");

export const putCompared = (table: Table, number: number): Promise<void> =>
  putItem(table, { ...comparedKey(number), body: JSON.stringify({ v: 1 }) });

export const isCompared = async (table: Table, number: number): Promise<boolean> =>
  (await getItem(table, comparedKey(number), true)) !== undefined;
