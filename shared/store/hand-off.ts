import { answerOf } from "../lead/cycle.ts";
import { endOf } from "../lead/deal.ts";
import { type HandOff, handOffOf } from "../lead/hand-off.ts";
import { type LeadStatus, type LedgerEntry, leadStatuses } from "../lead/ledger.ts";
import type { Receipt } from "../lead/receipt.ts";
import type { Policy } from "../policy/policy.ts";
import { foldContact } from "../timeline/contact.ts";
import { campaignLabel } from "../touchpoint/campaign.ts";
import { readContact } from "./contact.ts";
import { readLeadsPage } from "./ledger.ts";
import { readPolicyVersion } from "./policies.ts";
import { readRunReceipts } from "./receipts.ts";
import type { Table } from "./table.ts";

/** Lines of the ledger read at once. */
const pageSize = 200;

/** Every line of the ledger that qualified since, of some statuses; sorted by lead. Each stands in the index once. */
async function readEntries(
  table: Table,
  statuses: readonly LeadStatus[],
  since: string,
): Promise<LedgerEntry[]> {
  const entries = new Map<string, LedgerEntry>();
  for (const status of statuses) {
    let before: string | undefined;
    let more = true;
    while (more) {
      const page = await readLeadsPage(table, status, { since, before, limit: pageSize });
      for (const { entry } of page.entries) entries.set(entry.leadId, entry);
      before = page.entries.at(-1)?.sort;
      more = page.more && before !== undefined;
    }
  }
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
  return (await readEntries(table, statuses, since)).filter(
    (entry) =>
      mayBeHandedOver(entry) &&
      entry.qualifiedAt < to &&
      // One found between two nights may have been received before its export.
      (entry.fastTrack !== undefined || (entry.exportedAt! >= from && entry.exportedAt! < to)),
  );
}

/** The leads that nobody seems to have answered yet, by the index. @param since how far back, ISO 8601 */
export const readUnanswered = async (table: Table, since: string): Promise<LedgerEntry[]> =>
  (await readEntries(table, ["qualified", "exported"], since)).filter(mayBeHandedOver);

/** Reads hand-offs, what several of them have in common once. */
export class HandOffs {
  readonly #table: Table;
  readonly #now: string;
  readonly #policies = new Map<number, Promise<Policy>>();
  readonly #receipts = new Map<number, Promise<Receipt[]>>();

  /** @param now ISO 8601 */
  constructor(table: Table, now: string) {
    this.#table = table;
    this.#now = now;
  }

  /** @returns undefined where the lead has not been handed over, or its person was erased */
  async read(entry: LedgerEntry): Promise<HandOff | undefined> {
    const [policy, runReceipts, person] = await Promise.all([
      once(
        this.#policies,
        entry.policyVersion,
        async (version) => (await readPolicyVersion(this.#table, version)).policy,
      ),
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
      won: contact.deals.some((deal) => deal.status === "won" && endOf(deal) > entry.qualifiedAt),
      serviceLevel: policy.serviceLevel,
      now: this.#now,
    });
  }
}

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
