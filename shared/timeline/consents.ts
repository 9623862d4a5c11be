import type { ConsentFact, PersonFact } from "../touchpoint/person-fact.ts";
import { compareText } from "./timeline.ts";

/** Purposes that are about marketing e-mail as a whole: what is said of them opts a person in or out of it. */
const emailPurposes = new Set(["email", "newsletter", "marketing_email", "email_marketing"]);

/** Whether a consent decides if a person wants marketing e-mail: `email` is the one that unsubscribes are about. */
export const isEmailPurpose = (purpose: string): boolean => emailPurposes.has(purpose);

/** Whether a person asked not to be contacted at all, over any channel: they withdrew the purpose `contact`. @param facts folded */
export const asksForSilence = (facts: readonly PersonFact[]): boolean =>
  currentConsents(facts).some(({ purpose, status }) => purpose === "contact" && status === "withdrawn");

/** Which part of a timeline: by when it happened, ISO 8601 UTC with milliseconds, both inclusive. */
export interface TimeSpan {
  from?: string | undefined;
  to?: string | undefined;
}

const isConsent = (fact: PersonFact): fact is ConsentFact => fact.type === "consent";

/** The consents of a person, newest first, as a timeline shows them among the touches. @param facts folded, in any order */
export const consentItems = (facts: readonly PersonFact[], { from, to }: TimeSpan = {}): ConsentFact[] =>
  facts
    .filter(isConsent)
    .filter(
      ({ occurredAt }) =>
        (from === undefined || occurredAt >= from) && (to === undefined || occurredAt <= to),
    )
    .sort(
      (a, b) =>
        compareText(b.occurredAt, a.occurredAt) ||
        compareText(b.factId, a.factId) ||
        compareText(b.hash16, a.hash16),
    );

/**
 * What holds now, a consent a purpose, by its name: the latest word of each, of two at one instant the one that says no.
 * @param facts folded, in any order
 */
export function currentConsents(facts: readonly PersonFact[]): ConsentFact[] {
  const current = new Map<string, ConsentFact>();
  // Newest first, so the first of a purpose stands, unless one of the same instant says no.
  for (const fact of consentItems(facts)) {
    const other = current.get(fact.purpose);
    const says = other?.occurredAt === fact.occurredAt && fact.status === "withdrawn";
    if (!other || (says && other.status === "granted")) current.set(fact.purpose, fact);
  }
  return [...current.values()].sort((a, b) => compareText(a.purpose, b.purpose));
}
