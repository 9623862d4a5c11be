import { compareText } from "../timeline/timeline.ts";
import type { Web } from "./web.ts";

/** A weak identifier was seen with this strong one in this hour. */
export interface Claim {
  identifierId: string;
  /** `2026-11-21T10` */
  hour: string;
}

/**
 * Who a weak identifier was seen with, hour by hour; none where it is nobody's, and without those that no browser can be of.
 * The partitions of its strong neighbours have to be read before.
 */
export function claimsOn(web: Web, device: string): Claim[] {
  if (web.refusal(device)) return [];
  return web
    .neighbours(device, "strong")
    .filter(({ identifierId }) => web.facts(identifierId) && !web.deviceRefusal(identifierId))
    .flatMap(({ identifierId, hours }) => [...hours].map((hour) => ({ identifierId, hour })))
    .sort((a, b) => compareText(a.hour, b.hour) || compareText(a.identifierId, b.identifierId));
}

/**
 * The strong identifier whose person a touch of a shared device belongs to: the one first seen there at or after the touch,
 * else the last before it. Sightings are known by the hour, so one in the touch's own hour counts as after it; of several in
 * one hour the smallest id.
 * @param claims as `claimsOn` sorts them
 * @param at ISO 8601 in UTC; undefined is after everything
 */
export function claimantAt(claims: readonly Claim[], at?: string): string | undefined {
  const last = claims.at(-1);
  if (!last) return undefined;
  const hour = at === undefined ? undefined : at.slice(0, 13);
  const standing =
    hour !== undefined && hour <= last.hour ? claims[firstAtOrAfter(claims, hour)]! : undefined;
  return (standing ?? claims[firstAtOrAfter(claims, last.hour)]!).identifierId;
}

function firstAtOrAfter(claims: readonly Claim[], hour: string): number {
  let [low, high] = [0, claims.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (claims[middle]!.hour < hour) low = middle + 1;
    else high = middle;
  }
  return low;
}
