import type { FormConsent } from "../request/form-consent.ts";
import type { Refusal } from "../request/refusal.ts";
import { acceptPersonFact } from "./accept-person-fact.ts";
import type { PersonFactMessage, TouchFact } from "./message.ts";
import type { Reception } from "./reception.ts";

/**
 * The consents that came with a form, beside the form's own touch: of the same person, time and source. Their ids follow from the
 * touch's and the purpose, so a form that is sent again is the same consents.
 * @param item what the sender sent, as for the touch
 */
export function acceptConsents(
  item: unknown,
  consents: readonly FormConsent[],
  { touch }: TouchFact,
  reception: Reception,
): { facts: PersonFactMessage[] } | { refusal: Refusal } {
  const facts: PersonFactMessage[] = [];
  for (const consent of consents) {
    const input = {
      type: "consent",
      id: `${touch.touchId}:${consent.purpose}`,
      occurredAt: touch.occurredAt,
      identifiers: touch.identifiers,
      ...consent,
    };
    const result = acceptPersonFact(item, input, reception, touch);
    if ("refusal" in result) return result;
    facts.push(result.fact);
  }
  return { facts };
}
