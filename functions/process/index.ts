import { messageOf, queueHandler } from "../../shared/edge/queue-handler.ts";
import { openFiles } from "../../shared/files/files.ts";
import { SourceActivity } from "../../shared/process/activity.ts";
import { openFastTrack } from "../../shared/process/fast-track.ts";
import { type Processing, processMessages } from "../../shared/process/process.ts";
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
  fastTrack: openFastTrack(table),
};

/** Writes what the queue holds into the table. */
export const handler = queueHandler((records) => processMessages(processing, records.map(messageOf)));
