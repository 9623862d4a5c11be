import type { Refusal } from "../request/refusal.ts";
import { cleanText } from "../request/text.ts";
import { parseTime } from "../request/time.ts";
import { identifierTypes, normaliseIdentifier } from "./identifier.ts";
import type { Identifiers } from "./touch.ts";

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

/** A refusal, as what accepts an item answers it. */
export const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

/** Sentinels and empty values count as not sent; an e-mail that is there and is none is the sender's mistake. */
export function normalised(sent: Identifiers): { identifiers: Identifiers } | { refusal: Refusal } {
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

/**
 * When an item happened: as its sender says, unless the sender is a web page or its clock is ahead by more than five minutes;
 * then, or where it says nothing, when it arrived.
 */
export function occurred(
  sent: { occurredAt?: string | undefined },
  { sourceType, receivedAt }: Pick<Reception, "sourceType" | "receivedAt">,
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
export function cleaned<Fields extends Record<string, string | undefined>>(
  fields: Fields | undefined,
): Fields | undefined {
  if (!fields) return undefined;
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    const text = value === undefined ? "" : cleanText(value);
    return text === "" ? [] : [[name, text] as const];
  });
  return entries.length > 0 ? (Object.fromEntries(entries) as Fields) : undefined;
}
