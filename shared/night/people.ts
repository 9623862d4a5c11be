import { logger } from "../observe/observe.ts";
import { personOf, type Reading, settle } from "../store/contact.ts";
import { eachOf } from "../store/each-of.ts";
import type { Table } from "../store/table.ts";
import type { Person } from "../timeline/contact.ts";

/** People read at once. */
const concurrency = 8;

/** How often people are read again until nobody changes between two readings. Whoever still does waits for another run. */
const attempts = 5;

interface Collected {
  person: Person | null;
  facts: string;
}

/**
 * The people behind some identifiers, all as of one moment: nothing that tells who anybody is came in between the first reading
 * and the last. Facts are only ever added, so what is equal in two readings was so at every moment between them; each person is
 * read before one moment and again after it (the double collect of Afek et al., "Atomic Snapshots of Shared Memory", 1993).
 * Whose touches are whose follows from these facts alone, so that no identifier and no touch is of two of these people.
 * @param onFault told of an identifier whose person cannot be read; throws where that concerns everybody
 * @returns by identifier, null where nothing is known of it; without those who could not be read or changed at every reading
 */
export async function collectPeople(
  table: Table,
  identifierIds: readonly string[],
  onFault: (identifierId: string, error: unknown) => Promise<void>,
): Promise<Map<string, Person | null>> {
  const collected = new Map<string, Collected>();
  let changed = [...identifierIds];
  for (let attempt = 1; changed.length > 0; attempt++) {
    for (const id of changed) collected.delete(id);
    if (attempt > attempts) {
      logger.warn("people change while the run closes", { identifierIds: changed.slice(0, 100) });
      break;
    }
    await eachOf(changed, concurrency, async (id) => {
      try {
        const reading = await settle(table, id, { consistent: true });
        const person = await personOf(table, id, { consistent: true }, reading);
        collected.set(id, { person: person ?? null, facts: factsOf(reading) });
      } catch (error) {
        await onFault(id, error);
      }
    });
    changed = await changedSince(table, collected);
  }
  return new Map([...collected].map(([id, { person }]) => [id, person]));
}

async function changedSince(table: Table, collected: ReadonlyMap<string, Collected>): Promise<string[]> {
  const changed: string[] = [];
  await eachOf([...collected], concurrency, async ([id, { facts }]) => {
    const reading = await settle(table, id, { consistent: true, only: "facts" });
    if (factsOf(reading) !== facts) changed.push(id);
  });
  return changed;
}

/** All that tells who a person is, as text. */
const factsOf = ({ read }: Reading): string =>
  JSON.stringify(
    [...read]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, facts]) => [id, facts?.links ?? [], facts?.hands ?? [], facts?.erased ?? null]),
  );
