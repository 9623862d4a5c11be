import { messageOf, queueHandler } from "../../shared/edge/queue-handler.ts";
import { openFiles } from "../../shared/files/files.ts";
import { SourceActivity } from "../../shared/process/activity.ts";
import { buryMessage } from "../../shared/process/dead-letter.ts";
import type { Processing } from "../../shared/process/process.ts";
import { Secrets } from "../../shared/store/secrets.ts";
import { cachedSuppressions } from "../../shared/store/suppressions.ts";
import { openTable } from "../../shared/store/table.ts";

const table = openTable();
const processing: Processing = {
  table,
  files: openFiles(),
  clock: () => new Date(),
  marked: new Set(),
  suppressed: cachedSuppressions(table, new Secrets(table)),
  activity: new SourceActivity(),
};

/** Ends what the queue gave up on: in the timeline after all, or in quarantine. */
export const handler = queueHandler(async (records) => {
  for (const record of records) await buryMessage(processing, messageOf(record));
  return [];
});
