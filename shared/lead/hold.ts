import type { Policy } from "../policy/policy.ts";
import type { Contact } from "../timeline/contact.ts";
import type { Cycle } from "./cycle.ts";

export const holdCodes = [
  "trait_missing",
  "segment_missing",
  "customer",
  "open_deal",
  "not_yet",
  "account_reach",
] as const;

/** What keeps a contact whose touches meet the policy from being a lead. */
export interface Hold {
  code: (typeof holdCodes)[number];
  /** The trait or the segment that is missing. */
  name?: string;
  /** When it is over, where that is known; ISO 8601. */
  until?: string;
  /** Of `not_yet`: what came before. */
  after?: Cycle["after"];
}

type HoldingPolicy = Pick<Policy, "require" | "exclude">;

/**
 * What holds a contact, all of it: what the policy requires and nobody knows, that it buys or has bought already, and that its time
 * has not come again. What its account has to have done is told apart: it takes others' touches.
 * @param now ISO 8601
 */
export function holdsOf(
  { traits, emails, segments, deals }: Pick<Contact, "traits" | "emails" | "segments" | "deals">,
  { opensAt, after }: Pick<Cycle, "opensAt" | "after">,
  { require, exclude }: HoldingPolicy,
  now: string,
): Hold[] {
  const holds: Hold[] = [];
  for (const name of require.traits) {
    const isKnown = name === "email" ? emails.length > 0 : Boolean(traits[name]?.trim());
    if (!isKnown) holds.push({ code: "trait_missing", name });
  }
  for (const name of require.segments)
    if (!segments.includes(name)) holds.push({ code: "segment_missing", name });
  if (exclude.customers && deals.some(({ status }) => status === "won")) holds.push({ code: "customer" });
  if (exclude.openDeals && deals.some(({ status }) => status === "open")) holds.push({ code: "open_deal" });
  if (opensAt !== null && opensAt > now) holds.push({ code: "not_yet", until: opensAt, after });
  return holds;
}

/**
 * From when on a contact that nothing holds could be handed over: when it qualified, when its time came again, when the last trait was
 * told that is required; the latest of them. ISO 8601.
 */
export function readyAtOf(
  { profile }: Pick<Contact, "profile">,
  { opensAt }: Pick<Cycle, "opensAt">,
  { require }: HoldingPolicy,
  qualifiedAt: string,
): string {
  const told = require.traits.flatMap((name) => (name === "email" ? [] : (profile[name]?.occurredAt ?? [])));
  return [qualifiedAt, opensAt ?? "", ...told].reduce((a, b) => (a > b ? a : b));
}
