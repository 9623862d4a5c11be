import type { Refusal } from "../request/refusal.ts";
import { type FactInput, type Finding, unusable } from "../touchpoint/finding.ts";
import type { ReadingSettings, WebhookAdapter } from "./adapter.ts";
import { emailCampaign, labelledCampaign } from "./email-campaign.ts";
import {
  addressOf,
  clickTouch,
  delivery,
  type EmailEvent,
  emailConsent,
  idOf,
  itemsOf,
  jsonOf,
  labels,
  nonEmpty,
  timeOf,
} from "./email-event.ts";
import { at, isObject, list, text } from "./read.ts";
import { hmacMatches } from "./signature.ts";

/**
 * How old a signature may be. Mailgun retries for eight hours and does not say whether it signs each attempt afresh; a token is good for
 * one event in any case.
 */
const toleratedAge = 24 * 60 * 60;
const toleratedLead = 5 * 60;

/** Events that are known and say nothing that is kept. `rejected` is Mailgun's refusal of the sender, not the recipient's. */
const ignored = new Set([
  "accepted",
  "opened",
  "stored",
  "rejected",
  "list_member_uploaded",
  "list_member_upload_error",
  "list_uploaded",
]);

/** The event of a body, or the event alone, as quarantine keeps it: the signature beside it is not over it. */
const eventOf = (value: unknown): unknown => at(value, "event-data") ?? value;

const campaignOf = (item: unknown, { fieldMap }: ReadingSettings, link?: string) =>
  emailCampaign(
    [
      labelledCampaign(at(item, "user-variables"), fieldMap),
      { id: text(item, "campaigns", 0, "id"), name: text(item, "campaigns", 0, "name") },
      { name: text(item, "tags", 0) },
    ],
    link,
  );

function findingOf(item: unknown, settings: ReadingSettings): Finding {
  const kind = isObject(item) ? text(item, "event") : undefined;
  if (kind === undefined) return unusable(item, "unknown_event", "event", "this is no event of Mailgun");
  if (ignored.has(kind)) return { ignored: kind };
  const email = addressOf(at(item, "recipient"));
  if (email === undefined)
    return unusable(item, "missing_recipient", "recipient", "the event has no recipient");
  const occurredAt = timeOf(item, "timestamp");
  const url = text(item, "url");
  const message = text(item, "message", "headers", "message-id");
  const event: EmailEvent = {
    id: text(item, "id") ?? idOf(message, kind, email, text(item, "timestamp"), url),
    occurredAt,
    email,
    message,
    campaign: campaignOf(item, settings, url),
  };
  const reason = text(item, "reason");
  const found = (fact: FactInput): Finding => ({ item, facts: [fact] });
  switch (kind) {
    case "clicked":
      return found(
        clickTouch({
          ...event,
          name: text(item, "message", "headers", "subject"),
          url,
          userAgent: text(item, "client-info", "user-agent"),
          ip: text(item, "ip"),
          properties: {
            tags: nonEmpty(list(item, "tags")),
            template: text(item, "template", "name"),
            clientType: text(item, "client-info", "client-type"),
            bot: text(item, "client-info", "bot"),
            metadata: labels(at(item, "user-variables")),
          },
        }),
      );
    case "delivered":
      return found(delivery(event, "delivered"));
    case "failed":
      // A temporary failure is tried again. Mail that Mailgun holds back for an unsubscribe or a complaint did not bounce.
      if (text(item, "severity") === "temporary") return { ignored: "failed temporarily" };
      if (reason === "suppress-unsubscribe" || reason === "suppress-complaint") return { ignored: reason };
      return found(
        delivery(
          event,
          "bounced",
          text(item, "delivery-status", "message") ?? text(item, "delivery-status", "description") ?? reason,
        ),
      );
    case "unsubscribed":
      return found(emailConsent(event, "withdrawn"));
    case "complained":
      return found(delivery(event, "complained"));
    default:
      return unusable(item, "unknown_event", "event", "no such kind of event is known");
  }
}

/**
 * Mailgun's webhooks (documentation.mailgun.com/docs/mailgun/user-manual/webhooks). The signature stands in the body and is over
 * its own timestamp and token only, so that whoever sees one request could sign any event with it: hence `singleUseToken`. Freshness
 * goes by the signature's time; the event's own may be older.
 */
export const mailgun: WebhookAdapter = {
  headers: [],
  needs: ["secrets"],

  checkCredentials({ secrets }): Refusal | undefined {
    return secrets?.every((secret) => secret.trim() !== "") === false
      ? { code: "invalid_secret", field: "secret", detail: "Mailgun's HTTP webhook signing key is needed" }
      : undefined;
  },

  verify({ body }, { secrets }, now) {
    if (secrets.length === 0)
      return { code: "missing_credentials", detail: "the source has no signing key of Mailgun's" };
    const signed = at(jsonOf(body.toString("utf8")), "signature");
    const timestamp = text(signed, "timestamp");
    const token = at(signed, "token");
    const signature = at(signed, "signature");
    if (timestamp === undefined || typeof token !== "string" || typeof signature !== "string")
      return { code: "missing_signature", detail: "the body has no signature with timestamp and token" };
    // Ten digits, because timestamp and token are signed without anything between them.
    const given = { algorithm: "sha256", encoding: "hex", given: signature } as const;
    if (!/^\d{10}$/.test(timestamp) || !hmacMatches({ ...given, keys: secrets, data: timestamp + token }))
      return { code: "invalid_signature", detail: "the signature is not by this source's signing key" };
    const age = now.getTime() / 1000 - Number(timestamp);
    return age <= toleratedAge && age >= -toleratedLead
      ? undefined
      : {
          code: "stale_signature",
          detail: "the request was signed more than a day ago, or is from the future",
        };
  },

  singleUseToken(value) {
    const token = at(value, "signature", "token");
    return typeof token === "string" ? token : undefined;
  },

  findings: (value, _request, settings) => itemsOf(value).map((one) => findingOf(eventOf(one), settings)),
};
