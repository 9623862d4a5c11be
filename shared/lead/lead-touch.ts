import * as z from "zod/mini";
import type { TimelineTouch } from "../timeline/timeline.ts";
import { assetSchema, campaignSchema, channels } from "../touchpoint/touch.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";

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

/** What a touch was about, by name, else by id, else by URL; empty where nobody knows. */
export const assetLabel = ({ asset }: Pick<TimelineTouch, "asset"> | Pick<LeadTouch, "asset">): string =>
  asset?.name?.trim() || asset?.id?.trim() || asset?.url?.trim() || "";

/** `google/cpc` as analytics tools write it; one of the two where the other is unknown, the channel where both are. */
export function sourceOf(touch: TimelineTouch): string {
  const parts = [touch.campaign?.source?.trim(), touch.campaign?.medium?.trim()].filter(Boolean);
  return parts.length > 0 ? parts.join("/") : touch.channel;
}

/** Whether a touch is something that the person did, counted or not. */
export const isOwnAct = (touch: TimelineTouch): boolean =>
  touch.direction === "inbound" && !touch.conflict && touch.exclusion === undefined;
