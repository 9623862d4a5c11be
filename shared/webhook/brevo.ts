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
  nonEmpty,
  timeOf,
} from "./email-event.ts";
import { at, isObject, text } from "./read.ts";

/** Transactional and marketing webhooks, and their documentation, spell one event in several ways. */
const kindOf = (item: unknown): string | undefined =>
  isObject(item)
    ? text(item, "event")
        ?.toLowerCase()
        .replace(/[^a-z]/g, "")
    : undefined;

/** Known, and nothing that is kept: what is on the way, every sort of open, temporary bounces, changes of the address book. */
const ignored = new Set(
  (
    "request sent deferred error softbounce open opened uniqueopened uniqueopen firstopening proxyopen uniqueproxyopen " +
    "contactdeleted contactupdated contactcreated listaddition"
  ).split(" "),
);

/** The tags of a message: `tags` is a list, `tag` a list, the JSON of one, or one tag as it is. */
const tagsOf = (item: unknown): string[] =>
  [at(item, "tags"), jsonOf(text(item, "tag")), at(item, "tag")]
    .map((tags) => itemsOf(tags).flatMap((tag) => text(tag) ?? []))
    .find((tags) => tags.length > 0) ?? [];

/** What the sender put into the message's `X-Mailin-custom` header: mostly JSON. */
const customOf = (item: unknown): unknown =>
  jsonOf(text(item, "X-Mailin-custom")) ?? text(item, "X-Mailin-custom");

const campaignOf = (item: unknown, { fieldMap }: ReadingSettings, link?: string) =>
  emailCampaign(
    [
      { id: text(item, "camp_id"), name: text(item, "campaign name") },
      labelledCampaign(customOf(item), fieldMap),
      { name: tagsOf(item)[0] },
    ],
    link,
  );

function findingOf(item: unknown, settings: ReadingSettings): Finding {
  const kind = kindOf(item);
  if (kind === undefined) return unusable(item, "unknown_event", "event", "this is no event of Brevo");
  if (ignored.has(kind)) return { ignored: kind };
  const email = addressOf(at(item, "email"));
  if (email === undefined) return unusable(item, "missing_recipient", "email", "the event has no recipient");
  // `ts` and `date` are in the time zone of the account: they tell two events apart, not when they were.
  const time = text(item, "ts_epoch") ?? text(item, "ts_event");
  const url = text(item, "link") ?? text(item, "URL") ?? text(item, "url");
  const message = text(item, "message-id");
  const sending = message ?? text(item, "camp_id");
  const event: EmailEvent = {
    // Its `id` is that of the webhook.
    id: idOf(sending, kind, email, url, time ?? text(item, "ts") ?? text(item, "date")),
    occurredAt: timeOf(time),
    email,
    message,
    campaign: campaignOf(item, settings, url),
  };
  const reason = text(item, "reason");
  const found = (fact: FactInput): Finding => ({ item, facts: [fact] });
  switch (kind) {
    case "click":
    case "clicked":
      return found(
        clickTouch({
          ...event,
          mailing: text(item, "camp_id"),
          name: text(item, "subject"),
          url,
          userAgent: text(item, "user_agent"),
          ip: text(item, "ip"),
          properties: {
            tags: nonEmpty(tagsOf(item)),
            template: text(item, "template_id"),
            sentAt: timeOf(item, "ts_sent"),
            metadata: customOf(item),
          },
        }),
      );
    case "delivered":
      return found(delivery(event, "delivered"));
    case "hardbounce":
    case "invalid":
    case "invalidemail":
      return found(delivery(event, "bounced", reason));
    case "blocked":
      // Brevo holds back what it would send to somebody who had unsubscribed, too; that is no bounce.
      return /unsubscri/i.test(reason ?? "") ? { ignored: kind } : found(delivery(event, "bounced", reason));
    case "spam":
    case "complaint":
      return found(delivery(event, "complained"));
    case "unsubscribe":
    case "unsubscribed":
      return found(emailConsent(event, "withdrawn"));
    default:
      return unusable(item, "unknown_event", "event", "no such kind of event is known");
  }
}

/**
 * Brevo's webhooks, transactional and marketing (developers.brevo.com/docs/transactional-webhooks, …/marketing-webhooks), one event
 * or a batch of up to 500. Brevo signs nothing: that a request has the source's write key is the whole check. Soft bounces are
 * temporary and ignored.
 */
export const brevo: WebhookAdapter = {
  headers: [],
  needs: [],
  verify: () => undefined,
  findings: (value, _request, settings) => itemsOf(value).map((item) => findingOf(item, settings)),
};
