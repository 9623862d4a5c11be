import { parse as parseUuid, v5 as uuidV5 } from "uuid";
import { compareText } from "../timeline/timeline.ts";

export const dealStatuses = ["open", "won", "lost"] as const;
export type DealStatus = (typeof dealStatuses)[number];

/** Somebody on the buyer's side of a deal, by the ids of their identifiers: no address stands in a deal. */
export interface DealContact {
  identifierIds: string[];
  role?: string;
}

/** What was said of a deal at one time: immutable. Times are ISO 8601 UTC with milliseconds. */
export interface DealVersion {
  /** The sender's own id. */
  id: string;
  /** UUID of the sender's id. */
  dealId: string;
  /** 16 hex of the SHA-256 of what was sent. */
  hash16: string;
  /** In the CRM's words. */
  stage: string;
  /** What the stage means. */
  status: DealStatus;
  /** A decimal number as text, so that no cent is lost. */
  amount?: string;
  /** ISO 4217. */
  currency?: string;
  createdAt?: string;
  closedAt?: string;
  owner?: string;
  contacts: DealContact[];
  /** The latest wins. */
  updatedAt: string;
  receivedAt: string;
  /** The id of the key with which it was sent. */
  who: string;
}

/** The namespace of the ids of deals: fixed for ever. */
const dealNamespace = parseUuid("c7e0a1d8-52b6-4b3f-9a0e-1f4d5b6c7d44");

/** UUIDv5 of the sender's own id of a deal. */
export const dealIdOf = (id: string): string => uuidV5(id, dealNamespace);

/**
 * The one that holds: the latest by `updatedAt`; of two at one instant, which reports that tell days only have, the one that says that the deal
 * has ended, else that of the greater hash.
 */
export const compareDeals = (a: DealVersion, b: DealVersion): number =>
  compareText(a.updatedAt, b.updatedAt) ||
  Number(a.status !== "open") - Number(b.status !== "open") ||
  compareText(a.hash16, b.hash16) ||
  // Of one that was sent twice the earliest arrival is shown.
  compareText(b.receivedAt, a.receivedAt);

/** Each deal as it stands, by its id; it depends on the set of versions only. */
export function foldDeals(versions: readonly DealVersion[]): DealVersion[] {
  const latest = new Map<string, DealVersion>();
  for (const version of versions) {
    const other = latest.get(version.dealId);
    if (!other || compareDeals(version, other) > 0) latest.set(version.dealId, version);
  }
  return [...latest.values()].sort((a, b) => compareText(a.dealId, b.dealId));
}

/**
 * When a deal ended: as its sender says, and at the latest when that was said. A CRM leaves of a deal that was lost the day on which it was
 * once expected to end, which may be next year: Salesforce sets it to today only where a deal is won.
 */
export const endOf = ({ closedAt, updatedAt }: DealVersion): string =>
  closedAt !== undefined && closedAt < updatedAt ? closedAt : updatedAt;

const quarterHour = 15 * 60 * 1000;
const day = 24 * 60 * 60 * 1000;
/** A day begins on a whole quarter of an hour, in whatever zone. */
const mayBeDay = (time: string): boolean => Date.parse(time) % quarterHour === 0;

/** The last moment at which a deal can have ended: most CRMs tell the day only, which is kept as its beginning. */
export function endOfAtLatest(deal: DealVersion): string {
  const end = endOf(deal);
  if (deal.closedAt !== end || !mayBeDay(end)) return end;
  const endOfDay = new Date(Date.parse(end) + day - 1).toISOString();
  return mayBeDay(deal.updatedAt) || endOfDay < deal.updatedAt ? endOfDay : deal.updatedAt;
}

/** The deals that somebody is a contact of, as they stand. @param versions of all their partitions @param own ids of their identifiers */
export const dealsOf = (versions: readonly DealVersion[], own: ReadonlySet<string>): DealVersion[] =>
  foldDeals(versions).filter(({ contacts }) =>
    contacts.some(({ identifierIds }) => identifierIds.some((id) => own.has(id))),
  );
