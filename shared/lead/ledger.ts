/**
 * Where a lead stands, as the list of leads names it: `qualified` waits for an export, `baseline` was a lead before the policy went
 * live and is not handed over, `withdrawn` was handed over and turned out to be none; what follows `exported` is sales' answer.
 */
export const leadStatuses = [
  "qualified",
  "baseline",
  "exported",
  "contacted",
  "accepted",
  "rejected",
  "recycled",
  "withdrawn",
] as const;
export type LeadStatus = (typeof leadStatuses)[number];

/** Why a lead that was handed over is none: what counted is a machine's or gone, or it is another lead's contact. */
export const withdrawalReasons = ["verdict", "separation", "erasure", "evidence", "duplicate"] as const;

/** That a lead was withdrawn, as `changes.csv` of the run told sales. */
export interface Withdrawal {
  reason: (typeof withdrawalReasons)[number];
  /** The run whose `changes.csv` has it. */
  run: number;
  at: string;
  /** Of a duplicate: the lead that stands. */
  of?: string;
}

/**
 * A line of the ledger: that a contact met a policy. Written once, by whoever finds it first. Which run exported it is added
 * once, with what made it a lead then; after that it never changes.
 */
export interface LedgerEntry {
  v: 1;
  leadId: string;
  /** The identifierId in whose partition the entry stands. */
  identifierId: string;
  /** `first`, or the id of what opened the cycle: an answer of sales, a deal that was lost, or `go-live`. */
  cycle: string;
  /** Touches at or before it belong to an earlier lead; absent in the first cycle. */
  cycleStart?: string;
  /** The time of the touch at which the policy was reached. */
  qualifiedAt: string;
  /** From when on it could be handed over, where that is later: something held it. */
  readyAt?: string;
  decidingTouchId: string;
  policyVersion: number;
  /** The rule by which it qualified at once; absent where the count did. */
  fastTrack?: string;
  /** The run that found it; 0 where it was found between two. */
  foundIn: number;
  /** When the policy went live, ISO 8601, where the contact qualified before: sales does not get it. */
  baseline?: string;
  /** Whose it was when it was exported. */
  owner?: string;
  run?: number;
  exportedAt?: string;
  withdrawal?: Withdrawal;
  /** When it was first told that nobody had answered in time. */
  overdueAt?: string;
  /** Under which status the list of leads has it: a cache of what the facts say, and no part of the entry. */
  listedAs?: LeadStatus;
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
  /** The run whose `changes.csv` told that the lead was withdrawn, in a row of its own: nothing of it is spent any more. */
  withdrawn?: number;
}
