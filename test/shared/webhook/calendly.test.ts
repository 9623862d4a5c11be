import { describe, expect, test } from "vitest";
import { calendly } from "../../../shared/webhook/calendly.ts";
import { accepted, codeOf, hmac, holdsForAnyJson, touchOf, verdict } from "./receiving.ts";

const uri = (n: number) => `https://api.calendly.com/scheduled_events/ev-${n}/invitees/in-${n}`;

const invitee = (n: number, over: Record<string, unknown> = {}) => ({
  uri: uri(n),
  created_at: "2026-04-04T21:10:40.494211Z",
  email: "Nia@Example.com",
  name: "Nia Ode",
  first_name: null,
  last_name: null,
  status: "active",
  rescheduled: false,
  old_invitee: null,
  timezone: "Europe/Berlin",
  text_reminder_number: "+49 170 1",
  event: `https://api.calendly.com/scheduled_events/ev-${n}`,
  scheduled_event: {
    uri: `https://api.calendly.com/scheduled_events/ev-${n}`,
    event_type: "https://api.calendly.com/event_types/et-1",
    name: "Product tour",
    start_time: "2026-04-17T15:00:00.000000Z",
    end_time: "2026-04-17T15:30:00.000000Z",
  },
  questions_and_answers: [
    { question: "Company", answer: "Example AG", position: 0 },
    { question: "What shall we talk about?", answer: "Prices", position: 1 },
  ],
  tracking: { utm_campaign: "tour", utm_source: "mail", utm_medium: null, salesforce_uuid: null },
  ...over,
});

const created = (n: number, over?: Record<string, unknown>) => ({
  event: "invitee.created",
  created_at: "2026-04-04T21:10:41.000000Z",
  payload: invitee(n, over),
});

const canceled = (n: number, over: Record<string, unknown> = {}) => ({
  event: "invitee.canceled",
  created_at: "2026-04-06T08:00:01.000000Z",
  payload: invitee(n, {
    status: "canceled",
    cancellation: {
      canceler_type: "invitee",
      canceled_by: "Nia Ode",
      reason: "write to nia@example.com",
      created_at: "2026-04-06T08:00:00.000000Z",
    },
    ...over,
  }),
});

const one = (value: unknown) => calendly.findings(value, { headers: {} }, {})[0];

describe("the signature", () => {
  const now = 1712265041000;
  const body = JSON.stringify(created(1));
  const signed = (secret: string, at: number | string = now / 1000) => ({
    body,
    headers: { "calendly-webhook-signature": `t=${at},v1=${hmac(secret, `${at}.${body}`, "hex")}` },
  });
  const header = (value: string) => ({ body, headers: { "calendly-webhook-signature": value } });

  test.each([
    ["the current secret", signed("current-secret"), undefined],
    ["the secret before", signed("secret-before"), undefined],
    [
      "one right signature of two",
      header(`t=${now / 1000}, v1=ab12, v1=${hmac("current-secret", `${now / 1000}.${body}`, "hex")}`),
      undefined,
    ],
    ["a wrong secret", signed("another"), "invalid_signature"],
    ["another body", { ...signed("current-secret"), body: body.replace("Nia", "Mia") }, "invalid_signature"],
    ["three minutes ago", signed("current-secret", now / 1000 - 180), undefined],
    ["too long ago", signed("current-secret", now / 1000 - 181), "stale_signature"],
    ["too far ahead", signed("current-secret", now / 1000 + 181), "stale_signature"],
    ["no time", header(`v1=${hmac("current-secret", `undefined.${body}`, "hex")}`), "missing_signature"],
    ["no signature", header("t=1712265041"), "missing_signature"],
    ["no header", { body, headers: {} }, "missing_signature"],
  ])("%s", (_case, sent, code) => {
    expect(verdict(calendly, sent, now)).toBe(code);
  });
});

test("a booking is a meeting, at the time it was booked", () => {
  expect(touchOf(one(created(1)))).toMatchObject({
    channel: "meeting",
    occurredAt: "2026-04-04T21:10:40.494Z",
    identifiers: { email: "nia@example.com" },
    traits: { firstName: "Nia", lastName: "Ode", company: "Example AG", phone: "+49 170 1" },
    campaign: { name: "tour", source: "mail" },
    asset: { id: "https://api.calendly.com/event_types/et-1", name: "Product tour" },
    properties: {
      "What shall we talk about?": "Prices",
      startTime: "2026-04-17T15:00:00.000000Z",
      endTime: "2026-04-17T15:30:00.000000Z",
      timeZone: "Europe/Berlin",
    },
  });
});

test("a cancelled meeting takes back its booking, without the person's own words", () => {
  const booking = touchOf(one(created(1)));
  expect(accepted(one(canceled(1)))).toMatchObject({
    touches: [],
    people: [
      {
        type: "cancellation",
        touchId: booking.touchId,
        identifierId: booking.identifierId,
        occurredAt: "2026-04-06T08:00:00.000Z",
        detail: "cancelled by the invitee",
      },
    ],
  });
});

describe("a meeting moved twice is one meeting", () => {
  const first = created(1);
  const firstMoved = canceled(1, { rescheduled: true, new_invitee: uri(2) });
  const second = created(2, { old_invitee: uri(1) });
  const secondMoved = canceled(2, { rescheduled: true, new_invitee: uri(3) });
  const third = created(3, { old_invitee: uri(2) });

  const standing = (sent: readonly unknown[]): string[] => {
    const facts = sent.map((value) => accepted(one(value)));
    const cancelled = facts.flatMap(({ people }) =>
      people.flatMap((fact) => (fact.type === "cancellation" ? [fact.touchId] : [])),
    );
    return facts
      .flatMap(({ touches }) => touches.map(({ touchId }) => touchId))
      .filter((touchId) => !cancelled.includes(touchId));
  };
  const last = [touchOf({ item: third, facts: factsOf(third).slice(0, 1) }).touchId];

  test.each([
    ["in order", [first, firstMoved, second, secondMoved, third]],
    ["backwards", [third, secondMoved, second, firstMoved, first]],
    ["when no cancellation ever comes", [second, third, first]],
    ["when the booking in between is lost", [first, firstMoved, third, secondMoved]],
  ])("%s", (_case, sent) => {
    expect(standing(sent)).toEqual(last);
  });

  test("and none, once the last is cancelled", () => {
    expect(standing([first, firstMoved, second, secondMoved, third, canceled(3)])).toEqual([]);
  });
});

function factsOf(value: unknown) {
  const finding = one(value);
  return finding && "facts" in finding ? finding.facts : [];
}

test("an invitee without the event's name is told by its status", () => {
  const { event: _, ...active } = created(1);
  const { event: __, ...gone } = canceled(1);
  expect(touchOf(one(active)).touchId).toBe(touchOf(one(created(1))).touchId);
  expect(accepted(one(gone)).people).toHaveLength(1);
});

test("a routing form is a form", () => {
  const value = {
    event: "routing_form_submission.created",
    payload: {
      uri: "https://api.calendly.com/routing_form_submissions/rs-1",
      routing_form: "https://api.calendly.com/routing_forms/rf-1",
      created_at: "2026-04-04T21:10:40.494211Z",
      questions_and_answers: [
        { question_uuid: "q-1", question: "Email", answer: "nia@example.com" },
        { question_uuid: "q-2", question: "How many are you?", answer: "20" },
      ],
      tracking: { utm_campaign: "tour", utm_source: "mail" },
    },
  };
  expect(touchOf(one(value))).toMatchObject({
    channel: "form",
    identifiers: { email: "nia@example.com" },
    campaign: { name: "tour", source: "mail" },
    asset: { id: "https://api.calendly.com/routing_forms/rf-1" },
    properties: { "How many are you?": "20" },
  });
});

test.each([
  ["no e-mail", created(1, { email: null, text_reminder_number: null }), "missing_identifier"],
  ["no e-mail, cancelled", canceled(1, { email: "" }), "missing_identifier"],
  ["no URI", created(1, { uri: null }), "missing_field"],
  ["an unknown event", { event: "meeting.recorded", payload: {} }, "unknown_event"],
  ["no event", { payload: { uri: uri(1) } }, "unknown_event"],
])("%s cannot be used", (_case, value, code) => {
  expect(codeOf(one(value))).toBe(code);
});

test("who stayed away had still booked", () => {
  expect(one({ event: "invitee_no_show.created", payload: { invitee: uri(1) } })).toEqual({
    ignored: "invitee_no_show.created",
  });
});

test("anything makes a finding", () => {
  holdsForAnyJson(calendly, [created(2, { old_invitee: uri(1) }), canceled(1)]);
});
