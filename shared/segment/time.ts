import { parseTime } from "../request/time.ts";
import { at } from "../webhook/read.ts";
import type { Message } from "./message.ts";

/** A sender's clock that differs from ours by less agrees with it: the difference is the request's way. */
const agreement = 60 * 1000;

const timeAt = (message: Message, name: string): { sent: string; time: string | undefined } | undefined => {
  const sent = at(message, name);
  if (sent === undefined || sent === null || sent === "") return undefined;
  if (typeof sent !== "string" && typeof sent !== "number") return { sent: "", time: undefined };
  return { sent: String(sent).slice(0, 40), time: parseTime(sent) };
};

/**
 * When a message happened, in ISO 8601, by the sender's clock set right: `receivedAt − (sentAt − time)`. Where that clock agrees
 * with ours within a minute the time stays as it is, so that a message sent again has the same. A `timestamp` beside an
 * `originalTimestamp` is as it is too: it was set right by whoever forwards the message, or set on purpose (RudderStack's
 * libraries put the caller's time there); so is one in a message that says when it was received before.
 * https://www.twilio.com/docs/segment/connections/spec/common#timestamps
 * @param receivedAt ISO 8601 UTC
 * @returns undefined where the message names no time; what was sent where that is none
 */
export function occurredAtOf(message: Message, receivedAt: string): string | undefined {
  const timestamp = timeAt(message, "timestamp");
  const original = timeAt(message, "originalTimestamp");
  const stated = timestamp ?? original;
  if (!stated) return undefined;
  const { sent, time } = stated;
  if (time === undefined) return sent;
  if (timestamp && (original || timeAt(message, "receivedAt"))) return time;
  const sentAt = timeAt(message, "sentAt")?.time;
  if (sentAt === undefined) return time;
  const behind = Date.parse(receivedAt) - Date.parse(sentAt);
  return Math.abs(behind) <= agreement ? time : new Date(Date.parse(time) + behind).toISOString();
}
