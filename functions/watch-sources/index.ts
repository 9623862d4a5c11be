import { count, logger, publishCounts } from "../../shared/observe/observe.ts";
import { silentSources } from "../../shared/query/silence.ts";
import { openTable } from "../../shared/store/table.ts";

const table = openTable();

/** Every quarter of an hour: which sources have been silent for longer than theirs should? There is an alarm on their number. */
export const handler = async (): Promise<{ silent: string[] }> => {
  const silent = await silentSources(table, new Date());
  if (silent.length > 0) logger.warn("sources are silent", { sources: silent });
  count({ SourceSilent: silent.length });
  publishCounts();
  return { silent };
};
