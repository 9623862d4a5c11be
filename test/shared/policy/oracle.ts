import type { EvaluatedTouch, Evaluation, PersonFacts, Reason } from "../../../shared/policy/evaluate.ts";
import type { Policy } from "../../../shared/policy/policy.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { campaignKey } from "../../../shared/touchpoint/campaign.ts";
import { isRoleAddress } from "../../../shared/touchpoint/identifier.ts";
import { type Touch, channels as touchChannels } from "../../../shared/touchpoint/touch.ts";

/*
 * What counts, written a second time from the words alone, as slowly and plainly as possible: it shares no counting, no
 * calendar and no fold with the product, so that the two cannot be wrong in the same way by accident.
 */

const formatters = new Map<string, Intl.DateTimeFormat>();

const dates = new Map<string, string>();

/** The local date of an instant as `YYYY-MM-DD`. */
function localDate(time: number, timeZone: string): string {
  const key = `${time} ${timeZone}`;
  const known = dates.get(key);
  if (known !== undefined) return known;
  if (dates.size > 10_000) dates.clear();
  const date = formatDate(time, timeZone);
  dates.set(key, date);
  return date;
}

function formatDate(time: number, timeZone: string): string {
  const formatter =
    formatters.get(timeZone) ??
    new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  formatters.set(timeZone, formatter);
  const parts = Object.fromEntries(formatter.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${parts.year?.padStart(4, "0")}-${parts.month}-${parts.day}`;
}

/** The date some days before another. */
function daysBefore(date: string, days: number): string {
  const result = new Date(`${date}T00:00:00Z`);
  result.setUTCDate(result.getUTCDate() - days);
  return result.toISOString().slice(0, 10);
}

const sortKey = (touch: Touch): string => `at#${touch.occurredAt}#${touch.touchId}#${touch.hash16}`;

/** The timeline of a set of touches, naively. */
export function oracleFold(touches: readonly Touch[]): TimelineTouch[] {
  const sorted = [...touches].sort((a, b) =>
    sortKey(a) === sortKey(b) ? (a.receivedAt < b.receivedAt ? -1 : 1) : sortKey(a) < sortKey(b) ? -1 : 1,
  );
  const timeline: TimelineTouch[] = [];
  for (const touch of sorted) {
    const sameMessage = timeline.filter((other) => other.touchId === touch.touchId);
    if (sameMessage.some((other) => other.hash16 === touch.hash16)) continue;
    timeline.push({ ...touch, conflict: sameMessage.length > 0 });
  }
  return timeline;
}

type Rule = Omit<Policy["weights"][number], "points">;

/** Whether a rule is about a touch, its patterns turned into regular expressions. */
export function oracleFits(rule: Rule, { channel, asset, campaign, source }: Touch): boolean {
  const looksLike = (asked: string | string[] | undefined, texts: (string | undefined)[]) => {
    const patterns = [asked ?? []].flat().map((one) => one.trim().replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    const expressions = patterns.map((one) => new RegExp(`^${one.replaceAll("*", "[^]*")}$`, "i"));
    return (
      asked === undefined ||
      texts.some((text) => text !== undefined && expressions.some((one) => one.test(text.trim())))
    );
  };
  const hyphens = (text: string) => text.replace(/\s+|_+/g, "-");
  const asked = rule.campaign && [rule.campaign].flat().map(hyphens);
  return (
    (rule.channel === undefined || [rule.channel].flat().includes(channel)) &&
    looksLike(rule.asset, [asset?.id, asset?.name, asset?.url]) &&
    looksLike(
      asked,
      [campaign?.id, campaign?.name].map((text) => text && hyphens(text)),
    ) &&
    looksLike(rule.source, [source])
  );
}

function worthOf(touch: Touch, policy: Policy): number {
  for (const { points, ...rule } of policy.weights) if (oracleFits(rule, touch)) return points;
  return policy.channels[touch.channel];
}

function exclusionOf(
  touch: TimelineTouch,
  policy: Policy,
  person: PersonFacts,
  cycleStart: string | null | undefined,
): Reason | null {
  const inDomain = (email: string, domains: readonly string[]) => {
    const labels = (email.split("@").at(-1) ?? "").split(".");
    return labels.some((_, index) => domains.includes(labels.slice(index).join(".")));
  };
  const own = touch.identifiers.email;
  const addresses = own === undefined ? [...person.emails] : [own];
  const allOf = (judge: (email: string) => boolean) =>
    addresses.length > 0 && !addresses.some((email) => !judge(email));
  const { exclude } = policy;
  if (touch.conflict) return "conflict";
  if (touch.exclusion === "machine" && exclude.machine) return "machine";
  if (touch.exclusion !== undefined && touch.exclusion !== "machine") return touch.exclusion;
  if (policy.direction !== "any" && touch.direction === "outbound") return "outbound";
  if (person.doNotContact && exclude.doNotContact) return "do_not_contact";
  if (person.unsubscribed && exclude.unsubscribed) return "unsubscribed";
  if ([...person.emails, ...addresses].some((email) => inDomain(email, exclude.internalDomains)))
    return "internal";
  if (allOf((email) => inDomain(email, exclude.domains))) return "excluded_domain";
  if (exclude.roleAddresses && allOf(isRoleAddress)) return "role_address";
  if (!(worthOf(touch, policy) > 0)) return "channel_weight_zero";
  if (cycleStart && new Date(touch.occurredAt).getTime() <= new Date(cycleStart).getTime())
    return "earlier_cycle";
  return null;
}

/** Every touch with its reason, for the window that ends with `lastDate`. */
function judgeWindow(
  touches: readonly TimelineTouch[],
  lastDate: string,
  policy: Policy,
  exclusion: (touch: TimelineTouch) => Reason | null,
): EvaluatedTouch[] {
  const date = (touch: TimelineTouch) => localDate(new Date(touch.occurredAt).getTime(), policy.timeZone);
  const firstDate = daysBefore(lastDate, policy.windowDays - 1);
  const standing: TimelineTouch[] = [];
  const counted: TimelineTouch[] = [];
  return touches.map((touch): EvaluatedTouch => {
    const no = (reason: Reason): EvaluatedTouch => ({ touch, counted: false, points: 0, reason });
    const excluded = exclusion(touch);
    if (excluded) return no(excluded);
    if (date(touch) < firstDate) return no("out_of_window");

    const isAlike = (other: TimelineTouch) =>
      (!policy.oncePer.includes("channel") || other.channel === touch.channel) &&
      (!policy.oncePer.includes("campaign") || campaignKey(other) === campaignKey(touch)) &&
      (!policy.oncePer.includes("day") || date(other) === date(touch)) &&
      (!policy.oncePer.includes("source") || other.source === touch.source);
    if (policy.oncePer.length > 0 && standing.some(isAlike)) return no("repeat");
    standing.push(touch);

    const sameChannel = counted.filter((other) => other.channel === touch.channel);
    const sameCampaign = counted.filter(
      (other) => campaignKey(touch) !== "" && campaignKey(other) === campaignKey(touch),
    );
    const sameSourceAndDay = counted.filter(
      (other) => other.source === touch.source && date(other) === date(touch),
    );
    if (sameChannel.length >= (policy.maxPerChannel[touch.channel] ?? Number.POSITIVE_INFINITY))
      return no("capped");
    if (policy.maxPerCampaign !== null && sameCampaign.length >= policy.maxPerCampaign) return no("capped");
    if (policy.maxPerSourcePerDay !== null && sameSourceAndDay.length >= policy.maxPerSourcePerDay)
      return no("capped");
    counted.push(touch);
    return { touch, counted: true, points: worthOf(touch, policy), reason: null };
  });
}

function meets(judged: readonly EvaluatedTouch[], policy: Policy): boolean {
  const counted = judged.filter((touch) => touch.counted);
  const points = counted.reduce((sum, touch) => sum + Math.round(touch.points * 1000), 0);
  const channels = new Set(counted.map(({ touch }) => touch.channel));
  const dates = new Set(counted.map(({ touch }) => localDate(Date.parse(touch.occurredAt), policy.timeZone)));
  return (
    points >= Math.round(policy.threshold * 1000) &&
    channels.size >= policy.minChannels &&
    dates.size >= policy.minDays
  );
}

/** What `evaluate` answers, by brute force: every window is judged from nothing. */
export function oracleEvaluate(
  touches: readonly TimelineTouch[],
  policy: Policy,
  now: string | number,
  person: PersonFacts,
  cycleStart?: string | null,
): Evaluation {
  const nowTime = new Date(now).getTime();
  const known = touches
    .filter((touch) => new Date(touch.occurredAt).getTime() <= nowTime)
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const exclusion = (touch: TimelineTouch) => exclusionOf(touch, policy, person, cycleStart);
  const today = localDate(nowTime, policy.timeZone);

  /** The rule by which a touch qualifies at once; what it is worth does not matter, other exclusions do. */
  const unweighed: Policy = { ...policy, weights: [{ channel: [...touchChannels], points: 1 }] };
  const ruleOf = (touch: TimelineTouch): string | undefined =>
    exclusionOf(touch, unweighed, person, cycleStart) === null
      ? policy.fastTrack.find((rule) => oracleFits(rule, touch))?.name
      : undefined;

  let deciding: TimelineTouch | undefined;
  let fastTrack: string | null = null;
  let anyFast = false;
  for (const [last, touch] of known.entries()) {
    const date = localDate(Date.parse(touch.occurredAt), policy.timeZone);
    if (date < daysBefore(today, policy.windowDays - 1)) continue;
    const rule = ruleOf(touch);
    if (rule !== undefined) anyFast = true;
    if (deciding) continue;
    const judged = judgeWindow(known.slice(0, last + 1), date, policy, exclusion);
    const byCount = judged.at(-1)?.counted && meets(judged, policy);
    if (!byCount && rule === undefined) continue;
    deciding = touch;
    fastTrack = byCount ? null : rule!;
  }
  const judged = judgeWindow(known, today, policy, exclusion);
  return {
    count: judged.filter((touch) => touch.counted).length,
    points: judged.reduce((sum, touch) => sum + Math.round(touch.points * 1000), 0) / 1000,
    threshold: policy.threshold,
    reached: meets(judged, policy) || anyFast,
    qualifiedAt: deciding?.occurredAt ?? null,
    decidingTouchId: deciding?.touchId ?? null,
    timeZone: policy.timeZone,
    fastTrack,
    touches: judged,
  };
}
