import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import {
  checkStandardSecrets,
  messageId,
  verifyStandard,
} from "../../../shared/webhook/standard-signature.ts";

const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
const before = `whsec_${Buffer.from("the secret that was before").toString("base64")}`;
const now = new Date("2026-11-21T10:00:00.700Z");
const body = Buffer.from('{"channel": "meeting"}');

/** Headers as the standard's own library signs. */
function headers(by = secret, at = now, family = "webhook"): Record<string, string> {
  return {
    [`${family}-id`]: "msg_1",
    [`${family}-timestamp`]: String(Math.floor(at.getTime() / 1000)),
    [`${family}-signature`]: new Webhook(by).sign("msg_1", at, body.toString()),
  };
}

const verify = (sent: Record<string, string>, bytes = body, secrets = [secret, before]) =>
  verifyStandard({ body: bytes, headers: sent }, { secrets }, now)?.code;

const ago = (seconds: number) => new Date(Math.floor(now.getTime() / 1000) * 1000 - seconds * 1000);

describe("a signature after Standard Webhooks", () => {
  test.each(["webhook", "svix"])("in %s headers is right", (family) => {
    expect(verify(headers(secret, now, family))).toBeUndefined();
  });

  test("by the secret before is right while it is good", () => {
    expect(verify(headers(before))).toBeUndefined();
    expect(verify(headers(before), body, [secret])).toBe("invalid_signature");
  });

  test("is right where one of several is", () => {
    const sent = headers();
    const signature = `v1,AAAA v2,BBBB ${sent["webhook-signature"]} v1a,CCCC`;
    expect(verify({ ...sent, "webhook-signature": signature })).toBeUndefined();
    const ofOtherVersion = sent["webhook-signature"]!.replace("v1,", "v2,");
    expect(verify({ ...sent, "webhook-signature": ofOtherVersion })).toBe("missing_signature");
  });

  test("is wrong over another body, id or time, or by another secret", () => {
    const sent = headers();
    expect(verify(sent, Buffer.from('{"channel":"meeting"}'))).toBe("invalid_signature");
    expect(verify({ ...sent, "webhook-id": "msg_2" })).toBe("invalid_signature");
    expect(verify({ ...sent, "webhook-timestamp": "1795255201" })).toBe("invalid_signature");
    expect(verify(headers(`whsec_${Buffer.from("somebody else's secret!").toString("base64")}`))).toBe(
      "invalid_signature",
    );
  });

  test.each([
    [300, undefined],
    [301, "stale_signature"],
    [-300, undefined],
    [-301, "stale_signature"],
  ])("of %i seconds ago", (seconds, expected) => {
    expect(verify(headers(secret, ago(seconds)))).toBe(expected);
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is missing without %s", (name) => {
    const { [name]: _, ...rest } = headers();
    expect(verify(rest)).toBe("missing_signature");
  });

  test("is not made of two families", () => {
    const { "webhook-signature": signature, ...rest } = headers();
    expect(verify({ ...rest, "svix-signature": signature! })).toBe("missing_signature");
  });

  test.each([
    ["webhook", "svix"],
    ["svix", "webhook"],
  ])("in %s headers signs no other id that %s-id carries", (family, other) => {
    const sent = headers(secret, now, family);
    expect(verify({ ...sent, [`${other}-id`]: "msg_2" })).toBe("invalid_signature");
    expect(verify({ ...sent, [`${other}-id`]: "msg_2", [`${other}-signature`]: "v1,AAAA" })).toBe(
      "invalid_signature",
    );
    // One that is empty is none, and the same id twice is what some senders give both kinds of receivers.
    for (const id of ["", " ", "msg_1"]) expect(verify({ ...sent, [`${other}-id`]: id })).toBeUndefined();
  });

  test("right in both families is right", () => {
    expect(verify({ ...headers(), ...headers(secret, now, "svix") })).toBeUndefined();
  });

  test("cannot be checked without a secret", () => {
    expect(verify(headers(), body, [])).toBe("missing_credentials");
  });
});

test.each([
  [secret, true],
  [secret.replace("whsec_", ""), true],
  ["whsec_", false],
  ["", false],
  ["whsec_short", false],
  ["whpk_aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8=", false],
  ["a secret with spaces, as people make them up", false],
])("the secret %s can be used: %s", (one, good) => {
  const refusal = checkStandardSecrets({ secrets: [secret, one] });
  if (good) expect(refusal).toBeUndefined();
  else expect(refusal).toMatchObject({ code: "invalid_secret", field: "secret" });
});

test("a message's id is in one of two headers", () => {
  expect(messageId({ "webhook-id": "a" })).toBe("a");
  expect(messageId({ "svix-id": " b " })).toBe("b");
  expect(messageId({ "webhook-id": "", "svix-id": "b" })).toBe("b");
  expect(messageId({})).toBeUndefined();
});
