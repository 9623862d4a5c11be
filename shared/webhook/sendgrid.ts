import { createPublicKey, createVerify, type KeyObject } from "node:crypto";
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
  labels,
  nonEmpty,
  timeOf,
} from "./email-event.ts";
import { at, isObject, text } from "./read.ts";

const signatureHeader = "x-twilio-email-event-webhook-signature";
const timestampHeader = "x-twilio-email-event-webhook-timestamp";

/**
 * How old a signature may be. SendGrid retries for 24 hours and does not say whether it signs each attempt afresh, so a
 * shorter time could lose events; a replay within it changes nothing, because an event's id makes it the same fact.
 */
const toleratedAge = 25 * 60 * 60;
const toleratedLead = 5 * 60;

/** The key as SendGrid shows it: base64 of DER, SubjectPublicKeyInfo, on the curve P-256. Throws where it is none. */
function keyOf(publicKey: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new TypeError("no key of P-256");
  return key;
}

function isSigned(body: Buffer, timestamp: string, signature: string, publicKey: string): boolean {
  try {
    const verifier = createVerify("sha256").update(timestamp).update(body);
    return verifier.verify(keyOf(publicKey), signature, "base64");
  } catch {
    return false;
  }
}

/** Events that are known and say nothing that is kept: opens, and what is on the way. */
const ignored = new Set(["processed", "deferred", "open", "account_status_change"]);

/** What SendGrid itself puts at the top level of an event; all else there are the sender's own arguments. */
const ownNames = new Set(
  (
    "email timestamp event smtp-id sg_event_id sg_message_id sg_machine_open sg_content_type sg_template_id sg_template_name sg_user_id " +
    "category useragent ip url url_offset asm_group_id tls cert_err reason status response attempt type bounce_classification " +
    "send_at pool post_type newsletter marketing_campaign_id marketing_campaign_name marketing_campaign_version " +
    "marketing_campaign_split_id singlesend_id singlesend_name template_id template_hash phase_id mc_stats mc_pod_id mc_auto_id " +
    "mc_auto_name mc_auto_step_id"
  ).split(" "),
);

/** What names a campaign: the sender's arguments, Marketing Campaigns in its three ages, then the first category. */
const campaignOf = (item: unknown, { fieldMap }: ReadingSettings, link?: string) =>
  emailCampaign(
    [
      labelledCampaign(labels(item, ownNames), fieldMap),
      { id: text(item, "singlesend_id"), name: text(item, "singlesend_name") },
      { id: text(item, "mc_auto_id"), name: text(item, "mc_auto_name") },
      { id: text(item, "marketing_campaign_id"), name: text(item, "marketing_campaign_name") },
      { id: text(item, "newsletter", "newsletter_id") },
      { name: categoriesOf(item)[0] },
    ],
    link,
  );

/** A category is a text or a list of texts. */
const categoriesOf = (item: unknown): string[] =>
  itemsOf(at(item, "category")).flatMap((category) => text(category) ?? []);

/**
 * The id of the sending: the part of `sg_message_id` before the first dot is the same for all recipients of one call, the
 * rest names the machine that handled the recipient.
 */
function sendingOf(item: unknown): string | undefined {
  const id = text(item, "sg_message_id");
  return id?.startsWith("filter") ? id : id?.split(".", 1)[0];
}

function findingOf(item: unknown, settings: ReadingSettings): Finding {
  const kind = isObject(item) ? text(item, "event") : undefined;
  if (kind === undefined) return unusable(item, "unknown_event", "event", "this is no event of SendGrid");
  if (ignored.has(kind)) return { ignored: kind };
  const email = addressOf(at(item, "email"));
  if (email === undefined) return unusable(item, "missing_recipient", "email", "the event has no recipient");
  const occurredAt = timeOf(item, "timestamp");
  const url = text(item, "url");
  const message = text(item, "sg_message_id");
  const event: EmailEvent = {
    id: text(item, "sg_event_id") ?? idOf(message, kind, email, occurredAt, url),
    occurredAt,
    email,
    message,
    campaign: campaignOf(item, settings, url),
  };
  const reason = text(item, "reason");
  const group = text(item, "asm_group_id");
  const ofGroup = group && `unsubscribe group ${group}`;
  const found = (fact: FactInput): Finding => ({ item, facts: [fact] });
  switch (kind) {
    case "click":
      return found(
        clickTouch({
          ...event,
          name: text(item, "sg_template_name"),
          mailing: text(item, "singlesend_id") ?? text(item, "marketing_campaign_id") ?? sendingOf(item),
          url,
          userAgent: text(item, "useragent"),
          ip: text(item, "ip"),
          properties: {
            tags: nonEmpty(categoriesOf(item)),
            template: text(item, "sg_template_id") ?? text(item, "template_id"),
            part: text(item, "url_offset", "type"),
            position: text(item, "url_offset", "index"),
            metadata: labels(item, ownNames),
          },
        }),
      );
    case "delivered":
      return found(delivery(event, "delivered"));
    case "bounce":
      // SendGrid calls a refusal that it holds for temporary "blocked"; a status of class 5 is final all the same (RFC 3463).
      return text(item, "type") === "blocked" && text(item, "status")?.startsWith("4")
        ? { ignored: "blocked" }
        : found(delivery(event, "bounced", reason));
    case "dropped":
      // Also dropped: who unsubscribed or complained before, and what the sender did wrong. None of it is a bounce.
      return /^(bounced address|invalid)$/i.test(reason ?? "")
        ? found(delivery(event, "bounced", reason))
        : { ignored: kind };
    case "spamreport":
      return found(delivery(event, "complained"));
    case "unsubscribe":
    case "group_unsubscribe":
      return found(emailConsent(event, "withdrawn", ofGroup));
    case "group_resubscribe":
      return found(emailConsent(event, "granted", ofGroup));
    default:
      return unusable(item, "unknown_event", "event", "no such kind of event is known");
  }
}

/**
 * SendGrid's Event Webhook (twilio.com/docs/sendgrid/for-developers/tracking-events/event), signed: ECDSA over the timestamp
 * header and the raw body. A body is an array of events. What was dropped or bounced for good is `bounced`; what is still tried, or
 * dropped because the recipient had unsubscribed, is ignored.
 */
export const sendgrid: WebhookAdapter = {
  headers: [],
  needs: ["publicKey"],

  checkCredentials({ publicKey }): Refusal | undefined {
    if (publicKey === undefined) return undefined;
    try {
      keyOf(publicKey);
      return undefined;
    } catch {
      const detail = "the verification key is base64, as SendGrid shows it under Signed Event Webhook";
      return { code: "invalid_public_key", field: "publicKey", detail };
    }
  },

  verify({ body, headers }, { publicKey }, now) {
    if (!publicKey)
      return { code: "missing_credentials", detail: "the source has no verification key of SendGrid's" };
    const signature = headers[signatureHeader];
    const timestamp = headers[timestampHeader];
    if (!signature || !timestamp) {
      const detail = "SendGrid's signature headers are missing: switch the Signed Event Webhook on";
      return { code: "missing_signature", detail };
    }
    if (!isSigned(body, timestamp, signature, publicKey)) {
      return { code: "invalid_signature", detail: "the signature is not by this source's verification key" };
    }
    const age = now.getTime() / 1000 - Number(timestamp);
    return age <= toleratedAge && age >= -toleratedLead
      ? undefined
      : {
          code: "stale_signature",
          detail: "the request was signed more than a day ago, or is from the future",
        };
  },

  findings: (value, _request, settings) => itemsOf(value).map((item) => findingOf(item, settings)),
};
