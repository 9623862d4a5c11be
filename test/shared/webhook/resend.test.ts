import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { resend } from "../../../shared/webhook/resend.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const data = {
  email_id: "56761188-7520-42d8-8898-ff6fc54ce618",
  created_at: "2026-11-21T09:00:00.000Z",
  from: "Example <news@example.com>",
  to: ["Anna Example <anna@example.com>"],
  subject: "An offer",
  tags: { category: "newsletter", order: "1234" },
};
const event = (type: string, fields: object = {}) => ({
  type,
  created_at: "2026-11-21T10:00:01.000Z",
  data: { ...data, ...fields },
});
const click = event("email.clicked", {
  click: {
    link: "https://example.com/offer?utm_campaign=autumn&utm_source=mail",
    timestamp: "2026-11-21T10:00:00.000Z",
    ipAddress: "192.0.2.7",
    userAgent: "Mozilla/5.0",
  },
});

test("a request signed by Svix is right", () => {
  const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
  const now = new Date("2026-11-21T10:00:02.000Z");
  const body = Buffer.from(JSON.stringify(click));
  const headers = {
    "svix-id": "msg_1",
    "svix-timestamp": String(now.getTime() / 1000),
    "svix-signature": new Webhook(secret).sign("msg_1", now, body.toString()),
  };
  expect(resend.verify({ body, headers }, { secrets: [secret] }, now)).toBeUndefined();
  expect(resend.verify({ body: Buffer.from("{}"), headers }, { secrets: [secret] }, now)?.code).toBe(
    "invalid_signature",
  );
});

test("a click is a touch", () => {
  expect(outcomes(resend, click)).toMatchObject([
    {
      channel: "email_click",
      occurredAt: "2026-11-21T10:00:00.000Z",
      identifiers: { email: "anna@example.com" },
      campaign: { name: "newsletter", source: "mail" },
      asset: { id: data.email_id, name: "An offer" },
      client: { userAgent: "Mozilla/5.0", ip: "192.0.2.7" },
      properties: { message: data.email_id, sentAt: data.created_at, metadata: data.tags },
    },
  ]);
  expect(resend.findings(click, { headers: { "svix-id": "msg_1" } }, {})).toMatchObject([
    { item: click, facts: [{ touch: { id: "msg_1" } }] },
  ]);
});

test("a click of a broadcast is of that campaign", () => {
  const tags = [{ name: "campaign", value: "mine" }];
  const of = (fields: object) => outcomes(resend, { ...click, data: { ...click.data, ...fields } });
  expect(of({ broadcast_id: "b-1", tags: undefined })).toMatchObject([
    { campaign: { id: "b-1", name: "autumn" }, asset: { id: "b-1" } },
  ]);
  expect(of({ tags })).toMatchObject([{ campaign: { name: "mine" } }]);
});

const two = { to: ["anna@example.com", "berta@example.com"] };

test.each([
  [
    event("email.delivered"),
    [{ type: "delivery", status: "delivered", occurredAt: "2026-11-21T10:00:01.000Z" }],
  ],
  [
    event("email.delivered", two),
    [{ identifiers: { email: "anna@example.com" } }, { identifiers: { email: "berta@example.com" } }],
  ],
  [
    event("email.bounced", { bounce: { type: "Permanent", message: "anna@example.com is unknown" } }),
    [{ type: "delivery", status: "bounced", detail: "… is unknown" }],
  ],
  [event("email.bounced", { bounce: { message: "hard" } }), [{ type: "delivery", status: "bounced" }]],
  [event("email.bounced", { bounce: { type: "Transient" } }), [{ ignored: "temporary bounce" }]],
  [event("email.complained"), [{ type: "delivery", status: "complained" }]],
  [event("email.complained", two), [{ refused: "several_recipients" }]],
  [event("email.clicked", two), [{ refused: "several_recipients" }]],
  [event("email.clicked", { to: [] }), [{ refused: "missing_recipient" }]],
  [event("email.opened"), [{ ignored: "email.opened" }]],
  [event("email.sent", two), [{ ignored: "email.sent" }]],
  [event("email.delivery_delayed"), [{ ignored: "email.delivery_delayed" }]],
  [event("email.suppressed"), [{ ignored: "email.suppressed" }]],
  [
    {
      type: "contact.updated",
      created_at: "2026-11-21T10:00:00Z",
      data: { email: "anna@example.com", unsubscribed: true },
    },
    [{ type: "consent", purpose: "email", status: "withdrawn" }],
  ],
  [
    { type: "contact.updated", data: { email: "anna@example.com", unsubscribed: false } },
    [{ ignored: "contact.updated" }],
  ],
  [event("email.something_new"), [{ refused: "unknown_event" }]],
  [{ data }, [{ refused: "unknown_event" }]],
])("%j", (value, expected) => {
  expect(outcomes(resend, value)).toMatchObject(expected);
});

test("the facts of several recipients are several", () => {
  const [one, other] = outcomes(resend, event("email.delivered", two)) as { factId: string }[];
  expect(one?.factId).not.toBe(other?.factId);
});

test("no JSON is too strange", () => {
  expectLaws(resend, [click, event("email.delivered", two), event("email.bounced", { bounce: {} })]);
});
