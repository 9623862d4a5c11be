import { expect, test } from "vitest";
import { brevo } from "../../../shared/webhook/brevo.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const base = {
  email: "anna@example.com",
  id: 4711,
  "message-id": "<202611211000.1@smtp-relay.example.com>",
  // The account's local time, which is another hour.
  ts: 1_795_251_600,
  date: "2026-11-21 09:00:00",
  ts_epoch: 1_795_255_200_000,
};
const click = {
  ...base,
  event: "click",
  link: "https://example.com/offer?utm_campaign=autumn&utm_source=mail",
  subject: "An offer",
  tags: ["newsletter", "november"],
  template_id: 22,
  "X-Mailin-custom": '{"order": "1234"}',
};
const marketing = {
  event: "click",
  email: "anna@example.com",
  id: 4711,
  camp_id: 12,
  "campaign name": "November",
  URL: "https://example.com/offer",
  tag: "",
  ts_sent: 1_795_251_600,
  ts_event: 1_795_255_200,
};

test("nothing is signed: the write key is the check", () => {
  const request = { body: Buffer.from("{}"), headers: {} };
  expect(brevo.verify(request, { secrets: [] }, new Date(0))).toBeUndefined();
  expect(brevo.needs).toEqual([]);
});

test("a click on a transactional message is a touch", () => {
  expect(outcomes(brevo, click)).toMatchObject([
    {
      channel: "email_click",
      occurredAt: "2026-11-21T10:00:00.000Z",
      identifiers: { email: "anna@example.com" },
      campaign: { name: "newsletter", source: "mail" },
      asset: { id: base["message-id"], name: "An offer", url: click.link },
      properties: {
        message: base["message-id"],
        tags: ["newsletter", "november"],
        metadata: { order: "1234" },
      },
    },
  ]);
});

test("a click on a marketing campaign is a touch of that campaign", () => {
  expect(outcomes(brevo, marketing)).toMatchObject([
    {
      occurredAt: "2026-11-21T10:00:00.000Z",
      campaign: { id: "12", name: "November" },
      asset: { id: "12", url: marketing.URL },
      properties: { sentAt: "2026-11-21T09:00:00.000Z" },
    },
  ]);
});

test("a batch is read item by item, and one that cannot be used costs no other", () => {
  const batch = [click, { ...base, event: "delivered" }, null, { ...base, event: "opened" }];
  expect(outcomes(brevo, batch)).toMatchObject([
    { channel: "email_click" },
    { status: "delivered" },
    { refused: "unknown_event" },
    { ignored: "opened" },
  ]);
  expect(brevo.findings([], { headers: {} }, {})).toEqual([]);
});

test("an event has no id, so that it is the same by message, kind, recipient, link and time", () => {
  const id = (fields: object) =>
    (outcomes(brevo, { ...click, ...fields }) as { touchId: string }[])[0]?.touchId;
  expect(id({ id: 1, ts: 1, date: "", subject: "x" })).toBe(id({}));
  for (const other of [
    { "message-id": "x" },
    { email: "berta@example.com" },
    { link: "https://example.com/" },
    { ts_epoch: base.ts_epoch + 1 },
  ]) {
    expect(id(other)).not.toBe(id({}));
  }
  const untimed = { ts_epoch: undefined };
  expect(id({ ...untimed, ts: 1 })).not.toBe(id({ ...untimed, ts: 2 }));
});

test.each([
  [{ tags: undefined, tag: '["a","b"]' }, ["a", "b"]],
  [{ tags: undefined, tag: "a" }, ["a"]],
  [{ tags: undefined, tag: ["a"] }, ["a"]],
  [{ tags: [], tag: "a" }, ["a"]],
  [{ tags: ["a"], tag: "b" }, ["a"]],
])("the tags of %j", (fields, tags) => {
  expect(outcomes(brevo, { ...click, ...fields })).toMatchObject([
    { campaign: { name: "a" }, properties: { tags } },
  ]);
});

test.each([
  [{ event: "delivered" }, { type: "delivery", status: "delivered" }],
  [
    { event: "hard_bounce", reason: "550 anna@example.com unknown", tag: "header-tag" },
    { type: "delivery", status: "bounced", detail: "550 … unknown", campaign: { name: "header-tag" } },
  ],
  [{ event: "hardBounce" }, { type: "delivery", status: "bounced" }],
  [{ event: "invalid_email" }, { type: "delivery", status: "bounced" }],
  [
    { event: "blocked", reason: "blocked : due to blacklist user" },
    { type: "delivery", status: "bounced" },
  ],
  [{ event: "blocked", reason: "blocked : unsubscribed user" }, { ignored: "blocked" }],
  [{ event: "complaint" }, { type: "delivery", status: "complained" }],
  [{ event: "spam" }, { type: "delivery", status: "complained" }],
  [{ event: "unsubscribed" }, { type: "consent", purpose: "email", status: "withdrawn" }],
  [
    { event: "unsubscribe", list_id: [3] },
    { type: "consent", purpose: "email", status: "withdrawn" },
  ],
  [{ event: "soft_bounce" }, { ignored: "softbounce" }],
  [{ event: "deferred" }, { ignored: "deferred" }],
  [{ event: "error" }, { ignored: "error" }],
  [{ event: "request" }, { ignored: "request" }],
  [{ event: "opened" }, { ignored: "opened" }],
  [{ event: "unique_opened" }, { ignored: "uniqueopened" }],
  [{ event: "proxy_open" }, { ignored: "proxyopen" }],
  [{ event: "unique_proxy_open" }, { ignored: "uniqueproxyopen" }],
  [{ event: "list_addition", email: ["anna@example.com"] }, { ignored: "listaddition" }],
  [{ event: "something new" }, { refused: "unknown_event" }],
  [{ event: "click", email: undefined }, { refused: "missing_recipient" }],
])("%j", (fields, expected) => {
  expect(outcomes(brevo, { ...base, ...fields })).toMatchObject([expected]);
});

test("no JSON is too strange", () => {
  expectLaws(brevo, [click, [click, marketing], { ...base, event: "blocked" }]);
  expect(outcomes(brevo, { ...click, "X-Mailin-custom": "[".repeat(100_000) })).toMatchObject([
    { refused: "too_large" },
  ]);
});
