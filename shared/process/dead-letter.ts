import { activeItem, itemsOf } from "../store/facts.ts";
import { leaveQuarantine, putFirstQuarantine } from "../store/quarantine.ts";
import { getItem, putAll, type Table } from "../store/table.ts";
import { quarantineKey } from "../table/keys.ts";
import { decodeMessage, type Fact, UnreadableMessage } from "../touchpoint/message.ts";
import { type Processing, peopleOf, processMessages, type QueueMessage, quarantineOf } from "./process.ts";

/**
 * Ends what came back too often. A message may be here because another one in its batch killed the function, so each is
 * tried once more, alone. It goes to quarantine before that: where the try kills this function too, the redelivery finds it
 * there and leaves it. So the innocent end in the timeline, the guilty in quarantine, and nothing goes round for ever.
 */
export async function buryMessage(processing: Processing, message: QueueMessage): Promise<void> {
  const fact = quarantineOf(message, "not_processed");
  const first = await putFirstQuarantine(processing.table, processing.files, fact);
  const facts = factsOf(message.body);
  if (!facts) return;
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
  const people = new Set(
    facts.flatMap((fact) => ("raw" in fact || fact.kind === "tally" ? [] : peopleOf(fact))),
  );
  return (
    (
      await putAll(
        table,
        [...people].map((id) => activeItem(id, clock())),
      )
    ).size === 0
  );
}
