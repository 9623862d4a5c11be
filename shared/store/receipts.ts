import type { LedgerEntry } from "../lead/ledger.ts";
import type { Receipt } from "../lead/receipt.ts";
import { leadReceiptKey, partitions } from "../table/keys.ts";
import { runReceiptKey, runReceiptPrefix } from "../table/receipt-keys.ts";
import { putItem, queryAll, type Table } from "./table.ts";

/** Notes that a file of a run was downloaded. */
export const putRunReceipt = (table: Table, number: number, receipt: Receipt): Promise<void> =>
  putItem(table, { ...runReceiptKey(number, receipt.at, receipt.who), body: JSON.stringify(receipt) });

/** Who downloaded files of a run that hold leads, and when, oldest first; as of now. */
export async function readRunReceipts(table: Table, number: number): Promise<Receipt[]> {
  const items = await queryAll(table, partitions.run, {
    beginsWith: runReceiptPrefix(number),
    consistent: true,
  });
  return items.map(({ body }) => JSON.parse(String(body)) as Receipt);
}

/** Notes that a lead was received by a webhook, where the lead stands. */
export const putLeadReceipt = (
  table: Table,
  { identifierId, cycle }: Pick<LedgerEntry, "identifierId" | "cycle">,
  receipt: Receipt,
): Promise<void> =>
  putItem(table, {
    ...leadReceiptKey(identifierId, cycle, receipt.at, receipt.who),
    body: JSON.stringify(receipt),
  });
