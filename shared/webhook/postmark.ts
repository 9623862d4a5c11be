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
  labels,
  timeOf,
} from "./email-event.ts";
import { at, isObject, text } from "./read.ts";

const ignored = new Set(["Open", "SMTPApiError"]);

/**
 * Types of `Bounce` after which the address or its server will not take this mail; the others are temporary, automatic answers, or a
 * server's notes on mail that it did deliver (postmarkapp.com/developer/api/bounce-api#bounce-types).
 */
const finalBounces = new Set(["HardBounce", "BadEmailAddress", "Blocked"]);

/** Where each kind of event says when it was. */
const times = ["ReceivedAt", "DeliveredAt", "BouncedAt", "ChangedAt"];

const campaignOf = (item: unknown, { fieldMap }: ReadingSettings, link?: string) =>
  emailCampaign([labelledCampaign(at(item, "Metadata"), fieldMap), { name: text(item, "Tag") }], link);

function findingOf(item: unknown, settings: ReadingSettings): Finding {
  const kind = isObject(item) ? text(item, "RecordType") : undefined;
  if (kind === undefined)
    return unusable(item, "unknown_event", "RecordType", "this is no event of Postmark");
  if (ignored.has(kind)) return { ignored: kind };
  const email = addressOf(at(item, "Recipient")) ?? addressOf(at(item, "Email"));
  if (email === undefined)
    return unusable(item, "missing_recipient", "Recipient", "the event has no recipient");
  const time = times.flatMap((name) => text(item, name) ?? []).at(0);
  const url = text(item, "OriginalLink");
  const message = text(item, "MessageID");
  const event: EmailEvent = {
    // Only bounces and complaints have an id of their own.
    id: text(item, "ID") ?? idOf(message, kind, email, time, url),
    occurredAt: timeOf(time),
    email,
    message,
    campaign: campaignOf(item, settings, url),
  };
  const found = (fact: FactInput): Finding => ({ item, facts: [fact] });
  switch (kind) {
    case "Click":
      return found(
        clickTouch({
          ...event,
          url,
          userAgent: text(item, "UserAgent"),
          ip: text(item, "Geo", "IP"),
          properties: {
            tag: text(item, "Tag"),
            part: text(item, "ClickLocation"),
            platform: text(item, "Platform"),
            stream: text(item, "MessageStream"),
            metadata: labels(at(item, "Metadata")),
          },
        }),
      );
    case "Delivery":
      return found(delivery(event, "delivered"));
    case "SpamComplaint":
      return found(delivery(event, "complained"));
    case "Bounce":
      return bounced(item, event);
    case "SubscriptionChange":
      return subscription(item, event);
    default:
      return unusable(item, "unknown_event", "RecordType", "no such kind of event is known");
  }
}

function bounced(item: unknown, event: EmailEvent): Finding {
  const type = text(item, "Type") ?? "";
  const detail = text(item, "Details") ?? text(item, "Description");
  if (type === "Unsubscribe") return { item, facts: [emailConsent(event, "withdrawn")] };
  if (type === "SpamComplaint") return { item, facts: [delivery(event, "complained", detail)] };
  return finalBounces.has(type)
    ? { item, facts: [delivery(event, "bounced", detail)] }
    : { ignored: "Bounce that is not final" };
}

/** Postmark also suspends an address by itself, after a bounce or a complaint, which says nothing else than these do. */
function subscription(item: unknown, event: EmailEvent): Finding {
  const suppressed = at(item, "SuppressSending");
  const reason = text(item, "SuppressionReason");
  if (typeof suppressed !== "boolean") {
    return unusable(item, "invalid_field", "SuppressSending", "whether sending is suppressed is missing");
  }
  if (!suppressed) return { item, facts: [emailConsent(event, "granted")] };
  if (reason === "HardBounce") return { item, facts: [delivery(event, "bounced", reason)] };
  if (reason === "SpamComplaint") return { item, facts: [delivery(event, "complained", reason)] };
  const origin = text(item, "Origin");
  return { item, facts: [emailConsent(event, "withdrawn", origin && `suppressed by: ${origin}`)] };
}

/**
 * Postmark's webhooks (postmarkapp.com/developer/webhooks/webhooks-overview). Postmark signs nothing: that a request has the
 * source's write key, in its URL or as the user name of basic authentication, is the whole check.
 */
export const postmark: WebhookAdapter = {
  headers: [],
  needs: [],
  verify: () => undefined,
  findings: (value, _request, settings) => itemsOf(value).map((item) => findingOf(item, settings)),
};
