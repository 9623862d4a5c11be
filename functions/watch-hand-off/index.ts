import { count, logger, publishCounts } from "../../shared/observe/observe.ts";
import { announceOverdue } from "../../shared/query/overdue.ts";
import { openQueue } from "../../shared/queue/queue.ts";
import { setting } from "../../shared/settings.ts";
import { openTable } from "../../shared/store/table.ts";

const handOff = { table: openTable(), deliveries: openQueue(setting("deliveriesQueue")) };

/** Every quarter of an hour: whom has sales not answered in time? */
export const handler = async (): Promise<{ overdue: number }> => {
  const overdue = await announceOverdue(handOff, new Date());
  if (overdue > 0) logger.info("leads are overdue", { overdue });
  count({ LeadOverdue: overdue });
  publishCounts();
  return { overdue };
};
