import type { LeadPointer, Withdrawal } from "../lead/ledger.ts";
import {
  changeKey,
  changePrefix,
  leadKey,
  leadReleaseKey,
  leadsPrefix,
  partitions,
  toldKey,
} from "../table/keys.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import { eachOf } from "./each-of.ts";
import { readLead } from "./ledger.ts";
import { readSuppression } from "./suppressions.ts";
import { deleteItem, getItem, putFirst, putItem, queryAll, setOnce, type Table } from "./table.ts";

/** Rows put at once. */
const concurrency = 8;

/** That a lead which sales has may be none any more: an export looks at it and tells it, or leaves it to the next. */
export interface PossibleChange {
  v: 1;
  leadId: string;
  /** What its ledger no longer says once its person is erased. */
  exportedIn: number;
  /** Where an erasure is what unmade it. */
  reason?: "erasure";
}

/** Notes that an export has to look at a lead; what is noted of it already stays. */
export const noteChange = async (table: Table, leadId: string, exportedIn: number): Promise<void> => {
  const change: PossibleChange = { v: 1, leadId, exportedIn };
  await putFirst(table, { ...changeKey(leadId), body: JSON.stringify(change) });
};

/** Notes that an erasure took a lead away, or what counted for it. */
export const noteErasure = (table: Table, leadId: string, exportedIn: number): Promise<void> => {
  const change: PossibleChange = { v: 1, leadId, exportedIn, reason: "erasure" };
  return putItem(table, { ...changeKey(leadId), body: JSON.stringify(change) });
};

/** What exports have to look at, as of now. */
export async function readChanges(table: Table): Promise<PossibleChange[]> {
  const rows = await queryAll(table, partitions.outbox, { beginsWith: changePrefix, consistent: true });
  return rows.map(({ body }) => JSON.parse(String(body)) as PossibleChange);
}

export const clearChange = (table: Table, leadId: string): Promise<void> =>
  deleteItem(table, changeKey(leadId));

/**
 * Notes of a lead whose line in the ledger is erased that no export is to tell anything of it.
 * @param run the one that did; 0 where there is nothing to tell
 */
export const putTold = async (table: Table, leadId: string, run: number): Promise<void> => {
  await putFirst(table, { ...toldKey(leadId), body: JSON.stringify({ v: 1, run }) });
};

export const isTold = async (table: Table, leadId: string): Promise<boolean> =>
  (await getItem(table, toldKey(leadId), true)) !== undefined;

/**
 * Adds to an entry that it was withdrawn, once and for ever. Where its person is being erased, that it was told is kept elsewhere: the
 * entry goes.
 * @throws Error where another run has told it
 */
export async function markWithdrawn(table: Table, leadId: string, withdrawal: Withdrawal): Promise<void> {
  const { identifierId, cycle } = parseLeadId(leadId)!;
  const values = { withdrawal: JSON.stringify(withdrawal), gsi1pk: `${leadsPrefix}withdrawn` };
  const first = await setOnce(table, leadKey(identifierId, cycle), values, "withdrawal");
  const stands = first ? withdrawal : (await readLead(table, identifierId, cycle))?.withdrawal;
  // Read after the entry is marked: an erasure that begins later finds the mark.
  if (stands === undefined || (await readSuppression(table, identifierId)))
    return putTold(table, leadId, withdrawal.run);
  if (stands.run !== withdrawal.run)
    throw new Error(`lead ${leadId} was withdrawn in run ${stands.run} and cannot be in ${withdrawal.run}`);
}

/** Tells other identifiers that had a part in a lead that nothing of it is spent any more. */
export async function putReleases(
  table: Table,
  leadId: string,
  run: number,
  identifierIds: readonly string[],
): Promise<void> {
  const { identifierId: home, cycle } = parseLeadId(leadId)!;
  await eachOf(identifierIds, concurrency, (id) => {
    const pointer: LeadPointer = { v: 1, leadId, home, cycle, qualifiedAt: "", withdrawn: run };
    return putItem(table, { ...leadReleaseKey(id, cycle, home), body: JSON.stringify(pointer) });
  });
}
