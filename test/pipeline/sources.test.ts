import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Webhook } from "standardwebhooks";
import { describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod/mini";
import * as answers from "../../shared/query/answers.ts";
import { addSource } from "../../shared/store/config.ts";
import { daysAgo, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();
const admin = { key: keys.admin };

const secretOf = (text: string): string => `whsec_${Buffer.from(text.padEnd(24, ".")).toString("base64")}`;
const [first, second] = [secretOf("the first"), secretOf("the second")];

const make = (body: Json, status = 201) =>
  product().json("POST", "/v1/sources", status, { ...admin, body: { type: "server", ...body } });
const change = (id: string, body: Json, status = 200) =>
  product().json("PATCH", `/v1/sources/${id}`, status, { ...admin, body });
const get = (id: string) => product().json("GET", `/v1/sources/${id}`, 200, admin);

let deliveries = 0;

/** Delivers a webhook signed with a secret; the answer's status. */
async function deliver(url: string, secret: string, payload: unknown): Promise<number> {
  const body = JSON.stringify(payload);
  const id = `msg_${deliveries++}`;
  const now = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, now, body),
  };
  return (await product().request("POST", url, { headers, body })).status;
}

const touch = { channel: "form", identifiers: { email: "hook@example.com" } };

describe("a source for a provider", () => {
  test("is made with its secret: the answer has the URL to paste, and what is sent there arrives", async () => {
    const made = await make({ id: "hooks", kind: "standard", secret: first });
    expect(z.safeParse(answers.sourceSchema, made).error?.issues ?? []).toEqual([]);
    expect(made).toMatchObject({
      kind: "standard",
      webhookUrl: `${product().url}/v1/webhooks/standard?writeKey=${made.writeKey}`,
      credentials: { secret: { setAt: made.createdAt } },
      missing: [],
      lastItemAt: null,
      silent: false,
    });
    expect(await deliver(made.webhookUrl, first, touch)).toBe(200);
    await product().drain();
    expect(await product().contact("hook@example.com")).toMatchObject({ touches: 1 });
  });

  test("is made without it, says what is missing, and works from the moment that it is set", async () => {
    const made = await make({ id: "later", kind: "standard" });
    expect(made).toMatchObject({ credentials: {}, missing: ["secret"] });
    expect(await deliver(made.webhookUrl, first, touch)).toBe(401);
    expect(await change("later", { secret: ` ${first}\n` })).toMatchObject({ missing: [] });
    expect(await deliver(made.webhookUrl, first, touch)).toBe(200);
  });

  test("gets another secret, and the former one stays good for a while", async () => {
    const { webhookUrl } = await make({ id: "rotating", kind: "standard", secret: first });
    expect(await deliver(webhookUrl, first, touch)).toBe(200);
    const changed = await change("rotating", { secret: second, secretOverlapHours: 2 });
    const { formerUntil, setAt } = changed.credentials.secret;
    expect(Date.parse(formerUntil) - Date.parse(setAt)).toBe(2 * 60 * 60 * 1000);
    expect(await deliver(webhookUrl, second, touch)).toBe(200);
    expect(await deliver(webhookUrl, first, touch)).toBe(200);
    expect(await deliver(webhookUrl, secretOf("nobody's"), touch)).toBe(401);
    expect(await change("rotating", { secret: secretOf("third"), secretOverlapHours: 0 })).not.toHaveProperty(
      "credentials.secret.formerUntil",
    );
  });

  test("takes what is not signed again once its secret is taken away", async () => {
    const { webhookUrl } = await make({ id: "flow", kind: "webflow", secret: "of the app" });
    const body = { data: { Email: "flow@example.com" }, formId: "f-1", _id: "s-1", name: "Contact" };
    const post = async () => (await product().request("POST", webhookUrl, { body })).status;
    expect(await post()).toBe(401);
    await change("flow", { secret: "of another app" });
    expect(await post()).toBe(401);
    expect(await change("flow", { secret: null })).toMatchObject({ credentials: {}, missing: [] });
    expect(await post()).toBe(200);
  });

  test("gets another write key, and the URL that holds it", async () => {
    const { webhookUrl } = await make({ id: "rekeyed", kind: "standard", secret: first });
    const rotated = await change("rekeyed", { rotateKey: { overlapHours: 1 } });
    expect(rotated.webhookUrl).not.toBe(webhookUrl);
    for (const url of [webhookUrl, rotated.webhookUrl]) expect(await deliver(url, first, touch)).toBe(200);
  });

  test("shows no secret, in no answer", async () => {
    await make({ id: "zoomed", kind: "zoom", secret: "hidden-1", clientSecret: "hidden-2" });
    await change("zoomed", { secret: "hidden-3", accountId: "account" });
    const shown = JSON.stringify([
      await get("zoomed"),
      await change("zoomed", {}),
      (await product().json("GET", "/v1/sources", 200, admin)).items,
    ]);
    expect(shown).toContain("clientSecret");
    expect(shown).not.toMatch(/hidden|whsec_|"account"/);
  });

  test("is forgotten with its credentials", async () => {
    const { webhookUrl } = await make({ id: "ended", kind: "standard", secret: first });
    expect((await product().request("DELETE", "/v1/sources/ended", admin)).status).toBe(204);
    expect(await deliver(webhookUrl, first, touch)).toBe(401);
    await product().json("GET", "/v1/sources/ended", 404, admin);
  });

  test.each<[string, Json, string, string]>([
    ["a kind that there is not", { kind: "pigeon" }, "invalid_field", "kind"],
    ["a provider with a key that is in web pages", { kind: "tally", type: "public" }, "wrong_type", "type"],
    ["a secret that nothing checks", { secret: "abc" }, "needless_credential", "secret"],
    [
      "a key that this provider does not have",
      { kind: "tally", publicKey: "abc" },
      "needless_credential",
      "publicKey",
    ],
    ["a secret that cannot be one", { kind: "standard", secret: "short" }, "invalid_secret", "secret"],
    [
      "a public key that cannot be one",
      { kind: "sendgrid", publicKey: "x" },
      "invalid_public_key",
      "publicKey",
    ],
    ["no hours at all", { silentAfterHours: 0 }, "invalid_field", "silentAfterHours"],
  ])("refused, and nothing made: %s", async (_, settings, code, field) => {
    expect(await make({ id: "refused", ...settings }, 400)).toMatchObject({ code, field });
    await product().json("GET", "/v1/sources/refused", 404, admin);
  });
});

describe("is it connected?", () => {
  const send = (key: string, body: unknown) => product().request("POST", "/v1/touchpoints", { key, body });

  test("what came in the last day, by what became of it", async () => {
    const { writeKey } = await make({ id: "counted" });
    const good = { channel: "call", identifiers: { email: "counted@example.com" } };
    await send(writeKey, [good, { ...good, id: "another" }, { channel: "fax" }]);
    // One item alone is refused with its request, and is one refusal.
    expect((await send(writeKey, { channel: "call" })).status).toBe(400);
    expect((await send(writeKey, "{")).status).toBe(400);
    await product().drain();
    const source = await get("counted");
    expect(source).toMatchObject({
      last24Hours: { accepted: 2, rejected: 3, quarantined: 0, ignored: 0 },
      lastRefusal: { code: expect.any(String) },
    });
    for (const at of [source.lastItemAt, source.lastRefusal.at]) {
      expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(source.createdAt));
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    }
    expect((await product().json("GET", "/v1/sources", 200, admin)).items).toContainEqual(source);
  });

  test("a provider's: what is kept in quarantine, what is not wanted, and a wrong signature", async () => {
    const { webhookUrl } = await make({ id: "provider", kind: "standard", secret: first });
    expect(await deliver(webhookUrl, second, touch)).toBe(401);
    await product().drain();
    expect(await get("provider")).toMatchObject({
      lastItemAt: null,
      lastRefusal: { code: "invalid_signature" },
      last24Hours: { accepted: 0, rejected: 1 },
    });
    expect(await deliver(webhookUrl, first, [touch, { channel: "fax" }])).toBe(200);
    await product().drain();
    expect((await get("provider")).last24Hours).toEqual({
      accepted: 1,
      rejected: 1,
      quarantined: 1,
      ignored: 0,
    });

    const mail = await make({ id: "mail", kind: "postmark" });
    const opened = { RecordType: "Open", MessageID: "1", Recipient: "o@example.com" };
    const receivedAt = { ReceivedAt: new Date().toISOString() };
    const response = await product().request("POST", mail.webhookUrl, { body: { ...opened, ...receivedAt } });
    expect(response.status).toBe(200);
    await product().drain();
    expect(await get("mail")).toMatchObject({
      lastItemAt: expect.any(String),
      last24Hours: { accepted: 0, rejected: 0, quarantined: 0, ignored: 1 },
    });
  });

  test("a website's: an origin that is not among its own", async () => {
    const { writeKey } = await make({ id: "site", type: "public", origins: ["https://www.example.com"] });
    const form = (origin: string) =>
      product().request("POST", `/v1/forms/contact?writeKey=${writeKey}`, {
        headers: { origin },
        body: { email: "visitor@example.com" },
      });
    expect((await form("https://shop.example.com")).status).toBe(403);
    await product().drain();
    expect(await get("site")).toMatchObject({ lastItemAt: null, lastRefusal: { code: "forbidden_origin" } });
    expect((await form("https://www.example.com")).status).toBe(202);
    await product().drain();
    expect((await get("site")).last24Hours).toMatchObject({ accepted: 1, rejected: 1 });
  });
});

/** A source that was made days ago and is watched, as the table would hold it. */
async function agedSource(id: string): Promise<void> {
  const { runtime } = product();
  const client = new DynamoDBClient({
    endpoint: runtime.endpoints.dynamodb,
    region: runtime.environment.AWS_REGION,
    credentials: {
      accessKeyId: runtime.environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: runtime.environment.AWS_SECRET_ACCESS_KEY!,
    },
  });
  onTestFinished(() => client.destroy());
  const table = { client, name: runtime.tableName };
  await addSource(table, { v: 1, id, type: "server", createdAt: daysAgo(3), silentAfterHours: 24 });
}

describe("silence", () => {
  test("is seen by the function that looks for it, until something comes or nobody minds", async () => {
    const { runtime, drain } = product();
    const watch = async () => (await runtime.invoke("watch-sources", {})) as { silent: string[] };
    await make({ id: "watched", silentAfterHours: 1 });
    // Just made, it has its hour.
    expect(await watch()).toEqual({ silent: [] });
    expect(await get("watched")).toMatchObject({ silentAfterHours: 1, silent: false });
    await agedSource("made-long-ago");
    await agedSource("heard");
    await agedSource("all-in-quarantine");
    const { writeKey: form } = await change("all-in-quarantine", { rotateKey: { overlapHours: 0 } });
    await product().request("POST", `/v1/forms/f?writeKey=${form}`, {
      body: "feld_1=nobody&feld_2=knows",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const { writeKey } = await change("heard", { rotateKey: { overlapHours: 0 } });
    await product().request("POST", "/v1/touchpoints", {
      key: writeKey,
      body: { channel: "call", identifiers: { email: "heard@example.com" } },
    });
    await drain();
    // A form whose fields nobody knows any more is heard, and sends nothing that can be used.
    expect(await watch()).toEqual({ silent: ["all-in-quarantine", "made-long-ago"] });
    expect(await get("all-in-quarantine")).toMatchObject({
      lastItemAt: expect.any(String),
      lastUsableAt: null,
      last24Hours: { quarantined: 1 },
      silent: true,
    });
    await change("all-in-quarantine", { silentAfterHours: null });
    expect([(await get("made-long-ago")).silent, (await get("heard")).silent]).toEqual([true, false]);
    expect(await change("made-long-ago", { silentAfterHours: null })).toMatchObject({ silent: false });
    expect(await watch()).toEqual({ silent: [] });
  });
});
