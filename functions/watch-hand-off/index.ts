import { count, logger, publishCounts } from "../../shared/observe/observe.ts";
import { announceOverdue } from "../../shared/query/overdue.ts";
import { openQueue } from "../../shared/queue/queue.ts";
import { setting } from "../../shared/settings.ts";
import { openTable } from "../../shared/store/table.ts";

const handOff = { table: openTable(), deliveries: openQueue(setting("deliveriesQueue")) };

/** Every quarter of an hour: whom has sales not answered in time? The whole ledger is gone through once a day, after midnight UTC. */
export const handler = async (): Promise<{ overdue: number }> => {
  const now = new Date();
  const isDaily = now.getUTCHours() === 0 && now.getUTCMinutes() < 20;
  const overdue = await announceOverdue(handOff, now, isDaily ? "all" : "near");
  if (overdue > 0) logger.info("leads are overdue", { overdue });
  count({ LeadOverdue: overdue });
  publishCounts();
  return { overdue };
};
