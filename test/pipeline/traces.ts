import { readFileSync } from "node:fs";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import {
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Runtime } from "../../infra/local/runtime.ts";
import { partitionOf } from "../../shared/store/person.ts";
import type { Item } from "../../shared/store/table.ts";
import { partitions } from "../../shared/table/keys.ts";
import { findPersonalData, type KnownPeople } from "./personal-data.ts";

/** What a running product leaves in places that are no place for personal data, as tests saw it. */
export interface Traces {
  /** What the runtime told of failed invocations. */
  problems: string[];
  /** The paths that were asked for and that answers pointed to, without queries. */
  paths: Set<string>;
}

/**
 * The personal data in what a product wrote to its log (log lines and metrics are both in it), in the keys of its table, in
 * the names of its files and in the paths of its URLs: one line for each kind and place, without the data. Names and
 * numbers are known from the touches and traits that it holds; an address is one wherever it stands.
 */
export async function personalDataIn(runtime: Runtime, traces: Traces): Promise<string[]> {
  const items = await everyItem(runtime);
  const known = knownPeople(items);
  const places: [where: string, texts: Iterable<string>][] = [
    ["log", readFileSync(runtime.logFile, "utf8").split("\n")],
    ["problem", traces.problems],
    ["path", traces.paths],
    ["key of the table", items.flatMap(({ pk, sk, gsi1pk, gsi1sk }) => [pk, sk, gsi1pk, gsi1sk].map(String))],
    ["name of a file", await everyFile(runtime)],
  ];
  const found = new Set<string>();
  for (const [where, texts] of places) {
    for (const text of texts) {
      for (const { kind, form, shape } of findPersonalData(text, known))
        found.add(`${where}: ${kind} (${form}) in ${shape}`);
    }
  }
  return [...found];
}

const clientOf = (runtime: Runtime, endpoint: string) => ({
  endpoint,
  region: runtime.environment.AWS_REGION!,
  credentials: {
    accessKeyId: runtime.environment.AWS_ACCESS_KEY_ID!,
    secretAccessKey: runtime.environment.AWS_SECRET_ACCESS_KEY!,
  },
});

/** Every item of the table, its texts and numbers as texts. */
export async function everyItem(runtime: Runtime): Promise<Item[]> {
  const client = new DynamoDBClient(clientOf(runtime, runtime.endpoints.dynamodb));
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName: runtime.tableName })) {
    for (const item of page.Items ?? []) {
      const texts = Object.entries(item).map(([name, value]) => [name, value.S ?? value.N ?? ""]);
      items.push(Object.fromEntries(texts) as Item);
    }
  }
  client.destroy();
  return items;
}

/** The keys of all files in all buckets, of every version. */
export async function everyFile(runtime: Runtime): Promise<string[]> {
  const client = new S3Client({ ...clientOf(runtime, runtime.endpoints.s3), forcePathStyle: true });
  const keys: string[] = [];
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  for (const { Name: Bucket } of Buckets) {
    let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
    while (after) {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({ Bucket, ...after }),
      );
      for (const { Key } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) keys.push(Key ?? "");
      after = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
    }
  }
  client.destroy();
  return keys;
}

/** Whose data the table holds. */
function knownPeople(items: readonly Item[]): KnownPeople {
  const phones = new Set<string>();
  const names = new Set<string>();
  for (const item of items) {
    if (!item.pk.startsWith(partitions.person)) continue;
    const { touches, facts } = partitionOf(item.pk.slice(partitions.person.length), [item]);
    for (const { traits } of [...touches, ...facts.filter((fact) => fact.type === "traits")]) {
      if (traits?.phone) phones.add(traits.phone);
      for (const name of [traits?.firstName, traits?.lastName]) if (name) names.add(name);
    }
  }
  return { phones, names };
}
