import type { OutgoingEvent } from "../lead/event.ts";
import { type Queue, sendAll } from "./queue.ts";

/**
 * Hands over what happened to whoever delivers it. After what happened is durable and before it is acknowledged: what is announced twice
 * is one event.
 * @throws QueueUnavailable
 */
export const announce = async (deliveries: Queue, events: readonly OutgoingEvent[]): Promise<void> => {
  if (events.length > 0)
    await sendAll(
      deliveries,
      events.map((event) => JSON.stringify(event)),
    );
};
