import { createSign, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sendgrid } from "../../../shared/webhook/sendgrid.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const time = 1_795_255_200;
const base = {
  email: "anna@example.com",
  timestamp: time,
  sg_event_id: "ZXZlbnQtMQ",
  sg_message_id: "bWVzc2FnZQ.recvd-5d8f-1-6089EA4A-56.0",
  "smtp-id": "<1@example.com>",
};
const click = {
  ...base,
  event: "click",
  category: ["newsletter", "november"],
  url: "https://example.com/offer?utm_source=mail&utm_campaign=autumn",
  url_offset: { index: 2, type: "html" },
  useragent: "Mozilla/5.0",
  ip: "192.0.2.7",
  order: "1234",
};

describe("a signature", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const exported = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  const body = Buffer.from(`[${JSON.stringify(click)},\r\n${JSON.stringify(base)}]\r\n`);
  const signed = (signedAt: number | string, bytes = body, key = privateKey) => ({
    body: bytes,
    headers: {
      "x-twilio-email-event-webhook-timestamp": String(signedAt),
      "x-twilio-email-event-webhook-signature": createSign("sha256")
        .update(String(signedAt))
        .update(bytes)
        .sign(key, "base64"),
    } as Record<string, string | undefined>,
  });
  const verify = (request: ReturnType<typeof signed>, publicKey: string | undefined = exported) =>
    sendgrid.verify(request, { secrets: [], publicKey }, new Date(time * 1000))?.code;

  test("over the timestamp and the raw bytes is right", () => {
    expect(verify(signed(time))).toBeUndefined();
  });

  test("is wrong over other bytes, another time or by another key", () => {
    expect(verify({ ...signed(time), body: Buffer.from(body.toString().trim()) })).toBe("invalid_signature");
    const { headers } = signed(time);
    expect(
      verify({ body, headers: { ...headers, "x-twilio-email-event-webhook-timestamp": String(time + 1) } }),
    ).toBe("invalid_signature");
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(verify(signed(time, body, other.privateKey))).toBe("invalid_signature");
    expect(verify(signed(time), "no key")).toBe("invalid_signature");
    expect(
      verify({ body, headers: { ...headers, "x-twilio-email-event-webhook-signature": "no signature" } }),
    ).toBe("invalid_signature");
  });

  test.each([
    [24 * 3600, undefined],
    [26 * 3600, "stale_signature"],
    [-240, undefined],
    [-600, "stale_signature"],
  ])("of %i seconds ago", (age, expected) => {
    expect(verify(signed(time - age))).toBe(expected);
  });

  test("with a time that is none is stale", () => {
    expect(verify(signed("yesterday"))).toBe("stale_signature");
  });

  test.each(["x-twilio-email-event-webhook-timestamp", "x-twilio-email-event-webhook-signature"])(
    "is missing without %s",
    (name) => {
      const { headers } = signed(time);
      expect(verify({ body, headers: { ...headers, [name]: undefined } })).toBe("missing_signature");
    },
  );

  test("cannot be checked without a key", () => {
    expect(verify(signed(time), "")).toBe("missing_credentials");
  });

  test("needs a key that can be read, which is said as it is set", () => {
    expect(sendgrid.checkCredentials?.({ publicKey: exported })).toBeUndefined();
    expect(
      sendgrid.checkCredentials?.({ publicKey: ` ${exported.slice(0, 64)}\n${exported.slice(64)} ` }),
    ).toBeUndefined();
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    for (const wrong of [
      "",
      "a",
      exported.slice(0, 40),
      rsa.export({ format: "der", type: "spki" }).toString("base64"),
    ]) {
      expect(sendgrid.checkCredentials?.({ publicKey: wrong })).toMatchObject({ field: "publicKey" });
    }
  });
});

test("a click is a touch with its campaign, its link and who clicked", () => {
  expect(outcomes(sendgrid, [click])).toMatchObject([
    {
      channel: "email_click",
      occurredAt: "2026-11-21T10:00:00.000Z",
      identifiers: { email: "anna@example.com" },
      campaign: { name: "newsletter", source: "mail" },
      asset: { id: "bWVzc2FnZQ", url: click.url },
      client: { userAgent: "Mozilla/5.0", ip: "192.0.2.7" },
      properties: {
        message: base.sg_message_id,
        tags: ["newsletter", "november"],
        metadata: { order: "1234" },
      },
    },
  ]);
  expect(sendgrid.findings(click, { headers: {} }, {})).toMatchObject([
    { item: click, facts: [{ touch: { id: "ZXZlbnQtMQ" } }] },
  ]);
});

test.each([
  ["a single send", { singlesend_id: "s-1", singlesend_name: "November" }, { id: "s-1", name: "November" }],
  ["an automation", { mc_auto_id: "a-1", mc_auto_name: "Welcome" }, { id: "a-1", name: "Welcome" }],
  [
    "a marketing campaign",
    { marketing_campaign_id: 12345, marketing_campaign_name: "Old" },
    { id: "12345", name: "Old" },
  ],
  ["an argument called campaign", { campaign: "mine", singlesend_id: "s-1" }, { name: "mine" }],
  ["one category", { category: "cat facts" }, { name: "cat facts" }],
  ["the link", { category: [] }, { name: "autumn" }],
])("the campaign of %s", (_, fields, campaign) => {
  const [touch] = outcomes(sendgrid, { ...click, ...fields }) as { campaign: unknown }[];
  expect(touch?.campaign).toEqual({ ...campaign, source: "mail" });
});

test.each([
  [
    { event: "delivered", response: "250 OK" },
    { type: "delivery", status: "delivered" },
  ],
  [
    { event: "bounce", type: "bounce", reason: "550 <anna@example.com> unknown" },
    { type: "delivery", status: "bounced", detail: "550 <…> unknown" },
  ],
  [
    { event: "bounce", type: "blocked", status: "5.7.1" },
    { type: "delivery", status: "bounced" },
  ],
  [{ event: "bounce", type: "blocked", status: "4.7.1" }, { ignored: "blocked" }],
  [
    { event: "dropped", reason: "Bounced Address" },
    { type: "delivery", status: "bounced" },
  ],
  [
    { event: "dropped", reason: "Invalid" },
    { type: "delivery", status: "bounced" },
  ],
  [{ event: "dropped", reason: "Unsubscribed Address" }, { ignored: "dropped" }],
  [{ event: "dropped", reason: "Spam Reporting Address" }, { ignored: "dropped" }],
  [{ event: "dropped", reason: "Invalid SMTPAPI header" }, { ignored: "dropped" }],
  [{ event: "spamreport" }, { type: "delivery", status: "complained" }],
  [{ event: "unsubscribe" }, { type: "consent", purpose: "email", status: "withdrawn" }],
  [
    { event: "group_unsubscribe", asm_group_id: 4 },
    { type: "consent", purpose: "email", status: "withdrawn", detail: "unsubscribe group 4" },
  ],
  [
    { event: "group_resubscribe", asm_group_id: 4 },
    { type: "consent", purpose: "email", status: "granted" },
  ],
  [{ event: "open", sg_machine_open: true }, { ignored: "open" }],
  [{ event: "processed" }, { ignored: "processed" }],
  [{ event: "deferred" }, { ignored: "deferred" }],
  [{ event: "account_status_change", email: undefined }, { ignored: "account_status_change" }],
  [{ event: "constructor" }, { refused: "unknown_event" }],
  [{ event: "delivered", email: undefined }, { refused: "missing_recipient" }],
  [{ event: "delivered", email: "nobody" }, { refused: "invalid_email" }],
  [{ event: "delivered", timestamp: "yesterday" }, { refused: "invalid_time" }],
])("%j", (fields, expected) => {
  expect(outcomes(sendgrid, [{ ...base, ...fields }])).toMatchObject([expected]);
});

test("an unsubscribe has no id of its own, so it is made of what it says", () => {
  const { sg_event_id: _, ...unsubscribe } = { ...base, event: "unsubscribe" };
  const id = (value: unknown) => (outcomes(sendgrid, value) as { factId: string }[])[0]?.factId;
  expect(id(unsubscribe)).toBe(id({ ...unsubscribe, category: "x" }));
  expect(id(unsubscribe)).not.toBe(id({ ...unsubscribe, timestamp: time + 1 }));
  expect(id(unsubscribe)).not.toBe(id({ ...unsubscribe, email: "berta@example.com" }));
});

test("no JSON is too strange", () => {
  expectLaws(sendgrid, [
    [click, { ...base, event: "bounce" }],
    click,
    { ...base, event: "group_unsubscribe" },
  ]);
});
