import { afterEach, describe, expect, test } from "vitest";
import { LookUpFailed } from "../../../shared/webhook/adapter.ts";
import { eventbrite } from "../../../shared/webhook/eventbrite.ts";
import {
  accepted,
  codeOf,
  holdsForAnyAnswer,
  holdsForAnyJson,
  providerApi,
  touchOf,
  verdict,
} from "./receiving.ts";

const address = "https://www.eventbriteapi.com/v3/events/502/attendees/1038/";

const hook = (action = "barcode.checked_in", api_url: unknown = address) => ({
  api_url,
  config: { action, user_id: "1", endpoint_url: "https://example.com/hook", webhook_id: "7" },
});

const barcode = (status: string, changed: string, number = "9001") => ({ status, changed, barcode: number });

const attendee = (over: Record<string, unknown> = {}) => ({
  id: "1038",
  event_id: "502",
  changed: "2026-03-29T07:30:00Z",
  profile: {
    first_name: "Pat",
    last_name: "Sample",
    name: "Pat Sample",
    email: "pat@example.com",
    company: "Example AG",
    job_title: "Buyer",
    cell_phone: "+1 555 1",
    addresses: { bill: { country: "US" }, work: { country: "CA" } },
  },
  barcodes: [barcode("used", "2026-03-29T07:26:48Z")],
  answers: [{ question: "Which track?", answer: "Data", question_id: "11" }],
  checked_in: true,
  affiliate: "partner7",
  promotional_code: { code: "PROMO" },
  ticket_class_name: "Early bird",
  order_id: "41",
  event: { id: "502", name: { text: "The Fair" }, url: "https://www.eventbrite.com/e/502" },
  ...over,
});

const one = (value: unknown) => eventbrite.findings(value, { headers: {} }, {})[0];

test("has no signature, and needs the token that attendees are asked for with", () => {
  const sent = { body: "{}", headers: {} };
  expect(verdict(eventbrite, sent, 0, { apiToken: "private" })).toBeUndefined();
  expect(verdict(eventbrite, sent, 0, {})).toBe("missing_credentials");
  expect(eventbrite.needs).toEqual(["apiToken"]);
});

test.each([
  ["barcode.checked_in"],
  ["attendee.checked_in"],
  ["barcode.un_checked_in"],
  ["attendee.checked_out"],
])("%s is looked up", (action) => {
  const value = hook(action);
  expect(one(value)).toEqual({ item: value, lookUp: true });
});

test.each([["test"], ["order.placed"], ["attendee.updated"], ["event.published"], ["ticket_class.updated"]])(
  "%s is known and not wanted",
  (action) => {
    expect(
      one(hook(action, "https://www.eventbriteapi.com/{api-endpoint-to-fetch-object-details}/")),
    ).toEqual({
      ignored: action,
    });
  },
);

test.each([
  ["an unknown action", hook("barcode.eaten")],
  ["no action", { api_url: address }],
  ["nothing", null],
])("%s cannot be used", (_case, value) => {
  expect(codeOf(one(value))).toBe("unknown_event");
});

describe("a stranger's address is never asked", () => {
  test.each([
    ["another host", "https://evil.example/v3/events/502/attendees/1038/"],
    [
      "another host behind a name",
      "https://www.eventbriteapi.com@evil.example/v3/events/502/attendees/1038/",
    ],
    [
      "another host that begins alike",
      "https://www.eventbriteapi.com.evil.example/v3/events/502/attendees/1038/",
    ],
    [
      "another host behind a backslash",
      "https://evil.example\\.www.eventbriteapi.com/v3/events/5/attendees/1/",
    ],
    ["a name and password", "https://a:b@www.eventbriteapi.com/v3/events/502/attendees/1038/"],
    ["another port", "https://www.eventbriteapi.com:8443/v3/events/502/attendees/1038/"],
    ["no encryption", "http://www.eventbriteapi.com/v3/events/502/attendees/1038/"],
    ["an order", "https://www.eventbriteapi.com/v3/orders/41/"],
    ["another path", "https://www.eventbriteapi.com/v3/users/me/"],
    ["a path with dots", "https://www.eventbriteapi.com/v3/events/502/attendees/../../../users/me/"],
    ["a query", `${address}?expand=order`],
    ["a second line", `${address}\nHost: evil.example`],
    ["the machine's own", "http://169.254.169.254/latest/meta-data/"],
    ["none", undefined],
    ["a list", [address]],
  ])("%s", async (_case, url) => {
    const value = { ...hook(), api_url: url };
    expect(codeOf(one(value))).toBe("forbidden_address");
    const never = () => Promise.reject(new Error("asked"));
    expect(codeOf(await eventbrite.lookUp?.(value, { secrets: [], apiToken: "private" }, never))).toBe(
      "forbidden_address",
    );
  });
});

describe("what Eventbrite says of the attendee", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const api = async (value: unknown, status = 200) => {
    const served = await providerApi(["www.eventbriteapi.com"], ({ headers }) =>
      headers.authorization === "Bearer private" ? { status, value } : { status: 401 },
    );
    closing.push(served.close);
    return served;
  };
  const lookUp = async (
    value: unknown,
    { action = "barcode.checked_in", status = 200, apiToken = "private" } = {},
  ) => {
    const { ask } = await api(value, status);
    return eventbrite.lookUp?.(hook(action), { secrets: [], apiToken }, ask);
  };

  test("is a check-in, with the event's name in the same answer", async () => {
    const { ask, asked } = await api(attendee());
    const finding = await eventbrite.lookUp?.(
      hook("barcode.checked_in", address.slice(0, -1)),
      { secrets: [], apiToken: "private" },
      ask,
    );
    expect(asked.map(({ url }) => url)).toEqual([
      "/www.eventbriteapi.com/v3/events/502/attendees/1038/?expand=event,promotional_code",
    ]);
    expect(touchOf(finding)).toMatchObject({
      channel: "check_in",
      occurredAt: "2026-03-29T07:26:48.000Z",
      identifiers: { email: "pat@example.com" },
      traits: {
        firstName: "Pat",
        lastName: "Sample",
        company: "Example AG",
        jobTitle: "Buyer",
        phone: "+1 555 1",
        country: "CA",
      },
      campaign: { name: "PROMO", source: "partner7" },
      asset: { id: "502", name: "The Fair", url: "https://www.eventbrite.com/e/502" },
      properties: { "Which track?": "Data", ticket: "Early bird", order: "41" },
    });
  });

  test("without a promotion is of the event's own campaign", async () => {
    const touch = touchOf(await lookUp(attendee({ promotional_code: null })));
    expect(touch.campaign).toEqual({ id: "502", name: "The Fair", source: "partner7" });
  });

  test("is one check-in, whichever of the two webhooks says it and however often", async () => {
    const first = touchOf(await lookUp(attendee()));
    const again = touchOf(
      await lookUp(attendee({ changed: "2026-04-01T00:00:00Z" }), { action: "attendee.checked_in" }),
    );
    expect(again).toMatchObject({ touchId: first.touchId, occurredAt: first.occurredAt });
  });

  test("takes the check-in back once it is undone", async () => {
    const touch = touchOf(await lookUp(attendee()));
    const out = attendee({ checked_in: false, barcodes: [barcode("unused", "2026-03-29T07:40:00Z")] });
    for (const action of ["barcode.un_checked_in", "attendee.checked_out"]) {
      expect(accepted(await lookUp(out, { action }))).toMatchObject({
        touches: [],
        people: [
          {
            type: "cancellation",
            touchId: touch.touchId,
            identifierId: touch.identifierId,
            occurredAt: "2026-03-29T07:40:00.000Z",
          },
        ],
      });
    }
  });

  test.each([
    ["the barcode", attendee({ checked_in: null })],
    ["the attendee", attendee({ barcodes: null })],
  ])("takes nothing back while %s is in", async (_case, value) => {
    expect(await lookUp(value, { action: "barcode.un_checked_in" })).toEqual({ ignored: "checked_in_again" });
  });

  test("takes the last of several used barcodes", async () => {
    const barcodes = [
      barcode("unused", "2026-03-30T00:00:00Z", "1"),
      barcode("used", "2026-03-29T08:00:00Z", "3"),
      barcode("used", "2026-03-29T07:00:00Z", "2"),
    ];
    expect(touchOf(await lookUp(attendee({ barcodes }))).occurredAt).toBe("2026-03-29T08:00:00.000Z");
  });

  test.each([
    [
      "is not checked in",
      attendee({ checked_in: false, barcodes: [barcode("unused", "")] }),
      "not_checked_in",
    ],
    ["has no e-mail", attendee({ profile: { name: "Pat" }, answers: [] }), "missing_identifier"],
    ["is not named yet", attendee({ profile: { email: "Info Requested" } }), "missing_identifier"],
  ])("cannot be used where the attendee %s", async (_case, value, code) => {
    const finding = await lookUp(value);
    expect(codeOf(finding)).toBe(code);
    expect(finding).toMatchObject({ item: hook() });
  });

  test.each([404, 410])("is given up after a %i", async (status) => {
    expect(codeOf(await lookUp({ error: "NOT_FOUND" }, { status }))).toBe("not_found");
  });

  test.each([
    ["401", attendee(), { apiToken: "wrong" }],
    ["403", {}, { status: 403 }],
    ["429", {}, { status: 429 }],
    ["503", {}, { status: 503 }],
    ["a page in place of an attendee", "<html>", {}],
    ["no token", attendee(), { apiToken: "" }],
  ])("is asked for again after %s", async (_case, value, over) => {
    const failure = await lookUp(value, over).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LookUpFailed);
    expect(String(failure)).not.toMatch(/1038|pat|private/i);
  });

  test.each(["barcode.checked_in", "barcode.un_checked_in"])("may be anything after %s", async (action) => {
    const credentials = { secrets: [], apiToken: "private" };
    await holdsForAnyAnswer(
      eventbrite,
      hook(action),
      [attendee(), attendee({ checked_in: false })],
      credentials,
    );
  });
});

test("anything makes a finding", () => {
  holdsForAnyJson(eventbrite, [hook()]);
});
