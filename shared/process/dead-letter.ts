import { leaveQuarantine, putFirstQuarantine } from "../store/quarantine.ts";
import { decodeMessage, UnreadableMessage } from "../touchpoint/message.ts";
import { type Processing, processMessages, type QueueMessage, quarantineOf } from "./process.ts";

/**
 * Ends what came back too often. A message may be here because another one in its batch killed the function, so each is
 * tried once more, alone. It goes to quarantine before that: where the try kills this function too, the redelivery finds it
 * there and leaves it. So the innocent end in the timeline, the guilty in quarantine, and nothing goes round for ever.
 */
export async function buryMessage(processing: Processing, message: QueueMessage): Promise<void> {
  const fact = quarantineOf(message, "not_processed");
  const first = await putFirstQuarantine(processing.table, processing.files, fact);
  if (!first || !readable(message.body)) return;
  const failed = await processMessages(processing, [message]);
  if (failed.length === 0) await leaveQuarantine(processing.table, fact);
}

function readable(body: string): boolean {
  try {
    decodeMessage(body);
    return true;
  } catch (error) {
    if (error instanceof UnreadableMessage) return false;
    throw error;
  }
}
