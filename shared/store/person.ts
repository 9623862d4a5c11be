import type { LedgerEntry } from "../lead/ledger.ts";
import { factPrefixes, leadPrefix, personPartition, touchPrefix } from "../table/keys.ts";
import { unpackTouch } from "../table/touch-item.ts";
import type { PersonPartition } from "../timeline/contact.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import type { Identifiers } from "../touchpoint/touch.ts";
import { type Item, queryAll, type Table } from "./table.ts";

/**
 * Reads a partition: the touches from an instant on, and every other fact, which sort behind them.
 * @param from ISO 8601; without it every touch there is
 */
export async function readPerson(
  table: Table,
  identifierId: string,
  options: { from?: string; consistent?: boolean } = {},
): Promise<PersonPartition> {
  const items = await queryAll(table, personPartition(identifierId), {
    from: `${touchPrefix}${options.from ?? ""}`,
    consistent: options.consistent,
  });
  return partitionOf(identifierId, items);
}

/** A partition of its items, in any order. */
export function partitionOf(identifierId: string, items: readonly Item[]): PersonPartition {
  const partition: PersonPartition = { identifierId, touches: [], facts: [], ledger: [], links: [] };
  for (const item of items) {
    const body = String(item.body ?? "{}");
    if (item.sk.startsWith(touchPrefix)) {
      partition.touches.push(unpackTouch(identifierId, item.sk, body));
    } else if (item.sk.startsWith(leadPrefix)) {
      partition.ledger.push(ledgerEntryOf(item));
    } else if (item.sk.startsWith("link#")) {
      const [, other = "", hour = ""] = item.sk.split("#");
      partition.links.push({ other, hour, type: (JSON.parse(body) as { type: string }).type });
    } else if (item.sk === "identifier") {
      const { type, value } = JSON.parse(body) as { type: keyof Identifiers; value: string };
      partition.identifier = { [type]: value };
    } else if (factTypes.some((prefix) => item.sk.startsWith(prefix))) {
      partition.facts.push(personFactOf(identifierId, item.sk, body));
    }
  }
  return partition;
}

const factTypes = Object.values(factPrefixes);

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
});
