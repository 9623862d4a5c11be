import { judgeWhatIf, type WhatIf, type WhatIfPolicies } from "../lead/what-if.ts";
import { WhatIfTally } from "../lead/what-if-tally.ts";
import { isFoldFault } from "../night/fold-fault.ts";
import { failureOf } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import { eachOf } from "../store/each-of.ts";
import { readPolicyVersion } from "../store/policies.ts";
import {
  isCounted,
  putCounted,
  readCounted,
  readIds,
  readList,
  readWhatIf,
  type WhatIfName,
} from "../store/what-ifs.ts";
import { closeWhenCounted } from "./close.ts";
import type { Recounting } from "./recount.ts";
import { readRepresented } from "./represented.ts";

/** Contacts read at once. */
const concurrency = 8;

/**
 * Counts one chunk: everybody whom one of its ids stands for is judged under both policies, and what they add up to is kept under the
 * chunk's own key. So a chunk may be done twice, late or by two at once. Whoever does the last one reports.
 */
export async function countChunk(
  recounting: Recounting,
  name: WhatIfName,
  shard: string,
  chunk: number,
): Promise<void> {
  const { table, clock } = recounting;
  const whatIf = await readWhatIf(table, name);
  if (!whatIf || whatIf.completedAt) return;
  const list = await readList(table, name, shard);
  if (!list || chunk >= list.chunks) return;
  if (!(await isCounted(table, name, shard, chunk))) {
    const tally = await tallyOf(recounting, whatIf, await readIds(table, name, shard, list, chunk));
    await putCounted(table, name, { shard, chunk, at: clock().toISOString() }, tally.sums);
  }
  // Of all the others only where the own ones are done: each asks little, and the last of each digit asks for all.
  const counted = await readCounted(table, name, shard);
  if ((counted.get(shard)?.size ?? 0) >= list.chunks) await closeWhenCounted(recounting, whatIf);
}

async function tallyOf(
  { table }: Recounting,
  { version, against, startedAt }: WhatIf,
  ids: readonly string[],
): Promise<WhatIfTally> {
  const policies: WhatIfPolicies = {
    now: startedAt,
    draft: await readPolicyVersion(table, version),
    inForce: await readPolicyVersion(table, against),
  };
  const tally = new WhatIfTally(policies.draft.policy.timeZone);
  await eachOf(ids, concurrency, async (id) => {
    try {
      const person = await readRepresented(table, id, startedAt);
      const contact = person && judgeWhatIf(person, policies);
      if (contact?.isKnown) tally.add(contact);
    } catch (error) {
      // Nobody is stopped by one who cannot be folded. The night reports whom; here it is told how many.
      if (!isFoldFault(error)) throw error;
      logger.error("fold failed", { identifierId: id, ...failureOf(error) });
      tally.addFailed();
    }
  });
  return tally;
}
