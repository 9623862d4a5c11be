import { devNull } from "node:os";
import { join } from "node:path";
import { SQSClient } from "@aws-sdk/client-sqs";
import { errorCode, StartRefused } from "./errors.ts";
import { localRegion } from "./intrinsics.ts";
import {
  type Connection,
  provisionBuckets,
  provisionQueues,
  provisionTables,
  queueDepths,
} from "./provision.ts";
import { startServerThread } from "./server-thread.ts";
import type { Stores } from "./stack.ts";

export interface Endpoints {
  dynamodb: string;
  sqs: string;
  s3: string;
}

/** The stores of the template, running. */
export interface Services {
  endpoints: Endpoints;
  /** The AWS_* variables that a client of these services needs. */
  environment: Record<string, string>;
  queueUrl(name: string): string;
  /** Messages in each queue: visible, in flight and delayed. */
  depths(): Promise<Record<string, number>>;
  /** Requests to SQS since the start, by action; empty with an emulator, which does not tell. */
  queueRequests(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const localCredentials = { accessKeyId: "local", secretAccessKey: "local-secret" };

const script = (file: string): URL => new URL(file, import.meta.url);

/**
 * Starts DynamoDB, SQS and S3 on loopback ports of their own, with their data in the folder, and makes the table.
 * @param onDeath told when one of them ends by itself
 */
export async function startServices(
  stores: Stores,
  dataDirectory: string,
  onDeath: (error: Error) => void,
): Promise<Services> {
  const directory = (name: string) => join(dataDirectory, name);
  const [dynamodb, sqs, s3] = await Promise.all([
    startServerThread<{ url: string }>(
      script("./dynamodb-thread.ts"),
      { directory: directory("dynamodb") },
      onDeath,
    ),
    startServerThread<{ url: string; queueUrls: Record<string, string> }>(
      script("./sqs-thread.ts"),
      { directory: directory("sqs"), queues: stores.queues },
      onDeath,
    ),
    startServerThread<{ url: string }>(
      script("./s3-thread.ts"),
      { directory: directory("s3"), buckets: stores.buckets, credentials: localCredentials },
      onDeath,
    ),
  ]);
  const endpoints = { dynamodb: dynamodb.ready.url, sqs: sqs.ready.url, s3: s3.ready.url };
  const close = async () => {
    await Promise.all([dynamodb.close(), sqs.close(), s3.close()]);
  };
  try {
    await provisionTables(stores.tables, { ...connection(localCredentials), endpoint: endpoints.dynamodb });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoints,
    environment: environmentFor(endpoints, localCredentials),
    queueUrl: (name) => sqs.ready.queueUrls[name] ?? "",
    depths: () => sqs.ask<Record<string, number>>("depths"),
    queueRequests: () => sqs.ask<Record<string, number>>("requests"),
    close,
  };
}

/**
 * Uses an emulator of AWS that runs already, and makes there what the template names.
 * @param url such as `http://localhost:4566`
 * @throws StartRefused where it does not answer or refuses
 */
export async function useEmulator(stores: Stores, url: string): Promise<Services> {
  const endpoint = url.replace(/\/+$/, "").replace("//localhost", "//127.0.0.1");
  const credentials = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "test",
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "test",
  };
  const client = { ...connection(credentials), endpoint };
  const urls = await provisionAll(stores, client).catch((error: unknown) => {
    if (error instanceof StartRefused) throw error;
    throw new StartRefused(`the emulator at ${url} cannot be used (${errorCode(error)})`);
  });
  const sqs = new SQSClient(client);
  const endpoints = { dynamodb: endpoint, sqs: endpoint, s3: endpoint };
  return {
    endpoints,
    environment: environmentFor(endpoints, credentials),
    queueUrl: (name) => urls.get(name) ?? "",
    depths: () => queueDepths(sqs, urls),
    queueRequests: async () => ({}),
    close: async () => sqs.destroy(),
  };
}

async function provisionAll(stores: Stores, client: Connection): Promise<Map<string, string>> {
  await provisionTables(stores.tables, client);
  await provisionBuckets(stores.buckets, client);
  return provisionQueues(stores.queues, client);
}

const connection = (credentials: typeof localCredentials) => ({ region: localRegion, credentials });

function environmentFor(endpoints: Endpoints, credentials: typeof localCredentials): Record<string, string> {
  return {
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    // What the machine's user has set up for AWS must not leak into the local run.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
