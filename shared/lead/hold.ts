import type { Policy } from "../policy/policy.ts";
import { segmentsOfContact } from "../policy/segmentation.ts";
import type { Contact } from "../timeline/contact.ts";
import { statementsOf } from "../timeline/profile.ts";
import type { Traits } from "../touchpoint/touch.ts";
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

type Requirements = Pick<Policy, "require">;

/** Whether a policy requires anything to be known of a contact. */
export const requiresSomething = ({ require }: Requirements): boolean =>
  require.traits.length + require.segments.length > 0;

/** The same policy, which takes everybody of whom nothing is known. */
export const withoutRequirements = (policy: Policy): Policy => ({
  ...policy,
  require: { traits: [], segments: [] },
});

/** What the policy requires and nobody knows. */
function missingOf(
  { traits, emails, segments }: Pick<Contact, "traits" | "emails" | "segments">,
  { require }: Requirements,
): Hold[] {
  const isKnown = (name: (typeof require.traits)[number]) =>
    name === "email" ? emails.length > 0 : Boolean(traits[name]?.trim());
  return [
    ...require.traits.filter((name) => !isKnown(name)).map((name): Hold => ({ code: "trait_missing", name })),
    ...require.segments
      .filter((name) => !segments.includes(name))
      .map((name): Hold => ({ code: "segment_missing", name })),
  ];
}

/**
 * What holds a contact, all of it: what the policy requires and nobody knows, that it buys or has bought already, and that its time
 * has not come again. What its account has to have done is told apart: it takes others' touches.
 * @param now ISO 8601
 */
export function holdsOf(
  contact: Pick<Contact, "traits" | "emails" | "segments" | "deals">,
  { opensAt, after }: Pick<Cycle, "opensAt" | "after">,
  policy: Pick<Policy, "require" | "exclude">,
  now: string,
): Hold[] {
  const holds = missingOf(contact, policy);
  const has = (asked: "won" | "open") => contact.deals.some(({ status }) => status === asked);
  if (policy.exclude.customers && has("won")) holds.push({ code: "customer" });
  if (policy.exclude.openDeals && has("open")) holds.push({ code: "open_deal" });
  if (opensAt !== null && opensAt > now) holds.push({ code: "not_yet", until: opensAt, after });
  return holds;
}

/**
 * From when on a contact that nothing holds could be handed over: when it qualified, when its time came again, since when all is
 * known that is required; the latest of them. ISO 8601.
 */
export function readyAtOf(
  contact: Pick<Contact, "touches" | "facts" | "emails">,
  { opensAt }: Pick<Cycle, "opensAt">,
  policy: Pick<Policy, "require" | "segments">,
  qualifiedAt: string,
): string {
  const known = requiresSomething(policy) ? knownSince(contact, policy) : "";
  return [qualifiedAt, opensAt ?? "", known].reduce((a, b) => (a > b ? a : b));
}

/** Since when nothing has been missing that a policy requires, by what was said of the contact; empty where it always was there. */
function knownSince(
  { touches, facts, emails }: Pick<Contact, "touches" | "facts" | "emails">,
  policy: Pick<Policy, "require" | "segments">,
): string {
  const traits: Traits = {};
  const isKnown = () => {
    const segments = segmentsOfContact(policy.segments, { traits, emails });
    return missingOf({ traits, emails, segments }, policy).length === 0;
  };
  let since = isKnown() ? "" : undefined;
  for (const { traits: told = {}, occurredAt } of statementsOf(touches, facts)) {
    const news = Object.entries(told).filter(
      ([name, value]) => value?.trim() && traits[name as keyof Traits] !== value,
    );
    if (news.length === 0) continue;
    Object.assign(traits, Object.fromEntries(news));
    since = isKnown() ? (since ?? occurredAt) : undefined;
  }
  return since ?? "";
}
