import { singleUseKey } from "../table/keys.ts";
import { getItem, putFirst, type Table } from "./table.ts";

/** Days that a token is remembered: longer than any provider's signature is good for. */
const rememberedDays = 3;

/**
 * Ties a token that is good for one item to the item it came with first. The same item again is a sender that tries again;
 * another one under the same token is not the sender's.
 * @param item names the item
 * @returns whether the token is this item's
 */
export async function claimToken(
  table: Table,
  source: string,
  token: string,
  item: string,
  now: Date,
): Promise<boolean> {
  const key = singleUseKey(source, token);
  const expiresAt = Math.floor(now.getTime() / 1000) + rememberedDays * 24 * 60 * 60;
  if (await putFirst(table, { ...key, item, expiresAt })) return true;
  return (await getItem(table, key, true))?.item === item;
}
