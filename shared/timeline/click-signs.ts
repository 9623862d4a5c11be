import type { MachineClicks } from "../policy/machine-clicks.ts";
import { campaignKey } from "../touchpoint/campaign.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import type { MachineReason } from "./machine.ts";
import { isScannerAgent } from "./scanner.ts";
import type { TimelineTouch } from "./timeline.ts";

/**
 * The sign by which each click is a machine's, by touchId, as far as a person's own clicks and deliveries tell.
 * @param clicks e-mail clicks; none of them in conflict with another
 * @param deliveries as `deliveryTimes` makes them
 */
export function signsOf(
  clicks: readonly TimelineTouch[],
  deliveries: ReadonlyMap<string, readonly number[]>,
  thresholds: MachineClicks,
): Map<string, MachineReason> {
  const own = ownSign(thresholds);
  const signs = new Map<string, MachineReason>();
  const found = (touches: readonly TimelineTouch[], reason: MachineReason): void => {
    for (const { touchId } of touches) if (!signs.has(touchId)) signs.set(touchId, reason);
  };
  for (const click of clicks) {
    const reason = own(click);
    if (reason) signs.set(click.touchId, reason);
  }
  // What is a machine's by itself is no proof that the human who clicked in the same moment was in a burst.
  const others = clicks.filter(({ touchId }) => !signs.has(touchId));
  const { honeypotSeconds, atDeliverySeconds, burstSeconds, burstLinks } = thresholds;
  if (honeypotSeconds !== null) found(besideHoneypots(clicks, others, honeypotSeconds * 1000), "honeypot");
  if (atDeliverySeconds !== null) {
    const within = atDeliverySeconds * 1000;
    const early = others.filter((click) => {
      const name = deliveredAs(click);
      return name !== undefined && isNear(deliveries.get(name), timeOf(click), within);
    });
    found(early, "at_delivery");
  }
  if (burstSeconds !== null) {
    for (const ofMessage of Map.groupBy(others, messageOf).values())
      found(bursts(ofMessage, burstSeconds * 1000, burstLinks), "burst");
  }
  return signs;
}

/** What a click says of itself. Each client is judged once. */
function ownSign(thresholds: MachineClicks): (click: TimelineTouch) => MachineReason | undefined {
  const agents = new Map<string, boolean>();
  const isScanner = (agent: string): boolean => {
    let scanner = agents.get(agent);
    if (scanner === undefined) {
      scanner = isScannerAgent(agent);
      agents.set(agent, scanner);
    }
    return scanner;
  };
  return ({ client, properties }) => {
    if (thresholds.scannerAgents && client?.userAgent !== undefined && isScanner(client.userAgent))
      return "scanner_agent";
    if (thresholds.headRequests && String(properties?.method).toUpperCase() === "HEAD") return "head_request";
    return thresholds.honeypotSeconds !== null && properties?.honeypot === true ? "honeypot" : undefined;
  };
}

/** Of other clicks those that the same client made around a click on a honeypot in the same message. */
function besideHoneypots(
  clicks: readonly TimelineTouch[],
  others: readonly TimelineTouch[],
  within: number,
): TimelineTouch[] {
  const times = new Map<string, number[]>();
  for (const click of clicks) {
    if (click.properties?.honeypot !== true) continue;
    for (const client of clientsOf(click)) {
      const known = times.get(client);
      if (known) known.push(timeOf(click));
      else times.set(client, [timeOf(click)]);
    }
  }
  for (const known of times.values()) known.sort((a, b) => a - b);
  if (times.size === 0) return [];
  return others.filter((click) =>
    clientsOf(click).some((client) => isNear(times.get(client), timeOf(click), within)),
  );
}

/** By what a click's client is known again within its message: address and agent. */
function clientsOf(click: TimelineTouch): string[] {
  const { ip, userAgent } = click.client ?? {};
  return [ip && `address ${ip}`, userAgent && `agent ${userAgent}`]
    .filter((client) => client !== undefined && client !== "")
    .map((client) => `${messageOf(click)} ${client}`);
}

/** The clicks of one message that lie in a stretch of time in which enough different links were clicked. */
function bursts(clicks: readonly TimelineTouch[], within: number, links: number): TimelineTouch[] {
  const inTime = clicks.map((click) => ({ click, time: timeOf(click) })).sort((a, b) => a.time - b.time);
  const clicked = new Map<string, number>();
  const found: TimelineTouch[] = [];
  let first = 0;
  let next = 0;
  for (const [last, { click, time }] of inTime.entries()) {
    const link = linkOf(click);
    clicked.set(link, (clicked.get(link) ?? 0) + 1);
    for (; time - inTime[first]!.time > within; first++) {
      const left = linkOf(inTime[first]!.click);
      const remaining = clicked.get(left)! - 1;
      if (remaining === 0) clicked.delete(left);
      else clicked.set(left, remaining);
    }
    if (clicked.size < links) continue;
    for (next = Math.max(next, first); next <= last; next++) found.push(inTime[next]!.click);
  }
  return found;
}

/** When each message was delivered to each recipient, in milliseconds, in order. */
export function deliveryTimes(facts: readonly PersonFact[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const fact of facts) {
    if (fact.type !== "delivery" || fact.status !== "delivered" || fact.message === undefined) continue;
    const name = `${fact.identifierId} ${fact.message}`;
    const known = times.get(name);
    if (known) known.push(Date.parse(fact.occurredAt));
    else times.set(name, [Date.parse(fact.occurredAt)]);
  }
  for (const known of times.values()) known.sort((a, b) => a - b);
  return times;
}

/** The recipient and the message as a delivery names them. */
function deliveredAs({ identifierId, properties, asset }: TimelineTouch): string | undefined {
  const message = typeof properties?.message === "string" ? properties.message : asset?.id;
  return message === undefined ? undefined : `${identifierId} ${message}`;
}

/**
 * The recipient and the message that a click was in. A provider names each message it sent; a tracked link says which mailing
 * it stands in, of which a recipient gets one.
 */
const messageOf = ({ identifierId, source, properties, campaign, asset }: TimelineTouch): string =>
  JSON.stringify(
    typeof properties?.message === "string"
      ? [identifierId, source, properties.message]
      : [identifierId, source, campaignKey({ campaign, asset }), asset?.id ?? ""],
  );

const linkOf = ({ asset }: TimelineTouch): string => asset?.url ?? asset?.name ?? "";

const timeOf = ({ occurredAt }: TimelineTouch): number => Date.parse(occurredAt);

/** Whether one of some times, in order, is at most so far from another. */
function isNear(times: readonly number[] | undefined, time: number, within: number): boolean {
  if (!times) return false;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time - within) low = middle + 1;
    else high = middle;
  }
  return low < times.length && times[low]! <= time + within;
}
