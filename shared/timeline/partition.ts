import type { Erased, HandFact, Sighting } from "../identity/facts.ts";
import type { DealVersion } from "../lead/deal.ts";
import type { Feedback } from "../lead/feedback.ts";
import type { LeadPointer, LedgerEntry } from "../lead/ledger.ts";
import type { Receipt } from "../lead/receipt.ts";
import type { IdentifierType } from "../touchpoint/identifier.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import type { Touch } from "../touchpoint/touch.ts";
import type { TouchVerdict } from "./verdict.ts";

/** The facts of one identifier, as read: what contacts are folded from. */
export interface PersonPartition {
  identifierId: string;
  /** Type and normalised value, where the partition or its facts say them. */
  identifier?: { type: IdentifierType; value: string };
  touches: Touch[];
  /** There where it has so many touches that they were left out. */
  deep?: true;
  facts: PersonFact[];
  ledger: LedgerEntry[];
  /** Leads that stand in other partitions and that this identifier had a part in. */
  pointers: LeadPointer[];
  links: Sighting[];
  hands: HandFact[];
  verdicts: TouchVerdict[];
  /** What sales said of leads that stand here. */
  feedback: Feedback[];
  /** What was said of deals that this identifier is or was named in. */
  deals: DealVersion[];
  /** That a lead which stands here was received, beside its export; by the lead's cycle. */
  receipts: (Receipt & { cycle: string })[];
  /** There where its person was erased. */
  erased?: Erased;
}

/** A partition that holds nothing. */
export const emptyPartition = (identifierId: string): PersonPartition => ({
  identifierId,
  touches: [],
  facts: [],
  ledger: [],
  pointers: [],
  links: [],
  hands: [],
  verdicts: [],
  feedback: [],
  deals: [],
  receipts: [],
});
