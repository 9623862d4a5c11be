import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { environmentNames } from "../../shared/settings.ts";
import { type Json, keys, runProduct } from "./product.ts";

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

/** The function in this process, as Lambda would run it, with the queue where nothing listens. */
async function collectWithoutQueue() {
  const { runtime } = product();
  for (const [name, value] of Object.entries(runtime.environment)) vi.stubEnv(name, value);
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", runtime.endpoints.dynamodb);
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9");
  vi.stubEnv(environmentNames.table, runtime.tableName);
  vi.stubEnv(environmentNames.touchpointsQueue, "http://127.0.0.1:9/000000000000/TouchpointsQueue");
  const { handler } = await import("../../functions/collect/index.ts");
  return handler as unknown as (
    event: APIGatewayProxyEventV2,
    context: Context,
  ) => Promise<APIGatewayProxyStructuredResultV2>;
}

describe("when things go wrong", () => {
  test("without a queue nothing is acknowledged: 503, and when to come back", async () => {
    const handler = await collectWithoutQueue();
    const event = {
      routeKey: "POST /v1/touchpoints",
      headers: { authorization: `Bearer ${keys.server}`, "content-type": "application/json" },
      body: JSON.stringify({ channel: "form", identifiers: { email: "lost@example.com" } }),
      requestContext: { requestId: "r-1", http: { method: "POST", sourceIp: "127.0.0.1" } },
    } as unknown as APIGatewayProxyEventV2;
    const answer = await handler(event, {} as Context);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({
      "content-type": "application/problem+json",
      "retry-after": expect.stringMatching(/^\d+$/),
    });
    expect(JSON.parse(answer.body!)).toMatchObject({ code: "queue_unavailable" });
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
});
