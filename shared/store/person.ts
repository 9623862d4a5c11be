import type { LedgerEntry } from "../lead/ledger.ts";
import { leadPrefix, personPartition, touchPrefix } from "../table/keys.ts";
import { unpackTouch } from "../table/touch-item.ts";
import type { PersonPartition } from "../timeline/contact.ts";
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

function partitionOf(identifierId: string, items: readonly Item[]): PersonPartition {
  const partition: PersonPartition = { identifierId, touches: [], ledger: [], links: [] };
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
    }
  }
  return partition;
}

/** A ledger entry of its stored item. */
export const ledgerEntryOf = (item: Item): LedgerEntry => ({
  ...(JSON.parse(String(item.body)) as Omit<LedgerEntry, "run" | "exportedAt">),
  run: typeof item.run === "number" ? item.run : undefined,
  exportedAt: typeof item.exportedAt === "string" ? item.exportedAt : undefined,
});
