import { type WhatIf, whatIfState } from "../lead/what-if.ts";
import { sendAll } from "../queue/queue.ts";
import { readPolicy } from "../store/policies.ts";
import {
  addWhatIf,
  readCounted,
  readLatestWhatIf,
  readLists,
  readWhatIfs,
  type WhatIfName,
} from "../store/what-ifs.ts";
import type { Recounting, RecountMessage } from "./recount.ts";

/** A recount of which nothing was heard for so long is taken for dead, in milliseconds. */
const patience = 5 * 60 * 1000;

/**
 * Begins to count history anew under a version of the policy, against the one in force. One that is under way is answered rather than
 * doubled, and goes on where it had died; one that has ended is followed by another, as history has grown since.
 * @returns the recount, and whether this call began it
 */
export async function beginWhatIf(
  recounting: Recounting,
  version: number,
): Promise<{ whatIf: WhatIf; begun: boolean }> {
  for (;;) {
    const now = recounting.clock();
    const latest = await readLatestWhatIf(recounting.table, version);
    if (latest && whatIfState(latest, now) === "running") {
      await goOnWhereDead(recounting, latest);
      return { whatIf: latest, begun: false };
    }
    const whatIf: WhatIf = {
      v: 1,
      version,
      number: (latest?.number ?? 0) + 1,
      against: (await readPolicy(recounting.table, now)).version,
      startedAt: now.toISOString(),
    };
    if (await addWhatIf(recounting.table, whatIf)) {
      await sendPlan(recounting, whatIf);
      return { whatIf, begun: true };
    }
  }
}

/** Goes on with recounts that seem to have died. To send their plans again is harmless where they have not. */
export async function resumeWhatIfs(recounting: Recounting): Promise<void> {
  const now = recounting.clock();
  for (const whatIf of await readWhatIfs(recounting.table))
    if (whatIfState(whatIf, now) === "running") await goOnWhereDead(recounting, whatIf);
}

async function goOnWhereDead(recounting: Recounting, whatIf: WhatIf): Promise<void> {
  const { table, clock } = recounting;
  const lists = await readLists(table, whatIf);
  const counted = await readCounted(table, whatIf);
  const heard = [
    ...[...lists.values()].map(({ at }) => at),
    ...[...counted.values()].flatMap((chunks) => [...chunks.values()]),
  ].reduce((a, b) => (a > b ? a : b), whatIf.startedAt);
  // Where there is no list yet, its plan was perhaps never sent.
  if (lists.size === 0 || clock().getTime() - Date.parse(heard) >= patience)
    await sendPlan(recounting, whatIf);
}

const sendPlan = ({ queue }: Recounting, { version, number }: WhatIfName): Promise<void> =>
  sendAll(queue, [JSON.stringify({ v: 1, kind: "plan", version, number } satisfies RecountMessage)]);
