import type { Files } from "../files/files.ts";
import { failureOf } from "../observe/failure.ts";
import { count, logger } from "../observe/observe.ts";
import type { Cached } from "../store/cached.ts";
import { eachOf } from "../store/each-of.ts";
import { isSighting, itemsOf } from "../store/facts.ts";
import { putQuarantine } from "../store/quarantine.ts";
import { type Item, keyText, putAll, type Table } from "../store/table.ts";
import type { Sought } from "../touchpoint/mentions.ts";
import {
  decodeMessage,
  type Fact,
  type FactsMessage,
  type PersonFactMessage,
  type QuarantineFact,
  type TouchFact,
  UnreadableMessage,
} from "../touchpoint/message.ts";
import { quarantineWithout } from "../touchpoint/suppression.ts";
import type { SourceActivity } from "./activity.ts";
import { type FastTrack, notifyAtOnce } from "./fast-track.ts";
import { markersOf } from "./markers.ts";
import { unsuppressed } from "./suppression.ts";

/** A message as the queue delivers it. */
export interface QueueMessage {
  messageId: string;
  body: string;
  /** When it was sent, milliseconds since 1970. */
  sentAt: number;
}

/** What writing facts stands on. `clock` is read after the facts are durable, never before. */
export interface Processing {
  table: Table;
  files: Files;
  clock: () => Date;
  /** Rows that say all they have to say by their key, and that this process has put: markers of activity, and who was seen with
   * whom. Losing it costs writes, not truth. */
  marked: Set<string>;
  /** Whose facts are dropped, because they were erased. */
  suppressed: Cached<Sought>;
  /** The figures of sources; where it is absent nobody keeps them. */
  activity?: SourceActivity;
  /** Who is told of touches that must not wait for the night; where it is absent all of them wait. */
  fastTrack?: FastTrack;
}

/** A fact that is put, and the message it came in. */
export interface Written {
  messageId: string;
  fact: TouchFact | PersonFactMessage;
}

/** Puts into quarantine under way at once: one by one, a batch of them would not be done in time. */
const putsAtOnce = 16;

/** Rows remembered at most: some twenty megabytes. */
const rememberedRows = 200_000;

/**
 * Makes the facts of messages durable: first the facts, merged by key, then a marker for each person who got one, by the
 * clock read after. A crash in between leaves facts without marker and messages undeleted; their redelivery ends in the
 * same state. A message that no reader understands goes to quarantine.
 * @returns the ids of messages that are not done and must be delivered again
 */
export async function processMessages(
  processing: Processing,
  messages: readonly QueueMessage[],
): Promise<string[]> {
  const failed = new Set<string>();
  const items = new Map<string, { item: Item; messages: Set<string> }>();
  const written: Written[] = [];
  const kept: { messageId: string; fact: QuarantineFact }[] = [];
  const read: { messageId: string; facts: readonly Fact[] }[] = [];
  const add = (message: string, item: Item) => {
    const key = keyText(item);
    const known = items.get(key);
    if (known) known.messages.add(message);
    else items.set(key, { item, messages: new Set([message]) });
  };

  const sought = await soughtOf(processing);
  if (!sought) return messages.map(({ messageId }) => messageId);
  let suppressed = 0;
  for (const message of messages) {
    const decoded = await decodeOrQuarantine(processing, message, sought);
    if (decoded === "failed") failed.add(message.messageId);
    if (typeof decoded === "string") continue;
    const { kept: facts, dropped, ignored } = unsuppressed(decoded.facts, sought);
    suppressed += dropped;
    read.push({ messageId: message.messageId, facts: [...facts, ...ignored] });
    for (const fact of facts) {
      if (fact.kind === "quarantine") kept.push({ messageId: message.messageId, fact });
      if (fact.kind === "quarantine" || fact.kind === "tally") continue;
      for (const item of itemsOf(fact)) {
        if (!isSighting(item) || !processing.marked.has(keyText(item))) add(message.messageId, item);
      }
      written.push({ messageId: message.messageId, fact });
    }
  }

  await eachOf(kept, putsAtOnce, async ({ messageId, fact }) => {
    if (!(await quarantined(processing, fact))) failed.add(messageId);
  });
  const unwritten = await putAll(
    processing.table,
    [...items.values()].map(({ item }) => item),
  );
  for (const key of unwritten) for (const id of items.get(key)?.messages ?? []) failed.add(id);
  remember(processing, items, unwritten);
  for (const id of await mark(processing, written)) failed.add(id);
  if (processing.fastTrack) {
    const durable = written.filter(({ messageId }) => !failed.has(messageId));
    for (const id of await notifyAtOnce(processing.fastTrack, durable, processing.clock())) failed.add(id);
  }
  // What a fact leaves beside itself is no further one.
  const stored = [...items].filter(([key, { item }]) => !isSighting(item) && !unwritten.has(key));
  count({ Stored: stored.length, Suppressed: suppressed });
  // A message that is not done comes again, and counts then.
  const done = read.filter(({ messageId }) => !failed.has(messageId));
  await processing.activity?.record(processing.table, done);
  return [...failed];
}

/** Notes which sightings are durable: most are of people who were seen together before. */
function remember(
  { marked }: Processing,
  items: ReadonlyMap<string, { item: Item }>,
  unwritten: ReadonlySet<string>,
): void {
  if (marked.size > rememberedRows) marked.clear();
  for (const [key, { item }] of items) if (isSighting(item) && !unwritten.has(key)) marked.add(key);
}

/** Who is erased; undefined where it cannot be told, so that nothing may be written. */
async function soughtOf({ suppressed, clock }: Processing): Promise<Sought | undefined> {
  try {
    return await suppressed.get(clock().getTime());
  } catch (error) {
    logger.error("suppressions not read", failureOf(error));
    return undefined;
  }
}

async function decodeOrQuarantine(
  processing: Processing,
  message: QueueMessage,
  sought: Sought,
): Promise<FactsMessage | "quarantined" | "failed"> {
  try {
    return decodeMessage(message.body);
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error;
    logger.warn("message quarantined", { messageId: message.messageId, reason: error.message });
    const kept = quarantineWithout(quarantineOf(message, "unreadable_message"), sought);
    if (!kept) count({ Suppressed: 1 });
    return !kept || (await quarantined(processing, kept)) ? "quarantined" : "failed";
  }
}

/** A message of the queue as it goes into quarantine: named by the message, so that a redelivery is the same entry. */
export const quarantineOf = (message: QueueMessage, reason: QuarantineFact["reason"]): QuarantineFact => ({
  kind: "quarantine",
  id: message.messageId,
  source: "queue",
  route: "process",
  reason,
  receivedAt: new Date(message.sentAt).toISOString(),
  contentType: "application/json",
  raw: Buffer.from(message.body).toString("base64"),
});

async function quarantined({ table, files }: Processing, fact: QuarantineFact): Promise<boolean> {
  try {
    await putQuarantine(table, files, fact);
    count({ Quarantined: 1 });
    return true;
  } catch (error) {
    logger.error("quarantine failed", { id: fact.id, ...failureOf(error) });
    return false;
  }
}

/**
 * Puts the markers of facts that are durable, by the clock read now.
 * @returns the messages whose markers could not be put
 */
async function mark({ table, clock, marked }: Processing, written: readonly Written[]): Promise<string[]> {
  const now = clock();
  const markers = new Map<string, { item: Item; messages: Set<string> }>();
  for (const { messageId, fact } of written) {
    for (const item of markersOf(fact, now)) {
      const key = keyText(item);
      if (marked.has(key)) continue;
      const marker = markers.get(key) ?? { item, messages: new Set<string>() };
      marker.messages.add(messageId);
      markers.set(key, marker);
    }
  }
  const failed = await putAll(
    table,
    [...markers.values()].map(({ item }) => item),
  );
  for (const key of markers.keys()) if (!failed.has(key)) marked.add(key);
  return [...failed].flatMap((key) => [...(markers.get(key)?.messages ?? [])]);
}
