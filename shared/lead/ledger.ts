/** Where a lead stands, as the list of leads names it. Feedback and deals move it on. */
export const leadStatuses = ["qualified", "exported"] as const;

/**
 * A line of the ledger: that a contact met a policy. Written once, by whoever finds it first; what it says is never
 * changed. Which run exported it is added once.
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
