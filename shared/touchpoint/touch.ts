import * as z from "zod/mini";

/** Over which way a touch came. */
export const channels = [
  "form",
  "check_in",
  "email_click",
  "meeting",
  "call",
  "direct_mail",
  "page",
] as const;
export type Channel = (typeof channels)[number];

/** `inbound`: the person acted. `outbound`: we did. */
export const directions = ["inbound", "outbound"] as const;
export type Direction = (typeof directions)[number];

const text = (maximum: number) => z.string().check(z.maxLength(maximum));

export const identifiersSchema = z.strictObject({
  email: z.optional(text(320)),
  crm: z.optional(text(200)),
  user: z.optional(text(200)),
  anonymous: z.optional(text(200)),
});

export const traitsSchema = z.strictObject({
  firstName: z.optional(text(200)),
  lastName: z.optional(text(200)),
  company: z.optional(text(300)),
  jobTitle: z.optional(text(300)),
  phone: z.optional(text(100)),
  country: z.optional(text(100)),
});

export const campaignSchema = z.strictObject({
  id: z.optional(text(300)),
  name: z.optional(text(300)),
  source: z.optional(text(300)),
  medium: z.optional(text(300)),
  term: z.optional(text(300)),
  content: z.optional(text(300)),
});

export const assetSchema = z.strictObject({
  id: z.optional(text(300)),
  name: z.optional(text(500)),
  url: z.optional(text(4096)),
});

export const clientSchema = z.strictObject({
  userAgent: z.optional(text(1024)),
  ip: z.optional(text(64)),
});

/**
 * A touch as `POST /v1/touchpoints` takes it and every adapter makes it. Required: `channel` and one identifier.
 * A field it does not know is refused rather than dropped: a misspelt `occurredAt` must not pass for no time at all.
 */
export const touchpointSchema = z.strictObject({
  id: z.optional(text(500)),
  channel: z.enum(channels),
  direction: z.optional(z.enum(directions)),
  occurredAt: z.optional(text(40)),
  sentAt: z.optional(text(40)),
  identifiers: identifiersSchema,
  traits: z.optional(traitsSchema),
  campaign: z.optional(campaignSchema),
  asset: z.optional(assetSchema),
  client: z.optional(clientSchema),
  properties: z.optional(z.record(z.string(), z.unknown())),
});

export type TouchpointInput = z.infer<typeof touchpointSchema>;
export type Identifiers = z.infer<typeof identifiersSchema>;
export type Traits = z.infer<typeof traitsSchema>;
export type Campaign = z.infer<typeof campaignSchema>;
export type Asset = z.infer<typeof assetSchema>;
export type Client = z.infer<typeof clientSchema>;

/** A touch as a fact: immutable, its identity derived from what was sent. Times are ISO 8601 UTC with milliseconds. */
export interface Touch {
  /** The partition it stands in: the identifierId of its first identifier (see `identifierTypes`). */
  identifierId: string;
  /** UUID, the same for every resend of the same message. */
  touchId: string;
  /** 16 hex of the SHA-256 of the sender's item; tells a resend from a different item under the same id. */
  hash16: string;
  channel: Channel;
  direction: Direction;
  occurredAt: string;
  /** What the sender said, where its clock was ahead of ours by more than five minutes. */
  claimedAt?: string;
  receivedAt: string;
  /** The id of the source that sent it. */
  source: string;
  /** Normalised values. Empty for a click on a tracked link, which carries only the identifierId. */
  identifiers: Identifiers;
  traits?: Traits;
  campaign?: Campaign;
  asset?: Asset;
  client?: Client;
  properties?: Record<string, unknown>;
}
