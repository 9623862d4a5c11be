import { type FactInput, type Finding, unusable } from "../touchpoint/finding.ts";
import type { ReadingSettings, WebhookAdapter } from "./adapter.ts";
import { emailCampaign, labelledCampaign } from "./email-campaign.ts";
import {
  addressOf,
  clickTouch,
  delivery,
  type EmailEvent,
  emailConsent,
  factsFor,
  idOf,
  itemsOf,
  labels,
  timeOf,
} from "./email-event.ts";
import { at, isObject, list, text } from "./read.ts";
import { checkStandardSecrets, idHeaders, messageId, verifyStandard } from "./standard-signature.ts";

/** Known, and nothing that is kept. What Resend held back for its own list of suppressed addresses did not bounce. */
const ignored = new Set([
  "email.sent",
  "email.scheduled",
  "email.delivery_delayed",
  "email.opened",
  "email.failed",
  "email.suppressed",
  "email.received",
  "contact.deleted",
  "domain.created",
  "domain.updated",
  "domain.deleted",
]);

/** Tags come as `{name: value}`, or, in older requests, as they were sent: `[{name, value}]`. */
function tagsOf(data: unknown): Record<string, unknown> {
  const tags = at(data, "tags");
  if (isObject(tags)) return tags;
  return Object.fromEntries(
    list(data, "tags").flatMap((tag) => {
      const name = text(tag, "name");
      return name === undefined ? [] : [[name, at(tag, "value")]];
    }),
  );
}

const campaignOf = (data: unknown, { fieldMap }: ReadingSettings, link?: string) =>
  emailCampaign(
    [
      labelledCampaign(tagsOf(data), fieldMap),
      { id: text(data, "broadcast_id") },
      { name: text(tagsOf(data), "category") },
    ],
    link,
  );

function findingOf(item: unknown, message: string | undefined, settings: ReadingSettings): Finding {
  const kind = isObject(item) ? text(item, "type") : undefined;
  if (kind === undefined) return unusable(item, "unknown_event", "type", "this is no event of Resend");
  if (ignored.has(kind)) return { ignored: kind };
  const data = at(item, "data");
  const url = text(data, "click", "link");
  const recipients = [...itemsOf(at(data, "to")), at(data, "email")].flatMap((to) => {
    const email = addressOf(to);
    return email === undefined ? [] : [{ email }];
  });
  const event = {
    id: message ?? idOf(kind, text(data, "email_id") ?? text(data, "id"), text(item, "created_at"), url),
    occurredAt: timeOf(data, "click", "timestamp") ?? timeOf(item, "created_at"),
    message: text(data, "email_id"),
    campaign: campaignOf(data, settings, url),
  };
  const of = (several: "each" | "one only", fact: (event: EmailEvent) => FactInput): Finding =>
    factsFor({ item, field: "data.to", event, recipients }, several, fact);
  switch (kind) {
    case "email.clicked":
      return of("one only", (one) =>
        clickTouch({
          ...one,
          mailing: text(data, "broadcast_id") ?? text(data, "template_id"),
          name: text(data, "subject"),
          url,
          userAgent: text(data, "click", "userAgent"),
          ip: text(data, "click", "ipAddress"),
          properties: {
            template: text(data, "template_id"),
            sentAt: timeOf(data, "created_at"),
            metadata: labels(tagsOf(data)),
          },
        }),
      );
    case "email.delivered":
      return of("each", (one) => delivery(one, "delivered"));
    case "email.bounced":
      return /^(transient|undetermined)$/i.test(text(data, "bounce", "type") ?? "")
        ? { ignored: "temporary bounce" }
        : of("each", (one) => delivery(one, "bounced", text(data, "bounce", "message")));
    case "email.complained":
      return of("one only", (one) => delivery(one, "complained"));
    case "contact.created":
    case "contact.updated":
      // `false` comes with every change of a name as well, and would undo what the person said elsewhere.
      return at(data, "unsubscribed") === true
        ? of("one only", (one) => emailConsent(one, "withdrawn"))
        : { ignored: kind };
    default:
      return unusable(item, "unknown_event", "type", "no such kind of event is known");
  }
}

/**
 * Resend's webhooks (resend.com/docs/webhooks), signed by Svix. `email.bounced` is said by Resend of what was refused for good; one that
 * is marked as transient is ignored.
 */
export const resend: WebhookAdapter = {
  headers: idHeaders,
  needs: ["secrets"],
  checkCredentials: checkStandardSecrets,
  verify: verifyStandard,
  findings: (value, { headers }, settings) =>
    itemsOf(value).map((item) => findingOf(item, messageId(headers), settings)),
};
