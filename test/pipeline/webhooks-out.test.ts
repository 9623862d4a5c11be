import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import type { Delivery } from "../../shared/endpoint/endpoint.ts";
import { exportCompleted, leadCreated, type OutgoingEvent } from "../../shared/lead/event.ts";
import { addSource } from "../../shared/store/config.ts";
import { daysAgo, eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

/** What a receiver got. */
interface Got {
  path: string;
  id: string;
  headers: Record<string, string>;
  body: string;
  /** The body, once it was read. */
  json: Json;
}

/** A receiver of webhooks on this machine: each path answers what is queued for it, else 200. */
const got: Got[] = [];
const answers = new Map<string, number[]>();
const server = createServer(async (request, response) => {
  const body = await text(request);
  const path = request.url ?? "";
  const headers = request.headers as Record<string, string>;
  got.push({ path, id: headers["webhook-id"] ?? "", headers, body, json: JSON.parse(body) as Json });
  response.writeHead(answers.get(path)?.shift() ?? 200, { location: "/followed" }).end("thanks");
});
let receiver = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  receiver = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Before anybody is looked at: what must not wait is known for half a minute.
  const body = { fastTrack: [{ name: "Meetings", channel: "meeting" }] };
  await product().json("PUT", "/v1/policy", 200, { key: keys.sales, body });
});
afterAll(() => void server.close());

const admin = (method: string, path: string, status: number, body?: unknown): Promise<Json> =>
  product().json(method, path, status, { key: keys.admin, ...(body !== undefined && { body }) });

/** An endpoint of its own for a test. */
const register = (path: string, more: Json = {}): Promise<Json> =>
  admin("POST", "/v1/webhook-endpoints", 201, { url: receiver + path, ...more });
const endpoint = (id: string): Promise<Json> => admin("GET", `/v1/webhook-endpoints/${id}`, 200);
const end = (id: string) =>
  product()
    .request("DELETE", `/v1/webhook-endpoints/${id}`, { key: keys.admin })
    .then(({ status }) => status);
const attemptsOf = async (id: string): Promise<Json[]> =>
  (await admin("GET", `/v1/webhook-endpoints/${id}/attempts`, 200)).items;
const at = (path: string): Got[] => got.filter((one) => one.path === path);

/** Puts a message into the deliveries queue, as the product does. */
async function enqueue(message: OutgoingEvent | Delivery): Promise<void> {
  const { endpoints, environment } = product().runtime;
  const client = new SQSClient({
    endpoint: endpoints.sqs,
    region: environment.AWS_REGION!,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    },
  });
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: "DeliveriesQueue" }));
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
  client.destroy();
}

/** Sends a test event to its end. @returns its id */
async function ping(id: string): Promise<string> {
  const { eventId } = await admin("POST", `/v1/webhook-endpoints/${id}/test`, 202);
  await product().drain();
  return eventId;
}

describe("an endpoint", () => {
  test("is shown with everything but its secret, which is shown once", async () => {
    const { signingSecret, ...made } = await register("/shown", {
      description: "CRM",
      events: ["lead.created"],
    });
    expect(signingSecret).toMatch(/^whsec_/);
    expect(made).toMatchObject({
      url: `${receiver}/shown`,
      events: ["lead.created"],
      description: "CRM",
      state: "enabled",
      disabled: null,
      secret: { setAt: expect.any(String) },
      lastAttempt: null,
    });
    expect(await endpoint(made.id)).toEqual(made);
    const { items } = await admin("GET", "/v1/webhook-endpoints", 200);
    expect(items).toContainEqual(made);
    expect(await end(made.id)).toBe(204);
    await admin("GET", `/v1/webhook-endpoints/${made.id}`, 404);
    expect(await end(made.id)).toBe(404);
  });

  test.each([
    ["url", { url: "http://example.com/hook" }, 201],
    ["url", { url: "https://169.254.169.254/" }, 400],
    ["url", { url: "https://10.0.0.1/hook" }, 400],
    ["url", { url: "https://user:secret@example.com/" }, 400],
    ["url", {}, 400],
    ["events", { url: "https://example.com/", events: ["lead.lost"] }, 400],
    ["events", { url: "https://example.com/", events: [] }, 400],
    ["secret", { url: "https://example.com/", secret: "x" }, 400],
  ])("is checked: %s in %j answers %i", async (field, body, status) => {
    const answer = await product().request("POST", "/v1/webhook-endpoints", { key: keys.admin, body });
    const said = (await answer.json()) as Json;
    expect(answer.status).toBe(status);
    if (status === 201) await end(said.id);
    else if (field !== "secret") expect(said.field).toMatch(new RegExp(`^${field}`));
  });

  test.each([keys.read, keys.sales])("is the administrator's alone", async (key) => {
    const asked = await product().request("GET", "/v1/webhook-endpoints", { key });
    expect(asked.status).toBe(403);
  });
});

describe("a message", () => {
  test("is signed: the standard's own library takes it", async () => {
    const { id, signingSecret } = await register("/signed");
    const eventId = await ping(id);
    const [message] = at("/signed");
    expect(new Webhook(signingSecret).verify(message!.body, message!.headers)).toEqual({
      type: "webhook.test",
      timestamp: expect.any(String),
      data: { message: expect.any(String) },
    });
    expect(message).toMatchObject({ id: eventId, headers: { "content-type": "application/json" } });
    expect(await attemptsOf(id)).toEqual([
      {
        eventId,
        type: "webhook.test",
        leadId: null,
        runId: null,
        source: null,
        at: expect.any(String),
        outcome: "delivered",
        attempt: 1,
        status: 200,
        error: null,
        durationMs: expect.any(Number),
        nextAt: null,
      },
    ]);
    await end(id);
  });

  test("is signed with the old secret beside the new one for as long as was said", async () => {
    const { id, signingSecret: old } = await register("/rotated");
    const { signingSecret: fresh, secret } = await admin("PATCH", `/v1/webhook-endpoints/${id}`, 200, {
      rotateSecret: { overlapHours: 1 },
    });
    expect(fresh).not.toBe(old);
    expect(secret).toMatchObject({ formerUntil: expect.any(String) });
    await ping(id);
    const [both] = at("/rotated");
    for (const one of [old, fresh])
      expect(() => new Webhook(one).verify(both!.body, both!.headers)).not.toThrow();
    const { signingSecret: last } = await admin("PATCH", `/v1/webhook-endpoints/${id}`, 200, {
      rotateSecret: { overlapHours: 0 },
    });
    await ping(id);
    const [, one] = at("/rotated");
    expect(() => new Webhook(last).verify(one!.body, one!.headers)).not.toThrow();
    expect(() => new Webhook(fresh).verify(one!.body, one!.headers)).toThrow();
    await end(id);
  });

  test("comes again under the same id until it is taken, and no redirect is followed", async () => {
    const { id } = await register("/flaky");
    answers.set("/flaky", [500, 302]);
    const eventId = await ping(id);
    expect(at("/flaky").map((one) => one.id)).toEqual([eventId, eventId, eventId]);
    expect(at("/followed")).toEqual([]);
    expect(
      (await attemptsOf(id)).map(({ outcome, status, attempt }) => ({ outcome, status, attempt })),
    ).toEqual([
      { outcome: "delivered", status: 200, attempt: 3 },
      { outcome: "failed", status: 302, attempt: 2 },
      { outcome: "failed", status: 500, attempt: 1 },
    ]);
    expect((await attemptsOf(id))[1]!.nextAt > daysAgo(0, 0)).toBe(true);
    expect(await endpoint(id)).toMatchObject({ state: "enabled", lastAttempt: { outcome: "delivered" } });
    await end(id);
  });

  test("is given up after a day of attempts, which the endpoint shows until it answers again", async () => {
    const { id } = await register("/down");
    answers.set("/down", new Array(9).fill(503));
    await ping(id);
    const attempts = await attemptsOf(id);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["given_up", ...new Array(8).fill("failed")]);
    expect(attempts[0]).toMatchObject({ attempt: 9, nextAt: null });
    expect(await endpoint(id)).toMatchObject({
      state: "failing",
      lastAttempt: { outcome: "given_up", status: 503 },
    });
    const { queues } = await product().json("GET", "/_local/status", 200);
    expect(queues).toMatchObject({ DeliveriesQueue: 0, DeliveriesQueueDeadLetters: 1 });
    await ping(id);
    expect(await endpoint(id)).toMatchObject({ state: "enabled" });
    await end(id);
  });

  test("answered with 410 disables the endpoint until somebody enables it again", async () => {
    const { id } = await register("/gone");
    answers.set("/gone", [410]);
    await ping(id);
    expect(at("/gone")).toHaveLength(1);
    expect(await endpoint(id)).toMatchObject({
      state: "disabled",
      disabled: { because: "gone", since: expect.any(String) },
    });
    expect(await admin("PATCH", `/v1/webhook-endpoints/${id}`, 200, { disabled: false })).toMatchObject({
      disabled: null,
    });
    expect(await admin("PATCH", `/v1/webhook-endpoints/${id}`, 200, { disabled: true })).toMatchObject({
      state: "disabled",
      disabled: { because: "by_hand" },
    });
    await end(id);
  });

  test("to nobody at all says why there was no answer", async () => {
    const { id } = await register("/x");
    await admin("PATCH", `/v1/webhook-endpoints/${id}`, 200, { url: "http://127.0.0.1:9/hook" });
    await ping(id);
    expect((await attemptsOf(id))[0]).toMatchObject({ error: "connection_refused", status: null });
    await end(id);
  });
});

describe("a lead", () => {
  test("that must not wait for the night is told at once, and not again by its export", async () => {
    const { id } = await register("/fast", { events: ["lead.created"] });
    const identifiers = { email: "fast@example.com" };
    const occurredAt = new Date().toISOString();
    await product().store([{ id: "m-1", channel: "meeting", occurredAt, identifiers }]);
    const [created, ...others] = at("/fast");
    expect(created!.json.data).toMatchObject({ email: identifiers.email, fastTrack: "Meetings" });
    expect(others).toEqual([]);
    const { leadId } = created!.json.data;
    const path = `/v1/leads/${leadId}`;
    expect(await product().json("GET", path, 200, { key: keys.sales })).toMatchObject({
      status: "qualified",
      runId: null,
      receivedAt: expect.any(String),
    });
    const { runId, counts } = await product().night();
    expect(counts).toMatchObject({ leads: 1 });
    expect(await product().json("GET", path, 200, { key: keys.sales })).toMatchObject({ runId });
    expect(at("/fast")).toHaveLength(1);
    await end(id);
  });

  test("is told with its proof to whom it concerns, once, and its receipt stands; the export's files are told too", async () => {
    const all = await register("/all");
    const leads = await register("/leads", { events: ["lead.created"] });
    const exports = await register("/exports", { events: ["export.completed"] });
    answers.set("/leads", [500, 500]);
    await product().store(eightTouches("told@example.com"));
    const run = await product().night();
    expect(run.counts).toMatchObject({ leads: 1 });
    await product().drain();

    const [created] = at("/leads").slice(-1);
    const line = JSON.parse((await product().file(run.runId, "leads.jsonl")).trim()) as Json;
    const { evidenceUrl, ...record } = line;
    expect(created!.json).toMatchObject({ type: "lead.created", data: record });
    expect(new URL(created!.json.data.evidenceUrl).origin).toBe(product().url);
    expect((await product().request("GET", created!.json.data.evidenceUrl)).status).toBe(200);
    expect(evidenceUrl).toContain("/e/");
    expect(() => new Webhook(leads.signingSecret).verify(created!.body, created!.headers)).not.toThrow();
    expect((await attemptsOf(leads.id)).map(({ outcome, leadId }) => [outcome, leadId])).toEqual([
      ["delivered", line.leadId],
      ["failed", line.leadId],
      ["failed", line.leadId],
    ]);
    expect(
      at("/all")
        .map(({ json }) => json.type)
        .toSorted(),
    ).toEqual(["export.completed", "lead.created"]);
    expect(at("/all").find(({ json }) => json.type === "lead.created")!.id).toBe(created!.id);

    const [completed, ...others] = at("/exports");
    expect(others).toEqual([]);
    expect(completed!.json).toMatchObject({
      type: "export.completed",
      data: { runId: run.runId, counts: { leads: 1 } },
    });
    const file = completed!.json.data.files.find(({ name }: Json) => name === "leads.csv");
    expect((await product().request("GET", file.url, { key: keys.sales })).status).toBe(302);

    // Announced again, as whoever died in between does, it is the same event; and what was delivered stays so.
    let before = got.length;
    const event = leadCreated(line.leadId, new Date().toISOString());
    const delivery: Delivery = { v: 1, kind: "delivery", endpoint: leads.id, event, sending: "first" };
    for (const message of [event, delivery, exportCompleted(Number(run.runId), event.at)])
      await enqueue(message);
    await product().drain();
    expect(got).toHaveLength(before);

    const told = await product().json("GET", `/v1/leads/${line.leadId}`, 200, { key: keys.sales });
    // The first who took it: the other receiver failed twice before.
    const took = (await attemptsOf(all.id)).find(({ type }) => type === "lead.created");
    expect(told.receivedAt).toBe(took!.at);
    expect((await attemptsOf(leads.id))[0]!.at > took!.at).toBe(true);

    // What sales answers is told as well, once, however often it is sent.
    const feedback = { id: "crm-1", outcome: "accepted", occurredAt: new Date().toISOString(), by: "kim" };
    for (const status of [201, 200])
      await product().json("POST", `/v1/leads/${line.leadId}/feedback`, status, {
        key: keys.sales,
        body: feedback,
      });
    await product().drain();
    expect(got.slice(before).map(({ path, json }) => [path, json.type, json.data.status])).toEqual([
      ["/all", "lead.answered", "accepted"],
    ]);

    const { items } = await receipts(run.runId);
    expect(items.map(({ file: name, role }: Json) => [name, role])).toEqual([
      ["leads.jsonl", "sales"],
      ["leads.csv", "sales"],
    ]);

    // Sent again by hand, it arrives under its id.
    before = got.length;
    await admin("POST", `/v1/webhook-endpoints/${leads.id}/attempts/${created!.id}/retry`, 202);
    await product().drain();
    expect(at("/leads").slice(-1)[0]).toMatchObject({ id: created!.id });
    expect(got).toHaveLength(before + 1);
    await admin("POST", `/v1/webhook-endpoints/${leads.id}/attempts/no-such-event/retry`, 404);

    // Whoever is erased is told to nobody.
    const contact = await product().contact("told@example.com");
    await admin("DELETE", `/v1/contacts/${contact!.id}`, 202);
    await product().drain();
    await admin("POST", `/v1/webhook-endpoints/${leads.id}/attempts/${created!.id}/retry`, 202);
    await product().drain();
    expect(got).toHaveLength(before + 1);
    expect((await attemptsOf(leads.id))[0]).toMatchObject({ outcome: "gone", status: null });
    for (const { id } of [all, leads, exports]) await end(id);
  });

  const receipts = async (runId: string): Promise<Json> =>
    (await product().json("GET", `/v1/exports/${runId}`, 200, { key: keys.read })).receipts;

  test("is received by whoever fetches a file that holds it; sales' first is the one that counts", async () => {
    const { runId } = await product().night();
    const fetchFile = (name: string, key: string) =>
      product().request("GET", `/v1/exports/${runId}/files/${name}`, { key });
    await fetchFile("manifest.json", keys.sales);
    expect(await receipts(runId)).toEqual({ firstBySales: null, total: 0, items: [] });
    await fetchFile("leads.csv", keys.read);
    expect(await receipts(runId)).toMatchObject({ firstBySales: null, total: 1, items: [{ role: "read" }] });
    await fetchFile("leads.csv", keys.sales);
    await fetchFile("leads.jsonl", keys.sales);
    const { firstBySales, total, items } = await receipts(runId);
    expect({ total, firstBySales }).toEqual({ total: 3, firstBySales: items[1] });
    expect(items[1]).toEqual({
      at: expect.any(String),
      key: expect.any(String),
      role: "sales",
      file: "leads.csv",
    });
    await fetchFile("no-such-file.csv", keys.sales);
    expect((await receipts(runId)).total).toBe(3);
  });
});

describe("a source that falls silent", () => {
  test("is told of once, however often one looks", async () => {
    const { id } = await register("/silence", { events: ["source.silent"] });
    const { endpoints, environment, tableName } = product().runtime;
    const client = new DynamoDBClient({
      endpoint: endpoints.dynamodb,
      region: environment.AWS_REGION!,
      credentials: {
        accessKeyId: environment.AWS_ACCESS_KEY_ID!,
        secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
      },
    });
    const createdAt = daysAgo(3);
    const source: Source = { v: 1, id: "newsletter", type: "server", createdAt, silentAfterHours: 24 };
    await addSource({ client, name: tableName }, source);
    client.destroy();
    for (let look = 0; look < 2; look++) {
      expect(await product().runtime.invoke("watch-sources", {})).toEqual({ silent: ["newsletter"] });
      await product().drain();
    }
    expect(at("/silence").map(({ json }) => json.data)).toEqual([
      { source: "newsletter", kind: null, since: createdAt, silentAfterHours: 24 },
    ]);
    await end(id);
  });
});
