import type { TimelineTouch } from "../timeline/timeline.ts";
import { campaignKey } from "../touchpoint/campaign.ts";
import { dayNumber, startOfDay } from "./calendar.ts";
import type { Policy } from "./policy.ts";

/** A span of time, ISO 8601 UTC with milliseconds, both ends inclusive. */
export interface Span {
  from: string;
  to: string;
}

/** How far a touch can be from another, in milliseconds, and still have a part in whether a machine made it. */
export function machineReach({ machineClicks }: Pick<Policy, "machineClicks">): number {
  // A click on a honeypot takes others out of the bursts that they were in.
  return ((machineClicks.burstSeconds ?? 0) + (machineClicks.honeypotSeconds ?? 0)) * 1000;
}

/**
 * Whether a touch can be held back only by others of its own local day: by being a repeat, or by what one source may add in a
 * day. Else by any of its window.
 */
const isDayLocal = ({ oncePer, maxPerCampaign, maxPerChannel }: Policy): boolean =>
  (oncePer.length === 0 || oncePer.includes("day")) &&
  maxPerCampaign === null &&
  Object.values(maxPerChannel).every((cap) => cap === undefined);

/**
 * The span of the touches that bear on the verdicts of some: with these and no others `evaluateTouches` says of those what it
 * says with all, once the touches with one of their ids are given as well.
 * @param times when those happened, at least one
 * @param now ISO 8601
 */
export function bearingOn(times: readonly string[], policy: Policy, now: string): Span {
  return span(times, policy, now, isDayLocal(policy));
}

/**
 * The same as far as touches of the own day go, for a policy that holds touches back also by what has counted on other days of
 * the window. Null where such a policy makes no difference between days, and where it has nothing like it.
 */
export const bearingOfDays = (times: readonly string[], policy: Policy, now: string): Span | null =>
  isDayLocal(policy) || !policy.oncePer.includes("day") ? null : span(times, policy, now, true);

/** The first instant of the window that ends now, ISO 8601. */
export const windowStart = ({ timeZone, windowDays }: Policy, now: string): string =>
  new Date(startOfDay(dayNumber(Date.parse(now), timeZone) - windowDays + 1, timeZone)).toISOString();

/**
 * Whether nothing can count any more that is over the channel and of the campaign of a touch, by what has counted from the
 * window's beginning on.
 */
export function capsReached(
  counted: readonly Pick<TimelineTouch, "channel" | "campaign" | "asset">[],
  { maxPerCampaign, maxPerChannel }: Policy,
): (touch: Pick<TimelineTouch, "channel" | "campaign" | "asset">) => boolean {
  const perChannel = new Map<string, number>();
  const perCampaign = new Map<string, number>();
  for (const touch of counted) {
    perChannel.set(touch.channel, (perChannel.get(touch.channel) ?? 0) + 1);
    perCampaign.set(campaignKey(touch), (perCampaign.get(campaignKey(touch)) ?? 0) + 1);
  }
  return (touch) => {
    const campaign = campaignKey(touch);
    const cap = maxPerChannel[touch.channel];
    return (
      (cap !== undefined && (perChannel.get(touch.channel) ?? 0) >= cap) ||
      (maxPerCampaign !== null && campaign !== "" && (perCampaign.get(campaign) ?? 0) >= maxPerCampaign)
    );
  };
}

function span(times: readonly string[], policy: Policy, now: string, dayLocal: boolean): Span {
  const { timeZone, windowDays } = policy;
  const firstDay = dayNumber(Date.parse(now), timeZone) - windowDays + 1;
  const days = times.map((time) => dayNumber(Date.parse(time), timeZone)).filter((day) => day >= firstDay);
  const instants = times.map((time) => Date.parse(time));
  let earliest = instants.reduce((a, b) => Math.min(a, b));
  const latest = instants.reduce((a, b) => Math.max(a, b));
  if (days.length > 0) {
    // The least of the days, and not that of the first touch: clocks that go back over midnight go back a day.
    const day = dayLocal ? days.reduce((a, b) => Math.min(a, b)) : firstDay;
    earliest = Math.min(earliest, startOfDay(day, timeZone));
  }
  const reach = machineReach(policy);
  return { from: new Date(earliest - reach).toISOString(), to: new Date(latest + reach).toISOString() };
}
