import { type Refusal, refusalOf } from "../request/refusal.ts";
import { withoutNulls } from "../request/without-nulls.ts";
import { identifierId, identifierTypes } from "./identifier.ts";
import type { PersonFactMessage } from "./message.ts";
import {
  type PersonFact,
  type PersonFactInput,
  personFactSchema,
  type SeenIdentifier,
} from "./person-fact.ts";
import { cleaned, normalised, occurred, type Reception, refuse } from "./reception.ts";
import type { Identifiers, Touch } from "./touch.ts";
import { hash16Of, touchIdOf } from "./touch-id.ts";

/**
 * Makes a fact that is no touch of an item, or says why it cannot be one. Pure, as `acceptTouchpoint` is.
 * @param item what the sender sent
 * @param input the same as an adapter reads it
 * @param beside the form that a consent came with: with one, a public key may send a consent, and nothing else of this kind
 */
export function acceptPersonFact(
  item: unknown,
  input: unknown,
  reception: Reception,
  beside?: Touch,
): { fact: PersonFactMessage } | { refusal: Refusal } {
  const parsed = personFactSchema.safeParse(withoutNulls(input));
  if (!parsed.success) return { refusal: refusalOf(parsed.error.issues, "a fact about a person") };
  const sent = parsed.data;
  const withForm = beside?.channel === "form" && sent.type === "consent";
  if (reception.sourceType === "public" && !withForm)
    return refuse("forbidden_fact", "type", "a public key may only send forms and pages");

  const identifiers = normalised(sent.identifiers);
  if ("refusal" in identifiers) return identifiers;
  const also = normalised(sent.type === "link" ? (sent.also ?? {}) : {});
  if ("refusal" in also) return also;
  const seen = [identifiers.identifiers, also.identifiers].flatMap((some) =>
    seenOf(some, reception.namespace),
  );
  const partition = seen[0];
  if (!partition) {
    const detail = "at least one of email, crm, user, anonymous is needed";
    return refuse("missing_identifier", "identifiers", detail);
  }
  const times = occurred(sent, reception);
  if ("refusal" in times) return times;
  const { source, route, scope } = reception;
  const hash16 = hash16Of(item);
  const messageId = sent.id?.trim() || (sent.occurredAt === undefined ? reception.freshId : `hash:${hash16}`);
  const fact: PersonFact = {
    identifierId: partition.id,
    // The type is part of it: one event of a sender may be several facts, and the touch as well.
    factId: touchIdOf({ source, route, scope, messageId: `${sent.type}:${messageId}` }),
    hash16,
    ...times,
    receivedAt: reception.receivedAt,
    source,
    identifiers: identifiers.identifiers,
    ...told(sent, reception),
  };
  return { fact: { kind: "person", fact, seen } };
}

const seenOf = (identifiers: Identifiers, namespace: string): SeenIdentifier[] =>
  identifierTypes.flatMap((type) => {
    const value = identifiers[type];
    return value === undefined ? [] : [{ type, value, id: identifierId(namespace, type, value) }];
  });

type Told<Fact> = Fact extends PersonFact
  ? Omit<
      Fact,
      | "identifierId"
      | "factId"
      | "hash16"
      | "occurredAt"
      | "claimedAt"
      | "receivedAt"
      | "source"
      | "identifiers"
    >
  : never;

/** What a fact says, beside whom it is about and when. */
function told(sent: PersonFactInput, { source, route, scope }: Reception): Told<PersonFact> {
  switch (sent.type) {
    case "delivery":
      return { type: sent.type, status: sent.status, ...aboutMessage(sent) };
    case "consent":
      return {
        type: sent.type,
        purpose: sent.purpose,
        status: sent.status,
        ...cleaned({ basis: sent.basis, wording: sent.wording }),
        ...aboutMessage(sent),
      };
    case "traits":
      return { type: sent.type, traits: cleaned(sent.traits) ?? {} };
    case "cancellation":
      return {
        type: sent.type,
        touchId: touchIdOf({ source, route, scope, messageId: sent.of.trim() }),
        ...cleaned({ detail: sent.detail }),
      };
    case "link":
      return { type: sent.type };
  }
}

const aboutMessage = ({
  message,
  detail,
  campaign,
}: Extract<PersonFactInput, { message?: string | undefined }>) => ({
  ...cleaned({ message, detail }),
  campaign: cleaned(campaign),
});
