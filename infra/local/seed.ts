import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { apiKeyOf, writeKeyOf } from "../../shared/access/access-key.ts";
import type { Source } from "../../shared/access/source.ts";
import { addSource, putAccessKey } from "../../shared/store/config.ts";
import type { Table } from "../../shared/store/table.ts";
import { localKeys } from "./local-keys.ts";
import type { Endpoints } from "./services.ts";

/** Long ago, so that seeding again writes the same. */
const createdAt = "2026-01-01T00:00:00.000Z";

const sources: Source[] = [
  { v: 1, id: "local-server", type: "server", createdAt },
  {
    v: 1,
    id: "local-website",
    type: "public",
    origins: ["http://localhost:*", "http://127.0.0.1:*"],
    createdAt,
  },
];

/** Makes what a local run begins with: its senders and the well-known keys. Called at every start before it is ready. */
export async function seed({
  endpoints,
  environment,
  tableName,
}: {
  endpoints: Endpoints;
  environment: Record<string, string>;
  tableName: string;
}): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region: environment.AWS_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? "",
    },
  });
  const table: Table = { client, name: tableName };
  for (const source of sources) await addSource(table, source);
  for (const { key, kind } of localKeys) {
    const source = sources.find(({ type }) => type === kind);
    const stored = source
      ? writeKeyOf(key, source.id, createdAt)
      : apiKeyOf(key, kind as "admin" | "read" | "sales", `local ${kind}`, createdAt);
    await putAccessKey(table, stored);
  }
  client.destroy();
}
