/** What a template describes, in the terms of the local runtime. All names are physical names. */

import type { QueueDefinition } from "./sqs/durable-queue.ts";

export type { QueueDefinition };

export interface TableDefinition {
  name: string;
  keySchema: { AttributeName: string; KeyType: "HASH" | "RANGE" }[];
  attributeDefinitions: { AttributeName: string; AttributeType: "S" | "N" | "B" }[];
  indexes: IndexDefinition[];
}

export interface IndexDefinition {
  IndexName: string;
  KeySchema: TableDefinition["keySchema"];
  Projection: { ProjectionType: "ALL" | "KEYS_ONLY" | "INCLUDE"; NonKeyAttributes?: string[] };
}

export interface BucketDefinition {
  name: string;
  versioned: boolean;
}

/** What keeps data: can be started before any address is known. */
export interface Stores {
  tables: TableDefinition[];
  queues: QueueDefinition[];
  buckets: BucketDefinition[];
}

export interface FunctionDefinition {
  name: string;
  logicalId: string;
  /** The folder with the bundle. */
  directory: string;
  /** `index.handler`. */
  handler: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMegabytes: number;
  /** How often a failed asynchronous invocation is tried again. */
  retries: number;
}

export interface RouteDefinition {
  /** `GET /v1/contacts/{id}`, `ANY /x` or `$default`. */
  routeKey: string;
  functionName: string;
  timeoutMilliseconds: number;
  authorizer?: AuthorizerDefinition;
}

export interface AuthorizerDefinition {
  id: string;
  functionName: string;
  /** `$request.header.Authorization` and the like. */
  identitySource: string[];
  timeToLiveSeconds: number;
}

export interface MappingDefinition {
  queueName: string;
  queueArn: string;
  functionName: string;
  batchSize: number;
  windowSeconds: number;
  reportsItemFailures: boolean;
  maximumConcurrency: number;
  /** The function itself says when what it could not do comes back: its role lets it. */
  pacesItself?: boolean;
}

export interface ScheduleDefinition {
  name: string;
  arn: string;
  /** `cron(0 4 * * ? *)` or `rate(5 minutes)`. */
  expression: string;
  timeZone: string;
  functionName: string;
  /** JSON, with placeholders such as `<aws.scheduler.scheduled-time>`. */
  input: string;
}

/** What runs: its environment holds the addresses of the stores and of the gateway. */
export interface Application {
  functions: FunctionDefinition[];
  routes: RouteDefinition[];
  mappings: MappingDefinition[];
  schedules: ScheduleDefinition[];
}
