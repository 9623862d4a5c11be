import { behindErasures, erasureDoneKey, erasureDonePrefix, erasureKey, partitions } from "../table/keys.ts";
import type { IdentifierType } from "../touchpoint/identifier.ts";
import { getItem, type Item, putFirst, putItem, queryAll, queryPage, setOnce, type Table } from "./table.ts";

/** That a person was to be erased, by whom, and what it takes. No personal data: what it names are ids. */
export interface Erasure {
  v: 1;
  /** Begins with the time of asking, so that ids sort by it. */
  id: string;
  /** ISO 8601 in UTC. */
  requestedAt: string;
  /** The id of the key that asked. */
  requestedBy: string;
  contactId: string;
  identifiers: ErasedIdentifier[];
  /** Browsers shared with others, on which only the person's own touches go. */
  sharedDevices: string[];
  /** Runs whose files had included the person. */
  exports: ErasedExport[];
}

export interface ErasedIdentifier {
  identifierId: string;
  type: IdentifierType;
  /** Whether browsers could be its own. */
  claims: boolean;
}

export interface ErasedExport {
  run: number;
  exportedAt: string | null;
  leadIds: string[];
}

/** How it ended, each written once. */
export interface ErasureOutcome {
  completedAt: string;
  /** When it was carried out with every process knowing of it: nothing of the person can come after that. */
  endedAt: string;
}

export type StoredErasure = Erasure & Partial<ErasureOutcome>;

const erasureOf = (item: Item): StoredErasure => ({
  ...(JSON.parse(String(item.body)) as Erasure),
  ...(item.completedAt === undefined ? {} : { completedAt: String(item.completedAt) }),
  ...(item.endedAt === undefined ? {} : { endedAt: String(item.endedAt) }),
});

/** @returns false where it is there already */
export const addErasure = (table: Table, erasure: Erasure): Promise<boolean> =>
  putFirst(table, { ...erasureKey(erasure.id), body: JSON.stringify(erasure) });

/** One erasure, as of now. */
export async function readErasure(table: Table, id: string): Promise<StoredErasure | undefined> {
  const item = await getItem(table, erasureKey(id), true);
  return item && erasureOf(item);
}

/** One page of erasures, newest first. @param after the id to continue behind */
export async function readErasures(
  table: Table,
  limit: number,
  after?: string,
): Promise<{ erasures: StoredErasure[]; more: boolean }> {
  const page = await queryPage(table, partitions.erasures, {
    from: "0",
    to: behindErasures,
    descending: true,
    consistent: true,
    limit,
    after: after === undefined ? undefined : { ...erasureKey(after) },
  });
  return { erasures: page.items.map(erasureOf), more: page.last !== undefined };
}

/** Every erasure there was, oldest first, as of now. */
export async function readAllErasures(table: Table): Promise<StoredErasure[]> {
  const range = { from: "0", to: behindErasures, consistent: true };
  return (await queryAll(table, partitions.erasures, range)).map(erasureOf);
}

/** Notes that nothing of the person can come any more. @returns whether this call was the first */
export const endErasure = (table: Table, id: string, endedAt: string): Promise<boolean> =>
  setOnce(table, erasureKey(id), { endedAt }, "endedAt");

/** Completes an erasure. @returns whether this call was the first */
export const completeErasure = (table: Table, id: string, completedAt: string): Promise<boolean> =>
  setOnce(table, erasureKey(id), { completedAt }, "completedAt");

/**
 * Notes how far an erasure has been through a day of the quarantine.
 * @param place the last entry that it has looked at; left out where that was all of them
 */
export const putDayReached = (table: Table, id: string, day: string, place?: string): Promise<void> =>
  putItem(table, { ...erasureDoneKey(id, day), ...(place !== undefined && { place }) });

/** The same for every day that it has begun, by day: undefined for one that it has been through. */
export async function readDaysReached(table: Table, id: string): Promise<Map<string, string | undefined>> {
  const items = await queryAll(table, partitions.erasures, { beginsWith: erasureDonePrefix(id) });
  return new Map(
    items.map(({ sk, place }) => [
      sk.slice(erasureDonePrefix(id).length),
      place === undefined ? undefined : String(place),
    ]),
  );
}
