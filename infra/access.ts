import type { FunctionName } from "../shared/http/routes.ts";
import type { EnvironmentSetting } from "../shared/settings.ts";
import type { objectPrefixes, partitions } from "../shared/table/keys.ts";

export type Partition = keyof typeof partitions;
export type QueueName = "touchpoints" | "night" | "touchpointsDeadLetters";

/** What one function may do; everything absent is refused. */
export interface Access {
  /** Partitions it may read: Query and GetItem. */
  read?: readonly Partition[];
  /** Partitions it may put items into, one at a time (conditionally, for what is made once). */
  put?: readonly Partition[];
  /** Partitions it may put items into (or delete from) in batches. */
  batch?: readonly Partition[];
  update?: readonly Partition[];
  delete?: readonly Partition[];
  /** The index of leads by status. */
  queryLeads?: true;
  readObjects?: readonly ObjectPrefix[];
  putObjects?: readonly ObjectPrefix[];
  deleteObjects?: readonly ObjectPrefix[];
  send?: readonly QueueName[];
  receive?: readonly QueueName[];
  /** Makes links that lead back to the HTTP API. */
  publicUrl?: true;
}

export type ObjectPrefix = keyof typeof objectPrefixes;

// `secret` is put where it is read: the namespace and the signing keys are made at their first use. What a sender's item
// becomes, quarantined or not, goes through the queue: no function that faces the web writes a contact's facts.
const ingest: Access = { read: ["config", "secret"], put: ["secret"], send: ["touchpoints"] };

/** The one table of rights: who may touch which partition of the table, which part of the bucket, which queue. */
export const access: Record<FunctionName, Access> = {
  "form-fill": ingest,
  "event-check-in": ingest,
  collect: ingest,
  "email-click": { read: ["secret"], put: ["secret"], send: ["touchpoints"] },
  process: {
    batch: ["person", "active"],
    put: ["quarantine"],
    putObjects: ["quarantine"],
    receive: ["touchpoints"],
  },
  "dead-letter": {
    read: ["person"],
    batch: ["person", "active"],
    put: ["quarantine"],
    delete: ["quarantine"],
    putObjects: ["quarantine"],
    deleteObjects: ["quarantine"],
    receive: ["touchpointsDeadLetters"],
  },
  nightly: {
    read: ["active", "person", "config", "outbox", "run", "secret"],
    put: ["person", "run", "outbox", "active", "secret"],
    update: ["person", "run"],
    delete: ["outbox"],
    readObjects: ["exports"],
    putObjects: ["exports"],
    send: ["night"],
    receive: ["night"],
    publicUrl: true,
  },
  // It begins runs but does no step of one. The addresses behind link tokens are the only facts of people it writes.
  api: {
    read: ["person", "config", "run", "quarantine", "secret"],
    put: ["config", "run", "secret"],
    batch: ["person"],
    queryLeads: true,
    readObjects: ["exports"],
    send: ["night"],
    publicUrl: true,
  },
  authorizer: { read: ["config"] },
  "mint-key": { put: ["config"] },
};

/** The settings a function needs for what it may do, and no others. */
export function environmentSettings(rights: Access): EnvironmentSetting[] {
  const settings: EnvironmentSetting[] = ["table"];
  if (rights.send?.includes("touchpoints")) settings.push("touchpointsQueue");
  if (rights.send?.includes("night")) settings.push("nightQueue");
  if (rights.readObjects || rights.putObjects) settings.push("exportsBucket");
  if (rights.publicUrl) settings.push("publicUrl");
  return settings;
}
