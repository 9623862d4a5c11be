import { at, isObject, text } from "../webhook/read.ts";

/** The kinds of messages that the Segment specification has. https://www.twilio.com/docs/segment/connections/spec */
export const messageTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type MessageType = (typeof messageTypes)[number];

/** A message as it is read, hashed, and kept where it cannot be used: whole by itself, without the batch around it. */
export type Message = Record<string, unknown> & { type: MessageType };

/** What stands in a request around its messages, and holds for each that does not say it itself. */
interface Around {
  type?: MessageType;
  sentAt?: unknown;
  context: Record<string, unknown>;
}

/**
 * The messages of a body: those of a `batch`, or the body itself. Each gets what stands around it: the type that its address
 * has, the batch's time of sending and context. `integrations` says where Segment forwards a message, which is nothing to us.
 * @param type of a single message, by its address
 * @param context what is known of the sender beside the body
 * @returns each message whole, or as it came where it is none of a type that we know
 */
export function messagesOf(
  body: unknown,
  type: MessageType | undefined,
  context: Record<string, unknown>,
): unknown[] {
  const batch = Array.isArray(body) ? body : at(body, "batch");
  if (!Array.isArray(batch)) return [whole(body, { ...(type ? { type } : {}), context })];
  const own = at(body, "context");
  const around = { sentAt: at(body, "sentAt"), context: isObject(own) ? { ...context, ...own } : context };
  return batch.map((message) => whole(message, around));
}

/**
 * A message with what stood around it. Left out is what a library changes when it sends again (`_metadata` counts retries and
 * names what the page has loaded) and the write key, which must not lie in quarantine.
 */
function whole(message: unknown, around: Around): unknown {
  if (!isObject(message)) return message;
  const { writeKey: _, _metadata: __, ...kept } = message;
  const said = text(message, "type") ?? text(message, "action");
  const context = isObject(message.context) ? { ...around.context, ...message.context } : around.context;
  // A batch is stamped when it is sent, a message in it may have been stamped when it was queued.
  const sentAt = around.sentAt ?? message.sentAt;
  return {
    ...kept,
    ...(around.type || said ? { type: around.type ?? said?.toLowerCase() } : {}),
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(Object.keys(context).length > 0 ? { context } : {}),
  };
}

/** Whether a message is of a type that we know. */
export const isMessage = (value: Record<string, unknown>): value is Message =>
  messageTypes.some((type) => type === value.type);
