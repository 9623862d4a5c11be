import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { environmentNames } from "../../shared/settings.ts";
import { enterLead, putOutbox, readOutbox } from "../../shared/store/ledger.ts";
import { leadIdOf } from "../../shared/touchpoint/touch-id.ts";
import { eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

const sqsOf = ({ endpoints, environment }: ReturnType<typeof product>["runtime"]) =>
  new SQSClient({
    endpoint: endpoints.sqs,
    region: environment.AWS_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    },
  });

type Handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** A function in this process, as Lambda would run it, with its queue somewhere else. */
async function functionWithQueueAt(url: string, load: () => Promise<{ handler: unknown }>): Promise<Handler> {
  const { runtime } = product();
  vi.resetModules();
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "true");
  for (const [name, value] of Object.entries(runtime.environment)) vi.stubEnv(name, value);
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", runtime.endpoints.dynamodb);
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", url);
  vi.stubEnv(environmentNames.table, runtime.tableName);
  vi.stubEnv(environmentNames.touchpointsQueue, `${url}/000000000000/TouchpointsQueue`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return (await load()).handler as Handler;
}

const collect = () => import("../../functions/collect/index.ts");
const emailClick = () => import("../../functions/email-click/index.ts");

/** Takes every request and answers none. */
async function hungServer(): Promise<string> {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const touchEvent = {
  routeKey: "POST /v1/touchpoints",
  headers: { authorization: `Bearer ${keys.server}`, "content-type": "application/json" },
  body: JSON.stringify({ channel: "form", identifiers: { email: "lost@example.com" } }),
  requestContext: { requestId: "r-1", http: { method: "POST", sourceIp: "127.0.0.1" } },
} as unknown as APIGatewayProxyEventV2;

describe("when things go wrong", () => {
  test.each([
    ["nothing listens", async () => "http://127.0.0.1:9"],
    ["nothing answers", hungServer],
  ])("where %s at the queue, nothing is acknowledged: 503, and when to come back", async (_, queue) => {
    const handler = await functionWithQueueAt(await queue(), collect);
    const answer = await handler(touchEvent, {} as Context);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({
      "content-type": "application/problem+json",
      "retry-after": expect.stringMatching(/^\d+$/),
    });
    expect(JSON.parse(answer.body!)).toMatchObject({ code: "queue_unavailable" });
  });

  test("a click is redirected though its queue hangs", async () => {
    const body = { url: "https://www.example.com/", recipients: ["hang@example.com"] };
    const { items } = await product().json("POST", "/v1/links", 200, { key: keys.read, body });
    const handler = await functionWithQueueAt(await hungServer(), emailClick);
    const event = {
      ...touchEvent,
      routeKey: "GET /c/{token}",
      pathParameters: { token: new URL(items[0].url).pathname.slice(3) },
    };
    const answer = await handler(event, {} as Context);
    expect([answer.statusCode, answer.headers?.location]).toEqual([302, "https://www.example.com/"]);
  });

  test.each([
    ["no JSON", "{"],
    ["another version", '{"v":99,"facts":[]}'],
    ["half a touch", '{"v":1,"facts":[{"kind":"touch","touch":{"touchId":"x"}}]}'],
  ])("a message that cannot be read (%s) ends in quarantine, once", async (_, body) => {
    const { runtime, drain, json } = product();
    const sqs = sqsOf(runtime);
    const before = (await json("GET", "/v1/quarantine", 200, { key: keys.admin })).items.length;
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: `${runtime.endpoints.sqs}/000000000000/TouchpointsQueue`,
        MessageBody: body,
      }),
    );
    await drain();
    const { items } = await json("GET", "/v1/quarantine", 200, { key: keys.admin });
    expect(items.length).toBe(before + 1);
    expect(items[0]).toMatchObject({ reason: "unreadable_message", source: "queue", bytes: body.length });
  });

  test("quarantine lists page after page, newest first", async () => {
    const { json } = product();
    const whole = (await json("GET", "/v1/quarantine", 200, { key: keys.admin })).items;
    const joined: Json[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page = await json("GET", `/v1/quarantine?limit=2${next ? `&cursor=${next}` : ""}`, 200, {
        key: keys.admin,
      });
      joined.push(...page.items);
      next = page.next as string | null;
    }
    expect(joined).toEqual(whole);
    expect(whole.map((one: Json) => one.receivedAt)).toEqual(
      whole
        .map((one: Json) => one.receivedAt)
        .toSorted()
        .reverse(),
    );
  });

  test("no answer tells a stack, and no log line an address", async () => {
    const { runtime, store, json, request } = product();
    await store([
      {
        channel: "form",
        identifiers: { email: "private.person@example.com" },
        traits: { lastName: "Zacharias" },
      },
    ]);
    await json("GET", "/v1/contacts?email=private.person@example.com", 200, { key: keys.read });
    const bad = await (
      await request("POST", "/v1/touchpoints", {
        key: keys.server,
        body: { channel: "form", identifiers: { email: "private.person@" } },
      })
    ).text();
    expect(bad).not.toMatch(/at \w+ \(|\.ts:|\.mjs:|node_modules/);
    const { readFile } = await import("node:fs/promises");
    const log = await readFile(runtime.logFile, "utf8");
    expect(log.length).toBeGreaterThan(0);
    expect(log).not.toMatch(/private\.person|Zacharias|local-write-key/);
  });

  test("a lead that the facts no longer make is not exported, and stops nobody", async () => {
    const { runtime, store, contact, night } = product();
    await store([{ channel: "page", identifiers: { email: "unmade@example.com" } }]);
    const { id } = (await contact("unmade@example.com"))!;
    const { endpoints, environment, tableName } = runtime;
    const credentials = {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    };
    const client = new DynamoDBClient({
      endpoint: endpoints.dynamodb,
      region: environment.AWS_REGION,
      credentials,
    });
    onTestFinished(() => client.destroy());
    const table = { client, name: tableName };
    const leadId = leadIdOf(id, "first");
    await enterLead(table, {
      v: 1,
      leadId,
      identifierId: id,
      cycle: "first",
      qualifiedAt: new Date().toISOString(),
      decidingTouchId: "gone",
      policyVersion: 0,
      foundIn: 1,
    });
    await putOutbox(table, leadId);
    expect(await night()).toMatchObject({ state: "completed", counts: { leads: 0, failed: 0 } });
    const held = await product().json("GET", `/v1/leads/${leadId}`, 200, { key: keys.sales });
    expect(held).toMatchObject({ status: "qualified", runId: null });
    // It waits, and goes out once the facts make it again.
    expect(await readOutbox(table)).toEqual([leadId]);
    await store(eightTouches("unmade@example.com"));
    expect(await night()).toMatchObject({ state: "completed", counts: { leads: 1, failed: 0 } });
    expect(await readOutbox(table)).toEqual([]);
  });
});
