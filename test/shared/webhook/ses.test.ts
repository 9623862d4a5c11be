import { createSign, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ses } from "../../../shared/webhook/ses.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const topic = "arn:aws:sns:eu-central-1:123456789012:ses-events";
const mail = {
  timestamp: "2026-11-21T09:00:00.000Z",
  messageId: "0100-7c191be45-000000",
  destination: ["anna@example.com"],
  commonHeaders: { subject: "An offer" },
  tags: { campaign: ["november"], "ses:configuration-set": ["Marketing"], order: ["1234"] },
};
const click = {
  eventType: "Click",
  mail,
  click: {
    ipAddress: "192.0.2.7",
    link: "https://example.com/offer?utm_campaign=autumn&utm_source=mail",
    linkTags: { place: ["top"] },
    timestamp: "2026-11-21T10:00:00.000Z",
    userAgent: "Mozilla/5.0",
  },
};
const envelope = (record: unknown) => ({
  Type: "Notification",
  MessageId: "19ba9823-d7f2-53c1-860e-cb10e0d13dfc",
  TopicArn: topic,
  Message: typeof record === "string" ? record : `${JSON.stringify(record)}\n`,
  Timestamp: "2026-11-21T11:00:00.000Z",
});
const confirmation = {
  ...envelope("You have chosen to subscribe"),
  Type: "SubscriptionConfirmation",
  Token: "2336",
  SubscribeURL: `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=2336`,
};

describe("a request", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = publicKey.export({ format: "pem", type: "spki" }).toString();
  const message = envelope(click);
  const signature = createSign("RSA-SHA256")
    .update(`Message\n${message.Message}\nMessageId\n${message.MessageId}\nTimestamp\n${message.Timestamp}\n`)
    .update(`TopicArn\n${topic}\nType\nNotification\n`)
    .sign(privateKey, "base64");
  const certificateUrl = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a.pem";
  const signed = { ...message, SignatureVersion: "2", Signature: signature, SigningCertURL: certificateUrl };
  const request = (value: unknown) => ({ body: Buffer.from(JSON.stringify(value)), headers: {} });
  const verify = (value: unknown, topics?: string[]) =>
    ses.verify(request(value), { secrets: [], topics }, new Date(), certificate)?.code;

  test("is checked by the certificate that it names", () => {
    expect(ses.certificateUrl?.(request(signed))).toBe(certificateUrl);
    expect(
      ses.certificateUrl?.(request({ ...signed, SigningCertURL: "https://example.com/a.pem" })),
    ).toBeUndefined();
    expect(ses.certificateUrl?.({ body: Buffer.from("{"), headers: {} })).toBeUndefined();
    expect(verify(signed, [topic])).toBeUndefined();
    expect(verify({ ...signed, Message: "{}" }, [topic])).toBe("invalid_signature");
    expect(verify(signed, ["arn:aws:sns:eu-central-1:123456789012:others"])).toBe("forbidden_topic");
    expect(verify(click, [topic])).toBe("missing_signature");
    expect(verify(signed, [])).toBe("missing_credentials");
  });

  test("to confirm a subscription is answered for topics that are allowed", () => {
    const confirm = confirmation.SubscribeURL;
    expect(ses.handshake?.(confirmation, { secrets: [], topics: [topic] })).toEqual({ confirm });
    expect(ses.handshake?.(confirmation, { secrets: [], topics: [`${topic}2`] })).toBeUndefined();
    expect(ses.handshake?.(confirmation, { secrets: [] })).toBeUndefined();
    const elsewhere = { ...confirmation, SubscribeURL: "https://example.com/" };
    expect(ses.handshake?.(elsewhere, { secrets: [], topics: [topic] })).toBeUndefined();
    expect(ses.handshake?.(signed, { secrets: [], topics: [topic] })).toBeUndefined();
  });

  test("needs topics that are ARNs", () => {
    expect(ses.checkCredentials?.({ topics: [topic, `${topic}.fifo`] })).toBeUndefined();
    expect(ses.checkCredentials?.({ topics: [topic, "ses-events"] })).toMatchObject({ field: "topics" });
  });
});

const touch = {
  channel: "email_click",
  occurredAt: "2026-11-21T10:00:00.000Z",
  identifiers: { email: "anna@example.com" },
  campaign: { name: "november", source: "mail" },
  asset: { id: mail.messageId, name: "An offer", url: click.click.link },
  client: { userAgent: "Mozilla/5.0", ip: "192.0.2.7" },
  properties: {
    sentAt: "2026-11-21T09:00:00.000Z",
    configurationSet: "Marketing",
    metadata: { campaign: "november", order: "1234" },
    linkTags: { place: "top" },
  },
};

test("a click is a touch at its own time", () => {
  expect(outcomes(ses, envelope(click))).toMatchObject([touch]);
  expect(ses.findings(envelope(click), { headers: {} }, {})).toMatchObject([
    { item: envelope(click), facts: [{ touch: { id: "19ba9823-d7f2-53c1-860e-cb10e0d13dfc" } }] },
  ]);
});

test("an event that came without SNS around it reads the same", () => {
  expect(outcomes(ses, click)).toMatchObject([touch]);
});

test("the tags of the link come before those of the message, and a source can name its own", () => {
  const tagged = { ...click, click: { ...click.click, linkTags: { campaign: ["button"], place: ["top"] } } };
  expect(outcomes(ses, envelope(tagged))).toMatchObject([{ campaign: { name: "button" } }]);
  const fieldMap = { place: "campaign.name" };
  expect(ses.findings(envelope(tagged), { headers: {} }, { fieldMap })).toMatchObject([
    { facts: [{ touch: { campaign: { name: "top" } } }] },
  ]);
});

const several = { ...mail, destination: ["anna@example.com", "Berta <berta@example.com>"] };
const preferences = (unsubscribeAll: boolean, subscriptionStatus: string) => ({
  unsubscribeAll,
  topicSubscriptionStatus: [{ topicName: "news", subscriptionStatus }],
});
const subscription = (from: object, to: object) => ({
  eventType: "Subscription",
  mail,
  subscription: {
    contactList: "Everybody",
    timestamp: "2026-11-21T10:00:00.000Z",
    oldTopicPreferences: from,
    newTopicPreferences: to,
  },
});

test.each([
  [
    {
      eventType: "Delivery",
      mail: several,
      delivery: { timestamp: click.click.timestamp, recipients: ["anna@example.com"] },
    },
    [{ type: "delivery", status: "delivered", occurredAt: click.click.timestamp }],
  ],
  [
    {
      notificationType: "Bounce",
      mail: several,
      bounce: {
        bounceType: "Permanent",
        bouncedRecipients: [
          { emailAddress: "anna@example.com", diagnosticCode: "smtp; 550 <anna@example.com> unknown" },
          { emailAddress: "berta@example.com" },
        ],
      },
    },
    [
      { status: "bounced", identifiers: { email: "anna@example.com" }, detail: "smtp; 550 <…> unknown" },
      {
        status: "bounced",
        identifiers: { email: "berta@example.com" },
        occurredAt: "2026-11-21T11:00:00.000Z",
      },
    ],
  ],
  [{ eventType: "Bounce", mail, bounce: { bounceType: "Transient" } }, [{ ignored: "temporary bounce" }]],
  [{ eventType: "Bounce", mail, bounce: { bounceType: "Permanent" } }, [{ refused: "missing_recipient" }]],
  [
    {
      eventType: "Complaint",
      mail: several,
      complaint: { complainedRecipients: [{ emailAddress: "berta@example.com" }] },
    },
    [{ type: "delivery", status: "complained", identifiers: { email: "berta@example.com" } }],
  ],
  [
    {
      eventType: "Complaint",
      mail: several,
      complaint: { complainedRecipients: several.destination.map((emailAddress) => ({ emailAddress })) },
    },
    [{ refused: "several_recipients" }],
  ],
  [
    { eventType: "Complaint", mail, complaint: { complaintFeedbackType: "not-spam" } },
    [{ ignored: "not-spam" }],
  ],
  [{ ...click, mail: several }, [{ refused: "several_recipients" }]],
  [{ ...click, mail: { ...mail, destination: [] } }, [{ refused: "missing_recipient" }]],
  [
    subscription(preferences(false, "OptIn"), preferences(true, "OptIn")),
    [{ type: "consent", purpose: "email", status: "withdrawn", detail: "Everybody" }],
  ],
  [subscription(preferences(false, "OptIn"), preferences(false, "OptOut")), [{ status: "withdrawn" }]],
  [subscription(preferences(false, "OptOut"), preferences(false, "OptIn")), [{ status: "granted" }]],
  [subscription(preferences(true, "OptIn"), preferences(false, "OptIn")), [{ status: "granted" }]],
  [
    subscription(preferences(false, "OptIn"), preferences(false, "OptIn")),
    [{ ignored: "Subscription unchanged" }],
  ],
  [{ eventType: "Open", mail }, [{ ignored: "Open" }]],
  [{ eventType: "Send", mail }, [{ ignored: "Send" }]],
  [{ eventType: "DeliveryDelay", mail }, [{ ignored: "DeliveryDelay" }]],
  [{ eventType: "Rendering Failure", mail }, [{ ignored: "Rendering Failure" }]],
  [{ notificationType: "AmazonSnsSubscriptionSucceeded" }, [{ ignored: "AmazonSnsSubscriptionSucceeded" }]],
  [{ eventType: "constructor", mail }, [{ refused: "unknown_event" }]],
  [{ hello: "world" }, [{ refused: "unknown_event" }]],
  ["Successfully validated SNS topic for Amazon SES event publishing.", [{ ignored: "plain text" }]],
  ['{"eventType": "Click", "mail"', [{ refused: "invalid_json" }]],
  [`{"eventType": ${"[".repeat(100)}${"]".repeat(100)}}`, [{ refused: "invalid_json" }]],
])("%j", (record, expected) => {
  expect(outcomes(ses, envelope(record))).toMatchObject(expected);
});

test("the facts of several recipients are several", () => {
  const recipients = several.destination.map((emailAddress) => ({ emailAddress }));
  const bounce = { bounceType: "Permanent", bouncedRecipients: recipients };
  const facts = outcomes(ses, envelope({ eventType: "Bounce", mail, bounce })) as { factId: string }[];
  expect(new Set(facts.map(({ factId }) => factId)).size).toBe(2);
});

test("messages about the subscription itself say nothing that is kept", () => {
  expect(outcomes(ses, confirmation)).toEqual([{ ignored: "SubscriptionConfirmation" }]);
  expect(outcomes(ses, { ...confirmation, Type: "UnsubscribeConfirmation" })).toEqual([
    { ignored: "UnsubscribeConfirmation" },
  ]);
});

test("no JSON is too strange", () => {
  const bounce = {
    eventType: "Bounce",
    mail,
    bounce: { bounceType: "Permanent", bouncedRecipients: [{ emailAddress: "a@example.com" }] },
  };
  expectLaws(ses, [
    envelope(click),
    click,
    bounce,
    subscription(preferences(false, "OptIn"), preferences(true, "OptOut")),
  ]);
});
