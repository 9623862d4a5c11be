import { ChangeMessageVisibilityCommand } from "@aws-sdk/client-sqs";
import { reachOf } from "../../shared/deliver/address.ts";
import { type Delivering, work } from "../../shared/deliver/deliver.ts";
import { poster } from "../../shared/deliver/post.ts";
import { queueHandler } from "../../shared/edge/queue-handler.ts";
import { failureOf } from "../../shared/observe/failure.ts";
import { count, logger } from "../../shared/observe/observe.ts";
import { openQueue } from "../../shared/queue/queue.ts";
import { setting } from "../../shared/settings.ts";
import { Secrets } from "../../shared/store/secrets.ts";
import { openTable } from "../../shared/store/table.ts";

const table = openTable();
const publicUrl = setting("publicUrl");
const delivering: Delivering = {
  table,
  secrets: new Secrets(table),
  publicUrl,
  deliveries: openQueue(setting("deliveriesQueue")),
  clock: () => new Date(),
  post: poster(reachOf(publicUrl)),
  chance: Math.random,
};

/** Hides a message until its next attempt; one that has had its last comes back at once, and the queue sets it aside. */
async function hide(handle: string, seconds: number): Promise<void> {
  const { client, url } = delivering.deliveries;
  await client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: handle,
      VisibilityTimeout: seconds,
    }),
  );
}

/** Tells others' webhooks what happened, side by side: one that is slow keeps nobody waiting. */
export const handler = queueHandler(async (records) => {
  const failed = await Promise.all(
    records.map(async ({ messageId, receiptHandle, body, attributes }) => {
      try {
        const settled = await work(delivering, body, Number(attributes.ApproximateReceiveCount));
        if (settled === "done") return [];
        count({ DeliveryFailed: 1 });
        await hide(receiptHandle, settled.againAfter ?? 0);
      } catch (error) {
        // What is ours to mend: it comes back when its visibility ends.
        logger.error("delivery failed on our side", { messageId, ...failureOf(error) });
      }
      return [messageId];
    }),
  );
  return failed.flat();
});
