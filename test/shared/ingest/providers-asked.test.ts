import "../../laws/quiet.ts";
import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { noCredentials, withCredentials } from "../../../shared/access/credentials.ts";
import type { Provider } from "../../../shared/access/provider.ts";
import type { Source } from "../../../shared/access/source.ts";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { completeByLookUp } from "../../../shared/ingest/look-up.ts";
import { outside } from "../../../shared/ingest/outside.ts";
import { takeWebhook, type WebhookIntake } from "../../../shared/ingest/webhook.ts";
import { addSource } from "../../../shared/store/config.ts";
import { CachedCredentials, putCredentials } from "../../../shared/store/credentials.ts";
import { decodeMessage, type Fact } from "../../../shared/touchpoint/message.ts";
import { LookUpFailed } from "../../../shared/webhook/adapter.ts";
import { receive, settle } from "../../laws/pump.ts";
import { type Database, intakeOf, openWorld, startDatabase, type World } from "../../laws/world.ts";

const start = "2026-05-04T10:00:00.000Z";
const topic = "arn:aws:sns:eu-central-1:123456789012:mail-events";
const signer = generateKeyPairSync("rsa", { modulusLength: 2048 });
const zoomSecret = "zoom secret";

/** What the providers' hosts say, by host and path; a status alone where they fail. */
const answers = new Map<string, { status: number; body: string }>();
const asked: { url: string; authorization: string }[] = [];
const hosts = createServer((request, response) => {
  const url = new URL(String(request.headers["x-wanted"]));
  asked.push({ url: url.href, authorization: request.headers.authorization ?? "" });
  const { status, body } = answers.get(url.host + url.pathname) ?? { status: 500, body: "" };
  response.writeHead(status).end(body);
});

let database: Database;
let world: World;
let intake: WebhookIntake;
beforeAll(async () => {
  database = await startDatabase();
  hosts.listen(0, "127.0.0.1");
  await once(hosts, "listening");
});
afterAll(async () => {
  hosts.close();
  await database.close();
});
beforeEach(async () => {
  answers.clear();
  asked.length = 0;
  world = await openWorld(database, start);
  const address = `http://127.0.0.1:${(hosts.address() as AddressInfo).port}/`;
  intake = {
    ...intakeOf(world),
    table: world.table,
    credentials: new CachedCredentials(world.table),
    lookUps: world.lookUps,
    // The one thing a test cannot have is the providers' own hosts: requests to them are led to a server here.
    outside: outside((url, init) =>
      fetch(address, { ...init, headers: { ...init?.headers, "x-wanted": String(url) } }),
    ),
    certificates: new Map(),
  };
  return () => world.close();
});

async function sourceOf(kind: Provider, credentials: Record<string, unknown>): Promise<Source> {
  const source: Source = { v: 1, id: `our-${kind}`, type: "server", kind, createdAt: start };
  await addSource(world.table, source);
  await putCredentials(world.table, source.id, withCredentials(noCredentials, credentials, world.clock(), 0));
  return source;
}

const deliver = (source: Source, body: unknown, headers: Record<string, string> = {}) => {
  const event = {
    body: JSON.stringify(body),
    isBase64Encoded: false,
    headers: { "content-type": "application/json", ...headers },
    pathParameters: { provider: source.kind },
  } as unknown as HttpEvent;
  return takeWebhook(intake, event, { source, headers: {} }, world.clock());
};

/** The facts that wait to be stored. */
async function stored(): Promise<Fact[]> {
  const messages = await receive(world.touchpoints);
  await settle(world.touchpoints, messages, new Set());
  return messages.flatMap(({ body }) => decodeMessage(body).facts);
}

/** Works on what waits to be looked up, once each; what fails stays. */
async function lookUp(): Promise<unknown[]> {
  const errors: unknown[] = [];
  const messages = await receive(world.lookUps);
  const failed = new Set<string>();
  for (const { messageId, body } of messages) {
    await completeByLookUp(intake, body, world.clock()).catch((error: unknown) => {
      errors.push(error);
      failed.add(messageId);
    });
  }
  await settle(world.lookUps, messages, failed);
  return errors;
}

describe("Amazon SES through SNS", () => {
  const certificate = "sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem";
  const pem = signer.publicKey.export({ type: "spki", format: "pem" }) as string;
  const sign = (message: Record<string, string>, names: string[]) => ({
    ...message,
    SignatureVersion: "2",
    SigningCertURL: `https://${certificate}`,
    Signature: createSign("RSA-SHA256")
      .update(names.map((name) => `${name}\n${message[name]}\n`).join(""))
      .sign(signer.privateKey, "base64"),
  });
  const click = {
    eventType: "Click",
    mail: { messageId: "ses-1", destination: ["pat@example.com"], tags: { campaign: ["spring-sale"] } },
    click: { link: "https://www.example.com/", timestamp: start, ipAddress: "192.0.2.1", userAgent: "M" },
  };
  const notification = (TopicArn = topic) =>
    sign(
      {
        Type: "Notification",
        MessageId: "n-1",
        TopicArn,
        Message: JSON.stringify(click),
        Timestamp: start,
      },
      ["Message", "MessageId", "Timestamp", "TopicArn", "Type"],
    );
  const confirmation = (TopicArn = topic) =>
    sign(
      {
        Type: "SubscriptionConfirmation",
        MessageId: "c-1",
        Token: "t",
        TopicArn,
        Message: "You have chosen to subscribe",
        SubscribeURL: `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=t`,
        Timestamp: start,
      },
      ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    );

  test("a click is a touch, and the certificate is fetched once", async () => {
    answers.set(certificate, { status: 200, body: pem });
    const source = await sourceOf("ses", { topics: [topic] });
    expect((await deliver(source, notification())).statusCode).toBe(200);
    expect((await deliver(source, notification())).statusCode).toBe(200);
    expect(await stored()).toMatchObject([
      { kind: "touch", touch: { channel: "email_click", campaign: { name: "spring-sale" } } },
      { kind: "touch" },
    ]);
    expect(asked.map(({ url }) => url)).toEqual([`https://${certificate}`]);
  });

  test("a subscription to an allowed topic is confirmed, one to a stranger's is not", async () => {
    answers.set(certificate, { status: 200, body: pem });
    answers.set("sns.eu-central-1.amazonaws.com/", { status: 200, body: "<ConfirmSubscriptionResponse/>" });
    const source = await sourceOf("ses", { topics: [topic] });
    expect(await deliver(source, confirmation())).toMatchObject({ body: '{"confirmed":true}' });
    await expect(deliver(source, confirmation(`${topic}-of-a-stranger`))).rejects.toMatchObject({
      members: { status: 401, code: "forbidden_topic" },
    });
    expect(asked.filter(({ url }) => url.includes("ConfirmSubscription"))).toHaveLength(1);
  });

  test("a certificate that Amazon does not have is a wrong signature; one that cannot be had is tried again", async () => {
    const source = await sourceOf("ses", { topics: [topic] });
    await expect(deliver(source, notification())).rejects.toThrow(LookUpFailed);
    answers.set(certificate, { status: 404, body: "" });
    await expect(deliver(source, notification())).rejects.toMatchObject({
      members: { status: 401, code: "invalid_signature" },
    });
    answers.set(certificate, { status: 200, body: pem });
    expect((await deliver(source, notification())).statusCode).toBe(200);
  });
});

describe("Eventbrite", () => {
  const api_url = "https://www.eventbriteapi.com/v3/events/101/attendees/7/";
  const checkedIn = { api_url, config: { action: "barcode.checked_in", user_id: "1", webhook_id: "2" } };
  const attendee = {
    id: "7",
    event_id: "101",
    event: { name: { text: "Expo" } },
    checked_in: true,
    profile: { email: "pat@example.com", first_name: "Pat", last_name: "Example" },
    barcodes: [{ status: "used", barcode: "b1", changed: "2026-05-04T09:30:00Z" }],
  };

  test("is answered at once, and asked behind the queue until it answers", async () => {
    const source = await sourceOf("eventbrite", { apiToken: "private" });
    expect((await deliver(source, checkedIn)).statusCode).toBe(200);
    expect(asked).toEqual([]);

    expect(await lookUp()).toEqual([expect.any(LookUpFailed)]);
    expect(await stored()).toEqual([]);
    answers.set("www.eventbriteapi.com/v3/events/101/attendees/7/", {
      status: 200,
      body: JSON.stringify(attendee),
    });
    expect(await lookUp()).toEqual([]);
    expect(await stored()).toMatchObject([
      {
        kind: "touch",
        touch: {
          channel: "check_in",
          occurredAt: "2026-05-04T09:30:00.000Z",
          receivedAt: start,
          source: "our-eventbrite",
        },
      },
    ]);
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer private"]));
    expect(world.depths()["look-ups"]).toBe(0);
  });

  test("of a source made a moment ago is asked with its token", async () => {
    // The list of sources is in memory from before it was made.
    await intake.senders.read(world.clock().getTime());
    const source = await sourceOf("eventbrite", { apiToken: "private" });
    answers.set("www.eventbriteapi.com/v3/events/101/attendees/7/", {
      status: 200,
      body: JSON.stringify(attendee),
    });
    await deliver(source, checkedIn);
    expect(await lookUp()).toEqual([]);
    expect(await stored()).toMatchObject([{ kind: "touch" }]);
  });

  test("the token goes to no other host", async () => {
    const source = await sourceOf("eventbrite", { apiToken: "private" });
    const elsewhere = {
      ...checkedIn,
      api_url: "https://www.eventbriteapi.com.evil.example/v3/events/1/attendees/7/",
    };
    expect(await deliver(source, elsewhere)).toMatchObject({
      body: '{"accepted":0,"ignored":0,"quarantined":1,"rejected":0}',
    });
    expect(await lookUp()).toEqual([]);
    expect(await stored()).toMatchObject([{ kind: "quarantine", reason: "forbidden_address" }]);
    expect(asked).toEqual([]);
  });

  test("an attendee that does not exist goes to quarantine, with the webhook as it came", async () => {
    answers.set("www.eventbriteapi.com/v3/events/101/attendees/7/", { status: 404, body: "{}" });
    const source = await sourceOf("eventbrite", { apiToken: "private" });
    await deliver(source, checkedIn);
    expect(await lookUp()).toEqual([]);
    const [fact] = await stored();
    expect(fact).toMatchObject({ kind: "quarantine", reason: "not_found", route: "webhooks/eventbrite" });
    expect(JSON.parse(Buffer.from((fact as { raw: string }).raw, "base64").toString())).toEqual(checkedIn);
  });
});

test("Zoom is asked for the registrant of a participant without an address", async () => {
  const source = await sourceOf("zoom", {
    secret: zoomSecret,
    accountId: "a",
    clientId: "c",
    clientSecret: "s",
  });
  answers.set("zoom.us/oauth/token", { status: 200, body: '{"access_token":"at"}' });
  answers.set("api.zoom.us/v2/webinars/111/registrants/r1", {
    status: 200,
    body: JSON.stringify({ id: "r1", email: "pat@example.com", first_name: "Pat" }),
  });
  const body = {
    event: "webinar.participant_joined",
    event_ts: Date.parse(start),
    payload: {
      object: {
        id: "111",
        uuid: "u==",
        topic: "Webinar",
        participant: { user_name: "Pat", registrant_id: "r1", join_time: start },
      },
    },
  };
  const timestamp = String(Date.parse(start) / 1000);
  const signature = createHmac("sha256", zoomSecret).update(`v0:${timestamp}:${JSON.stringify(body)}`);
  await deliver(source, body, {
    "x-zm-request-timestamp": timestamp,
    "x-zm-signature": `v0=${signature.digest("hex")}`,
  });
  expect(await lookUp()).toEqual([]);
  expect(await stored()).toMatchObject([
    { kind: "touch", touch: { channel: "check_in", identifiers: { email: "pat@example.com" } } },
  ]);
});
