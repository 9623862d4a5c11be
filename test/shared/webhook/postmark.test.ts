import { expect, test } from "vitest";
import { postmark } from "../../../shared/webhook/postmark.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const click = {
  RecordType: "Click",
  MessageID: "f4830d10-9c35-4f0c-bca3-3d9b459821f8",
  Recipient: "anna@example.com",
  ReceivedAt: "2026-11-21T11:00:00.9065619+01:00",
  OriginalLink: "https://example.com/offer?utm_campaign=autumn&utm_source=mail",
  UserAgent: "Mozilla/5.0",
  Geo: { IP: "192.0.2.7", City: "Vienna" },
  Tag: "newsletter",
  Metadata: { order: "1234" },
  ClickLocation: "HTML",
  Platform: "Desktop",
  MessageStream: "broadcast",
};
const message = { MessageID: click.MessageID, Recipient: "anna@example.com" };
const bounce = { RecordType: "Bounce", ID: 901542550, MessageID: click.MessageID, Email: "anna@example.com" };
const change = {
  RecordType: "SubscriptionChange",
  ...message,
  ChangedAt: "2026-11-21T10:00:00Z",
  Origin: "Recipient",
};

test("nothing is signed: the write key is the check", () => {
  const request = { body: Buffer.from("{}"), headers: {} };
  expect(postmark.verify(request, { secrets: [] }, new Date(0))).toBeUndefined();
  expect(postmark.needs).toEqual([]);
});

test("a click is a touch", () => {
  expect(outcomes(postmark, click)).toMatchObject([
    {
      channel: "email_click",
      occurredAt: "2026-11-21T10:00:00.906Z",
      identifiers: { email: "anna@example.com" },
      campaign: { name: "newsletter", source: "mail" },
      asset: { id: click.MessageID, url: click.OriginalLink },
      client: { userAgent: "Mozilla/5.0", ip: "192.0.2.7" },
      properties: { message: click.MessageID, metadata: { order: "1234" }, stream: "broadcast" },
    },
  ]);
});

test("a click has no id, so that it is the same by message, recipient, link and time", () => {
  const id = (fields: object) =>
    (outcomes(postmark, { ...click, ...fields }) as { touchId: string }[])[0]?.touchId;
  expect(id({ Geo: { IP: "192.0.2.8" } })).toBe(id({}));
  for (const other of [
    { MessageID: "x" },
    { Recipient: "berta@example.com" },
    { OriginalLink: "https://example.com/" },
    { ReceivedAt: "2026-11-21T11:00:00.9065620+01:00" },
  ]) {
    expect(id(other)).not.toBe(id({}));
  }
});

test("the campaign of a click without tag is that of its metadata, else of its link", () => {
  expect(outcomes(postmark, { ...click, Tag: "", Metadata: { campaign: "mine" } })).toMatchObject([
    { campaign: { name: "mine", source: "mail" } },
  ]);
  expect(outcomes(postmark, { ...click, Tag: null })).toMatchObject([{ campaign: { name: "autumn" } }]);
});

test.each([
  [
    { RecordType: "Delivery", ...message, DeliveredAt: "2026-11-21T10:00:00Z" },
    { type: "delivery", status: "delivered", occurredAt: "2026-11-21T10:00:00.000Z" },
  ],
  [
    {
      ...bounce,
      Type: "HardBounce",
      BouncedAt: "2026-11-21T10:00:00Z",
      Details: "smtp;550 anna@example.com is unknown",
    },
    {
      type: "delivery",
      status: "bounced",
      detail: "smtp;550 … is unknown",
      occurredAt: "2026-11-21T10:00:00.000Z",
    },
  ],
  [
    { ...bounce, Type: "BadEmailAddress" },
    { type: "delivery", status: "bounced" },
  ],
  [
    { ...bounce, Type: "Blocked" },
    { type: "delivery", status: "bounced" },
  ],
  [{ ...bounce, Type: "Transient" }, { ignored: "Bounce that is not final" }],
  [{ ...bounce, Type: "SoftBounce" }, { ignored: "Bounce that is not final" }],
  [{ ...bounce, Type: "AutoResponder" }, { ignored: "Bounce that is not final" }],
  [
    { ...bounce, Type: "Unsubscribe" },
    { type: "consent", status: "withdrawn" },
  ],
  [
    { ...bounce, Type: "SpamComplaint" },
    { type: "delivery", status: "complained" },
  ],
  [
    { ...bounce, RecordType: "SpamComplaint" },
    { type: "delivery", status: "complained" },
  ],
  [
    { ...change, SuppressSending: true, SuppressionReason: "ManualSuppression" },
    { type: "consent", purpose: "email", status: "withdrawn", occurredAt: "2026-11-21T10:00:00.000Z" },
  ],
  [
    { ...change, SuppressSending: true, SuppressionReason: "HardBounce" },
    { type: "delivery", status: "bounced" },
  ],
  [
    { ...change, SuppressSending: true, SuppressionReason: "SpamComplaint" },
    { type: "delivery", status: "complained" },
  ],
  [
    { ...change, SuppressSending: false, SuppressionReason: null },
    { type: "consent", status: "granted" },
  ],
  [change, { refused: "invalid_field" }],
  [{ RecordType: "Open", ...message }, { ignored: "Open" }],
  [{ RecordType: "valueOf", ...message }, { refused: "unknown_event" }],
  [{ ...message }, { refused: "unknown_event" }],
  [{ ...click, Recipient: undefined }, { refused: "missing_recipient" }],
])("%j", (value, expected) => {
  expect(outcomes(postmark, value)).toMatchObject([expected]);
});

test("no JSON is too strange", () => {
  expectLaws(postmark, [click, [click], bounce, { ...change, SuppressSending: true }]);
});
