import { describe, expect, test } from "vitest";
import { only, outcome, personFacts, server, touchOf, track, website } from "./reading.ts";

describe("an event's channel", () => {
  test.each<[string, string]>([
    ["Form Submitted", "form"],
    ["form_submitted", "form"],
    ["formSubmitted", "form"],
    ["FORM-SUBMITTED", "form"],
    ["Form Filled", "form"],
    ["Lead Captured", "form"],
    ["Email Link Clicked", "email_click"],
    ["Event Checked In", "check_in"],
    ["checked in", "check_in"],
    ["Meeting Booked", "meeting"],
    ["Meeting Scheduled", "meeting"],
    ["Call Scheduled", "meeting"],
    ["Call Completed", "call"],
    ["Call To Action Clicked", "page"],
    ["Order Completed", "page"],
    ["constructor", "page"],
  ])("%s → %s", (event, channel) => {
    expect(touchOf(track({ event })).channel).toBe(channel);
  });

  test("the source's own table comes first, in any spelling", () => {
    const events = {
      "Whitepaper Downloaded": "form",
      "Form Submitted": "meeting",
      "Email Opened": "page",
    } as const;
    const channelOf = (event: string) => touchOf(track({ event }), { ...server, events }).channel;
    expect(["whitepaper_downloaded", "Form Submitted", "Email Opened", "Checked In"].map(channelOf)).toEqual([
      "form",
      "meeting",
      "page",
      "check_in",
    ]);
  });

  test("what maps to no channel is a page under the event's own name, beside the page it happened on", () => {
    const context = { page: { url: "https://www.example.com/plans", title: "Plans" } };
    const properties = { name: "ignored", title: "ignored too" };
    expect(touchOf(track({ event: "Plan Compared", context, properties }))).toMatchObject({
      channel: "page",
      asset: { name: "Plan Compared", url: "https://www.example.com/plans" },
    });
  });
});

describe("what becomes of an e-mail, as the specification's events tell it", () => {
  const properties = { email_id: "e-1", campaign_id: "c-1", campaign_name: "Autumn" };
  const about = { message: "e-1", campaign: { id: "c-1", name: "Autumn" }, identifiers: { user: "u-1" } };
  test.each([
    ["Email Delivered", { type: "delivery", status: "delivered" }],
    ["Email Bounced", { type: "delivery", status: "bounced" }],
    ["Email Marked as Spam", { type: "delivery", status: "complained" }],
    ["Unsubscribed", { type: "consent", purpose: "email", status: "withdrawn" }],
  ])("%s", (event, fact) => {
    expect(personFacts(track({ event, properties }))).toEqual([
      expect.objectContaining({ ...about, ...fact }),
    ]);
    expect(outcome(only(track({ event, properties }), website))).toBe("ignored");
  });

  test("an open is known and not wanted; a click is a touch of the message and its link", () => {
    expect(outcome(only(track({ event: "Email Opened", properties })))).toBe("ignored");
    const link_url = "https://www.example.com/a";
    expect(
      touchOf(track({ event: "Email Link Clicked", properties: { ...properties, link_url } })),
    ).toMatchObject({
      channel: "email_click",
      campaign: about.campaign,
      asset: { id: "e-1", name: "Email Link Clicked", url: link_url },
    });
  });
});

describe("who it is about", () => {
  const identifiers = (more: object, reading = server) =>
    touchOf({ type: "page", messageId: "m-1", ...more }, reading).identifiers;
  test.each<[string, object, object]>([
    ["a user", { userId: "u-1" }, { user: "u-1" }],
    ["a number as user", { userId: 42 }, { user: "42" }],
    ["an address as user", { userId: "Pat@Example.com" }, { email: "Pat@Example.com" }],
    ["a browser", { anonymousId: "a-1" }, { anonymous: "a-1" }],
    ["both", { userId: "u-1", anonymousId: "a-1" }, { user: "u-1", anonymous: "a-1" }],
    [
      "an address in the context's traits",
      { userId: "u-1", context: { traits: { email: "pat@example.com" } } },
      { email: "pat@example.com", user: "u-1" },
    ],
    [
      "an address among the properties",
      { anonymousId: "a-1", properties: { email: "pat@example.com" } },
      { email: "pat@example.com", anonymous: "a-1" },
    ],
    ["no address where one stands", { userId: "u-1", properties: { email: "n/a" } }, { user: "u-1" }],
    [
      "a CRM id",
      { userId: "u-1", context: { traits: { crm: "salesforce:00Q5f00000ABCDE" } } },
      { crm: "salesforce:00Q5f00000ABCDE", user: "u-1" },
    ],
  ])("%s", (_, message, expected) => {
    expect(identifiers(message)).toEqual(expected);
  });

  test("a web page's word on user and CRM ids identifies nobody", () => {
    const context = { traits: { crm: "salesforce:00Q5f00000ABCDE" } };
    const touch = touchOf({ type: "page", userId: "u-1", anonymousId: "a-1", context }, website);
    expect(touch.identifiers).toEqual({ anonymous: "a-1" });
    expect(touch.properties).toEqual({ userId: "u-1" });
  });

  test.each([
    ["nobody", {}, "missing_identifier"],
    ["a sentinel", { userId: "null" }, "missing_identifier"],
    ["only what is no address", { properties: { email: "pat at example" } }, "invalid_email"],
    ["an endless id", { userId: "x".repeat(201) }, "invalid_field"],
  ])("%s goes to quarantine", (_, message, code) => {
    expect(outcome(only({ type: "page", ...message }))).toBe(code);
  });
});

describe("identify, group and alias", () => {
  test.each<[string, object, object | undefined]>([
    [
      "the specification's names",
      {
        firstName: "Ada",
        lastName: "Dyck",
        title: "CTO",
        phone: "+1 555 0100",
        company: { name: "Acme", id: 7 },
      },
      { firstName: "Ada", lastName: "Dyck", jobTitle: "CTO", phone: "+1 555 0100", company: "Acme" },
    ],
    [
      "another spelling",
      { first_name: "Ada", "Last Name": "Dyck", job_title: "CTO", company: "Acme", phone: 15550100 },
      { firstName: "Ada", lastName: "Dyck", jobTitle: "CTO", company: "Acme", phone: "15550100" },
    ],
    ["a name whole", { name: "Ada van Dyck" }, { firstName: "Ada", lastName: "van Dyck" }],
    ["a form of address", { title: "Dr.", name: "Ada" }, { firstName: "Ada" }],
    ["an address", { address: { city: "Ghent", country: "Belgium" } }, { country: "Belgium" }],
    ["only ours", { plan: "pro", logins: 5, company: { id: 7 }, name: { first: "Ada" } }, undefined],
    ["a novel", { firstName: "Ada", company: "x".repeat(301) }, { firstName: "Ada" }],
  ])("identify with %s", (_, traits, expected) => {
    const [fact, ...others] = personFacts({ type: "identify", messageId: "m-1", userId: "u-1", traits });
    expect(others).toEqual([]);
    expect(fact).toMatchObject(expected ? { type: "traits", id: "m-1", traits: expected } : { type: "link" });
    expect(fact?.identifiers).toEqual({ user: "u-1" });
  });

  test("an address as user beside another address: both are the same person's", () => {
    const message = { type: "identify", userId: "old@example.com", traits: { email: "new@example.com" } };
    expect(personFacts(message)).toMatchObject([
      { type: "link", identifiers: { email: "new@example.com" } },
      { type: "link", identifiers: { email: "new@example.com" }, also: { email: "old@example.com" } },
    ]);
  });

  test("a group's name is the company; its address is nobody's", () => {
    const traits = { name: "Acme", email: "office@acme.example" };
    expect(personFacts({ type: "group", userId: "u-1", groupId: "g", traits })).toMatchObject([
      { type: "traits", identifiers: { user: "u-1" }, traits: { company: "Acme" } },
    ]);
  });

  test.each([
    ["0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d", { anonymous: "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d" }],
    ["0b1c2d3e4f504a6b8c7d9e0f1a2b3c4d", { anonymous: "0b1c2d3e4f504a6b8c7d9e0f1a2b3c4d" }],
    ["customer-7", { user: "customer-7" }],
    ["pat@example.com", { email: "pat@example.com" }],
  ])("alias of %s", (previousId, also) => {
    expect(personFacts({ type: "alias", userId: "u-1", previousId })).toMatchObject([
      { type: "link", identifiers: { user: "u-1" }, also },
    ]);
  });

  test.each(["identify", "group", "alias"])("a web page may not %s", (type) => {
    const message = {
      type,
      anonymousId: "a-1",
      previousId: "b",
      traits: { email: "a@example.com", name: "A" },
    };
    expect(outcome(only(message, website))).toBe("ignored");
  });
});
