import { answerOf } from "../lead/cycle.ts";
import { type DealVersion, endOfAtLatest } from "../lead/deal.ts";
import { type HandOff, handOffOf, runsOutBetween } from "../lead/hand-off.ts";
import { type LeadStatus, type LedgerEntry, leadStatuses } from "../lead/ledger.ts";
import type { Receipt } from "../lead/receipt.ts";
import { failureOf, isOutage } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import type { Policy } from "../policy/policy.ts";
import { foldContact } from "../timeline/contact.ts";
import { campaignLabel } from "../touchpoint/campaign.ts";
import { readContact } from "./contact.ts";
import { eachOf } from "./each-of.ts";
import { readLeadsPage } from "./ledger.ts";
import { readPolicyVersion } from "./policies.ts";
import { readRunReceipts } from "./receipts.ts";
import type { Table } from "./table.ts";

/** Lines of the ledger read at once. */
const pageSize = 200;

/** The lines of the ledger that qualified since, of some statuses, as far as they are asked for; sorted by lead. */
async function readEntries(
  table: Table,
  statuses: readonly LeadStatus[],
  since: string,
  isAskedFor: (entry: LedgerEntry) => boolean,
): Promise<LedgerEntry[]> {
  // One that moves on while it is read stands in two of them.
  const entries = new Map<string, LedgerEntry>();
  await eachOf(statuses, statuses.length, async (status) => {
    let before: string | undefined;
    let more = true;
    while (more) {
      const page = await readLeadsPage(table, status, { since, before, limit: pageSize });
      for (const { entry } of page.entries) if (isAskedFor(entry)) entries.set(entry.leadId, entry);
      before = page.entries.at(-1)?.sort;
      more = page.more && before !== undefined;
    }
  });
  return [...entries.values()].sort((a, b) => (a.leadId < b.leadId ? -1 : 1));
}

/** A policy looks back on two windows of two years at most, and a lead may wait for an export that has room. */
const longestWait = 5 * 366 * 24 * 60 * 60 * 1000;

/** Between two nights a lead is handed over by a webhook alone: it has no export yet. */
const mayBeHandedOver = ({ run, fastTrack, baseline }: LedgerEntry): boolean =>
  baseline === undefined && (run !== undefined || fastTrack !== undefined);

/**
 * The lines of the ledger that may have been handed over in a span.
 * @param from ISO 8601, inclusive @param to ISO 8601, exclusive
 */
export async function readHandedOver(
  table: Table,
  { from, to }: { from: string; to: string },
): Promise<LedgerEntry[]> {
  const since = new Date(Date.parse(from) - longestWait).toISOString();
  const statuses = leadStatuses.filter((status) => status !== "baseline");
  return readEntries(
    table,
    statuses,
    since,
    (entry) =>
      mayBeHandedOver(entry) &&
      entry.qualifiedAt < to &&
      // One found between two nights may have been received before its export.
      (entry.fastTrack !== undefined || (entry.exportedAt! >= from && entry.exportedAt! < to)),
  );
}

/**
 * The leads that nobody seems to have answered yet, by the index, and of whom it was not told so.
 * @param since when they were handed over at the earliest, ISO 8601: they may have qualified long before
 * @param qualifiedSince what is read grows with all that qualified from then on
 */
export const readUnanswered = (
  table: Table,
  since: string,
  qualifiedSince = new Date(Date.parse(since) - longestWait).toISOString(),
): Promise<LedgerEntry[]> =>
  readEntries(
    table,
    ["qualified", "exported"],
    qualifiedSince,
    (entry) =>
      mayBeHandedOver(entry) &&
      entry.overdueAt === undefined &&
      (entry.exportedAt ?? entry.qualifiedAt) >= since,
  );

/** Reads hand-offs, what several of them have in common once. */
export class HandOffs {
  readonly #table: Table;
  readonly #now: string;
  readonly #policies = new Map<number, Promise<Policy>>();
  readonly #receipts = new Map<number, Promise<Receipt[]>>();
  /** How many could not be read: a contact that cannot be folded must not hide the others. */
  unreadable = 0;

  /** @param now ISO 8601 */
  constructor(table: Table, now: string) {
    this.#table = table;
    this.#now = now;
  }

  /** @returns undefined where the lead has not been handed over, its person was erased, or, reported, cannot be folded */
  async read(entry: LedgerEntry): Promise<HandOff | undefined> {
    try {
      return await this.#read(entry);
    } catch (error) {
      if (!(error instanceof Error) || isOutage(error)) throw error;
      logger.error("fold failed", { identifierId: entry.identifierId, ...failureOf(error) });
      this.unreadable += 1;
      return undefined;
    }
  }

  /**
   * Whether a lead that nobody seems to have answered can be overdue, by its line in the ledger alone: of its person nothing is read.
   * @param slack how long ago it can have run out at most, in milliseconds
   */
  async canBeOverdue(entry: LedgerEntry, slack: number): Promise<boolean> {
    let policy: Policy;
    try {
      policy = await this.#policyOf(entry);
    } catch (error) {
      if (!(error instanceof Error) || isOutage(error)) throw error;
      return true;
    }
    if (policy.serviceLevel === null) return false;
    const span = runsOutBetween(entry, policy.serviceLevel);
    if (span === undefined) return true;
    if (span.earliest === null || span.earliest >= this.#now) return false;
    return span.latest === null || Date.parse(this.#now) <= Date.parse(span.latest) + slack;
  }

  #policyOf({ policyVersion }: LedgerEntry): Promise<Policy> {
    return once(
      this.#policies,
      policyVersion,
      async (version) => (await readPolicyVersion(this.#table, version)).policy,
    );
  }

  async #read(entry: LedgerEntry): Promise<HandOff | undefined> {
    const [policy, runReceipts, person] = await Promise.all([
      this.#policyOf(entry),
      entry.run === undefined
        ? []
        : once(this.#receipts, entry.run, (run) => readRunReceipts(this.#table, run)),
      // From the touch that made it a lead on: it names the campaign.
      readContact(this.#table, entry.identifierId, { from: entry.qualifiedAt }),
    ]);
    if (!person) return undefined;
    const contact = foldContact(person, policy);
    const deciding = contact.touches.find(({ touchId }) => touchId === entry.decidingTouchId);
    const own = person.partitions.find(({ identifierId }) => identifierId === entry.identifierId);
    const receipts = own?.receipts.filter(({ cycle }) => cycle === entry.cycle) ?? [];
    return handOffOf({
      entry,
      answer: answerOf(person, entry.cycle),
      receipts: [...receipts, ...runReceipts],
      touches: contact.touches,
      campaign: (deciding && campaignLabel(deciding)) || null,
      won: contact.deals.some((deal) => deal.status === "won" && isWonBy(deal, entry, contact.ledger)),
      serviceLevel: policy.serviceLevel,
      now: this.#now,
    });
  }
}

/** Of several leads of one contact the last before it ended has won a deal. */
const isWonBy = (deal: DealVersion, { qualifiedAt }: LedgerEntry, ledger: readonly LedgerEntry[]): boolean =>
  endOfAtLatest(deal) > qualifiedAt &&
  !ledger.some(
    (other) =>
      other.run !== undefined &&
      !other.withdrawal &&
      other.qualifiedAt > qualifiedAt &&
      other.qualifiedAt < endOfAtLatest(deal),
  );

function once<Key, Value>(
  known: Map<Key, Promise<Value>>,
  key: Key,
  read: (key: Key) => Promise<Value>,
): Promise<Value> {
  const before = known.get(key);
  if (before) return before;
  const reading = read(key);
  known.set(key, reading);
  return reading;
}
