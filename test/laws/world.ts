import "./quiet.ts";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  S3Client,
} from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import dynalite from "dynalite";
import { startBucketServer } from "../../infra/local/s3/bucket-server.ts";
import { startQueueServer } from "../../infra/local/sqs/server.ts";
import type { Files } from "../../shared/files/files.ts";
import type { Intake } from "../../shared/ingest/intake.ts";
import type { Night } from "../../shared/night/night.ts";
import { sdkLogger } from "../../shared/observe/sdk-logger.ts";
import type { Processing } from "../../shared/process/process.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { CachedSenders } from "../../shared/store/config.ts";
import { Secrets } from "../../shared/store/secrets.ts";
import { cachedSuppressions } from "../../shared/store/suppressions.ts";
import { type Item, putFirst, type Table } from "../../shared/store/table.ts";
import { leadsIndex, namespaceKey } from "../../shared/table/keys.ts";
import type { Recounting } from "../../shared/what-if/recount.ts";
import { disturbing, type Stack } from "./disturbing.ts";

/** The one database of a test file; each world has a table of its own in it. */
export interface Database {
  url: string;
  close(): Promise<void>;
}

export async function startDatabase(): Promise<Database> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One deployment: its table, queues and bucket, and a clock that only the test moves. */
export interface World {
  /** Milliseconds since 1970. */
  now: number;
  clock: () => Date;
  table: Table;
  files: Files;
  touchpoints: Queue;
  deadLetters: Queue;
  lookUps: Queue;
  nightQueue: Queue;
  deliveries: Queue;
  whatIfQueue: Queue;
  fastTrack: Queue;
  /** Messages not yet done, by queue. */
  depths(): Record<string, number>;
  close(): Promise<void>;
}

/** As the deployed queue has it; the other queues are worked on until they are empty. */
export const receivesBeforeDeadLetter = 5;

const local = { region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

/** Fixed, so that a failing history fails again. */
export const namespace = "6f0d3c3e-54f1-4b8e-9a4e-2f1d5f5f7c11";

/**
 * Opens an empty deployment.
 * @param start the clock's first time, ISO 8601, and the deployment's first day
 */
export async function openWorld(database: Database, start: string): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "touchline-law-"));
  const lasting = { visibilityTimeout: 3600, messageRetentionPeriod: 1_209_600 };
  const redrive = { deadLetterQueueName: "dead-letters", maxReceiveCount: receivesBeforeDeadLetter };
  const queues = await startQueueServer({
    dataDirectory: join(directory, "queues"),
    queues: [
      { name: "touchpoints", ...lasting, redrive },
      { name: "dead-letters", ...lasting },
      { name: "look-ups", ...lasting },
      { name: "night", ...lasting },
      { name: "deliveries", ...lasting },
      { name: "what-if", ...lasting },
      { name: "fast-track", ...lasting },
    ],
  });
  const buckets = await startBucketServer({
    dataDirectory: join(directory, "buckets"),
    buckets: [{ name: "exports", versioned: true }],
    credentials: local.credentials,
  });

  const dynamo = new DynamoDBClient({ ...local, endpoint: database.url });
  const sqs = new SQSClient({ ...local, endpoint: queues.url });
  const s3 = new S3Client({ ...local, endpoint: buckets.url, forcePathStyle: true, logger: sdkLogger });
  // Outside of the SDK's own retries, which would hide what a process that ends or a long outage does.
  for (const stack of [
    dynamo.middlewareStack,
    sqs.middlewareStack,
    s3.middlewareStack,
  ] as unknown as Stack[]) {
    stack.add(disturbing, { step: "initialize", name: "disturbing" });
  }

  const table: Table = { client: dynamo, name: `touchpoints-${randomUUID()}` };
  await dynamo.send(tableDefinition(table.name));
  const description = new DescribeTableCommand({ TableName: table.name });
  while ((await dynamo.send(description)).Table?.TableStatus !== "ACTIVE");
  // Its day is the world's and not the machine's.
  await putFirst(table, { ...namespaceKey, body: JSON.stringify({ v: 1, namespace, madeAt: start }) });

  const queue = (name: string): Queue => ({ client: sqs, url: queues.queueUrl(name) });
  const world: World = {
    now: Date.parse(start),
    clock: () => new Date(world.now),
    table,
    files: { client: s3, bucket: "exports" },
    touchpoints: queue("touchpoints"),
    deadLetters: queue("dead-letters"),
    lookUps: queue("look-ups"),
    nightQueue: queue("night"),
    deliveries: queue("deliveries"),
    whatIfQueue: queue("what-if"),
    fastTrack: queue("fast-track"),
    depths: () => queues.depths(),
    close: async () => {
      await dynamo.send(new DeleteTableCommand({ TableName: table.name }));
      for (const client of [dynamo, sqs, s3]) client.destroy();
      await Promise.all([queues.close(), buckets.close()]);
      rmSync(directory, { recursive: true });
    },
  };
  return world;
}

export const intakeOf = ({ table, touchpoints }: World): Intake => ({
  queue: touchpoints,
  senders: new CachedSenders(table),
  secrets: new Secrets(table),
});

export const processingOf = ({ table, files, clock }: World): Processing => ({
  table,
  files,
  clock,
  marked: new Set(),
  suppressed: cachedSuppressions(table, new Secrets(table)),
});

export const nightOf = ({ table, files, clock, nightQueue, deliveries }: World): Night => ({
  table,
  files,
  clock,
  queue: nightQueue,
  deliveries,
  secrets: new Secrets(table),
  publicUrl: "https://touchline.example",
});

export const recountingOf = ({ table, clock, whatIfQueue }: World): Recounting => ({
  table,
  clock,
  queue: whatIfQueue,
  secrets: new Secrets(table),
});

/** An item as the product knows it. */
export const itemOf = (stored: Record<string, AttributeValue>): Item =>
  Object.fromEntries(
    Object.entries(stored).map(([name, { N, S }]) => [name, N === undefined ? S : Number(N)]),
  ) as Item;

/** Everything the table holds. */
export async function scanTable({ table }: World): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client: table.client }, { TableName: table.name })) {
    items.push(...(page.Items ?? []).map(itemOf));
  }
  return items;
}

/** Every version of every object in the bucket, also those that are no longer shown. */
export async function scanFiles({
  files,
}: World): Promise<{ key: string; versionId: string; body: string }[]> {
  const { client, bucket: Bucket } = files;
  const found: { key: string; versionId: string; body: string }[] = [];
  let [KeyMarker, VersionIdMarker]: (string | undefined)[] = [];
  do {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }),
    );
    for (const { Key, VersionId } of page.Versions ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      found.push({ key: Key!, versionId: VersionId!, body: (await Body?.transformToString("utf-8")) ?? "" });
    }
    [KeyMarker, VersionIdMarker] = page.IsTruncated ? [page.NextKeyMarker, page.NextVersionIdMarker] : [];
  } while (KeyMarker !== undefined);
  return found;
}

function tableDefinition(name: string): CreateTableCommand {
  const key = (pk: string, sk: string) => [
    { AttributeName: pk, KeyType: "HASH" as const },
    { AttributeName: sk, KeyType: "RANGE" as const },
  ];
  return new CreateTableCommand({
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: ["pk", "sk", "gsi1pk", "gsi1sk"].map((AttributeName) => ({
      AttributeName,
      AttributeType: "S" as const,
    })),
    KeySchema: key("pk", "sk"),
    GlobalSecondaryIndexes: [
      { IndexName: leadsIndex, KeySchema: key("gsi1pk", "gsi1sk"), Projection: { ProjectionType: "ALL" } },
    ],
  });
}
