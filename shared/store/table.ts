import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { sdkLogger } from "../observe/sdk-logger.ts";
import { setting } from "../settings.ts";
import type { Key } from "../table/keys.ts";
import { eachOf } from "./each-of.ts";

/** The table and the client that reaches it; everything in this folder takes one as its first argument. */
export interface Table {
  client: DynamoDBClient;
  name: string;
}

/** An item as this product stores it: texts and numbers, the rest packed as JSON in `body`. */
export type Item = Key & Record<string, string | number>;

/**
 * Capacity units that DynamoDB says this process has used, since the process began. A function reports the difference
 * over an invocation, so that what a touch costs is measured and not estimated.
 */
export const consumed = { readUnits: 0, writeUnits: 0 };

/** The table of this deployment. Connections are kept; a call gives up soon enough for its caller to answer. */
export const openTable = (): Table => ({
  client: new DynamoDBClient({
    maxAttempts: 4,
    logger: sdkLogger,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  }),
  name: setting("table"),
});

function attributes(item: Record<string, string | number>): Record<string, AttributeValue> {
  const stored: Record<string, AttributeValue> = {};
  for (const name of Object.keys(item)) {
    const value = item[name]!;
    stored[name] = typeof value === "number" ? { N: String(value) } : { S: value };
  }
  return stored;
}

function itemOf(stored: Record<string, AttributeValue>): Item {
  const item: Record<string, string | number> = {};
  for (const name of Object.keys(stored)) {
    const { N, S } = stored[name]!;
    item[name] = N === undefined ? (S ?? "") : Number(N);
  }
  return item as Item;
}

function count(
  kind: "readUnits" | "writeUnits",
  capacity: ConsumedCapacity | ConsumedCapacity[] | undefined,
): void {
  for (const one of Array.isArray(capacity) ? capacity : [capacity])
    consumed[kind] += one?.CapacityUnits ?? 0;
}

/** Reads one item. */
export async function getItem(table: Table, key: Key, consistent = false): Promise<Item | undefined> {
  const answer = await table.client.send(
    new GetItemCommand({
      TableName: table.name,
      Key: attributes({ ...key }),
      ConsistentRead: consistent,
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  count("readUnits", answer.ConsumedCapacity);
  return answer.Item && itemOf(answer.Item);
}

/** Puts one item; with the same content again it changes nothing. */
export async function putItem(table: Table, item: Item): Promise<void> {
  const answer = await table.client.send(
    new PutItemCommand({ TableName: table.name, Item: attributes(item), ReturnConsumedCapacity: "TOTAL" }),
  );
  count("writeUnits", answer.ConsumedCapacity);
}

/** Puts an item unless its key is taken. @returns whether this call was the first */
export const putFirst = (table: Table, item: Item): Promise<boolean> =>
  putWhere(table, item, "attribute_not_exists(pk)");

/** Puts an item in place of the one under its key. @returns whether there was one */
export const putExisting = (table: Table, item: Item): Promise<boolean> =>
  putWhere(table, item, "attribute_exists(pk)");

async function putWhere(table: Table, item: Item, condition: string): Promise<boolean> {
  try {
    const answer = await table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: attributes(item),
        ConditionExpression: condition,
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
    count("writeUnits", answer.ConsumedCapacity);
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/**
 * Sets attributes of an existing item once: where `unless` is there already, nothing changes.
 * @param unless left out where they may be set again
 * @returns whether this call was the first
 */
export async function setOnce(
  table: Table,
  key: Key,
  values: Record<string, string | number>,
  unless?: string,
): Promise<boolean> {
  const entries = Object.entries(values);
  try {
    const answer = await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: attributes({ ...key }),
        UpdateExpression: `SET ${entries.map((_, i) => `#n${i} = :v${i}`).join(", ")}`,
        ConditionExpression: `attribute_exists(pk)${unless ? " AND attribute_not_exists(#unless)" : ""}`,
        ExpressionAttributeNames: {
          ...(unless && { "#unless": unless }),
          ...Object.fromEntries(entries.map(([n], i) => [`#n${i}`, n])),
        },
        ExpressionAttributeValues: attributes(
          Object.fromEntries(entries.map(([, value], i) => [`:v${i}`, value])),
        ),
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
    count("writeUnits", answer.ConsumedCapacity);
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Deletes an item; that it is gone already is no error. */
export async function deleteItem(table: Table, key: Key): Promise<void> {
  const Key = attributes({ ...key });
  const answer = await table.client.send(
    new DeleteItemCommand({ TableName: table.name, Key, ReturnConsumedCapacity: "TOTAL" }),
  );
  count("writeUnits", answer.ConsumedCapacity);
}

export interface Range {
  /** The first sort key, inclusive. */
  from?: string;
  /** The last sort key, inclusive. */
  to?: string;
  beginsWith?: string;
  index?: string;
  consistent?: boolean;
  /** Newest (largest) first. */
  descending?: boolean;
  /** Items in a page, at most. */
  limit?: number;
  /** Continue behind this item. */
  after?: Record<string, string | number>;
  /** Only these are answered: it costs what the whole items cost, but less is sent. Not with an index. */
  attributes?: readonly string[];
}

export interface Page {
  items: Item[];
  /** The key to continue behind; undefined where the range is at its end. */
  last?: Record<string, string | number>;
}

/** Reads one page of a partition, in the order of the sort key. */
export async function queryPage(table: Table, partition: string, range: Range = {}): Promise<Page> {
  const [pk, sk] = range.index ? ["gsi1pk", "gsi1sk"] : ["pk", "sk"];
  const { from, to, beginsWith } = range;
  let condition = "#pk = :pk";
  const values: Record<string, string> = { ":pk": partition };
  if (beginsWith !== undefined) {
    condition += " AND begins_with(#sk, :prefix)";
    values[":prefix"] = beginsWith;
  } else if (from !== undefined && to !== undefined) {
    condition += " AND #sk BETWEEN :from AND :to";
    values[":from"] = from;
    values[":to"] = to;
  } else if (from !== undefined) {
    condition += " AND #sk >= :from";
    values[":from"] = from;
  } else if (to !== undefined) {
    condition += " AND #sk <= :to";
    values[":to"] = to;
  }
  const asked = range.attributes?.map((name) => `#${name}`);
  const answer = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: range.index,
      KeyConditionExpression: condition,
      ProjectionExpression: asked?.join(", "),
      ExpressionAttributeNames: {
        "#pk": pk!,
        ...(condition.includes("#sk") && { "#sk": sk! }),
        ...Object.fromEntries(range.attributes?.map((name) => [`#${name}`, name]) ?? []),
      },
      ExpressionAttributeValues: attributes(values),
      ConsistentRead: range.index ? undefined : range.consistent,
      ScanIndexForward: !range.descending,
      Limit: range.limit,
      ExclusiveStartKey: range.after && attributes(range.after),
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  count("readUnits", answer.ConsumedCapacity);
  const last = answer.LastEvaluatedKey && itemOf(answer.LastEvaluatedKey);
  return { items: (answer.Items ?? []).map(itemOf), last };
}

/** Reads all of a range, page after page. */
export async function queryAll(table: Table, partition: string, range: Range = {}): Promise<Item[]> {
  const items: Item[] = [];
  let after: Page["last"];
  do {
    const page = await queryPage(table, partition, { ...range, after });
    items.push(...page.items);
    after = page.last;
  } while (after);
  return items;
}

/** What BatchWriteItem takes in one request. */
const batchSize = 25;
const batchAttempts = 6;
const batchesAtOnce = 4;

/** Names an item in a set of keys. */
export const keyText = (key: Key): string => `${key.pk}\n${key.sk}`;

/**
 * Puts many items, 25 a request, several requests at once; what DynamoDB leaves unprocessed is tried again with growing,
 * jittered pauses. Equal keys must have been merged before: two in one request fail it whole.
 * @returns the keys (`keyText`) that could not be put; empty where all are durable
 */
export async function putAll(table: Table, items: readonly Item[]): Promise<Set<string>> {
  const failed = new Set<string>();
  const batches: Item[][] = [];
  for (let i = 0; i < items.length; i += batchSize) batches.push(items.slice(i, i + batchSize));
  await eachOf(batches, batchesAtOnce, (batch) => putBatch(table, batch, failed));
  return failed;
}

async function putBatch(table: Table, batch: Item[], failed: Set<string>): Promise<void> {
  let requests = batch.map((item) => ({ PutRequest: { Item: attributes(item) } }));
  for (let attempt = 1; requests.length > 0; attempt++) {
    try {
      const answer = await table.client.send(
        new BatchWriteItemCommand({
          RequestItems: { [table.name]: requests },
          ReturnConsumedCapacity: "TOTAL",
        }),
      );
      count("writeUnits", answer.ConsumedCapacity);
      requests = (answer.UnprocessedItems?.[table.name] ?? []) as typeof requests;
    } catch (error) {
      if (attempt >= 2) {
        for (const { PutRequest } of requests) failed.add(keyText(itemOf(PutRequest.Item)));
        return;
      }
      // One item that DynamoDB refuses fails its whole request: alone, each is judged for itself.
      if (requests.length > 1 && (error as Error).name === "ValidationException") {
        for (const { PutRequest } of requests) await putBatch(table, [itemOf(PutRequest.Item)], failed);
        return;
      }
    }
    if (requests.length > 0 && attempt >= batchAttempts) {
      for (const { PutRequest } of requests) failed.add(keyText(itemOf(PutRequest.Item)));
      return;
    }
    if (requests.length > 0) await pause(Math.random() * 50 * 2 ** attempt);
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
