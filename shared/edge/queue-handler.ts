import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { count, publishCounts } from "../observe/observe.ts";
import { consumed } from "../store/table.ts";

/** The edge of every function that consumes a queue: reports which messages are not done, and what the work used. */
export const queueHandler =
  (work: (records: SQSRecord[]) => Promise<string[]>) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const before = { ...consumed };
    try {
      const failed = await work(event.Records);
      return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
    } finally {
      count({
        ReadUnits: consumed.readUnits - before.readUnits,
        WriteUnits: consumed.writeUnits - before.writeUnits,
      });
      publishCounts();
    }
  };

/** A record in the product's terms. */
export const messageOf = ({ messageId, body, attributes }: SQSRecord) => ({
  messageId,
  body,
  sentAt: Number(attributes.SentTimestamp),
});
