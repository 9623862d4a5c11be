import {
  accountKey,
  accountPartition,
  erasedSort,
  type Key,
  personPartition,
  touchPrefix,
} from "../table/keys.ts";
import { companyDomain } from "../touchpoint/company-domain.ts";
import { partitionOf } from "./person.ts";
import { type Item, queryPage, type Table } from "./table.ts";

/**
 * A page of a company's addresses, by id.
 * @param page after: the id behind which it begins; limit: as many at most
 * @returns identifierIds, and whether there are more
 */
export async function readAccount(
  table: Table,
  domain: string,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ ids: string[]; more: boolean }> {
  const ids: string[] = [];
  let position = after === undefined ? undefined : { ...accountKey(domain, after) };
  do {
    // One more than asked for tells whether there are more.
    const page = await queryPage(table, accountPartition(domain), {
      limit: limit + 1 - ids.length,
      ...(position && { after: position }),
    });
    ids.push(...page.items.map(({ sk }) => sk));
    position = page.last as typeof position;
  } while (position && ids.length <= limit);
  return { ids: ids.slice(0, limit), more: ids.length > limit };
}

/**
 * Where an address stands among its company's, for who deletes all that is held of it; empty for what is no company's address.
 * @param rows of its partition all but the touches
 */
export async function readAccountKey(
  table: Table,
  identifierId: string,
  rows: readonly Item[],
): Promise<Key[]> {
  const told = partitionOf(
    identifierId,
    rows.filter(({ sk }) => sk !== erasedSort),
  ).identifier;
  const identifier = told ?? (await ofFirstTouch(table, identifierId));
  const domain = identifier?.type === "email" ? companyDomain(identifier.value) : undefined;
  return domain === undefined ? [] : [accountKey(domain, identifierId)];
}

async function ofFirstTouch(table: Table, identifierId: string) {
  const range = { beginsWith: touchPrefix, limit: 1 };
  const { items } = await queryPage(table, personPartition(identifierId), range);
  return partitionOf(identifierId, items).identifier;
}
