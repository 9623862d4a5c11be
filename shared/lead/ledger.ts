/** Where a lead stands, as the list of leads names it. Feedback and deals move it on. */
export const leadStatuses = ["qualified", "exported"] as const;

/**
 * A line of the ledger: that a contact met a policy. Written once, by whoever finds it first. Which run exported it is added
 * once, with what made it a lead then; after that it never changes.
 */
export interface LedgerEntry {
  v: 1;
  leadId: string;
  /** The identifierId in whose partition the entry stands. */
  identifierId: string;
  /** `first`, or the id of the recycling that opened the cycle. */
  cycle: string;
  /** The time of the touch at which the policy was reached. */
  qualifiedAt: string;
  decidingTouchId: string;
  policyVersion: number;
  /** The run that found it. */
  foundIn: number;
  run?: number;
  exportedAt?: string;
}

/**
 * Tells in a partition that its identifier belonged to the contact of a lead that stands in another one, when that was exported.
 * In a browser's it tells which of the touches there counted.
 */
export interface LeadPointer {
  v: 1;
  leadId: string;
  /** The identifierId in whose partition the lead stands. */
  home: string;
  cycle: string;
  qualifiedAt: string;
  /** Only in the partition of a weak identifier. */
  touchIds?: string[];
}
