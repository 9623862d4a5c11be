import type { PersonFact } from "../touchpoint/person-fact.ts";
import { compareText } from "./timeline.ts";

const compareFacts = (a: PersonFact, b: PersonFact): number =>
  compareText(a.occurredAt, b.occurredAt) ||
  compareText(a.factId, b.factId) ||
  compareText(a.hash16, b.hash16) ||
  compareText(a.receivedAt, b.receivedAt);

/**
 * The facts that are no touches, oldest first, each once: a sender without a clock gets its time at acceptance, so a resend may
 * stand under a later one. It depends on the set only.
 */
export function foldFacts(facts: readonly PersonFact[]): PersonFact[] {
  const first = new Map<string, PersonFact>();
  for (const fact of facts) {
    const key = `${fact.factId}#${fact.hash16}`;
    const other = first.get(key);
    if (!other || compareFacts(fact, other) < 0) first.set(key, fact);
  }
  return [...first.values()].sort(compareFacts);
}
