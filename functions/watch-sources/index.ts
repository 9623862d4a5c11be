import { sourceSilent } from "../../shared/lead/event.ts";
import { count, logger, publishCounts } from "../../shared/observe/observe.ts";
import { silentSources } from "../../shared/query/silence.ts";
import { announce } from "../../shared/queue/announce.ts";
import { openQueue } from "../../shared/queue/queue.ts";
import { setting } from "../../shared/settings.ts";
import { openTable } from "../../shared/store/table.ts";

const table = openTable();
const deliveries = openQueue(setting("deliveriesQueue"));

/**
 * Every quarter of an hour: which sources have been silent for longer than theirs should? There is an alarm on their number, and who asked for
 * it is told: at each look, since one silence is one event, of which nobody is told twice.
 */
export const handler = async (): Promise<{ silent: string[] }> => {
  const now = new Date();
  const silent = await silentSources(table, now);
  const ids = silent.map(({ id }) => id);
  if (silent.length > 0) logger.warn("sources are silent", { sources: ids });
  count({ SourceSilent: silent.length });
  publishCounts();
  await announce(
    deliveries,
    silent.map(({ id, since }) => sourceSilent(id, since, now.toISOString())),
  );
  return { silent: ids };
};
