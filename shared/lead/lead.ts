import * as z from "zod/mini";
import type { EvaluatedTouch, Evaluation } from "../policy/evaluate.ts";
import { type Reason, reasons } from "../policy/reason.ts";
import { compareTouches, type TimelineTouch } from "../timeline/timeline.ts";
import { campaignLabel } from "../touchpoint/campaign.ts";
import { channels, type Traits } from "../touchpoint/touch.ts";
import { assetLabel, isOwnAct, leadTouchOf, leadTouchSchema, sourceOf } from "./lead-touch.ts";
import { lastMessageOf } from "./message.ts";
import {
  type Colleague,
  colleagueSchema,
  earlierLeadSchema,
  leadDealSchema,
  leadFeedbackSchema,
  requiredSchema,
  type Surroundings,
} from "./surroundings.ts";
import { whyAtOnce, whyNowOf } from "./why-now.ts";

const text = z.nullable(z.string());

/** What is known of a lead whatever became of its proof. */
const knownFields = {
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
  qualifiedAt: z.string(),
  /** What the person last wrote into a form, at most 500 characters. */
  lastMessage: text,
  lastAsset: text,
  owner: text,
  emailOptOut: z.boolean(),
  policyVersion: z.int(),
  /** In which the days were counted. */
  timeZone: z.string(),
  /** What did not count, and why, oldest first: the latest hundred. */
  notCounted: z.array(z.extend(leadTouchSchema, { reason: z.enum(reasons) })),
  /** How many did not count, by reason: all of them. */
  notCountedTotals: z.partialRecord(z.enum(reasons), z.int()),
  evidenceUrl: text,
  /** Of the policy it qualified under, sorted. */
  segments: z.array(z.string()),
  /** The company domain. */
  account: text,
  /** Others at the company, leads first, then the latest: ten at most; null where nobody looked. */
  colleagues: z.nullable(z.array(colleagueSchema)),
  deals: z.array(leadDealSchema),
  feedback: z.array(leadFeedbackSchema),
  earlierLeads: z.array(earlierLeadSchema),
};

export const knownLeadSchema = z.strictObject(knownFields);
/** A lead whose proof is no longer there: who it is, and why nothing counts. */
export type KnownLead = z.infer<typeof knownLeadSchema>;

/**
 * A lead as sales gets it: the line of `leads.jsonl`, the answer of the API and what the evidence page shows. Counts and touches
 * are those of the moment it qualified. What is not known is null.
 */
export const leadSchema = z.strictObject({
  ...knownFields,
  countedTouches: z.int(),
  points: z.number(),
  threshold: z.number(),
  /** One sentence. */
  whyNow: z.string(),
  /** The rule by which it qualified at once; null where the count did. */
  fastTrack: text,
  /** What the policy asked beside that. */
  required: requiredSchema,
  /** The person's first and last own touch that is known, counted or not. */
  firstTouchAt: z.string(),
  lastTouchAt: z.string(),
  /** `source/medium` of the first touch, else its channel. */
  leadSource: z.string(),
  /** The first campaign that the person answered, and that of the touch which made the lead. */
  firstCampaign: text,
  decidingCampaign: text,
  /** The touch which made the lead: one that qualifies at once need not count. */
  decidingTouch: leadTouchSchema,
  /** Of the counted touches, in order of first use. */
  channels: z.array(z.enum(channels)),
  /** What counted, oldest first. */
  touches: z.array(leadTouchSchema),
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
  qualifiedAt?: string | undefined;
  decidingTouchId?: string | undefined;
  fastTrack?: string | undefined;
  required: z.infer<typeof requiredSchema>;
  /** Every touch known of the contact, also those after it qualified: what it did first, last and wrote last. */
  allTouches: readonly TimelineTouch[];
  traits: Traits;
  /** Normalised, the best first. */
  emails: readonly string[];
  account: string | null;
  policyVersion: number;
  owner: string | null;
  emailOptOut: boolean;
  /** Null where there is no link to a page. */
  evidenceUrl: string | null;
  /** Names of the segments that the contact belongs to, sorted. */
  segments: readonly string[];
  surroundings: Surroundings;
  colleagues: readonly Colleague[] | null;
}

/** The facts, as they are now, no longer make the lead: what counted is gone or overruled. */
export class LeadUnmade extends Error {
  constructor() {
    super("the facts no longer make this lead");
    this.name = "LeadUnmade";
  }
}

/** What is known of a lead beside its proof. */
export function knownLead(input: LeadInput & { qualifiedAt: string }): KnownLead {
  const { evaluation, traits } = input;
  const acts = input.allTouches.filter(isOwnAct).sort(compareTouches);
  const withAsset = acts.findLast((touch) => assetLabel(touch) !== "");
  const others = evaluation.touches.flatMap(({ touch, reason }) =>
    reason === null ? [] : [{ touch, reason }],
  );
  const totals: Partial<Record<Reason, number>> = {};
  for (const { reason } of others) totals[reason] = (totals[reason] ?? 0) + 1;
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
    qualifiedAt: input.qualifiedAt,
    lastMessage: lastMessageOf(acts),
    lastAsset: withAsset ? assetLabel(withAsset) : null,
    owner: input.owner,
    emailOptOut: input.emailOptOut,
    policyVersion: input.policyVersion,
    timeZone: evaluation.timeZone,
    notCounted: others
      .slice(-shownNotCounted)
      .map(({ touch, reason }) => ({ ...leadTouchOf(touch, 0), reason })),
    notCountedTotals: totals,
    evidenceUrl: input.evidenceUrl,
    segments: [...input.segments],
    account: input.account,
    colleagues: input.colleagues && [...input.colleagues],
    ...input.surroundings,
  };
}

/** Why a touch does not count that qualifies at once all the same. */
const uncounted: ReadonlySet<Reason | null> = new Set<Reason>(["repeat", "capped", "channel_weight_zero"]);

/** The touch that made the lead, and the rule by which it did so at once; undefined where nothing does any more. */
function decidingOf(
  { evaluation, ...input }: LeadInput,
  qualifiedAt: string,
): { deciding: EvaluatedTouch; rule: string | null } | undefined {
  const id = input.decidingTouchId ?? evaluation.decidingTouchId;
  const rule = input.fastTrack ?? evaluation.fastTrack;
  const named = evaluation.touches.find(
    ({ touch }) => touch.touchId === id && touch.occurredAt === qualifiedAt && !touch.conflict,
  );
  if (named && rule !== null && (named.counted || uncounted.has(named.reason)))
    return { deciding: named, rule };
  const counted = evaluation.touches.filter((touch) => touch.counted);
  const deciding = named?.counted
    ? named
    : (counted.findLast(({ touch }) => touch.occurredAt === qualifiedAt) ?? counted.at(-1));
  return deciding && { deciding, rule: null };
}

/**
 * The record of a lead.
 * @throws LeadUnmade where nothing makes it one, or the evaluation tells no moment of qualifying
 */
export function buildLead(input: LeadInput): LeadRecord {
  const { evaluation } = input;
  const qualifiedAt = input.qualifiedAt ?? evaluation.qualifiedAt;
  const made = qualifiedAt === null ? undefined : decidingOf(input, qualifiedAt);
  if (qualifiedAt === null || !made) throw new LeadUnmade();
  const { deciding, rule } = made;
  const counted = evaluation.touches.filter((touch) => touch.counted);
  const countedFirst = counted[0]?.touch ?? deciding.touch;
  const countedLast = counted.at(-1)?.touch ?? deciding.touch;

  const acts = input.allTouches.filter(isOwnAct).sort(compareTouches);
  const first = acts[0] ?? countedFirst;
  const last = acts.at(-1) ?? countedLast;
  const withCampaign = [...acts, countedFirst].find((touch) => campaignLabel(touch) !== "");
  const channelsUsed = [...new Set(counted.map(({ touch }) => touch.channel))];
  const others = evaluation.count - Number(deciding.counted);

  return {
    ...knownLead({ ...input, qualifiedAt }),
    countedTouches: evaluation.count,
    points: evaluation.points,
    threshold: evaluation.threshold,
    whyNow:
      rule === null
        ? whyNowOf(evaluation, countedFirst, deciding.touch, channelsUsed.length)
        : whyAtOnce(rule, deciding.touch, others, evaluation.timeZone),
    fastTrack: rule,
    required: input.required,
    firstTouchAt: first.occurredAt,
    lastTouchAt: last.occurredAt,
    leadSource: sourceOf(first),
    firstCampaign: withCampaign ? campaignLabel(withCampaign) : null,
    decidingCampaign: campaignLabel(deciding.touch) || null,
    decidingTouch: leadTouchOf(deciding.touch, deciding.points),
    channels: channelsUsed,
    touches: counted.map(({ touch, points }) => leadTouchOf(touch, points)),
  };
}
