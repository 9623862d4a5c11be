import { type Refusal, refusalOf } from "../request/refusal.ts";
import { cleanText } from "../request/text.ts";
import { parseTime } from "../request/time.ts";
import { withoutNulls } from "../request/without-nulls.ts";
import { identifierIds, identifierTypes, normaliseIdentifier } from "./identifier.ts";
import type { TouchFact } from "./message.ts";
import { type Identifiers, type Touch, type TouchpointInput, touchpointSchema } from "./touch.ts";
import { hash16Of, touchIdOf } from "./touch-id.ts";

/** What an acceptance knows beside the item itself. All of it is data: the same call gives the same touch. */
export interface Reception {
  source: string;
  /** A `public` source's key is in a web page: it may only send forms and pages, at the server's time, of e-mails. */
  sourceType: "public" | "server";
  route: string;
  /** The form's or event's id, part of a touch's identity; empty where the route has none. */
  scope: string;
  /** ISO 8601 UTC with milliseconds. */
  receivedAt: string;
  /** The deployment's namespace for identifier ids. */
  namespace: string;
  /** A fresh message id, for an item that has neither an id of its own nor a time. */
  freshId: string;
}

/** A sender's clock may be this far ahead before its time is set to the arrival. */
const allowedAhead = 5 * 60 * 1000;

/** The most a packed touch may take: beyond that it is no touch but a document. */
export const maximumTouchBytes = 32 * 1024;

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

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

/** Sentinels and empty values count as not sent; an e-mail that is there and is none is the sender's mistake. */
function normalised(sent: Identifiers): { identifiers: Identifiers } | { refusal: Refusal } {
  const identifiers: Identifiers = {};
  for (const type of identifierTypes) {
    const value = sent[type];
    if (value === undefined || value.trim() === "") continue;
    const one = normaliseIdentifier(type, value);
    if (one !== undefined) identifiers[type] = one;
    else if (type === "email")
      return refuse("invalid_email", "identifiers.email", "this is no e-mail address");
    else if (type === "crm" && !value.includes(":")) {
      return refuse(
        "invalid_crm",
        "identifiers.crm",
        "a CRM id is system:id, for example salesforce:00Q5f00000ABCDE",
      );
    }
  }
  return { identifiers };
}

function occurred(
  sent: TouchpointInput,
  { sourceType, receivedAt }: Reception,
): { occurredAt: string; claimedAt?: string } | { refusal: Refusal } {
  if (sent.occurredAt === undefined || sourceType === "public") return { occurredAt: receivedAt };
  const claimed = parseTime(sent.occurredAt);
  if (claimed === undefined) {
    return refuse(
      "invalid_time",
      "occurredAt",
      "ISO 8601 with a time zone, in the years 2000 to 2100, is needed",
    );
  }
  const ahead = Date.parse(claimed) - Date.parse(receivedAt);
  return ahead > allowedAhead ? { occurredAt: receivedAt, claimedAt: claimed } : { occurredAt: claimed };
}

/** Texts in one clean spelling, empty ones left out; undefined where nothing is left. */
function cleaned<Fields extends Record<string, string | undefined>>(
  fields: Fields | undefined,
): Fields | undefined {
  if (!fields) return undefined;
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    const text = value === undefined ? "" : cleanText(value);
    return text === "" ? [] : [[name, text] as const];
  });
  return entries.length > 0 ? (Object.fromEntries(entries) as Fields) : undefined;
}
