import { describe, expect, test } from "vitest";
import { typeform } from "../../../shared/webhook/typeform.ts";
import { codeOf, hmac, holdsForAnyJson, touchOf, verdict } from "./receiving.ts";

/** A response to a form whose questions are those of a conversation. */
const response = (over: Record<string, unknown> = {}) => ({
  event_id: "01EVENT",
  event_type: "form_response",
  form_response: {
    form_id: "frm1",
    token: "tok1",
    submitted_at: "2026-05-04T09:30:00Z",
    hidden: { utm_source: "linkedin", utm_campaign: "Spring", user_id: "u-77", room: "blue" },
    definition: {
      id: "frm1",
      title: "Ask us anything",
      fields: [
        { id: "f1", ref: "r1", type: "short_text", title: "What's your *first* name?" },
        { id: "f2", ref: "last_name", type: "short_text", title: "And how do people call your family?" },
        { id: "f3", ref: "r3", type: "email", title: "Where can we write to you?" },
        {
          id: "g1",
          type: "group",
          title: "About work",
          properties: { fields: [{ id: "f4", title: "Firma", type: "short_text" }] },
        },
        { id: "f5", title: "Topics", type: "multiple_choice" },
        { id: "f6", title: "Call me", type: "phone_number" },
        { id: "f7", title: "How happy are you?", type: "rating" },
        { id: "f8", title: "Size", type: "multiple_choice" },
      ],
    },
    answers: [
      { type: "text", text: "Ada", field: { id: "f1", type: "short_text", ref: "r1" } },
      { type: "text", text: "Berg", field: { id: "f2", type: "short_text", ref: "last_name" } },
      { type: "email", email: "ada@example.com", field: { id: "f3", type: "email", ref: "r3" } },
      { type: "text", text: "Example AG", field: { id: "f4", type: "short_text" } },
      { type: "choices", choices: { labels: ["Price"], other: "Support" }, field: { id: "f5" } },
      { type: "phone_number", phone_number: "+49301234", field: { id: "f6" } },
      { type: "number", number: 5, field: { id: "f7" } },
      { type: "choice", choice: { label: "Large" }, field: { id: "f8" } },
    ],
    variables: [{ key: "name", type: "text", text: "quiz" }],
    ...over,
  },
});

const one = (value: unknown, fieldMap?: Record<string, string>) =>
  typeform.findings(value, { headers: {} }, fieldMap ? { fieldMap } : {})[0];

describe("the signature", () => {
  const body = '{"event_id": "01EVENT",\r\n "x": "ü"}';
  const signed = (secret: string) => ({
    body,
    headers: { "typeform-signature": `sha256=${hmac(secret, body, "base64")}` },
  });

  test.each([
    ["the current secret", signed("current-secret"), undefined],
    ["the secret before", signed("secret-before"), undefined],
    ["a wrong secret", signed("another"), "invalid_signature"],
    ["another body", { ...signed("current-secret"), body: body.replace("01", "02") }, "invalid_signature"],
    ["no header", { body, headers: {} }, "missing_signature"],
    ["another scheme", { body, headers: { "typeform-signature": "md5=abc" } }, "missing_signature"],
    [
      "the same without its prefix",
      { body, headers: { "typeform-signature": hmac("current-secret", body, "base64") } },
      "missing_signature",
    ],
  ])("%s", (_case, sent, code) => {
    expect(verdict(typeform, sent)).toBe(code);
  });

  test("is never right for a source without a secret", () => {
    const empty = signed("");
    expect(verdict(typeform, empty, 0, { secrets: [] })).toBe("missing_credentials");
    expect(verdict(typeform, empty, 0, { secrets: [""] })).toBe("missing_credentials");
  });
});

describe("a response", () => {
  test("is a form touch with person, campaign and answers", () => {
    expect(touchOf(one(response()))).toMatchObject({
      channel: "form",
      direction: "inbound",
      occurredAt: "2026-05-04T09:30:00.000Z",
      identifiers: { email: "ada@example.com", user: "u-77" },
      traits: { firstName: "Ada", lastName: "Berg", company: "Example AG", phone: "+49301234" },
      campaign: { source: "linkedin", name: "Spring" },
      asset: { id: "frm1", name: "Ask us anything" },
      properties: {
        Topics: ["Price", "Support"],
        "How happy are you?": 5,
        Size: "Large",
        room: "blue",
        name: "quiz",
      },
    });
  });

  test("is one touch however often it is sent", () => {
    expect(touchOf(one(response())).touchId).toBe(touchOf(one(response())).touchId);
    const another = { ...response(), event_id: "02EVENT" };
    expect(touchOf(one(another)).touchId).not.toBe(touchOf(one(response())).touchId);
  });

  const asked = (title: string | undefined, text: string, ref = "b78711bb") =>
    response({
      hidden: {},
      variables: [],
      definition: { fields: title === undefined ? [] : [{ id: "q", ref, title, type: "short_text" }] },
      answers: [{ type: "text", text, field: { id: "q", ref, type: "short_text" } }],
    });

  test.each([
    ["under a question that is not there", asked(undefined, "lee@example.com")],
    ["under a question for something else", asked("What is your name?", "lee@example.com")],
    ["under a question in words of its own", asked("Wohin mit der Antwort?", "lee@example.com")],
    ["under its usual name", asked("Ihre E-Mail-Adresse", "lee@example.com")],
  ])("an address in a text field, %s, identifies", (_case, value) => {
    expect(touchOf(one(value)).identifiers).toEqual({ email: "lee@example.com" });
  });

  test("without an address waits for the fieldMap that says where it is", () => {
    const value = asked("Contact", "Lee <lee@example.com> or lee2@example.com", "ref-1");
    const refused = one(value);
    expect(codeOf(refused)).toBe("missing_identifier");
    expect(refused).toMatchObject({ item: value, refusal: { detail: expect.stringContaining("fieldMap") } });

    const clear = asked("Contact", "lee@example.com", "ref-1");
    const twice = response({
      hidden: { other: "kim@example.com" },
      answers: clear.form_response.answers,
      definition: {},
    });
    expect(codeOf(one(twice))).toBe("missing_identifier");
    expect(touchOf(one(twice, { "ref-1": "email" })).identifiers.email).toBe("lee@example.com");
  });

  test("the map's word stands against the form's own types", () => {
    const touch = touchOf(
      one(response(), { "Call me": "properties.hotline", room: "ignore", r1: "lastName" }),
    );
    expect(touch.traits).toMatchObject({ lastName: "Ada" });
    expect(touch.traits?.phone).toBeUndefined();
    expect(touch.properties).toMatchObject({ hotline: "+49301234" });
    expect(touch.properties).not.toHaveProperty("room");
  });

  test("a person's own id is enough", () => {
    const value = response({ answers: [], hidden: { crm: "hubspot:42" } });
    expect(touchOf(one(value)).identifiers).toEqual({ crm: "hubspot:42" });
  });
});

test("what is no finished response is no touch", () => {
  expect(one({ ...response(), event_type: "form_response_partial" })).toEqual({
    ignored: "form_response_partial",
  });
  expect(codeOf(one({ event_type: "form_deleted" }))).toBe("unknown_event");
  expect(codeOf(one(null))).toBe("unknown_event");
});

test("more answers than any form has are refused whole", () => {
  const answers = Array.from({ length: 1001 }, (_, n) => ({
    type: "number",
    number: n,
    field: { id: `f${n}` },
  }));
  expect(codeOf(one(response({ answers })))).toBe("too_many_fields");
});

test("anything makes a finding", () => {
  holdsForAnyJson(typeform, [response()]);
});
