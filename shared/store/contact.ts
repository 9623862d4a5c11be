import { type IdentifierFacts, isStrong } from "../identity/facts.ts";
import { type Identity, identify, toRead } from "../identity/identity.ts";
import { personPartition, touchPrefix } from "../table/keys.ts";
import type { Person } from "../timeline/contact.ts";
import { emptyPartition, type PersonPartition } from "../timeline/partition.ts";
import { eachOf } from "./each-of.ts";
import { partitionOf, type ReadingOptions, readPerson } from "./person.ts";
import { queryPage, type Table } from "./table.ts";

/** Partitions read at once. */
const concurrency = 16;

/** So many linked identifiers are read whole at once: most belong to the contact. Of more, first what says who they belong to. */
const readWhole = 4;

/** What was read to know who somebody is. */
export interface Reading {
  /** What each partition says about who it belongs to; null where it holds nothing. */
  read: Map<string, IdentifierFacts | null>;
  /** Those that were read whole, by identifierId. */
  partitions: Map<string, PersonPartition>;
}

/** How a contact is read: with `facts` without its touches, with `shallow` without those of partitions that have very many. */
export type ContactReading = Omit<ReadingOptions, "only"> & {
  only?: "facts" | "shallow" | undefined;
  /** Until it is known who somebody is, nothing but the start is read whole: for who then may not want the rest. */
  startOnly?: boolean | undefined;
};

export const emptyReading = (): Reading => ({ read: new Map(), partitions: new Map() });

/**
 * Reads partition after partition until it is known whose an identifier is. Most contacts are one partition, and one query.
 * @param reading what was read before is not read again, and what is read now is added
 */
export async function settle(
  table: Table,
  start: string,
  options: ContactReading,
  reading = emptyReading(),
): Promise<Reading> {
  for (;;) {
    const ids = toRead(reading.read, start);
    if (ids.length === 0) return reading;
    await eachOf(ids, concurrency, async (id) => {
      const whole = id === start || (!options.startOnly && ids.length <= readWhole && !isDevice(reading, id));
      const partition = await readPerson(
        table,
        id,
        whole ? options : { consistent: options.consistent, only: "identity" },
      );
      if (whole) reading.partitions.set(id, partition);
      // Of whom only the latest touches are read, an older one may say who it is.
      const isComplete = whole && options.only !== "facts" && !options.from && !partition.deep;
      reading.read.set(id, await factsOf(table, partition, isComplete));
    });
  }
}

/** Whether somebody was seen with it as with a browser: those may have been seen with a crowd. */
function isDevice({ read }: Reading, id: string): boolean {
  for (const facts of read.values()) {
    const link = facts?.links.find(({ other }) => other === id);
    if (link) return !isStrong(link.type);
  }
  return false;
}

/**
 * What a partition says about who it belongs to; null where it holds nothing.
 * @param whole whether its touches were read, and everything else too
 */
async function factsOf(
  table: Table,
  partition: PersonPartition,
  whole: boolean,
): Promise<IdentifierFacts | null> {
  const { identifierId, links, hands, ledger, touches, facts, erased } = partition;
  let { identifier } = partition;
  let known = links.length + hands.length + ledger.length + touches.length + facts.length > 0;
  if (!identifier && (links.length > 0 || !whole)) {
    // Kept before both ends of a link told their value: a touch of its own does.
    const pk = personPartition(identifierId);
    const { items } = await queryPage(table, pk, { beginsWith: touchPrefix, limit: 1 });
    identifier = partitionOf(identifierId, items).identifier;
    known ||= items.length > 0;
  }
  if (!identifier && !known) return null;
  return { identifierId, ...(identifier ?? nameless), links, hands, ...(erased && { erased }) };
}

/** A click on a tracked link tells whose it is only by its partition. */
const nameless = { type: "anonymous", value: "" } as const;

/** The person behind a reading that is settled, with every partition of theirs; undefined where nothing is known. */
export async function personOf(
  table: Table,
  start: string,
  options: ContactReading,
  reading: Reading,
): Promise<Person | undefined> {
  const identity = identify(reading.read, start);
  return identity && { identity, partitions: await partitionsOf(table, identity, options, reading) };
}

async function partitionsOf(
  table: Table,
  { strong, weak }: Identity,
  options: ContactReading,
  { partitions }: Reading,
): Promise<PersonPartition[]> {
  const ids = [...strong, ...weak].map(({ identifierId }) => identifierId);
  const missing = ids.filter((id) => !partitions.has(id));
  await eachOf(missing, concurrency, async (id) => {
    partitions.set(id, await readPerson(table, id, options));
  });
  return ids.map((id) => partitions.get(id) ?? emptyPartition(id));
}

/**
 * Reads the person whom an identifier belongs to, from any of their identifiers.
 * @returns undefined where nothing is known of the identifier
 */
export async function readContact(
  table: Table,
  identifierId: string,
  options: ContactReading = {},
): Promise<Person | undefined> {
  return personOf(table, identifierId, options, await settle(table, identifierId, options));
}
