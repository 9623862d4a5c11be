import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import type { Key } from "../table/keys.ts";
import { eachOf } from "./each-of.ts";
import { consumed, type Table } from "./table.ts";

/** What BatchWriteItem takes in one request. */
const batchSize = 25;
const batchesAtOnce = 4;
const attempts = 8;

/**
 * Deletes many items by their keys, each named once; those that are gone already are no error. What DynamoDB leaves
 * unprocessed is tried again with growing, jittered pauses.
 * @throws Error where it leaves some for good: the caller tries all of it again
 */
export async function deleteAll(table: Table, keys: readonly Key[]): Promise<void> {
  const batches: Key[][] = [];
  for (let i = 0; i < keys.length; i += batchSize) batches.push(keys.slice(i, i + batchSize));
  await eachOf(batches, batchesAtOnce, async (batch) => {
    let requests = batch.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk: { S: pk }, sk: { S: sk } } } }));
    for (let attempt = 1; requests.length > 0; attempt++) {
      const answer = await table.client.send(
        new BatchWriteItemCommand({
          RequestItems: { [table.name]: requests },
          ReturnConsumedCapacity: "TOTAL",
        }),
      );
      for (const one of answer.ConsumedCapacity ?? []) consumed.writeUnits += one.CapacityUnits ?? 0;
      requests = (answer.UnprocessedItems?.[table.name] ?? []) as typeof requests;
      if (requests.length > 0 && attempt >= attempts) throw new Error("items could not be deleted");
      if (requests.length > 0)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * 2 ** attempt));
    }
  });
}
