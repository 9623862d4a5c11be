import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type ProviderSample, providerSamples } from "../fixtures/providers.ts";
import { type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

/** A source for a provider, and the path that its URL has. */
async function sourceOf(sample: ProviderSample, name: string): Promise<{ id: string; path: string }> {
  const body = { id: name, type: "server", kind: sample.provider, ...sample.settings };
  const made = await product().json("POST", "/v1/sources", 201, { key: keys.admin, body });
  return { id: name, path: made.webhookUrl.replace(product().url, "") };
}

/** A delivery as the provider makes it, byte for byte. */
function deliver(
  path: string,
  sample: ProviderSample,
  payload: unknown,
  now = new Date(),
): Promise<Response> {
  const body = Buffer.from(JSON.stringify(payload));
  return product().request("POST", path, { body, headers: sample.headers(body, now) });
}

const timeline = async (email: string): Promise<Json[]> => {
  const contact = await product().contact(email);
  if (!contact) return [];
  const path = `/v1/contacts/${contact.id}/timeline`;
  return (await product().json("GET", path, 200, { key: keys.read })).items;
};

const sampleOf = (provider: string): ProviderSample =>
  providerSamples.find((sample) => sample.provider === provider)!;

describe.each(providerSamples.map((sample) => [sample.provider, sample] as const))(
  "%s",
  (provider, sample) => {
    test("by pasting one URL: what a person did is in the timeline, once, however often it is sent", async () => {
      const { id, path } = await sourceOf(sample, `our-${provider}`);
      const email = `${provider}@example.com`;
      const payload = sample.payload(email, 1);
      for (const _ of ["at first", "again"]) {
        const answer = await deliver(path, sample, payload);
        expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ accepted: 1 })]);
      }
      await product().drain();
      const { channel, campaign, asset } = sample.touch;
      expect(await timeline(email)).toEqual([
        expect.objectContaining({
          channel,
          source: id,
          campaign: campaign ? expect.objectContaining({ name: campaign }) : expect.anything(),
          asset: asset ? expect.objectContaining({ id: asset }) : expect.anything(),
        }),
      ]);
    });

    test("what cannot be understood is accepted, and kept in quarantine with the bytes as they came", async () => {
      const { id, path } = await sourceOf(sample, `strange-${provider}`);
      const payload = sample.payload("strange@example.com", 2) as Json;
      // The envelope that is checked stays, all that says what happened goes.
      const strange = payload.signature ? { signature: payload.signature } : { strange: "payload" };
      const answer = await deliver(path, sample, strange);
      expect([answer.status, await answer.json()]).toEqual([
        200,
        { accepted: 0, ignored: 0, quarantined: 1, rejected: 0 },
      ]);
      await product().drain();
      const { items } = await product().json("GET", `/v1/quarantine?source=${id}`, 200, { key: keys.admin });
      expect(items).toEqual([expect.objectContaining({ source: id, route: `webhooks/${provider}` })]);
      const whole = await product().json("GET", `/v1/quarantine/${items[0].id}`, 200, { key: keys.admin });
      expect(whole.raw).toBe(JSON.stringify(strange));
    });
  },
);

const signing = providerSamples.filter(({ settings }) => Object.keys(settings).length > 0);
test.each(signing.map((sample) => [sample.provider, sample] as const))(
  "%s: bytes that the provider did not sign get 401, and the source's figures say so",
  async (provider, sample) => {
    const { id, path } = await sourceOf(sample, `forged-${provider}`);
    const payload = sample.payload("forged@example.com", 3) as Json;
    const headers = sample.headers(Buffer.from(JSON.stringify(payload)), new Date());
    // Mailgun signs only what stands in its own signature.
    const forged = payload.signature
      ? { ...payload, signature: { ...payload.signature, token: "another" } }
      : Array.isArray(payload)
        ? [...payload, {}]
        : { ...payload, more: 1 };
    const answer = await product().json("POST", path, 401, { body: JSON.stringify(forged), headers });
    expect(answer.code).toBe("invalid_signature");
    await product().drain();
    const source = await product().json("GET", `/v1/sources/${id}`, 200, { key: keys.admin });
    expect(source).toMatchObject({
      last24Hours: { accepted: 0, rejected: 1 },
      lastRefusal: { code: "invalid_signature" },
    });
    expect(await product().contact("forged@example.com")).toBeUndefined();
  },
);

test("a token of Mailgun's is good for one event, which may be sent again", async () => {
  const sample = sampleOf("mailgun");
  const { path } = await sourceOf(sample, "mailgun-tokens");
  const payload = sample.payload("first@example.com", 10) as Json;
  const another = { ...payload, "event-data": { ...payload["event-data"], recipient: "second@example.com" } };
  expect((await deliver(path, sample, payload)).status).toBe(200);
  expect((await deliver(path, sample, payload)).status).toBe(200);
  expect((await deliver(path, sample, another)).status).toBe(401);
  await product().drain();
  expect(await timeline("first@example.com")).toHaveLength(1);
  expect(await product().contact("second@example.com")).toBeUndefined();
});

test("a key of another kind of source opens no webhook", async () => {
  const { json } = product();
  const path = `/v1/webhooks/postmark?writeKey=${keys.server}`;
  expect(await json("POST", path, 403, { body: {} })).toMatchObject({ code: "wrong_kind" });
  expect(await json("POST", "/v1/webhooks/postmark", 401, { body: {} })).toMatchObject({
    code: "missing_write_key",
  });
  expect(await json("POST", `/v1/webhooks/nobody?writeKey=${keys.server}`, 404, { body: {} })).toMatchObject({
    code: "unknown_provider",
  });
});

describe("a source of a provider's", () => {
  test("takes nothing but its webhooks: its key stands in a URL, and what it sends is signed", async () => {
    const { path } = await sourceOf(sampleOf("typeform"), "only-webhooks");
    const writeKey = new URLSearchParams(path.split("?")[1]).get("writeKey")!;
    const body = { channel: "form", identifiers: { email: "leaked@example.com" } };
    for (const route of ["/v1/touchpoints", "/v1/track", "/v1/forms/contact", "/v1/check-ins"]) {
      expect(await product().json("POST", route, 403, { key: writeKey, body })).toMatchObject({
        code: "wrong_kind",
      });
    }
  });

  test("is known by its URL, also where the provider has an Authorization of its own", async () => {
    const brevo = sampleOf("brevo");
    const { path } = await sourceOf(brevo, "own-authorization");
    const body = JSON.stringify(brevo.payload("own@example.com", 50));
    const headers = { "content-type": "application/json", authorization: "Bearer of-the-provider" };
    expect(await product().json("POST", path, 200, { body, headers })).toMatchObject({ accepted: 1 });
  });

  test("may send a whole megabyte: providers make their batches by size", async () => {
    const sendgrid = sampleOf("sendgrid");
    const { path } = await sourceOf(sendgrid, "large-batches");
    const events = Array.from({ length: 1500 }, (_, index) => ({
      email: `reader${index}@example.com`,
      event: "delivered",
      sg_event_id: `large-${index}`,
      sg_message_id: `message-${index}.${"x".repeat(400)}`,
      timestamp: 1777888800,
    }));
    const answer = await deliver(path, sendgrid, events);
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ accepted: 1500 })]);
  });

  test("with more items than a request may have is kept whole; an item too large to keep is counted", async () => {
    const { path, id } = await sourceOf(sampleOf("brevo"), "too-much");
    const headers = { "content-type": "application/json" };
    const many = `[${"1,".repeat(20_000)}1]`;
    expect(await product().json("POST", path, 200, { body: many, headers })).toMatchObject({
      quarantined: 1,
    });
    // Written again, each number is five times as long.
    const swelling = `[{"event":"x","a":[${"1e20,".repeat(120_000)}1]},{}]`;
    expect(await product().json("POST", path, 200, { body: swelling, headers })).toMatchObject({
      quarantined: 1,
      rejected: 1,
    });
    await product().drain();
    const source = await product().json("GET", `/v1/sources/${id}`, 200, { key: keys.admin });
    expect(source.last24Hours).toMatchObject({ quarantined: 2, rejected: 1 });
  });
});

test("Zoom's validation of the URL is answered", async () => {
  const sample = sampleOf("zoom");
  const { path } = await sourceOf(sample, "zoom-validation");
  const validation = { event: "endpoint.url_validation", payload: { plainToken: "qgg8vlvZRS6UYooatFL8Aw" } };
  const answer = await deliver(path, sample, validation);
  const encryptedToken = createHmac("sha256", String(sample.settings.secret))
    .update("qgg8vlvZRS6UYooatFL8Aw")
    .digest("hex");
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { plainToken: "qgg8vlvZRS6UYooatFL8Aw", encryptedToken },
  ]);
});

describe("a meeting", () => {
  const calendly = sampleOf("calendly");
  const invitee = (email: string, number: number, more: Json = {}): Json => {
    const { payload, ...event } = calendly.payload(email, number) as Json;
    return { ...event, payload: { ...payload, ...more } };
  };
  const uri = (number: number) => (invitee("", number) as Json).payload.uri;
  const cancelled = (email: string, number: number, more: Json = {}): Json => ({
    ...invitee(email, number, { status: "canceled", ...more }),
    event: "invitee.canceled",
  });

  test.each([
    ["in order", [0, 1, 2]],
    ["the new one first", [2, 0, 1]],
    ["the cancellation first", [1, 2, 0]],
  ])("that is moved is one meeting (%s)", async (order, indexes) => {
    const email = `moved-${order.replaceAll(" ", "-")}@example.com`;
    const { path } = await sourceOf(calendly, `moved-${order.replaceAll(" ", "-")}`);
    const deliveries = [
      invitee(email, 20),
      cancelled(email, 20, { rescheduled: true, new_invitee: uri(21) }),
      invitee(email, 21, { old_invitee: uri(20) }),
    ];
    for (const index of indexes) expect((await deliver(path, calendly, deliveries[index])).status).toBe(200);
    await product().drain();
    const touches = await timeline(email);
    expect(touches.filter(({ counted }) => counted)).toHaveLength(1);
    expect(touches.filter(({ reason }) => reason === "cancelled")).toHaveLength(1);
  });

  test("that is cancelled does not count, and is shown as cancelled", async () => {
    const { path } = await sourceOf(calendly, "cancelled");
    await deliver(path, calendly, invitee("cancelled@example.com", 30));
    await deliver(path, calendly, cancelled("cancelled@example.com", 30));
    await product().drain();
    expect(await timeline("cancelled@example.com")).toEqual([
      expect.objectContaining({ channel: "meeting", counted: false, reason: "cancelled" }),
    ]);
  });
});

describe("what is no touch", () => {
  const sendgrid = sampleOf("sendgrid");
  const event = (name: string, minute: number) => ({
    email: "mail@example.com",
    event: name,
    sg_event_id: `e-${name}`,
    sg_message_id: "m",
    timestamp: 1777888800 + minute * 60,
  });

  test("opens are none, deliveries and unsubscribes are facts of the contact", async () => {
    const { path } = await sourceOf(sendgrid, "facts");
    const names = ["processed", "delivered", "open", "unsubscribe"];
    const answer = await deliver(path, sendgrid, names.map(event));
    expect(await answer.json()).toEqual({ accepted: 2, ignored: 2, quarantined: 0, rejected: 0 });
    await product().drain();
    const contact = (await product().contact("mail@example.com"))!;
    expect(contact).toMatchObject({
      touches: 0,
      emailOptOut: true,
      facts: [
        { type: "consent", purpose: "email", status: "withdrawn" },
        { type: "delivery", status: "delivered" },
      ],
    });
    await deliver(path, sendgrid, [event("group_resubscribe", 9)]);
    await product().drain();
    expect(await product().contact("mail@example.com")).toMatchObject({ emailOptOut: false });
  });
});

describe("replay", () => {
  const replay = (body: Json) =>
    product().json("POST", "/v1/quarantine/replay", 200, { key: keys.admin, body });

  test("a form whose field nobody knew becomes a touch at its own time, once its name is known", async () => {
    const { json, drain } = product();
    const made = await json("POST", "/v1/sources", 201, {
      key: keys.admin,
      body: { id: "odd-forms", type: "public", origins: ["*"] },
    });
    const answer = await json("POST", `/v1/forms/contact?writeKey=${made.writeKey}`, 202, {
      body: "feld_7=odd@example.com&feld_8=boss@example.com&utm_campaign=expo",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(answer).toMatchObject({ accepted: 0, quarantined: [{ code: "missing_identifier" }] });
    await drain();
    const { items } = await json("GET", "/v1/quarantine?source=odd-forms", 200, { key: keys.admin });
    expect(await replay({ source: "odd-forms" })).toMatchObject({ replayed: 0, stillQuarantined: [{}] });

    const fieldMap = { feld_7: "email" };
    await json("PATCH", "/v1/sources/odd-forms", 200, { key: keys.admin, body: { fieldMap } });
    expect(await replay({ source: "odd-forms" })).toMatchObject({ replayed: 1, stillQuarantined: [] });
    expect(await replay({ source: "odd-forms" })).toMatchObject({ replayed: 0 });
    await drain();
    expect(await timeline("odd@example.com")).toEqual([
      expect.objectContaining({
        channel: "form",
        occurredAt: items[0].receivedAt,
        receivedAt: items[0].receivedAt,
        campaign: { name: "expo" },
        asset: expect.objectContaining({ id: "contact" }),
      }),
    ]);
  });

  test("a webhook's item is the touch that it would have been", async () => {
    const tally = sampleOf("tally");
    const { path } = await sourceOf(tally, "odd-tally");
    const payload = tally.payload("ignored@example.com", 40) as Json;
    payload.data.fields[0] = { key: "q1", label: "Feld 7", type: "INPUT_TEXT", value: "at work, tally" };
    payload.data.fields.push({
      key: "q9",
      label: "Kundenadresse",
      type: "INPUT_TEXT",
      value: "Kontakt: odd",
    });
    expect(await (await deliver(path, tally, payload)).json()).toMatchObject({ quarantined: 1 });
    await product().drain();
    const patch = { fieldMap: { "Feld 7": "user" } };
    await product().json("PATCH", "/v1/sources/odd-tally", 200, { key: keys.admin, body: patch });
    expect(await replay({ source: "odd-tally" })).toMatchObject({ replayed: 1 });
    await product().drain();
    // The same delivery again, as the provider might make it, is the same touch.
    await deliver(path, tally, payload);
    await product().drain();
    const { items } = await product().json("GET", "/v1/contacts?user=at+work,+tally", 200, {
      key: keys.read,
    });
    expect(items[0]).toMatchObject({ touches: 1 });
  });

  test("bytes with a byte order mark are read as they were at first", async () => {
    const { path } = await sourceOf(sampleOf("brevo"), "with-mark");
    const event = {
      event: "click",
      email: "at odds",
      "message-id": "<m>",
      ts_epoch: Date.now(),
      link: "https://a.example/",
    };
    const body = `\ufeff${JSON.stringify(event)}`;
    const headers = { "content-type": "application/json" };
    expect(await product().json("POST", path, 200, { body, headers })).toMatchObject({ quarantined: 1 });
    await product().drain();
    expect(await replay({ source: "with-mark" })).toMatchObject({
      stillQuarantined: [{ code: "invalid_email" }],
    });
  });

  test("a honeypot is only taken for a person's where somebody says so", async () => {
    const { json, drain } = product();
    const body = "email=careful@example.com&_gotcha=filled+by+a+password+manager";
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const sent = await json("POST", "/v1/sources", 201, {
      key: keys.admin,
      body: { id: "honey", type: "public", origins: ["*"] },
    });
    await json("POST", `/v1/forms/contact?writeKey=${sent.writeKey}`, 202, { body, headers });
    await drain();
    expect(await replay({ source: "honey" })).toMatchObject({ replayed: 0 });
    expect(await replay({ source: "honey", reason: "honeypot" })).toMatchObject({ replayed: 1 });
    await drain();
    expect(await timeline("careful@example.com")).toHaveLength(1);
  });
});
