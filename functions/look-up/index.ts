import { queueHandler } from "../../shared/edge/queue-handler.ts";
import { completeByLookUp, reportFailedLookUp } from "../../shared/ingest/look-up.ts";
import { openProviderIntake } from "../../shared/ingest/webhook.ts";

const intake = openProviderIntake();

/** Asks providers for what their webhooks left out; what fails is tried again for an hour. */
export const handler = queueHandler(async (records) => {
  const failed: string[] = [];
  for (const { messageId, body } of records) {
    try {
      await completeByLookUp(intake, body, new Date());
    } catch (error) {
      reportFailedLookUp(error, messageId);
      failed.push(messageId);
    }
  }
  return failed;
});
