import * as z from "zod/mini";
import { refusals } from "../identity/facts.ts";
import { openings } from "../lead/cycle.ts";
import { dealStatuses } from "../lead/deal.ts";
import { holdCodes } from "../lead/hold.ts";
import { ownerSources } from "../lead/owner.ts";
import { stages } from "../lead/stage.ts";
import { campaignSchema, type Traits, traitsSchema } from "../touchpoint/touch.ts";

const time = z.string();
const nullableTime = z.nullable(time);

/** Two identifiers, by id, that were seen together: in which hours first and last, and by which sources. */
const identityLinkFields = {
  identifiers: z.array(z.string()),
  firstSeen: time,
  lastSeen: time,
  sources: z.array(z.string()),
};

/** A deal as it stands, without whom it names. */
export const dealFields = {
  id: z.string(),
  stage: z.string(),
  status: z.enum(dealStatuses),
  /** A decimal number. */
  amount: z.nullable(z.string()),
  currency: z.nullable(z.string()),
  createdAt: nullableTime,
  /** Of an open deal when it is expected to end. */
  closedAt: nullableTime,
  owner: z.nullable(z.string()),
  updatedAt: time,
};

/** A contact as the API shows it. */
export const contactSchema = z.strictObject({
  id: z.string(),
  identifiers: z.array(
    z.strictObject({ id: z.string(), type: z.string(), value: z.string(), shared: z.boolean() }),
  ),
  traits: traitsSchema,
  /** Each trait with where it comes from. */
  profile: z.partialRecord(
    z.enum(Object.keys(traitsSchema.shape) as (keyof Traits)[]),
    z.strictObject({
      value: z.string(),
      source: z.string(),
      occurredAt: time,
      touch: z.optional(z.string()),
    }),
  ),
  segments: z.array(z.string()),
  /** The company domain: `GET /v1/accounts/{domain}`. */
  account: z.nullable(z.string()),
  lifecycle: z.enum(stages),
  /** What keeps it from being a lead though its touches qualify. */
  held: z.array(
    z.strictObject({
      code: z.enum(holdCodes),
      /** The trait or the segment that is missing. */
      name: z.optional(z.string()),
      until: z.optional(time),
      after: z.optional(z.nullable(z.enum(openings))),
    }),
  ),
  /** Where it stands between two leads: touches at or before `start` belong to what came before. */
  cycle: z.strictObject({
    id: z.string(),
    start: nullableTime,
    opensAt: nullableTime,
    after: z.nullable(z.enum(openings)),
  }),
  owner: z.nullable(z.string()),
  /** Whose it has been, oldest first. */
  owners: z.array(z.strictObject({ owner: z.string(), from: nullableTime, by: z.enum(ownerSources) })),
  deals: z.array(z.strictObject(dealFields)),
  count: z.int(),
  points: z.number(),
  threshold: z.number(),
  policyVersion: z.int(),
  qualifiedAt: nullableTime,
  touches: z.int(),
  firstTouchAt: nullableTime,
  lastTouchAt: nullableTime,
  leads: z.array(
    z.strictObject({ leadId: z.string(), cycle: z.string(), qualifiedAt: time, exported: z.boolean() }),
  ),
  links: z.array(z.strictObject(identityLinkFields)),
  refusedLinks: z.array(
    z.strictObject({
      ...identityLinkFields,
      /** Whose the other end is, where it is not this contact's. */
      contactId: z.nullable(z.string()),
      /** The other end. */
      identifier: z.strictObject({ id: z.string(), type: z.string(), value: z.nullable(z.string()) }),
      reason: z.enum(refusals),
      separated: z.optional(z.strictObject({ at: time, by: z.string(), reason: z.string() })),
    }),
  ),
  emailOptOut: z.boolean(),
  facts: z.array(
    z.strictObject({
      type: z.enum(["delivery", "consent", "traits", "cancellation", "link"]),
      occurredAt: time,
      receivedAt: time,
      source: z.string(),
      status: z.optional(z.string()),
      purpose: z.optional(z.string()),
      message: z.optional(z.string()),
      campaign: z.optional(campaignSchema),
      traits: z.optional(traitsSchema),
      touch: z.optional(z.string()),
      detail: z.optional(z.string()),
    }),
  ),
});
