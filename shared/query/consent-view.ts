import type { ConsentFact } from "../touchpoint/person-fact.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";

/** A consent as timelines show it, among touches. */
export const consentView = (fact: ConsentFact) => ({
  id: publicTouchId(fact.identifierId, fact.factId),
  type: "consent" as const,
  occurredAt: fact.occurredAt,
  receivedAt: fact.receivedAt,
  source: fact.source,
  purpose: fact.purpose,
  status: fact.status,
  basis: fact.basis ?? null,
  wording: fact.wording ?? null,
  message: fact.message ?? null,
  campaign: fact.campaign ?? null,
  detail: fact.detail ?? null,
});
