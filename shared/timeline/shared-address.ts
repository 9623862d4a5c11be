import { createHash } from "node:crypto";
import type { MachineClicks } from "../policy/machine-clicks.ts";
import { campaignKey } from "../touchpoint/campaign.ts";
import type { Touch } from "../touchpoint/touch.ts";

/** What of a click is compared with other people's: it tells no address, neither of a network nor of a person. */
export interface ClickTrace {
  /** The same for clicks from one address in one mailing; nobody without the deployment's namespace can guess it. */
  group: string;
  /** The recipient. */
  identifierId: string;
  touchId: string;
  occurredAt: string;
}

/**
 * Addresses of networks of one's own (RFC 1918, 4193, 3927, loopback): where one of these clicked, a proxy stands between, and it
 * says nothing of who did.
 */
const privateAddress =
  /^(::ffff:)?(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^::1$|^f[cd][0-9a-f]{2}:|^fe[89ab][0-9a-f]:/i;

/**
 * The trace of a click; undefined of what is no e-mail click, and where the address or the mailing is not known.
 * @param salt the deployment's namespace: there are few enough addresses to try them all
 */
export function traceOf(touch: Touch, salt: string): ClickTrace | undefined {
  const { channel, client, source, identifierId, touchId, occurredAt } = touch;
  const mailing = mailingOf(touch);
  if (channel !== "email_click" || !client?.ip || privateAddress.test(client.ip) || !mailing)
    return undefined;
  const group = createHash("sha256")
    .update(JSON.stringify([salt, source, mailing, client.ip]))
    .digest("hex")
    .slice(0, 32);
  return { group, identifierId, touchId, occurredAt };
}

/**
 * What many recipients got the same of: the campaign, else the mailing. Where a provider names only the message, which is each
 * recipient's own, the clicked link stands for it.
 */
function mailingOf({ campaign, asset, properties }: Touch): string {
  const named = campaignKey({ campaign, asset: undefined });
  if (named) return named;
  const mailing = asset?.id === properties?.message ? undefined : asset?.id;
  return mailing ?? asset?.url ?? "";
}

/**
 * The clicks that one address made for more different recipients of one mailing, in a stretch of time, than share an address by
 * chance. It depends on the set of traces only.
 */
export function sharedClicks(
  traces: readonly ClickTrace[],
  { recipients, withinSeconds }: NonNullable<MachineClicks["sharedAddress"]>,
): ClickTrace[] {
  const found = new Map<string, ClickTrace>();
  for (const group of Map.groupBy(traces, (trace) => trace.group).values()) {
    if (group.length < recipients) continue;
    const inTime = group
      .map((trace) => ({ trace, time: Date.parse(trace.occurredAt) }))
      .sort((a, b) => a.time - b.time);
    const clicks = new Map<string, number>();
    let first = 0;
    let next = 0;
    for (const [last, { trace, time }] of inTime.entries()) {
      clicks.set(trace.identifierId, (clicks.get(trace.identifierId) ?? 0) + 1);
      for (; time - inTime[first]!.time > withinSeconds * 1000; first++) {
        const { identifierId } = inTime[first]!.trace;
        const remaining = clicks.get(identifierId)! - 1;
        if (remaining === 0) clicks.delete(identifierId);
        else clicks.set(identifierId, remaining);
      }
      if (clicks.size < recipients) continue;
      for (next = Math.max(next, first); next <= last; next++) {
        const { trace: one } = inTime[next]!;
        found.set(`${one.identifierId} ${one.touchId} ${one.occurredAt}`, one);
      }
    }
  }
  return [...found.values()];
}
