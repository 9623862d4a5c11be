import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { StartRefused } from "./errors.ts";
import { arn } from "./resources.ts";
import type { BucketDefinition, QueueDefinition, TableDefinition } from "./stack.ts";

export interface Connection {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Makes the tables that are not there.
 * @throws StartRefused where one is there with other keys or indexes, which no start may change
 */
export async function provisionTables(tables: TableDefinition[], connection: Connection): Promise<void> {
  const client = new DynamoDBClient(connection);
  try {
    for (const table of tables) await provisionTable(client, table);
  } finally {
    client.destroy();
  }
}

async function provisionTable(client: DynamoDBClient, table: TableDefinition): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table.name,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: table.keySchema,
        AttributeDefinitions: table.attributeDefinitions,
        ...(table.indexes.length > 0 && { GlobalSecondaryIndexes: table.indexes }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table.name }));
  if (
    !Table ||
    shapeOf(Table) !== shapeOf({ KeySchema: table.keySchema, GlobalSecondaryIndexes: table.indexes })
  ) {
    throw new StartRefused(
      `the table ${table.name} in the data folder has other keys than this version's: choose another folder with --data`,
    );
  }
}

const shapeOf = ({ KeySchema = [], GlobalSecondaryIndexes = [] }: TableDescription): string => {
  const keys = (schema: typeof KeySchema) =>
    schema.map(({ AttributeName, KeyType }) => [AttributeName, KeyType]);
  const indexes = GlobalSecondaryIndexes.map((index) => [index.IndexName, keys(index.KeySchema ?? [])]);
  return JSON.stringify([keys(KeySchema), indexes.sort()]);
};

/** Makes the queues at an emulator, dead letters first. Gives their URLs by name. */
export async function provisionQueues(
  queues: QueueDefinition[],
  connection: Connection,
): Promise<Map<string, string>> {
  const client = new SQSClient(connection);
  const urls = new Map<string, string>();
  try {
    for (const queue of [...queues].sort((a, b) => Number(!!a.redrive) - Number(!!b.redrive))) {
      const { QueueUrl } = await client.send(
        new CreateQueueCommand({ QueueName: queue.name, Attributes: queueAttributes(queue) }),
      );
      urls.set(queue.name, QueueUrl!);
    }
  } finally {
    client.destroy();
  }
  return urls;
}

function queueAttributes(queue: QueueDefinition): Record<string, string> {
  const attributes = {
    VisibilityTimeout: queue.visibilityTimeout,
    MessageRetentionPeriod: queue.messageRetentionPeriod,
    DelaySeconds: queue.delaySeconds,
    ReceiveMessageWaitTimeSeconds: queue.receiveMessageWaitTimeSeconds,
    MaximumMessageSize: queue.maximumMessageSize,
    RedrivePolicy:
      queue.redrive &&
      JSON.stringify({
        deadLetterTargetArn: arn("sqs", queue.redrive.deadLetterQueueName),
        maxReceiveCount: queue.redrive.maxReceiveCount,
      }),
  };
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

/** Messages in each queue, as an emulator counts them. */
export async function queueDepths(
  client: SQSClient,
  urls: Map<string, string>,
): Promise<Record<string, number>> {
  const names = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
  ] as const;
  const depths = [...urls].map(async ([name, QueueUrl]) => {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }),
    );
    return [name, names.reduce((sum, attribute) => sum + Number(Attributes[attribute] ?? 0), 0)] as const;
  });
  return Object.fromEntries(await Promise.all(depths));
}

/** Makes the buckets at an emulator. */
export async function provisionBuckets(buckets: BucketDefinition[], connection: Connection): Promise<void> {
  const client = new S3Client({ ...connection, forcePathStyle: true });
  try {
    for (const { name, versioned } of buckets) {
      await client.send(new CreateBucketCommand({ Bucket: name })).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== "BucketAlreadyOwnedByYou") throw error;
      });
      if (!versioned) continue;
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
    }
  } finally {
    client.destroy();
  }
}
