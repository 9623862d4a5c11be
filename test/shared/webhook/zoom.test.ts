import { afterEach, describe, expect, test } from "vitest";
import { LookUpFailed } from "../../../shared/webhook/adapter.ts";
import { zoom } from "../../../shared/webhook/zoom.ts";
import {
  accepted,
  codeOf,
  hmac,
  holdsForAnyAnswer,
  holdsForAnyJson,
  providerApi,
  touchOf,
  verdict,
} from "./receiving.ts";

const joined = (
  over: Record<string, unknown> = {},
  event = "webinar.participant_joined",
  object: Record<string, unknown> = {},
) => ({
  event,
  event_ts: 1778000000123,
  payload: {
    account_id: "acc",
    object: {
      id: "1234567890",
      uuid: "4444AAAi==",
      topic: "How we count",
      start_time: "2026-05-05T16:50:00Z",
      participant: {
        user_id: "16778240",
        user_name: "Jill Chill",
        id: "iFxeB",
        participant_uuid: "5555",
        join_time: "2026-05-05T16:53:20Z",
        email: "jill@example.com",
        registrant_id: "abc-DEF_123",
        phone_number: "15550000000",
        ...over,
      },
      ...object,
    },
  },
});

const one = (value: unknown) => zoom.findings(value, { headers: {} }, {})[0];

describe("the signature", () => {
  const now = 1778000001000;
  const body = JSON.stringify(joined());
  const signed = (secret: string, at: number = now / 1000) => ({
    body,
    headers: {
      "x-zm-request-timestamp": `${at}`,
      "x-zm-signature": `v0=${hmac(secret, `v0:${at}:${body}`, "hex")}`,
    },
  });
  const without = (name: string) => ({
    body,
    headers: { ...signed("current-secret").headers, [name]: undefined },
  });

  test.each([
    ["the current secret", signed("current-secret"), undefined],
    ["the secret before", signed("secret-before"), undefined],
    ["a wrong secret", signed("another"), "invalid_signature"],
    ["another body", { ...signed("current-secret"), body: `${body} ` }, "invalid_signature"],
    ["five minutes ago", signed("current-secret", now / 1000 - 300), undefined],
    ["too long ago", signed("current-secret", now / 1000 - 301), "stale_signature"],
    ["too far ahead", signed("current-secret", now / 1000 + 301), "stale_signature"],
    ["no signature", without("x-zm-signature"), "missing_signature"],
    ["no time", without("x-zm-request-timestamp"), "missing_signature"],
  ])("%s", (_case, sent, code) => {
    expect(verdict(zoom, sent, now)).toBe(code);
  });
});

describe("the handshake", () => {
  const asked = { event: "endpoint.url_validation", payload: { plainToken: "qgg8vlvZRS6UYooatFL8Aw" } };

  test("is answered under the current secret", () => {
    expect(zoom.handshake?.(asked, { secrets: ["current-secret", "secret-before"] })).toEqual({
      answer: {
        plainToken: "qgg8vlvZRS6UYooatFL8Aw",
        encryptedToken: hmac("current-secret", "qgg8vlvZRS6UYooatFL8Aw", "hex"),
      },
    });
  });

  test.each([
    ["another event", { ...asked, event: "webinar.started" }],
    ["no token", { ...asked, payload: {} }],
    ["nothing", null],
  ])("is none for %s", (_case, value) => {
    expect(zoom.handshake?.(value, { secrets: ["current-secret"] })).toBeUndefined();
  });
});

test("who joins a webinar has checked in", () => {
  expect(touchOf(one(joined()))).toMatchObject({
    channel: "check_in",
    occurredAt: "2026-05-05T16:53:20.000Z",
    identifiers: { email: "jill@example.com" },
    traits: { firstName: "Jill", lastName: "Chill", phone: "15550000000" },
    campaign: { id: "1234567890", name: "How we count" },
    asset: { id: "1234567890", name: "How we count" },
  });
});

test("who joins a meeting has met", () => {
  const touch = touchOf(one(joined({}, "meeting.participant_joined")));
  expect(touch).toMatchObject({ channel: "meeting", asset: { id: "1234567890", name: "How we count" } });
  expect(touch.campaign).toBeUndefined();
});

test("each joining is one touch", () => {
  const ids = [
    joined(),
    joined(),
    joined({ join_time: "2026-05-05T17:20:00Z" }),
    joined({ participant_uuid: "6" }),
  ]
    .map((value) => touchOf(one(value)).touchId)
    .map((id, _index, all) => all.indexOf(id));
  expect(ids).toEqual([0, 0, 2, 3]);
});

test.each([
  ["webinar.participant_left"],
  ["webinar.started"],
  ["meeting.ended"],
  ["webinar.registration_created"],
  ["endpoint.url_validation"],
])("%s is known and not wanted", (event) => {
  expect(one({ event, payload: {} })).toEqual({ ignored: event });
});

test.each([
  [
    "nobody's e-mail and no registration",
    joined({ email: "", registrant_id: undefined }),
    "missing_identifier",
  ],
  ["no event", { payload: {} }, "unknown_event"],
  ["what is no event's name", { event: "<b>" }, "unknown_event"],
])("%s cannot be used", (_case, value, code) => {
  expect(codeOf(one(value))).toBe(code);
});

describe("a participant without e-mail who had registered", () => {
  const credentials = { secrets: [], accountId: "acc/1", clientId: "client", clientSecret: "hush" };
  const unnamed = joined({ email: "" });
  const registrant = {
    id: "abc-DEF_123",
    email: "jill.chill@example.com",
    first_name: "Jill",
    last_name: "Chill-Hill",
    org: "Example AG",
    job_title: "Head of Chill",
    phone: "+1 555",
    country: "US",
  };
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** Zoom as it answers: the token to the app, a registrant to the token. */
  const zoomApi = async (over: { token?: number; status?: number; value?: unknown } = {}) => {
    const api = await providerApi(["zoom.us", "api.zoom.us"], ({ url, method, headers }) => {
      if (url.startsWith("/zoom.us/oauth/token")) {
        const known = headers.authorization === `Basic ${btoa("client:hush")}` && method === "POST";
        if (!known || over.token) return { status: over.token ?? 401 };
        return { status: 200, value: { access_token: "good-for-an-hour", token_type: "bearer" } };
      }
      if (headers.authorization !== "Bearer good-for-an-hour") return { status: 401 };
      return { status: over.status ?? 200, value: "value" in over ? over.value : registrant };
    });
    closing.push(api.close);
    return api;
  };

  test("is looked up", async () => {
    expect(one(unnamed)).toEqual({ item: unnamed, lookUp: true });
    const { ask, asked } = await zoomApi();
    const touch = touchOf(await zoom.lookUp?.(unnamed, credentials, ask));
    expect(asked.map(({ url }) => url)).toEqual([
      "/zoom.us/oauth/token?grant_type=account_credentials&account_id=acc%2F1",
      "/api.zoom.us/v2/webinars/1234567890/registrants/abc-DEF_123",
    ]);
    expect(touch).toMatchObject({
      channel: "check_in",
      occurredAt: "2026-05-05T16:53:20.000Z",
      identifiers: { email: "jill.chill@example.com" },
      traits: {
        firstName: "Jill",
        lastName: "Chill-Hill",
        company: "Example AG",
        jobTitle: "Head of Chill",
        phone: "+1 555",
        country: "US",
      },
    });
  });

  test("of a meeting, among the meeting's registrants", async () => {
    const { ask, asked } = await zoomApi();
    const value = joined({ email: undefined, registrant_id: "a/b+c==" }, "meeting.participant_joined");
    expect(touchOf(await zoom.lookUp?.(value, credentials, ask)).channel).toBe("meeting");
    expect(asked[1]?.url).toBe("/api.zoom.us/v2/meetings/1234567890/registrants/a%2Fb%2Bc%3D%3D");
  });

  test.each([
    ["a webinar of another path", joined({ email: "" }, undefined, { id: "../users/me" })],
    ["a registrant of another path", joined({ email: "", registrant_id: ".." })],
    ["a registrant with a query", joined({ email: "", registrant_id: "a?b" })],
    ["no webinar", joined({ email: "" }, undefined, { id: null })],
  ])("is not asked for under %s", async (_case, value) => {
    const { ask, asked } = await zoomApi();
    const finding = await zoom.lookUp?.(value, credentials, ask);
    expect(codeOf(finding)).toBe("invalid_field");
    expect(asked).toEqual([]);
  });

  test("waits in quarantine until the source has an app to ask with", async () => {
    const { ask, asked } = await zoomApi();
    const finding = await zoom.lookUp?.(unnamed, { ...credentials, clientSecret: "" }, ask);
    expect(finding).toMatchObject({
      item: unnamed,
      refusal: { code: "missing_identifier", detail: expect.stringContaining("clientSecret") },
    });
    expect(asked).toEqual([]);
  });

  test.each([
    ["gone", { status: 404, value: { code: 3001 } }, "not_found"],
    ["of no known id", { status: 400, value: { code: 300 } }, "not_found"],
    ["without e-mail", { value: { id: "x", email: "" } }, "missing_identifier"],
  ])("is given up where the registrant is %s", async (_case, over, code) => {
    const { ask } = await zoomApi(over);
    expect(codeOf(await zoom.lookUp?.(unnamed, credentials, ask))).toBe(code);
  });

  test.each([
    ["the app is refused", { token: 400 }],
    ["Zoom is down", { token: 503 }],
    ["a scope is missing", { status: 400, value: { code: 4711 } }],
    ["the token has ended", { status: 401 }],
    ["Zoom is busy", { status: 429 }],
    ["the API is down", { status: 500 }],
    ["the answer is no registrant", { value: "maintenance" }],
  ])("is tried again while %s", async (_case, over) => {
    const { ask } = await zoomApi(over);
    const failure = await zoom.lookUp?.(unnamed, credentials, ask).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LookUpFailed);
    expect(String(failure)).not.toMatch(/jill|abc-DEF|hush/i);
  });

  test("may be anything in Zoom's answer", async () => {
    await holdsForAnyAnswer(zoom, unnamed, [registrant], credentials);
  });
});

test("anything makes a finding", () => {
  holdsForAnyJson(zoom, [joined(), joined({}, "meeting.participant_joined")]);
  expect(accepted(one(joined())).people).toEqual([]);
});
