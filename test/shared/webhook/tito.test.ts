import { describe, expect, test } from "vitest";
import { tito } from "../../../shared/webhook/tito.ts";
import { accepted, codeOf, hmac, holdsForAnyJson, touchOf, verdict } from "./receiving.ts";

const checkIn = (over: Record<string, unknown> = {}) => ({
  id: 3068963,
  name: "Jo van der Berg",
  first_name: "Jo",
  last_name: "van der Berg",
  company_name: "Example AG",
  release_title: "Workshop",
  email: "jo@example.com",
  reference: "ABCD-1",
  checked_in: true,
  checked_in_at: "2026-03-16T14:14:21.000Z",
  checkin_list: { title: "Main door" },
  checkin_uuid: "4521459e-1cec-49e8-90fe-afadcc364f02",
  event: { slug: "conf-2026", title: "The Conference" },
  answers: [
    { question: "Job title", response: "Engineer" },
    { question: { title: "Diet" }, response: "v", humanized_response: "Vegan" },
  ],
  ...over,
});

const one = (value: unknown, name?: string) =>
  tito.findings(value, { headers: name === undefined ? {} : { "x-webhook-name": name } }, {})[0];

describe("the signature", () => {
  const body = JSON.stringify(checkIn());
  const signed = (secret: string) => ({ body, headers: { "tito-signature": hmac(secret, body, "base64") } });

  test.each([
    ["the current secret", signed("current-secret"), undefined],
    ["the secret before", signed("secret-before"), undefined],
    ["a wrong secret", signed("another"), "invalid_signature"],
    ["another body", { ...signed("current-secret"), body: body.replace("jo@", "ko@") }, "invalid_signature"],
    ["no header", { body, headers: {} }, "missing_signature"],
  ])("%s", (_case, sent, code) => {
    expect(verdict(tito, sent)).toBe(code);
  });
});

test("a check-in is a touch of its event", () => {
  expect(touchOf(one(checkIn(), "checkin.created"))).toMatchObject({
    channel: "check_in",
    occurredAt: "2026-03-16T14:14:21.000Z",
    identifiers: { email: "jo@example.com" },
    traits: { firstName: "Jo", lastName: "van der Berg", company: "Example AG", jobTitle: "Engineer" },
    campaign: { id: "conf-2026", name: "The Conference" },
    asset: { id: "conf-2026", name: "The Conference" },
    properties: { Diet: "Vegan", ticket: "Workshop", reference: "ABCD-1", checkInList: "Main door" },
  });
});

test("a check-in that is deleted is taken back, and only that one", () => {
  const touch = touchOf(one(checkIn(), "checkin.created"));
  const { people, touches } = accepted(one(checkIn(), "checkin.deleted"));
  expect(touches).toEqual([]);
  expect(people).toMatchObject([
    { type: "cancellation", touchId: touch.touchId, identifierId: touch.identifierId },
  ]);
  const again = checkIn({ checkin_uuid: "00000000-1cec-49e8-90fe-afadcc364f02" });
  expect(touchOf(one(again, "checkin.created")).touchId).not.toBe(touch.touchId);
});

test.each([
  ["ticket.completed", "ticket.completed"],
  ["ticket.voided", "ticket.voided"],
  ["registration.finished", "registration.finished"],
])("%s is not yet anybody's coming", (name, ignored) => {
  expect(one({ _type: "ticket", email: "jo@example.com" }, name)).toEqual({ ignored });
});

test.each([
  ["no e-mail", checkIn({ email: "" }), "checkin.created", "missing_identifier"],
  ["no e-mail, deleted", checkIn({ email: null }), "checkin.deleted", "missing_identifier"],
  ["no id", checkIn({ checkin_uuid: null }), "checkin.created", "missing_field"],
  ["no id, deleted", checkIn({ checkin_uuid: null }), "checkin.deleted", "missing_field"],
  ["an unknown name", checkIn(), "checkin.teleported", "unknown_event"],
  ["no name: created and deleted look the same", checkIn(), undefined, "unknown_event"],
])("%s cannot be used", (_case, value, name, code) => {
  expect(codeOf(one(value, name))).toBe(code);
});

test("the name of the event is kept for a replay", () => {
  expect(tito.headers).toEqual(["x-webhook-name"]);
});

test.each(["checkin.created", "checkin.deleted", ""])("anything makes a finding under %j", (name) => {
  holdsForAnyJson(tito, [checkIn()], { "x-webhook-name": name });
});
