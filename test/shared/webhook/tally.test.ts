import { describe, expect, test } from "vitest";
import { tally } from "../../../shared/webhook/tally.ts";
import { codeOf, hmac, holdsForAnyJson, touchOf, verdict } from "./receiving.ts";

const field = (label: string | null, type: string, value: unknown, more: Record<string, unknown> = {}) => ({
  key: `question_${label ?? "x"}`,
  label,
  type,
  value,
  ...more,
});

const sizes = [
  { id: "o-1", text: "Small" },
  { id: "o-2", text: "Large" },
];

const fields = [
  field("utm_campaign", "HIDDEN_FIELDS", "newsletter"),
  field("crm", "HIDDEN_FIELDS", "salesforce:00Q5f00000ABCDE"),
  field("Title", "CALCULATED_FIELDS", "Expert"),
  field("Wie erreichen wir Sie?", "INPUT_EMAIL", "max@example.com"),
  field("Direct line", "INPUT_PHONE_NUMBER", "+3212345"),
  field("Vorname", "INPUT_TEXT", "Max"),
  field("Your size", "MULTIPLE_CHOICE", ["o-2"], { options: sizes }),
  field("Country", "DROPDOWN", ["o-9"], { options: [{ id: "o-9", text: "Belgium" }] }),
  field("Sports", "CHECKBOXES", ["o-1", "tea"], { options: sizes }),
  { key: "question_Sports_o-1", label: "Sports (Small)", type: "CHECKBOXES", value: true },
  field("Agree", "CHECKBOXES", true),
  field("Payment (email)", "PAYMENT", "accounts@example.com"),
  field(
    "Grid",
    "MATRIX",
    { r1: ["c1"], r2: ["c1", "c2"] },
    {
      rows: [
        { id: "r1", text: "Speed" },
        { id: "r2", text: "Price" },
      ],
      columns: [
        { id: "c1", text: "Good" },
        { id: "c2", text: "Bad" },
      ],
    },
  ),
  field(null, "INPUT_TEXT", "unlabelled"),
  field("Empty", "INPUT_TEXT", null),
];

const event = (held: unknown[] = fields) => ({
  eventId: "e-1",
  eventType: "FORM_RESPONSE",
  createdAt: "2026-05-04T09:30:00.889Z",
  data: { responseId: "resp", formId: "VwbNEw", formName: "Tell us", fields: held },
});

const one = (value: unknown, fieldMap?: Record<string, string>) =>
  tally.findings(value, { headers: {} }, fieldMap ? { fieldMap } : {})[0];

describe("the signature", () => {
  const body = JSON.stringify(event());
  const signed = (secret: string) => ({
    body,
    headers: { "tally-signature": hmac(secret, body, "base64") },
  });

  test.each([
    ["the current secret", signed("current-secret"), undefined],
    ["the secret before", signed("secret-before"), undefined],
    ["a wrong secret", signed("another"), "invalid_signature"],
    ["another body", { ...signed("current-secret"), body: `${body} ` }, "invalid_signature"],
    ["no header", { body, headers: {} }, "missing_signature"],
    ["an empty header", { body, headers: { "tally-signature": " " } }, "missing_signature"],
  ])("%s", (_case, sent, code) => {
    expect(verdict(tally, sent)).toBe(code);
  });
});

test("a response is a form touch, its choices in the form's words", () => {
  const touch = touchOf(one(event()));
  expect(touch).toMatchObject({
    channel: "form",
    occurredAt: "2026-05-04T09:30:00.889Z",
    identifiers: { email: "max@example.com", crm: "salesforce:00Q5f00000ABCDE" },
    traits: { firstName: "Max", phone: "+3212345", country: "Belgium" },
    campaign: { name: "newsletter" },
    asset: { id: "VwbNEw", name: "Tell us" },
  });
  expect(touch.properties).toEqual({
    Title: "Expert",
    "Your size": "Large",
    Sports: ["Small", "tea"],
    Agree: true,
    "Payment (email)": "accounts@example.com",
    Grid: { Speed: "Good", Price: ["Good", "Bad"] },
    question_x: "unlabelled",
  });
});

test("a field can be named by its key", () => {
  const twoAddresses = [
    { key: "q1", label: "A", type: "INPUT_TEXT", value: "a@example.com" },
    { key: "q2", label: "B", type: "INPUT_TEXT", value: "b@example.com" },
  ];
  expect(codeOf(one(event(twoAddresses)))).toBe("missing_identifier");
  expect(touchOf(one(event(twoAddresses), { q2: "email" })).identifiers.email).toBe("b@example.com");
});

test("of two e-mail fields, the one that is called so wins", () => {
  const held = [
    field("Friend's address", "INPUT_EMAIL", "friend@example.com"),
    field("Your e-mail", "INPUT_EMAIL", "me@example.com"),
  ];
  const touch = touchOf(one(event(held)));
  expect(touch.identifiers.email).toBe("me@example.com");
  expect(touch.properties).toEqual({ "Friend's address": "friend@example.com" });
});

test("what is no response is no touch", () => {
  expect(codeOf(one({ ...event(), eventType: "FORM_DELETED" }))).toBe("unknown_event");
  expect(codeOf(one([]))).toBe("unknown_event");
});

test("anything makes a finding", () => {
  holdsForAnyJson(tally, [event()]);
});
