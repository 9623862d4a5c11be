import { queueHandler } from "../../shared/edge/queue-handler.ts";
import { judgeAtOnce } from "../../shared/night/fast-track.ts";
import { failureOf } from "../../shared/observe/failure.ts";
import { logger } from "../../shared/observe/observe.ts";
import { openQueue } from "../../shared/queue/queue.ts";
import { setting } from "../../shared/settings.ts";
import { openTable } from "../../shared/store/table.ts";

const night = {
  table: openTable(),
  deliveries: openQueue(setting("deliveriesQueue")),
  clock: () => new Date(),
};

/** Looks at people before the night, because of what they just did; one who cannot be judged keeps nobody else waiting. */
export const handler = queueHandler(async (records) => {
  const failed: string[] = [];
  for (const { messageId, body } of records) {
    try {
      await judgeAtOnce(night, body);
    } catch (error) {
      logger.error("could not be judged at once", { messageId, ...failureOf(error) });
      failed.push(messageId);
    }
  }
  return failed;
});
