import { type Finding, unusable } from "../touchpoint/finding.ts";
import type { TouchpointInput } from "../touchpoint/touch.ts";
import { hash16Of } from "../touchpoint/touch-id.ts";
import type { WebhookAdapter } from "./adapter.ts";
import { itemsOf } from "./email-event.ts";
import { isObject, present, text } from "./read.ts";
import { checkStandardSecrets, idHeaders, messageId, verifyStandard } from "./standard-signature.ts";

/** The standard's payload, `{type, timestamp, data}`, and no touch, which has no `data`. */
const isEnvelope = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && value.data !== undefined && value.channel === undefined;

/** The most that is kept of an envelope's type, and of its time. */
const maximumKept = 200;

/** A value as it came, where it is one by itself; undefined for objects and lists. */
function kept(value: unknown): unknown {
  if (typeof value === "string") return value.slice(0, maximumKept);
  return typeof value === "object" ? undefined : value;
}

/**
 * Each touch of an envelope in one of its own, to be kept and read alone: with nothing else of it, of which there would be a copy
 * for every touch.
 */
const enveloped = ({ type, timestamp }: Record<string, unknown>, data: unknown) => ({
  ...present({ type: kept(type), timestamp: kept(timestamp) }),
  data,
});

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === "";

/**
 * A touch as it came, with what its message says where the touch itself says nothing: the id of the message with the touch's own
 * hash, which stays the same whether the touch is read with its neighbours or alone, and the time of the event.
 */
function findingOf(item: unknown, touch: unknown, message: string | undefined): Finding {
  if (!isObject(touch)) return unusable(item, "invalid_field", "", "a touchpoint is a JSON object");
  const timestamp = isEnvelope(item) ? text(item, "timestamp") : undefined;
  const input = {
    ...touch,
    id: isBlank(touch.id) ? message && `${message}:${hash16Of(touch)}` : touch.id,
    occurredAt: isBlank(touch.occurredAt) ? timestamp : touch.occurredAt,
  };
  // It is checked where it is accepted, as what `POST /v1/touchpoints` takes is.
  return { item, facts: [{ touch: input as unknown as TouchpointInput }] };
}

/**
 * Webhooks of one's own, signed after Standard Webhooks. The payload is a touch in the shape of `POST /v1/touchpoints`, an array of
 * touches, or `{type, timestamp, data}` around one or several.
 */
export const standard: WebhookAdapter = {
  headers: idHeaders,
  needs: ["secrets"],
  checkCredentials: checkStandardSecrets,
  verify: verifyStandard,
  findings(value, { headers }) {
    const message = messageId(headers);
    return itemsOf(value).flatMap((one) =>
      isEnvelope(one)
        ? itemsOf(one.data).map((touch) => findingOf(enveloped(one, touch), touch, message))
        : findingOf(one, one, message),
    );
  },
};
