import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { mailgun } from "../../../shared/webhook/mailgun.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const time = 1_795_255_200;
const event = {
  event: "clicked",
  id: "Ase7i2zsRYeDXztHGENqRA",
  timestamp: time - 60 + 0.873676,
  recipient: "anna@example.com",
  url: "https://example.com/offer?utm_medium=email",
  ip: "192.0.2.7",
  tags: ["november", "offer"],
  campaigns: [],
  "user-variables": { order: "1234" },
  "client-info": { "client-type": "browser", "user-agent": "Mozilla/5.0", bot: "" },
  message: { headers: { "message-id": "20261121.1@example.com", subject: "An offer" } },
};
const body = (fields: object = {}) => ({
  signature: signature("key"),
  "event-data": { ...event, ...fields },
});

function signature(key: string, timestamp: string = String(time), token = "0123456789abcdef") {
  const made = createHmac("sha256", key)
    .update(timestamp + token)
    .digest("hex");
  return { timestamp, token, signature: made };
}

describe("a signature", () => {
  const verify = (value: unknown, secrets = ["key", "before"]) =>
    mailgun.verify(
      { body: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), headers: {} },
      { secrets },
      new Date(time * 1000),
    )?.code;

  test.each([
    ["by the current key", { signature: signature("key") }, undefined],
    ["by the key before", { signature: signature("before") }, undefined],
    ["by another key", { signature: signature("other") }, "invalid_signature"],
    ["with another token", { signature: { ...signature("key"), token: "1" } }, "invalid_signature"],
    ["of this morning", { signature: signature("key", String(time - 8 * 3600)) }, undefined],
    ["of the day before", { signature: signature("key", String(time - 25 * 3600)) }, "stale_signature"],
    ["from the future", { signature: signature("key", String(time + 600)) }, "stale_signature"],
    ["that is missing", { "event-data": event }, "missing_signature"],
    ["that is half", { signature: { ...signature("key"), token: undefined } }, "missing_signature"],
    ["in what is no JSON", "timestamp=1&token=2", "missing_signature"],
  ])("%s", (_, value, expected) => {
    expect(verify(value)).toBe(expected);
  });

  test("cannot move digits between timestamp and token", () => {
    const { signature: made, token } = signature("key");
    const moved = { timestamp: `${time}`.slice(0, 9), token: `${time}`.slice(9) + token, signature: made };
    expect(verify({ signature: moved })).toBe("invalid_signature");
  });

  test("cannot be checked without a key", () => {
    expect(verify({ signature: signature("") }, [])).toBe("missing_credentials");
    expect(verify({ signature: signature("") }, [""])).toBe("invalid_signature");
    expect(mailgun.checkCredentials?.({ secrets: [" "] })).toMatchObject({ field: "secret" });
    expect(mailgun.checkCredentials?.({ secrets: ["key"] })).toBeUndefined();
  });

  test("has a token that is good once", () => {
    expect(mailgun.singleUseToken?.(body())).toBe("0123456789abcdef");
    expect(mailgun.singleUseToken?.({ signature: null })).toBeUndefined();
  });
});

test("a click is a touch at the time of the event, not of the signature", () => {
  expect(outcomes(mailgun, body())).toMatchObject([
    {
      channel: "email_click",
      occurredAt: "2026-11-21T09:59:00.874Z",
      identifiers: { email: "anna@example.com" },
      campaign: { name: "november", medium: "email" },
      asset: { id: "20261121.1@example.com", name: "An offer", url: event.url },
      client: { userAgent: "Mozilla/5.0", ip: "192.0.2.7" },
      properties: {
        message: "20261121.1@example.com",
        tags: ["november", "offer"],
        metadata: { order: "1234" },
      },
    },
  ]);
});

test("an item is the event without its signature, so that it is the same under another one", () => {
  expect(mailgun.findings(body(), { headers: {} }, {})).toEqual(mailgun.findings(event, { headers: {} }, {}));
});

test("a click needs neither link nor id", () => {
  const bare = { id: undefined, url: undefined, tags: undefined, "user-variables": undefined };
  const [one, two] = [bare, { ...bare, timestamp: time }].flatMap(
    (fields) => outcomes(mailgun, body(fields)) as { touchId: string; asset: unknown }[],
  );
  expect(one?.asset).toEqual({ id: "20261121.1@example.com", name: "An offer" });
  expect(one?.touchId).not.toBe(two?.touchId);
  expect(outcomes(mailgun, body(bare))).toMatchObject([{ touchId: one?.touchId }]);
});

test.each([
  [{ campaigns: [{ id: "c1", name: "Old" }] }, { id: "c1", name: "Old" }],
  [{ "user-variables": { campaign: "mine" } }, { name: "mine" }],
])("the campaign of %j", (fields, campaign) => {
  expect(outcomes(mailgun, body(fields))).toMatchObject([{ campaign }]);
});

test.each([
  [{ event: "delivered" }, { type: "delivery", status: "delivered" }],
  [
    {
      event: "failed",
      severity: "permanent",
      reason: "bounce",
      "delivery-status": { message: "no such user" },
    },
    { type: "delivery", status: "bounced", detail: "no such user" },
  ],
  [
    { event: "failed", severity: "permanent", reason: "suppress-bounce" },
    { type: "delivery", status: "bounced" },
  ],
  [
    { event: "failed", severity: "permanent", reason: "suppress-unsubscribe" },
    { ignored: "suppress-unsubscribe" },
  ],
  [{ event: "failed", severity: "temporary" }, { ignored: "failed temporarily" }],
  [{ event: "unsubscribed" }, { type: "consent", purpose: "email", status: "withdrawn" }],
  [{ event: "complained" }, { type: "delivery", status: "complained" }],
  [{ event: "opened" }, { ignored: "opened" }],
  [{ event: "accepted" }, { ignored: "accepted" }],
  [{ event: "toString" }, { refused: "unknown_event" }],
  [{ event: undefined }, { refused: "unknown_event" }],
  [{ recipient: "" }, { refused: "missing_recipient" }],
])("%j", (fields, expected) => {
  expect(outcomes(mailgun, body(fields))).toMatchObject([expected]);
});

test("no JSON is too strange", () => {
  expectLaws(mailgun, [body(), event, body({ event: "failed", severity: "permanent" })]);
});
