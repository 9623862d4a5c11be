import type { Files } from "../files/files.ts";
import { failureOf } from "../observe/failure.ts";
import { count, logger } from "../observe/observe.ts";
import { eachOf } from "../store/each-of.ts";
import { activeItem, itemsOf } from "../store/facts.ts";
import { putQuarantine } from "../store/quarantine.ts";
import { type Item, keyText, putAll, type Table } from "../store/table.ts";
import {
  decodeMessage,
  type Fact,
  type FactsMessage,
  type PersonFactMessage,
  type QuarantineFact,
  type TouchFact,
  UnreadableMessage,
} from "../touchpoint/message.ts";
import type { SourceActivity } from "./activity.ts";

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
  /** Which identifiers this process has marked as active on a day; losing it costs writes, not truth. */
  marked: Set<string>;
  /** The figures of sources; where it is absent nobody keeps them. */
  activity?: SourceActivity;
}

/** Puts into quarantine under way at once: one by one, a batch of them would not be done in time. */
const putsAtOnce = 16;

/** Markers remembered at most: some ten megabytes. */
const rememberedMarkers = 100_000;

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
  const people = new Map<string, Set<string>>();
  const kept: { messageId: string; fact: QuarantineFact }[] = [];
  const read: { messageId: string; facts: readonly Fact[] }[] = [];
  const add = (message: string, item: Item) => {
    const key = keyText(item);
    const known = items.get(key);
    if (known) known.messages.add(message);
    else items.set(key, { item, messages: new Set([message]) });
  };

  for (const message of messages) {
    const decoded = await decodeOrQuarantine(processing, message);
    if (decoded === "failed") failed.add(message.messageId);
    if (typeof decoded === "string") continue;
    read.push({ messageId: message.messageId, facts: decoded.facts });
    for (const fact of decoded.facts) {
      if (fact.kind === "quarantine") kept.push({ messageId: message.messageId, fact });
      if (fact.kind === "quarantine" || fact.kind === "tally") continue;
      for (const item of itemsOf(fact)) add(message.messageId, item);
      for (const id of peopleOf(fact)) {
        const senders = people.get(id);
        if (senders) senders.add(message.messageId);
        else people.set(id, new Set([message.messageId]));
      }
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
  for (const id of await markActive(processing, people)) failed.add(id);
  count({ Stored: items.size - unwritten.size });
  // A message that is not done comes again, and counts then.
  const done = read.filter(({ messageId }) => !failed.has(messageId));
  await processing.activity?.record(processing.table, done);
  return [...failed];
}

/**
 * The identifiers that a fact is news of, for the night. An e-mail delivered is none: it makes nobody a lead, and a mailing would
 * have the night look at every recipient.
 */
export function peopleOf(fact: TouchFact | PersonFactMessage): string[] {
  if (fact.kind === "touch")
    return [...new Set([fact.touch.identifierId, ...Object.values(fact.identifierIds)])];
  if (fact.fact.type === "delivery" && fact.fact.status === "delivered") return [];
  return [...new Set(fact.seen.map(({ id }) => id))];
}

async function decodeOrQuarantine(
  processing: Processing,
  message: QueueMessage,
): Promise<FactsMessage | "quarantined" | "failed"> {
  try {
    return decodeMessage(message.body);
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error;
    logger.warn("message quarantined", { messageId: message.messageId, reason: error.message });
    return (await quarantined(processing, quarantineOf(message, "unreadable_message")))
      ? "quarantined"
      : "failed";
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

/** @returns the messages whose people could not be marked */
async function markActive(
  { table, clock, marked }: Processing,
  people: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<string[]> {
  const now = clock();
  const markers = new Map<string, { item: Item; memory: string; messages: ReadonlySet<string> }>();
  for (const [identifierId, messages] of people) {
    const item = activeItem(identifierId, now);
    const memory = keyText(item);
    if (!marked.has(memory)) markers.set(memory, { item, memory, messages });
  }
  const failed = await putAll(
    table,
    [...markers.values()].map(({ item }) => item),
  );
  if (marked.size > rememberedMarkers) marked.clear();
  for (const { memory } of markers.values()) if (!failed.has(memory)) marked.add(memory);
  return [...failed].flatMap((key) => [...(markers.get(key)?.messages ?? [])]);
}
