import { count } from "../observe/observe.ts";
import { itemsOf } from "../store/facts.ts";
import { leaveQuarantine, putFirstQuarantine } from "../store/quarantine.ts";
import { getItem, keyText, putAll, type Table } from "../store/table.ts";
import { quarantineKey } from "../table/keys.ts";
import { decodeMessage, type Fact, UnreadableMessage } from "../touchpoint/message.ts";
import { quarantineWithout } from "../touchpoint/suppression.ts";
import { markersOf } from "./markers.ts";
import { type Processing, processMessages, type QueueMessage, quarantineOf } from "./process.ts";
import { unsuppressed } from "./suppression.ts";

/**
 * Ends what came back too often. A message may be here because another one in its batch killed the function, so each is
 * tried once more, alone. It goes to quarantine before that: where the try kills this function too, the redelivery finds it
 * there and leaves it. So the innocent end in the timeline, the guilty in quarantine, and nothing goes round for ever.
 */
export async function buryMessage(processing: Processing, message: QueueMessage): Promise<void> {
  const sought = await processing.suppressed.get(processing.clock().getTime());
  const fact = quarantineWithout(quarantineOf(message, "not_processed"), sought);
  if (!fact) {
    count({ Suppressed: 1 });
    return;
  }
  const first = await putFirstQuarantine(processing.table, processing.files, fact);
  const known = factsOf(message.body);
  if (!known) return;
  const facts = unsuppressed(known, sought).kept;
  // Where the try before this one ended after its last fact, all is stored, and only the night may not know of it yet.
  const done = first
    ? (await processMessages(processing, [message])).length === 0
    : (await allStored(processing.table, facts)) && (await allMarked(processing, facts));
  if (done) await leaveQuarantine(processing.table, processing.files, fact);
}

/** The facts of a message, or undefined where it cannot be read. */
function factsOf(body: string): Fact[] | undefined {
  try {
    return decodeMessage(body).facts;
  } catch (error) {
    if (error instanceof UnreadableMessage) return undefined;
    throw error;
  }
}

async function allStored(table: Table, facts: readonly Fact[]): Promise<boolean> {
  for (const fact of facts) {
    if (fact.kind === "tally") continue;
    if (fact.kind === "quarantine") {
      if (!(await getItem(table, quarantineKey(fact.receivedAt, fact.id), true))) return false;
      continue;
    }
    for (const { pk, sk } of itemsOf(fact)) if (!(await getItem(table, { pk, sk }, true))) return false;
  }
  return true;
}

async function allMarked({ table, clock }: Processing, facts: readonly Fact[]): Promise<boolean> {
  const now = clock();
  const markers = facts.flatMap((fact) =>
    fact.kind === "quarantine" || fact.kind === "tally" ? [] : markersOf(fact, now),
  );
  const distinct = new Map(markers.map((item) => [keyText(item), item]));
  return (await putAll(table, [...distinct.values()])).size === 0;
}
