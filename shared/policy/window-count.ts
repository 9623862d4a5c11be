import type { TimelineTouch } from "../timeline/timeline.ts";
import { campaignKey } from "../touchpoint/campaign.ts";
import { channels } from "../touchpoint/touch.ts";
import { dayNumber } from "./calendar.ts";
import type { Policy } from "./policy.ts";
import { worthOf } from "./touch-rule.ts";

const thousandths = (points: number): number => Math.round(points * 1000);

/** Gives equal texts one number, counted from 0. */
function numbering(): (text: string) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  };
}

/**
 * Counts touches of one window, added oldest first: of touches alike the first, of capped ones the earliest. A touch that
 * a cap refuses uses up no other cap, but its repeats stay repeats. Touches without campaign share no campaign's cap.
 *
 * What a policy asks of a touch is put into columns of numbers once: a contact with a hundred thousand touches, counted anew for
 * each day of two years, takes a second or two.
 */
export class WindowCount {
  /** Local day of each touch. */
  readonly days: Int32Array;
  /** Touches counted since the last `clear`. */
  count = 0;
  private points = 0;
  private channelCount = 0;
  private dayCount = 0;

  private readonly policy: Policy;
  private readonly channel: Uint8Array;
  private readonly alike: Int32Array;
  private readonly campaign: Int32Array;
  private readonly sourceDay: Int32Array;
  private readonly dayIndex: Int32Array;
  private readonly worth: Int32Array;
  private readonly channelCaps: number[];

  private readonly seen: Uint8Array;
  private readonly daySeen: Uint8Array;
  private readonly perCampaign: Int32Array;
  private readonly perSourceDay: Int32Array;
  private readonly perChannel = new Int32Array(channels.length);

  /** @param touches those that no exclusion holds back, oldest first */
  constructor(touches: readonly TimelineTouch[], policy: Policy) {
    const { length } = touches;
    this.policy = policy;
    this.channelCaps = channels.map((channel) => policy.maxPerChannel[channel] ?? Number.POSITIVE_INFINITY);
    this.days = new Int32Array(length);
    this.channel = new Uint8Array(length);
    this.worth = new Int32Array(length);
    this.alike = new Int32Array(length);
    this.campaign = new Int32Array(length);
    this.sourceDay = new Int32Array(length);
    this.dayIndex = new Int32Array(length);
    const [alikeOf, campaignOf, sourceDayOf, dayOf] = [numbering(), numbering(), numbering(), numbering()];
    touches.forEach((touch, index) => {
      const day = dayNumber(Date.parse(touch.occurredAt), policy.timeZone);
      const campaign = campaignKey(touch);
      const likeness = { channel: touch.channel, campaign, day, source: touch.source };
      this.days[index] = day;
      this.channel[index] = channels.indexOf(touch.channel);
      this.worth[index] = thousandths(worthOf(policy, touch));
      this.alike[index] =
        policy.oncePer.length === 0
          ? index
          : alikeOf(JSON.stringify(policy.oncePer.map((name) => likeness[name])));
      this.campaign[index] = campaign === "" ? -1 : campaignOf(campaign);
      this.sourceDay[index] = sourceDayOf(`${day} ${touch.source}`);
      this.dayIndex[index] = dayOf(String(day));
    });
    this.seen = new Uint8Array(length);
    this.daySeen = new Uint8Array(length);
    this.perCampaign = new Int32Array(length);
    this.perSourceDay = new Int32Array(length);
  }

  /** Begins another window. */
  clear(): void {
    this.count = this.points = this.channelCount = this.dayCount = 0;
    for (const tally of [this.seen, this.daySeen, this.perCampaign, this.perSourceDay, this.perChannel])
      tally.fill(0);
  }

  /** Takes the next touch into the window. @returns why it does not count, or null where it does */
  add(index: number): "repeat" | "capped" | null {
    const alike = this.alike[index]!;
    if (this.seen[alike]) return "repeat";
    this.seen[alike] = 1;

    const channel = this.channel[index]!;
    const campaign = this.campaign[index]!;
    const sourceDay = this.sourceDay[index]!;
    const { maxPerCampaign, maxPerSourcePerDay } = this.policy;
    if (this.perChannel[channel]! >= this.channelCaps[channel]!) return "capped";
    if (maxPerCampaign !== null && campaign >= 0 && this.perCampaign[campaign]! >= maxPerCampaign)
      return "capped";
    if (maxPerSourcePerDay !== null && this.perSourceDay[sourceDay]! >= maxPerSourcePerDay) return "capped";

    this.count++;
    this.points += this.worth[index]!;
    if (this.perChannel[channel]!++ === 0) this.channelCount++;
    if (campaign >= 0) this.perCampaign[campaign]!++;
    this.perSourceDay[sourceDay]!++;
    const day = this.dayIndex[index]!;
    if (!this.daySeen[day]) this.dayCount++;
    this.daySeen[day] = 1;
    return null;
  }

  /** The points of what counted. */
  get total(): number {
    return this.points / 1000;
  }

  /** Whether what counted is what the policy asks for. */
  get reached(): boolean {
    return (
      this.points >= thousandths(this.policy.threshold) &&
      this.channelCount >= this.policy.minChannels &&
      this.dayCount >= this.policy.minDays
    );
  }
}
