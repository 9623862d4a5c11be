import type { FunctionName } from "../shared/http/routes.ts";
import type { EnvironmentSetting } from "../shared/settings.ts";
import type { objectPrefixes, partitions } from "../shared/table/keys.ts";

export type Partition = keyof typeof partitions;
export type QueueName =
  | "touchpoints"
  | "night"
  | "touchpointsDeadLetters"
  | "lookUps"
  | "lookUpsDeadLetters"
  | "imports"
  | "deliveries"
  | "fastTrack"
  | "whatIf";

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
  /** Chooses itself when what it could not do comes back. */
  pace?: readonly QueueName[];
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
  webhook: {
    read: ["config", "secret", "singleUse"],
    put: ["secret", "singleUse"],
    send: ["touchpoints", "lookUps"],
  },
  "look-up": {
    read: ["config", "secret"],
    put: ["secret"],
    send: ["touchpoints"],
    receive: ["lookUps"],
  },
  // To drop what names erased people, also in quarantine, takes the namespace: their values are nowhere. The policy says what
  // must not wait for the night.
  process: {
    read: ["suppressions", "secret", "config"],
    batch: ["person", "active", "held", "account", "activity"],
    put: ["quarantine", "secret"],
    putObjects: ["quarantine"],
    receive: ["touchpoints"],
    send: ["fastTrack"],
  },
  "dead-letter": {
    read: ["person", "account", "quarantine", "suppressions", "secret"],
    batch: ["person", "active", "held", "account", "activity"],
    put: ["quarantine", "secret"],
    delete: ["quarantine"],
    putObjects: ["quarantine"],
    deleteObjects: ["quarantine"],
    receive: ["touchpointsDeadLetters", "lookUpsDeadLetters"],
  },
  nightly: {
    read: [
      "active",
      "held",
      "person",
      "account",
      "config",
      "outbox",
      "quarantine",
      "run",
      "secret",
      "suppressions",
      "erasures",
      "deal",
      "whatIf",
    ],
    put: ["person", "run", "outbox", "active", "quarantine", "secret", "erasures", "deal"],
    // It deletes what is older than the policy keeps, and people who are to be erased.
    batch: ["person", "account", "quarantine", "deal"],
    update: ["person", "run", "erasures"],
    delete: ["outbox", "quarantine"],
    readObjects: ["exports", "clicks", "quarantine"],
    putObjects: ["exports", "clicks", "quarantine"],
    deleteObjects: ["exports", "quarantine", "clicks", "imports"],
    // A recount that died is looked after where a run is.
    send: ["night", "deliveries", "whatIf"],
    receive: ["night"],
    publicUrl: true,
  },
  // The night's look at people, for a few and at once. What it notes of deep contacts on the way it puts in batches.
  "fast-track": {
    read: ["person", "account", "config"],
    put: ["person", "outbox", "active"],
    batch: ["person"],
    send: ["deliveries"],
    receive: ["fastTrack"],
  },
  // It reads all history and changes nothing but its own account of it.
  "what-if": {
    read: ["active", "person", "config", "secret", "whatIf"],
    put: ["whatIf", "secret"],
    update: ["whatIf"],
    send: ["whatIf"],
    receive: ["whatIf"],
  },
  // What others are told is read when it is sent. That a lead arrived is noted where the lead is.
  deliver: {
    read: ["person", "account", "config", "run", "secret", "suppressions", "webhooks"],
    put: ["person", "secret", "webhooks"],
    send: ["deliveries"],
    receive: ["deliveries"],
    pace: ["deliveries"],
    publicUrl: true,
  },
  import: {
    read: ["config", "imports", "secret"],
    put: ["secret"],
    update: ["imports"],
    readObjects: ["uploads"],
    putObjects: ["imports"],
    deleteObjects: ["uploads"],
    send: ["touchpoints"],
    receive: ["imports"],
  },
  // It begins runs but does no step of one. Of people it writes the addresses behind link tokens, what its callers say by hand and that
  // somebody is erased, and marks whom that concerns for the night; what it replays goes through the queue.
  api: {
    read: [
      "person",
      "account",
      "config",
      "run",
      "quarantine",
      "activity",
      "imports",
      "secret",
      "suppressions",
      "erasures",
      "deal",
      "webhooks",
      "whatIf",
    ],
    put: ["config", "run", "imports", "secret", "suppressions", "erasures", "whatIf"],
    batch: ["person", "active", "held", "deal"],
    // Of a lead it sets under which status it is listed.
    update: ["imports", "person"],
    delete: ["quarantine"],
    queryLeads: true,
    readObjects: ["exports", "quarantine", "imports"],
    // Never by itself: so may who has a link to upload.
    putObjects: ["uploads"],
    deleteObjects: ["quarantine"],
    send: ["night", "touchpoints", "lookUps", "imports", "deliveries", "whatIf"],
    publicUrl: true,
  },
  "watch-sources": { read: ["config", "activity"], send: ["deliveries"] },
  "watch-hand-off": {
    read: ["config", "person", "run"],
    update: ["person"],
    queryLeads: true,
    send: ["deliveries"],
  },
  authorizer: { read: ["config"] },
  "mint-key": { put: ["config"] },
};

/** The settings a function needs for what it may do, and no others. */
export function environmentSettings(rights: Access): EnvironmentSetting[] {
  const settings: EnvironmentSetting[] = ["table"];
  if (rights.send?.includes("touchpoints")) settings.push("touchpointsQueue");
  if (rights.send?.includes("lookUps")) settings.push("lookUpsQueue");
  if (rights.send?.includes("night")) settings.push("nightQueue");
  if (rights.send?.includes("imports")) settings.push("importsQueue");
  if (rights.send?.includes("deliveries")) settings.push("deliveriesQueue");
  if (rights.send?.includes("fastTrack")) settings.push("fastTrackQueue");
  if (rights.send?.includes("whatIf")) settings.push("whatIfQueue");
  if (rights.readObjects || rights.putObjects) settings.push("exportsBucket");
  if (rights.publicUrl) settings.push("publicUrl");
  return settings;
}
