import { type Key, receiptPrefix, runKey } from "./keys.ts";

/** The keys of receipts of a run; those of a lead stand with its person. */

export const runReceiptPrefix = (number: number): string => `${runKey(number).sk}#${receiptPrefix}`;
/** That a file of a run was downloaded. @param at ISO 8601 @param who the key's id */
export const runReceiptKey = (number: number, at: string, who: string): Key => ({
  pk: runKey(number).pk,
  sk: `${runReceiptPrefix(number)}${at}#${who}`,
});
