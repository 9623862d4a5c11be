import * as z from "zod/mini";
import type { Evaluation } from "../policy/evaluate.ts";
import { type Reason, reasons } from "../policy/reason.ts";
import { compareTouches, type TimelineTouch } from "../timeline/timeline.ts";
import { campaignLabel } from "../touchpoint/campaign.ts";
import { assetSchema, campaignSchema, channels, type Traits } from "../touchpoint/touch.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";
import { lastMessageOf } from "./message.ts";
import { whyNowOf } from "./why-now.ts";

const text = z.nullable(z.string());

export const leadTouchSchema = z.strictObject({
  id: z.string(),
  channel: z.enum(channels),
  occurredAt: z.string(),
  campaign: z.nullable(campaignSchema),
  asset: z.nullable(assetSchema),
  source: z.string(),
  points: z.number(),
});

/** A touch as a lead shows it. */
export type LeadTouch = z.infer<typeof leadTouchSchema>;

/**
 * A lead as sales gets it: the line of `leads.jsonl`, the answer of the API and what the evidence page shows. Counts and touches
 * are those of the moment it qualified. What is not known is null.
 */
export const leadSchema = z.strictObject({
  leadId: z.string(),
  contactId: z.string(),
  cycle: z.string(),
  email: text,
  firstName: text,
  lastName: text,
  company: text,
  jobTitle: text,
  phone: text,
  country: text,
  countedTouches: z.int(),
  points: z.number(),
  threshold: z.number(),
  /** One sentence. */
  whyNow: z.string(),
  /** The person's first and last own touch that is known, counted or not. */
  firstTouchAt: z.string(),
  qualifiedAt: z.string(),
  lastTouchAt: z.string(),
  /** `source/medium` of the first touch, else its channel. */
  leadSource: z.string(),
  /** The first campaign that the person answered, and that of the touch which made the lead. */
  firstCampaign: text,
  decidingCampaign: text,
  /** What the person last wrote into a form, at most 500 characters. */
  lastMessage: text,
  lastAsset: text,
  /** Of the counted touches, in order of first use. */
  channels: z.array(z.enum(channels)),
  owner: text,
  emailOptOut: z.boolean(),
  policyVersion: z.int(),
  /** In which the days were counted. */
  timeZone: z.string(),
  /** What counted, oldest first. */
  touches: z.array(leadTouchSchema),
  /** What did not count, and why, oldest first: the latest hundred. */
  notCounted: z.array(z.extend(leadTouchSchema, { reason: z.enum(reasons) })),
  /** How many did not count, by reason: all of them. */
  notCountedTotals: z.partialRecord(z.enum(reasons), z.int()),
  evidenceUrl: text,
  /** Of the policy it qualified under, sorted. */
  segments: z.array(z.string()),
});

export type LeadRecord = z.infer<typeof leadSchema>;

const shownNotCounted = 100;

/** What a lead is made of. */
export interface LeadInput {
  leadId: string;
  contactId: string;
  cycle: string;
  /** As of `qualifiedAt`: `evaluate` with that moment as its now. */
  evaluation: Evaluation;
  /** The ledger's, where the lead is in the ledger; else the evaluation's. */
  qualifiedAt?: string;
  /** Every touch known of the contact, also those after it qualified: what it did first, last and wrote last. */
  allTouches: readonly TimelineTouch[];
  traits: Traits;
  /** Normalised, the best first. */
  emails: readonly string[];
  policyVersion: number;
  emailOptOut: boolean;
  /** Null where there is no link to a page. */
  evidenceUrl: string | null;
  /** Names of the segments that the contact belongs to, sorted. */
  segments: readonly string[];
}

/** A touch as a lead shows it. @param points what it added to the lead */
export const leadTouchOf = (touch: TimelineTouch, points: number): LeadTouch => ({
  id: publicTouchId(touch.identifierId, touch.touchId),
  channel: touch.channel,
  occurredAt: touch.occurredAt,
  campaign: touch.campaign ?? null,
  asset: touch.asset ?? null,
  source: touch.source,
  points,
});

const isOwnAct = (touch: TimelineTouch): boolean =>
  touch.direction === "inbound" && !touch.conflict && touch.exclusion === undefined;

/** The facts, as they are now, no longer make the lead: what counted is gone or overruled. */
export class LeadUnmade extends Error {
  constructor() {
    super("the facts no longer make this lead");
    this.name = "LeadUnmade";
  }
}

/**
 * The record of a lead.
 * @throws LeadUnmade where the evaluation counts nothing or tells no moment of qualifying
 */
export function buildLead(input: LeadInput): LeadRecord {
  const { evaluation, traits } = input;
  const { timeZone } = evaluation;
  const qualifiedAt = input.qualifiedAt ?? evaluation.qualifiedAt;
  const counted = evaluation.touches.filter((touch) => touch.counted);
  const countedFirst = counted[0]?.touch;
  const countedLast = counted.at(-1)?.touch;
  if (!countedFirst || !countedLast || qualifiedAt === null) throw new LeadUnmade();

  const acts = input.allTouches.filter(isOwnAct).sort(compareTouches);
  const first = acts[0] ?? countedFirst;
  const last = acts.at(-1) ?? countedLast;
  const deciding =
    counted.find(
      ({ touch }) => touch.touchId === evaluation.decidingTouchId && touch.occurredAt === qualifiedAt,
    )?.touch ??
    counted.findLast(({ touch }) => touch.occurredAt === qualifiedAt)?.touch ??
    countedLast;
  const withCampaign = [...acts, countedFirst].find((touch) => campaignLabel(touch) !== "");
  const withAsset = acts.findLast((touch) => assetLabel(touch) !== "");

  const others = evaluation.touches.flatMap(({ touch, reason }) =>
    reason === null ? [] : [{ touch, reason }],
  );
  const totals: Partial<Record<Reason, number>> = {};
  for (const { reason } of others) totals[reason] = (totals[reason] ?? 0) + 1;
  const channelsUsed = [...new Set(counted.map(({ touch }) => touch.channel))];

  return {
    leadId: input.leadId,
    contactId: input.contactId,
    cycle: input.cycle,
    email: input.emails[0] ?? null,
    firstName: traits.firstName || null,
    lastName: traits.lastName || null,
    company: traits.company || null,
    jobTitle: traits.jobTitle || null,
    phone: traits.phone || null,
    country: traits.country || null,
    countedTouches: evaluation.count,
    points: evaluation.points,
    threshold: evaluation.threshold,
    whyNow: whyNowOf(evaluation, countedFirst, deciding, channelsUsed.length),
    firstTouchAt: first.occurredAt,
    qualifiedAt,
    lastTouchAt: last.occurredAt,
    leadSource: sourceOf(first),
    firstCampaign: withCampaign ? campaignLabel(withCampaign) : null,
    decidingCampaign: campaignLabel(deciding) || null,
    lastMessage: lastMessageOf(acts),
    lastAsset: withAsset ? assetLabel(withAsset) : null,
    channels: channelsUsed,
    owner: null,
    emailOptOut: input.emailOptOut,
    policyVersion: input.policyVersion,
    timeZone,
    touches: counted.map(({ touch, points }) => leadTouchOf(touch, points)),
    notCounted: others
      .slice(-shownNotCounted)
      .map(({ touch, reason }) => ({ ...leadTouchOf(touch, 0), reason })),
    notCountedTotals: totals,
    evidenceUrl: input.evidenceUrl,
    segments: [...input.segments],
  };
}

const assetLabel = ({ asset }: TimelineTouch): string =>
  asset?.name?.trim() || asset?.id?.trim() || asset?.url?.trim() || "";

/** `google/cpc` as analytics tools write it; one of the two where the other is unknown. */
function sourceOf(touch: TimelineTouch): string {
  const parts = [touch.campaign?.source?.trim(), touch.campaign?.medium?.trim()].filter(Boolean);
  return parts.length > 0 ? parts.join("/") : touch.channel;
}
