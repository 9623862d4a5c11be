import {
  type Erased,
  type HandFact,
  isStrong,
  mostPeopleOfDevice,
  type Sighting,
} from "../identity/facts.ts";
import type { DealVersion } from "../lead/deal.ts";
import type { Feedback } from "../lead/feedback.ts";
import type { LeadPointer, LeadStatus, LedgerEntry, Withdrawal } from "../lead/ledger.ts";
import type { Receipt } from "../lead/receipt.ts";
import {
  behindLinks,
  behindTouches,
  contactDealPrefix,
  erasedSort,
  factPrefixes,
  feedbackPrefix,
  handPrefix,
  identifierKey,
  identityRange,
  leadPrefix,
  leadsPrefix,
  linkPrefix,
  personPartition,
  receiptPrefix,
  touchPrefix,
  verdictPrefix,
} from "../table/keys.ts";
import { unpackTouch } from "../table/touch-item.ts";
import { emptyPartition, type PersonPartition } from "../timeline/partition.ts";
import type { TouchVerdict } from "../timeline/verdict.ts";
import { type IdentifierType, identifierTypes } from "../touchpoint/identifier.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import { eachOf } from "./each-of.ts";
import { getItem, type Item, type Page, queryPage, type Range, type Table } from "./table.ts";

/** How a partition is read. */
export interface ReadingOptions {
  /** Touches from this instant on, ISO 8601; without it every touch there is. */
  from?: string | undefined;
  consistent?: boolean | undefined;
  /**
   * `facts` leaves the touches out, `identity` all but what says who the identifier belongs to; `shallow` leaves out the touches of
   * a partition that has very many, which is `deep` then.
   */
  only?: "facts" | "identity" | "shallow" | undefined;
  /** With `shallow`: rows of the first query, and so how many touches are not yet very many. */
  shallowRows?: number | undefined;
}

/**
 * Rows of the first query, by what is asked for: nearly always that is all. Of what was seen with a crowd it is enough to know so, and
 * whoever has more touches than that has very many.
 */
const firstRows = { identity: 60, facts: 100, whole: 400 } as const;
/** Where only identity is asked for, of those after it each has twice as many, so that little is read of a kiosk where people were seen in several hours. */
const mostRows = 1_000;

/**
 * Reads a partition: the touches from an instant on, and every other fact, which sort behind them. Of an identifier that
 * was seen with too many others to be anybody's, only as many links as it takes to say so.
 */
export async function readPerson(
  table: Table,
  identifierId: string,
  { from = "", consistent, only, shallowRows = firstRows.whole }: ReadingOptions = {},
): Promise<PersonPartition> {
  const identity = only === "identity";
  const items: Item[] = [];
  const crowd = new Crowd();
  let deep = false;
  let range: Range | undefined = identity
    ? { ...identityRange, limit: firstRows.identity }
    : only === "facts"
      ? { from: behindTouches, limit: firstRows.facts }
      : { from: `${touchPrefix}${from}`, limit: only === "shallow" ? shallowRows : firstRows.whole };
  while (range) {
    const page: Page = await queryPage(table, personPartition(identifierId), { ...range, consistent });
    for (const item of page.items) items.push(item);
    if (!page.last) break;
    for (const item of page.items) crowd.add(item);
    const last = String(page.last.sk);
    if (only === "shallow" && last.startsWith(touchPrefix)) {
      deep = true;
      range = { from: behindTouches };
    } else if (!crowd.tooLarge || !last.startsWith(linkPrefix)) {
      const limit: number | undefined =
        identity && range.limit ? Math.min(mostRows, range.limit * 2) : undefined;
      range = { ...range, limit, after: page.last };
    } else range = identity ? undefined : { from: behindLinks };
  }
  const partition = partitionOf(identifierId, items);
  return deep && !partition.erased ? { ...partition, touches: [], deep } : partition;
}

/** Counts the strong identifiers that one was seen with. A pair with a word by hand is left out: it may stand separated. */
class Crowd {
  readonly #others = new Set<string>();
  readonly #handled = new Set<string>();

  add({ sk, body }: Item): void {
    const other = sk.split("#", 2)[1] ?? "";
    if (sk.startsWith(handPrefix)) this.#handled.add(other);
    else if (sk.startsWith(linkPrefix) && !this.#handled.has(other) && isStrong(linkedType(String(body))))
      this.#others.add(other);
  }

  get tooLarge(): boolean {
    return this.#others.size > mostPeopleOfDevice;
  }
}

/** The normalised values of identifiers, by id, of those whose partitions say them in one row. Each costs a read. */
export async function readValues(
  table: Table,
  identifierIds: readonly string[],
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  await eachOf(identifierIds, valuesAtOnce, async (id) => {
    const item = await getItem(table, identifierKey(id));
    if (item) values.set(id, (JSON.parse(String(item.body)) as { value: string }).value);
  });
  return values;
}

const valuesAtOnce = 16;

/** A partition of its items, in any order. */
export function partitionOf(identifierId: string, items: readonly Item[]): PersonPartition {
  const partition = emptyPartition(identifierId);
  for (const item of items) take(partition, item);
  const { erased } = partition;
  if (erased)
    return { ...emptyPartition(identifierId), identifier: { type: erased.type, value: "" }, erased };
  const identifier = partition.identifier ?? identifierOf(partition);
  return identifier ? { ...partition, identifier } : partition;
}

function take(partition: PersonPartition, item: Item): void {
  const { sk } = item;
  const body = String(item.body ?? "{}");
  if (sk.startsWith(touchPrefix)) partition.touches.push(unpackTouch(partition.identifierId, sk, body));
  else if (sk.startsWith(linkPrefix)) partition.links.push(sightingOf(sk, body));
  else if (sk.startsWith(handPrefix)) partition.hands.push(JSON.parse(body) as HandFact);
  else if (sk.startsWith(verdictPrefix)) partition.verdicts.push(JSON.parse(body) as TouchVerdict);
  else if (sk.startsWith(feedbackPrefix)) partition.feedback.push(JSON.parse(body) as Feedback);
  else if (sk.startsWith(contactDealPrefix)) partition.deals.push(JSON.parse(body) as DealVersion);
  else if (sk.startsWith(receiptPrefix))
    partition.receipts.push({ ...(JSON.parse(body) as Receipt), cycle: sk.split("#")[1] ?? "" });
  else if (sk.startsWith(leadPrefix)) {
    if (sk.split("#").length > 2) partition.pointers.push(JSON.parse(body) as LeadPointer);
    else partition.ledger.push(ledgerEntryOf(item));
  } else if (sk === erasedSort) {
    partition.erased = JSON.parse(body) as Erased;
  } else if (sk === "identifier") {
    const { type, value } = JSON.parse(body) as { type: IdentifierType; value: string };
    partition.identifier = { type, value };
  } else if (factTypes.some((prefix) => sk.startsWith(prefix))) {
    partition.facts.push(personFactOf(partition.identifierId, sk, body));
  }
}

const factTypes = Object.values(factPrefixes);

const linkedType = (body: string): IdentifierType => (JSON.parse(body) as { type: IdentifierType }).type;

function sightingOf(sortKey: string, body: string): Sighting {
  const [, other = "", hour = "", ...source] = sortKey.split("#");
  return { other, hour, type: linkedType(body), source: source.join("#") };
}

/**
 * The identifier a partition belongs to, as its facts say it: they stand with the first identifier that each of them has, so a
 * touch with an e-mail stands with its e-mail.
 */
function identifierOf({
  touches,
  facts,
}: PersonPartition): { type: IdentifierType; value: string } | undefined {
  for (const { identifiers } of [...touches, ...facts]) {
    const type = identifierTypes.find((one) => identifiers[one]);
    if (type) return { type, value: identifiers[type]! };
  }
  return undefined;
}

/** A fact of its stored item. The key says the rest; of a cancellation it says the touch, which the body says too. */
function personFactOf(identifierId: string, sortKey: string, body: string): PersonFact {
  const [, , factId = "", hash16 = ""] = sortKey.split("#");
  const { v: _, ...rest } = JSON.parse(body) as PersonFact & { v: number };
  return { ...rest, identifierId, factId, hash16 };
}

/** A ledger entry of its stored item. */
export const ledgerEntryOf = (item: Item): LedgerEntry => ({
  ...(JSON.parse(String(item.body)) as Omit<LedgerEntry, "run" | "exportedAt">),
  run: typeof item.run === "number" ? item.run : undefined,
  exportedAt: typeof item.exportedAt === "string" ? item.exportedAt : undefined,
  ...(typeof item.overdueAt === "string" && { overdueAt: item.overdueAt }),
  ...(typeof item.gsi1pk === "string" && { listedAs: item.gsi1pk.slice(leadsPrefix.length) as LeadStatus }),
  ...(typeof item.withdrawal === "string" && { withdrawal: JSON.parse(item.withdrawal) as Withdrawal }),
});
