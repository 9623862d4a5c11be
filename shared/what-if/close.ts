import type { WhatIf } from "../lead/what-if.ts";
import { whatIfReport } from "../lead/what-if-report.ts";
import { WhatIfTally } from "../lead/what-if-tally.ts";
import { logger } from "../observe/observe.ts";
import { readPolicyVersion } from "../store/policies.ts";
import { completeWhatIf, readCounted, readLists, readSums } from "../store/what-ifs.ts";
import { shards } from "../table/keys.ts";
import type { Recounting } from "./recount.ts";

/** Adds up and reports where every chunk is counted. Whoever does it after the first finds the same. */
export async function closeWhenCounted({ table, clock }: Recounting, whatIf: WhatIf): Promise<void> {
  const lists = await readLists(table, whatIf);
  if (shards.some((shard) => !lists.has(shard))) return;
  const counted = await readCounted(table, whatIf);
  if ([...lists].some(([shard, { chunks }]) => (counted.get(shard)?.size ?? 0) < chunks)) return;
  const { policy } = await readPolicyVersion(table, whatIf.version);
  const tally = new WhatIfTally(policy.timeZone);
  for (const sums of await readSums(table, whatIf)) tally.merge(sums);
  const report = whatIfReport(tally.sums);
  if (!(await completeWhatIf(table, whatIf, report, clock().toISOString()))) return;
  const { version, number } = whatIf;
  const { contacts, failed, gained, lost } = report;
  logger.info("recount completed", { version, number, contacts, failed, gained, lost });
}
