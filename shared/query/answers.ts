import * as z from "zod/mini";
import { newSourceSchema } from "../access/source.ts";
import { leadStatuses } from "../lead/ledger.ts";
import { reasons } from "../policy/reason.ts";
import { machineReasons } from "../timeline/machine.ts";
import { assetSchema, campaignSchema, channels, directions } from "../touchpoint/touch.ts";

/** The shapes of what the API answers, for OpenAPI and for the tests that hold the answers to them. */

const time = z.string();
const nullableTime = z.nullable(time);

export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  field: z.optional(z.string()),
});

const refusalSchema = z.strictObject({
  index: z.int(),
  code: z.string(),
  field: z.string(),
  detail: z.string(),
});

export const receiptSchema = z.strictObject({
  accepted: z.int(),
  ids: z.array(z.string()),
  rejected: z.array(refusalSchema),
  /** Kept in quarantine: a form without a field that is known for an e-mail address. */
  quarantined: z.optional(z.array(refusalSchema)),
});

export const touchAnswerSchema = z.strictObject({
  id: z.string(),
  channel: z.enum(channels),
  direction: z.enum(directions),
  occurredAt: time,
  receivedAt: time,
  source: z.string(),
  campaign: z.nullable(campaignSchema),
  asset: z.nullable(assetSchema),
  counted: z.boolean(),
  points: z.number(),
  reason: z.nullable(z.enum(reasons)),
  /** Why it is taken for a machine's, and who says so: a rule, the night's comparison with other people, or a person. */
  machine: z.optional(
    z.strictObject({ reason: z.enum(machineReasons), by: z.enum(["rule", "night", "person"]) }),
  ),
  /** The sign of a machine that a person said is wrong. */
  overruled: z.optional(z.enum(machineReasons)),
});

export const evidenceSchema = z.strictObject({
  contactId: z.string(),
  count: z.int(),
  points: z.number(),
  threshold: z.number(),
  policyVersion: z.int(),
  qualifiedAt: nullableTime,
  /** How far the contact's company has come; null where the policy asks for nothing of it. */
  accountReach: z.nullable(
    z.strictObject({
      /** Null for a contact without a company: it never has what is asked of one. */
      domain: z.nullable(z.string()),
      contacts: z.int(),
      points: z.number(),
      threshold: z.number(),
      minContacts: z.int(),
      reached: z.boolean(),
    }),
  ),
  /** The first instant whose touches can matter now: those before it are not listed. */
  from: time,
  /** Oldest first; the sums are of all pages. */
  touches: z.array(touchAnswerSchema),
  next: z.nullable(z.string()),
});

const ledgerFields = {
  leadId: z.string(),
  contactId: z.string(),
  cycle: z.string(),
  status: z.enum(leadStatuses),
  qualifiedAt: time,
  policyVersion: z.int(),
  runId: z.nullable(z.string()),
  exportedAt: nullableTime,
};
export const leadEntrySchema = z.strictObject(ledgerFields);

export const runSchema = z.strictObject({
  runId: z.string(),
  state: z.enum(["running", "completed", "failed"]),
  startedAt: time,
  completedAt: nullableTime,
  asOf: nullableTime,
  policyVersion: z.nullable(z.int()),
  window: z.nullable(z.strictObject({ from: z.string(), to: z.string() })),
  counts: z.nullable(
    z.strictObject({
      leads: z.int(),
      /** Leads that wait for the next export, because the policy lets no more out at once. */
      waiting: z.int(),
      /** What `changes.csv` tells of leads of earlier exports. */
      changes: z.int(),
      contacts: z.int(),
      failed: z.int(),
      tooManyLinks: z.int(),
    }),
  ),
  /** Leads that were taken out of the files since, because their people were erased. */
  erased: z.nullable(z.strictObject({ leads: z.int(), at: time })),
  /** Ids of active identifiers that were seen with too many others to be anybody's: the first hundred. */
  tooManyLinks: z.array(z.string()),
  files: z.array(
    z.strictObject({
      name: z.string(),
      contentType: z.string(),
      bytes: z.int(),
      sha256: z.string(),
      url: z.string(),
    }),
  ),
});

const downloadSchema = z.strictObject({
  at: time,
  key: z.string(),
  role: z.nullable(z.enum(["read", "sales", "admin"])),
  file: z.nullable(z.string()),
});
/** A run with who fetched its leads, oldest first; the first by sales starts the clock of its leads. */
export const runAnswerSchema = z.extend(runSchema, {
  receipts: z.strictObject({
    firstBySales: z.nullable(downloadSchema),
    total: z.int(),
    items: z.array(downloadSchema),
  }),
});

export const runBegunSchema = z.strictObject({ runId: z.string(), state: z.string(), begun: z.boolean() });

const keyFields = { id: z.string(), createdAt: time, revokedAt: z.optional(time) };
export const writeKeySchema = z.strictObject({ ...keyFields, kind: z.literal("write"), source: z.string() });
export const apiKeySchema = z.strictObject({
  ...keyFields,
  kind: z.literal("api"),
  role: z.enum(["read", "sales", "admin"]),
  name: z.string(),
});
export const newApiKeySchema = z.extend(apiKeySchema, { key: z.string() });

const { shape: sourceShape } = newSourceSchema;

export const sourceSchema = z.strictObject({
  ...sourceShape,
  createdAt: time,
  /** Of a provider: which are set, and which are yet to be. */
  credentials: z.optional(
    z.record(z.string(), z.strictObject({ setAt: time, formerUntil: z.optional(time) })),
  ),
  missing: z.optional(z.array(z.string())),
  lastItemAt: nullableTime,
  lastUsableAt: nullableTime,
  last24Hours: z.strictObject({
    accepted: z.int(),
    rejected: z.int(),
    quarantined: z.int(),
    ignored: z.int(),
  }),
  lastRefusal: z.optional(z.strictObject({ at: time, code: z.string() })),
  silent: z.boolean(),
  writeKeys: z.array(writeKeySchema),
  /** Only where one was just made: it is shown once. */
  writeKey: z.optional(z.string()),
  /** The same for a provider: what to give it. */
  webhookUrl: z.optional(z.string()),
});

const quarantineFields = {
  id: z.string(),
  source: z.string(),
  route: z.string(),
  reason: z.string(),
  field: z.optional(z.string()),
  detail: z.optional(z.string()),
  receivedAt: time,
  contentType: z.string(),
  bytes: z.int(),
};
export const quarantineEntrySchema = z.strictObject(quarantineFields);
export const quarantineAnswerSchema = z.strictObject({
  ...quarantineFields,
  headers: z.record(z.string(), z.string()),
  /** How `raw` is written: text as it is, anything else in base64. */
  encoding: z.enum(["utf8", "base64"]),
  raw: z.string(),
});
export const replayAnswerSchema = z.strictObject({
  replayed: z.int(),
  stillQuarantined: z.array(
    z.strictObject({ id: z.string(), code: z.string(), field: z.string(), detail: z.string() }),
  ),
  /** Of the ids asked for, those that are not there. */
  notFound: z.array(z.string()),
  next: z.nullable(z.string()),
});

export const erasureSchema = z.strictObject({
  id: z.string(),
  /** Under which it was found; nothing answers under it any more. */
  contactId: z.string(),
  state: z.enum(["running", "completed"]),
  requestedAt: time,
  /** The id of the key that asked. */
  requestedBy: z.string(),
  completedAt: nullableTime,
  /** How many identifiers are suppressed. */
  identifiers: z.int(),
  /** Exports that had included the person: for sales to delete what came of them. */
  exports: z.array(
    z.strictObject({ runId: z.string(), exportedAt: nullableTime, leadIds: z.array(z.string()) }),
  ),
});

export const callerSchema = z.strictObject({ role: z.string(), keyId: z.string() });

/** A list of something. */
export const listOf = <Schema extends z.core.$ZodType>(item: Schema) =>
  z.strictObject({ items: z.array(item), next: z.nullable(z.string()) });
