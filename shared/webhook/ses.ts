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
  factsFor,
  idOf,
  itemsOf,
  jsonOf,
  labels,
  timeOf,
} from "./email-event.ts";
import { at, isObject, list, text } from "./read.ts";
import { snsCertificateUrl, snsSubscribeUrl, verifySns } from "./sns.ts";

/** Known, and nothing that is kept: what is on the way, opens, what SES itself refused, and SES's notes on the topic. */
const ignored = new Set([
  "Send",
  "Open",
  "DeliveryDelay",
  "Reject",
  "Rendering Failure",
  "RenderingFailure",
  "Received",
  "AmazonSnsSubscriptionSucceeded",
]);

/** The sender's own message tags: SES adds some under `ses:`. A tag has a list of values, mostly of one. */
const tagsOf = (tags: unknown): Record<string, unknown> | undefined =>
  labels(
    Object.fromEntries(
      Object.entries(isObject(tags) ? tags : {})
        .filter(([name]) => !name.startsWith("ses:"))
        .map(([name, value]) => [name, Array.isArray(value) && value.length === 1 ? value[0] : value]),
    ),
  );

function campaignOf(record: unknown, { fieldMap }: ReadingSettings, link?: string) {
  const tags = tagsOf(at(record, "mail", "tags"));
  const linkTags = tagsOf(at(record, "click", "linkTags"));
  return emailCampaign(
    [
      labelledCampaign(linkTags, fieldMap),
      labelledCampaign(tags, fieldMap),
      { name: text(tags, "category") ?? text(tags, "category", 0) },
    ],
    link,
  );
}

/** The event of SES in a message of SNS, or alone, as SNS hands it over where "raw message delivery" is on. */
function findingOf(item: unknown, settings: ReadingSettings): Finding {
  const type = text(item, "Type");
  if (type === "SubscriptionConfirmation" || type === "UnsubscribeConfirmation") return { ignored: type };
  if (type !== "Notification") return eventFinding(item, item, settings);
  const message = text(item, "Message");
  // "Successfully validated SNS topic for Amazon SES event publishing."
  if (!message?.startsWith("{")) return { ignored: "plain text" };
  const record = jsonOf(message);
  return record === undefined
    ? unusable(item, "invalid_json", "Message", "the message is cut, or nests too deep")
    : eventFinding(item, record, settings);
}

function eventFinding(item: unknown, record: unknown, settings: ReadingSettings): Finding {
  const kind = text(record, "eventType") ?? text(record, "notificationType");
  if (kind === undefined) return unusable(item, "unknown_event", "eventType", "this is no event of SES");
  if (ignored.has(kind)) return { ignored: kind };
  const message = text(record, "mail", "messageId");
  const url = text(record, "click", "link");
  const time = text(record, kind.toLowerCase(), "timestamp") ?? text(item, "Timestamp");
  const campaign = campaignOf(record, settings, url);

  const of = (listed: readonly unknown[], several: "each" | "one only", fact: Reading): Finding => {
    const recipients = listed.flatMap((recipient) => {
      const email = addressOf(at(recipient, "emailAddress")) ?? addressOf(recipient);
      return email === undefined ? [] : [{ email, recipient }];
    });
    const id =
      text(item, "MessageId") ?? idOf(message, kind, time, url, ...recipients.map(({ email }) => email));
    const event = { id, occurredAt: timeOf(time), message, campaign };
    return factsFor({ item, field: "mail.destination", event, recipients }, several, (one, { recipient }) =>
      fact(one, recipient),
    );
  };

  const destination = list(record, "mail", "destination");
  switch (kind) {
    case "Click":
      return of(destination, "one only", (event) =>
        clickTouch({
          ...event,
          name: text(record, "mail", "commonHeaders", "subject"),
          url,
          userAgent: text(record, "click", "userAgent"),
          ip: text(record, "click", "ipAddress"),
          properties: {
            sentAt: timeOf(record, "mail", "timestamp"),
            configurationSet: text(record, "mail", "tags", "ses:configuration-set", 0),
            metadata: tagsOf(at(record, "mail", "tags")),
            linkTags: tagsOf(at(record, "click", "linkTags")),
          },
        }),
      );
    case "Delivery":
      return of(orElse(list(record, "delivery", "recipients"), destination), "each", (event) =>
        delivery(event, "delivered"),
      );
    case "Bounce":
      return text(record, "bounce", "bounceType") === "Permanent"
        ? of(list(record, "bounce", "bouncedRecipients"), "each", (event, recipient) =>
            delivery(
              event,
              "bounced",
              text(recipient, "diagnosticCode") ?? text(record, "bounce", "bounceSubType"),
            ),
          )
        : { ignored: "temporary bounce" };
    case "Complaint":
      // SES lists everybody of the message who may have complained; `not-spam` takes a complaint back.
      return text(record, "complaint", "complaintFeedbackType") === "not-spam"
        ? { ignored: "not-spam" }
        : of(orElse(list(record, "complaint", "complainedRecipients"), destination), "one only", (event) =>
            delivery(event, "complained", text(record, "complaint", "complaintFeedbackType")),
          );
    case "Subscription": {
      const status = subscriptionOf(at(record, "subscription"));
      return status === undefined
        ? { ignored: "Subscription unchanged" }
        : of(destination, "one only", (event) =>
            emailConsent(event, status, text(record, "subscription", "contactList")),
          );
    }
    default:
      return unusable(item, "unknown_event", "eventType", "no such kind of event is known");
  }
}

type Reading = (event: EmailEvent, recipient: unknown) => FactInput;

const orElse = (some: readonly unknown[], others: readonly unknown[]): readonly unknown[] =>
  some.length > 0 ? some : others;

/** Topics that somebody turned off or on: to leave one of them is to withdraw, as it is with other providers' groups. */
function subscriptionOf(subscription: unknown): "granted" | "withdrawn" | undefined {
  const all = (age: string) => at(subscription, age, "unsubscribeAll") === true;
  const topics = (age: string, status: string): (string | undefined)[] =>
    list(subscription, age, "topicSubscriptionStatus").flatMap((topic) =>
      text(topic, "subscriptionStatus")?.toLowerCase() === status ? [text(topic, "topicName")] : [],
    );
  const newly = (status: string): boolean => {
    const before = new Set(topics("oldTopicPreferences", status));
    return topics("newTopicPreferences", status).some((topic) => !before.has(topic));
  };
  if (all("newTopicPreferences") || newly("optout")) return "withdrawn";
  return all("oldTopicPreferences") || newly("optin") ? "granted" : undefined;
}

/**
 * Amazon SES, whose events come through an SNS topic (docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html):
 * JSON in a text in JSON, sent as text/plain. A click's own time counts, `mail.timestamp` is that of the sending. Only permanent bounces
 * are `bounced`. The source names the topics that may tell it anything; their subscriptions are confirmed, no others.
 */
export const ses: WebhookAdapter = {
  headers: [],
  needs: ["topics"],

  checkCredentials({ topics }): Refusal | undefined {
    return topics?.every((topic) => /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d+:[\w-]+(\.fifo)?$/.test(topic)) ===
      false
      ? {
          code: "invalid_topic",
          field: "topics",
          detail: "a topic is an ARN: arn:aws:sns:region:account:name",
        }
      : undefined;
  },

  certificateUrl: ({ body }) => snsCertificateUrl(jsonOf(body.toString("utf8"))),

  verify: ({ body }, { topics }, _now, certificate) =>
    topics && topics.length > 0
      ? verifySns(jsonOf(body.toString("utf8")), topics, certificate)
      : { code: "missing_credentials", detail: "the source names no SNS topic" },

  handshake(value, { topics }) {
    if (text(value, "Type") !== "SubscriptionConfirmation") return undefined;
    const confirm = snsSubscribeUrl(value);
    return confirm && topics?.includes(text(value, "TopicArn") ?? "") ? { confirm } : undefined;
  },

  findings: (value, _request, settings) => itemsOf(value).map((item) => findingOf(item, settings)),
};
