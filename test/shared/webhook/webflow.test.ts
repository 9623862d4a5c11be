import { describe, expect, test } from "vitest";
import { webflow } from "../../../shared/webhook/webflow.ts";
import { codeOf, hmac, holdsForAnyJson, touchOf, verdict } from "./receiving.ts";

const version2 = {
  triggerType: "form_submission",
  payload: {
    name: "Contact Us",
    siteId: "site-1",
    data: {
      "First Name": "Zoe",
      "Last Name": "Quist",
      email: "zoe@example.com",
      "Phone Number": 15550000000,
      Newsletter: true,
      Message: "Hi",
    },
    pageUrl: "https://www.example.com/contact?utm_source=ads&utm_campaign=launch&gclid=g1",
    submittedAt: "2026-05-04T09:30:00.117Z",
    id: "sub-2",
    formId: "form-2",
  },
};

const version1 = {
  name: "Sample Form",
  site: "site-1",
  data: { name: "Some One", email: "some.one@example.com" },
  d: "2026-05-03T12:35:16.117Z",
  _id: "sub-1",
};

const one = (value: unknown, fieldMap?: Record<string, string>) =>
  webflow.findings(value, { headers: {} }, fieldMap ? { fieldMap } : {})[0];

describe("the signature", () => {
  const now = 1777887000000;
  const body = JSON.stringify(version2);
  const signed = (secret: string, at: number | string = now) => ({
    body,
    headers: { "x-webflow-timestamp": `${at}`, "x-webflow-signature": hmac(secret, `${at}:${body}`, "hex") },
  });
  const minutes = 60_000;

  test.each([
    ["the current secret", signed("current-secret"), undefined],
    ["the secret before", signed("secret-before"), undefined],
    ["in capitals", upper(signed("current-secret")), undefined],
    ["a wrong secret", signed("another"), "invalid_signature"],
    ["another body", { ...signed("current-secret"), body: `${body}\n` }, "invalid_signature"],
    ["another time", retimed(signed("current-secret"), `${now + 1}`), "invalid_signature"],
    ["almost five minutes ago", signed("current-secret", now - 5 * minutes), undefined],
    ["too long ago", signed("current-secret", now - 5 * minutes - 1), "stale_signature"],
    ["too far ahead", signed("current-secret", now + 5 * minutes + 1), "stale_signature"],
    ["in seconds", signed("current-secret", now / 1000), "stale_signature"],
    ["at no time", signed("current-secret", "soon"), "stale_signature"],
    ["no header", { body, headers: {} }, "missing_signature"],
    ["no time", retimed(signed("current-secret"), undefined), "missing_signature"],
  ])("%s", (_case, sent, code) => {
    expect(verdict(webflow, sent, now)).toBe(code);
  });

  test("is not asked for where the hook was made in the dashboard", () => {
    expect(verdict(webflow, { body, headers: {} }, now, { secrets: [] })).toBeUndefined();
    expect(webflow.needs).toEqual([]);
  });
});

type Sent = { body: string; headers: Record<string, string | undefined> };

const retimed = (sent: Sent, time: string | undefined): Sent => ({
  ...sent,
  headers: { ...sent.headers, "x-webflow-timestamp": time },
});

function upper(sent: Sent): Sent {
  const signature = sent.headers["x-webflow-signature"]?.toUpperCase();
  return { ...sent, headers: { ...sent.headers, "x-webflow-signature": signature } };
}

test("a submission of version 2 is a form touch, with the campaign of its page", () => {
  expect(touchOf(one(version2))).toMatchObject({
    channel: "form",
    occurredAt: "2026-05-04T09:30:00.117Z",
    identifiers: { email: "zoe@example.com" },
    traits: { firstName: "Zoe", lastName: "Quist", phone: "15550000000" },
    campaign: { source: "ads", name: "launch" },
    asset: { id: "form-2", name: "Contact Us", url: version2.payload.pageUrl },
    properties: { Newsletter: true, Message: "Hi", gclid: "g1" },
  });
});

test("a submission of version 1 is one too; its form is known by its name", () => {
  expect(touchOf(one(version1))).toMatchObject({
    occurredAt: "2026-05-03T12:35:16.117Z",
    identifiers: { email: "some.one@example.com" },
    traits: { firstName: "Some", lastName: "One" },
    asset: { id: "Sample Form", name: "Sample Form" },
  });
});

test("two submissions of one form are two touches, a repeated one is one", () => {
  const second = { ...version1, _id: "sub-3" };
  expect(touchOf(one(second)).touchId).not.toBe(touchOf(one(version1)).touchId);
  expect(touchOf(one({ ...version1 })).touchId).toBe(touchOf(one(version1)).touchId);
});

test("labels may be in any words", () => {
  const labelled = (data: Record<string, unknown>) => ({ ...version1, data });
  expect(touchOf(one(labelled({ 質問: "東京", 連絡先: "aki@example.com" }))).identifiers.email).toBe(
    "aki@example.com",
  );
  const several = labelled({ 連絡先: "aki@example.com", 上司: "boss@example.com" });
  expect(codeOf(one(several))).toBe("missing_identifier");
  expect(touchOf(one(several, { 連絡先: "email" })).identifiers.email).toBe("aki@example.com");
});

test("a trap for bots that was filled is kept apart", () => {
  expect(codeOf(one({ ...version1, data: { ...version1.data, _gotcha: "spam" } }))).toBe("honeypot");
});

test("what is no form is no touch", () => {
  expect(one({ triggerType: "site_publish", payload: {} })).toEqual({ ignored: "site_publish" });
  expect(codeOf(one({ site: "site-1", publishTime: 1 }))).toBe("unknown_event");
});

test("anything makes a finding", () => {
  holdsForAnyJson(webflow, [version1, version2]);
});
