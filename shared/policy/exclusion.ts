import type { TimelineTouch } from "../timeline/timeline.ts";
import { emailDomain, isRoleAddress } from "../touchpoint/identifier.ts";
import type { Policy } from "./policy.ts";
import type { Reason } from "./reason.ts";
import { worthOf } from "./touch-rule.ts";

/** What is known of the person, as of now, that decides whether touches count. */
export interface PersonFacts {
  /** Normalised addresses of the contact. */
  emails: readonly string[];
  /** From e-mail. */
  unsubscribed: boolean;
  /** Over any channel. */
  doNotContact: boolean;
}

/** Whether an address lies in one of the domains or below it. */
function isWithin(domains: readonly string[]): (email: string) => boolean {
  return (email) => {
    const domain = emailDomain(email);
    return domains.some((name) => domain === name || domain.endsWith(`.${name}`));
  };
}

/**
 * The rule that tells why a touch can count in no window at all, or null where it can; of several reasons the first in
 * the order below.
 *
 * A person with any internal address is a colleague, and nothing of theirs counts. An excluded domain and a role address
 * concern the touch that was made with it; a touch without an address (a click) is judged by the contact's, and
 * falls only if all of them do.
 * @param cycleStart touches at or before it belong to an earlier lead
 */
export function exclusionRule(
  policy: Policy,
  person: PersonFacts,
  cycleStart: string | null,
): (touch: TimelineTouch) => Reason | null {
  const { exclude } = policy;
  const isInternal = isWithin(exclude.internalDomains);
  const isExcluded = isWithin(exclude.domains);
  const all = (judge: (email: string) => boolean) => person.emails.length > 0 && person.emails.every(judge);
  const internalPerson = person.emails.some(isInternal);
  const excludedPerson = all(isExcluded);
  const rolePerson = all(isRoleAddress);
  const cycleStartMs = cycleStart === null ? Number.NEGATIVE_INFINITY : Date.parse(cycleStart);

  return (touch) => {
    const { email } = touch.identifiers;
    if (touch.conflict) return "conflict";
    if (touch.exclusion && (touch.exclusion !== "machine" || exclude.machine)) return touch.exclusion;
    if (policy.direction === "inbound" && touch.direction !== "inbound") return "outbound";
    if (exclude.doNotContact && person.doNotContact) return "do_not_contact";
    if (exclude.unsubscribed && person.unsubscribed) return "unsubscribed";
    if (internalPerson || (email !== undefined && isInternal(email))) return "internal";
    if (email === undefined ? excludedPerson : isExcluded(email)) return "excluded_domain";
    if (exclude.roleAddresses && (email === undefined ? rolePerson : isRoleAddress(email)))
      return "role_address";
    if (worthOf(policy, touch) === 0) return "channel_weight_zero";
    if (Date.parse(touch.occurredAt) <= cycleStartMs) return "earlier_cycle";
    return null;
  };
}
