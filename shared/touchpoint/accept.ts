import { type Refusal, refusalOf } from "../request/refusal.ts";
import { withoutNulls } from "../request/without-nulls.ts";
import { identifierIds } from "./identifier.ts";
import type { TouchFact } from "./message.ts";
import { cleaned, normalised, occurred, type Reception, refuse } from "./reception.ts";
import { type Touch, type TouchpointInput, touchpointSchema } from "./touch.ts";
import { hash16Of, touchIdOf } from "./touch-id.ts";

/** The most a packed touch may take: beyond that it is no touch but a document. */
export const maximumTouchBytes = 32 * 1024;

/**
 * Makes the fact of an item, or says why it cannot be one. Pure: identity, time and partition follow from the item and
 * the reception alone, so a resend makes the same fact.
 * @param item what the sender sent, for the touch's hash
 * @param input the same in the shape of `POST /v1/touchpoints`
 */
export function acceptTouchpoint(
  item: unknown,
  input: unknown,
  reception: Reception,
): { fact: TouchFact } | { refusal: Refusal } {
  const parsed = touchpointSchema.safeParse(withoutNulls(input));
  if (!parsed.success) return { refusal: refusalOf(parsed.error.issues, "a touchpoint") };
  const sent = parsed.data;
  const forbidden = reception.sourceType === "public" ? forbiddenToPublic(sent) : undefined;
  if (forbidden) return { refusal: forbidden };

  const identifiers = normalised(sent.identifiers);
  if ("refusal" in identifiers) return identifiers;
  const ids = identifierIds(reception.namespace, identifiers.identifiers);
  const partition = ids[0];
  if (!partition)
    return refuse(
      "missing_identifier",
      "identifiers",
      "at least one of email, crm, user, anonymous is needed",
    );

  const times = occurred(sent, reception);
  if ("refusal" in times) return times;

  const hash16 = hash16Of(item);
  const messageId = sent.id?.trim() || (sent.occurredAt === undefined ? reception.freshId : `hash:${hash16}`);
  const touch: Touch = {
    identifierId: partition[1],
    touchId: touchIdOf({
      source: reception.source,
      route: reception.route,
      scope: reception.scope,
      messageId,
    }),
    hash16,
    channel: sent.channel,
    direction: sent.direction ?? "inbound",
    ...times,
    receivedAt: reception.receivedAt,
    source: reception.source,
    identifiers: identifiers.identifiers,
    traits: cleaned(sent.traits),
    campaign: cleaned(sent.campaign),
    asset: cleaned(sent.asset),
    client: cleaned(sent.client),
    properties: sent.properties && Object.keys(sent.properties).length > 0 ? sent.properties : undefined,
  };
  const bytes = Buffer.byteLength(JSON.stringify(touch));
  if (bytes > maximumTouchBytes) {
    return refuse("too_large", "", `a touch takes at most ${maximumTouchBytes} bytes; this one has ${bytes}`);
  }
  return { fact: { kind: "touch", touch, identifierIds: Object.fromEntries(ids) } };
}

function forbiddenToPublic(sent: TouchpointInput): Refusal | undefined {
  if (sent.channel !== "form" && sent.channel !== "page") {
    return {
      code: "forbidden_channel",
      field: "channel",
      detail: "a public key may only send form and page",
    };
  }
  if (sent.direction === "outbound") {
    return {
      code: "forbidden_direction",
      field: "direction",
      detail: "a public key may only send inbound touches",
    };
  }
  for (const type of ["user", "crm"] as const) {
    if (sent.identifiers[type] !== undefined) {
      return { code: "forbidden_identifier", field: `identifiers.${type}`, detail: "not with a public key" };
    }
  }
  return undefined;
}
