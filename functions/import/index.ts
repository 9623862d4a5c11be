import { queueHandler } from "../../shared/edge/queue-handler.ts";
import { type ImportMessage, openImporting, runImport } from "../../shared/ingest/imports.ts";

const importing = openImporting();

/** Takes in files that were uploaded. */
export const handler = queueHandler(async (records) => {
  for (const { body } of records) await runImport(importing, (JSON.parse(body) as ImportMessage).importId);
  return [];
});
