import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { drainer } from "../../../infra/local/drain.ts";
import type { Outcome } from "../../../infra/local/function-instance.ts";
import { Poller, type PollerOptions } from "../../../infra/local/poller.ts";
import { startQueueServer } from "../../../infra/local/sqs/server.ts";
import type { MappingDefinition } from "../../../infra/local/stack.ts";
import { temporaryFolder } from "./handlers.ts";

type Consumer = (event: SQSEvent) => unknown;

/** A queue with dead letters after three receives, and a poller whose function is `consume`. */
async function consuming(
  consume: Consumer,
  mapping: Partial<MappingDefinition> = {},
  options: Partial<PollerOptions> = {},
) {
  const server = await startQueueServer({
    dataDirectory: temporaryFolder(),
    queues: [
      {
        name: "q",
        visibilityTimeout: 300,
        messageRetentionPeriod: 600,
        redrive: { deadLetterQueueName: "dead", maxReceiveCount: 3 },
      },
      { name: "dead", visibilityTimeout: 30, messageRetentionPeriod: 600 },
    ],
  });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const sqs = new SQSClient({ endpoint: server.url, region: "us-east-1", credentials });
  const functions = { active: 0, invocations: 0 };
  const batches: string[][] = [];
  const problems: string[] = [];
  const run = async (payload: string): Promise<Outcome> => {
    functions.active++;
    functions.invocations++;
    const event = JSON.parse(payload) as SQSEvent;
    batches.push(event.Records.map(({ body }) => body));
    try {
      return { ok: true, payload: JSON.stringify((await consume(event)) ?? null) };
    } catch {
      return { ok: false, failure: { errorType: "Error", errorMessage: "" } };
    } finally {
      functions.active--;
    }
  };
  const queueUrl = server.queueUrl("q");
  const poller = new Poller(
    {
      queueName: "q",
      queueArn: "arn:aws:sqs:us-east-1:000000000000:q",
      functionName: "consume",
      batchSize: 10,
      windowSeconds: 0,
      reportsItemFailures: true,
      maximumConcurrency: 1,
      ...mapping,
    },
    { sqs, queueUrl, run, onProblem: (problem) => problems.push(problem), ...options },
  );
  onTestFinished(async () => {
    await poller.stop();
    sqs.destroy();
    await server.close();
  });
  const drain = drainer({
    functions,
    pollers: [poller],
    services: { depths: async () => server.depths() },
    keptAside: new Set(["dead"]),
  });
  const send = async (...bodies: string[]) => {
    for (let first = 0; first < bodies.length; first += 10) {
      const Entries = bodies
        .slice(first, first + 10)
        .map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  };
  return { send, drain, batches, problems, poller, depths: () => server.depths(), sqs, queueUrl };
}

const bodies = (count: number) => Array.from({ length: count }, (_, index) => String(index));
const failing = (bad: string[]) => (event: SQSEvent) => ({
  batchItemFailures: event.Records.filter(({ body }) => bad.includes(body)).map(({ messageId }) => ({
    itemIdentifier: messageId,
  })),
});

describe("a poller", () => {
  test("hands every message over and deletes it", async () => {
    const { send, drain, batches, depths } = await consuming(() => null, { maximumConcurrency: 10 });
    await send(...bodies(35));
    expect(await drain()).toBe(true);
    expect(batches.flat().sort()).toEqual(bodies(35).sort());
    expect(depths()).toEqual({ q: 0, dead: 0 });
  });

  test("fills a batch over 10 within its window, and a drain ends the window", async () => {
    const { send, drain, batches } = await consuming(() => null, { batchSize: 25, windowSeconds: 300 });
    await send(...bodies(30));
    await vi.waitFor(() => expect(batches.length).toBe(1), { timeout: 20_000 });
    expect(batches[0]).toHaveLength(25);
    expect(await drain()).toBe(true);
    expect(batches[1]).toHaveLength(5);
  });

  test("hands over what there is when the window ends", async () => {
    const { send, batches } = await consuming(() => null, { batchSize: 100, windowSeconds: 1 });
    await send("a");
    await vi.waitFor(() => expect(batches).toEqual([["a"]]), { timeout: 20_000 });
  });

  test("sends a failed message again until it is with the dead letters, and its neighbours once", async () => {
    const { send, drain, batches, depths } = await consuming(failing(["bad"]));
    await send("good", "bad");
    expect(await drain()).toBe(true);
    expect(batches.flat().filter((body) => body === "bad")).toHaveLength(3);
    expect(batches.flat().filter((body) => body === "good")).toHaveLength(1);
    expect(depths()).toEqual({ q: 0, dead: 1 });
  });

  test.each<[string, Consumer, Partial<MappingDefinition>]>([
    ["throws", () => Promise.reject(new Error("no")), {}],
    ["answers nonsense", () => ({ batchItemFailures: [{ itemIdentifier: "unknown" }] }), {}],
    [
      "throws without partial failures",
      () => Promise.reject(new Error("no")),
      { reportsItemFailures: false },
    ],
  ])("fails the whole batch of a function that %s", async (_name, consume, mapping) => {
    const { send, drain, depths } = await consuming(consume, mapping);
    await send("a", "b");
    expect(await drain()).toBe(true);
    expect(depths()).toEqual({ q: 0, dead: 2 });
  });

  test("ignores what a function names where the mapping has no partial failures", async () => {
    const { send, drain, depths } = await consuming(failing(["bad"]), { reportsItemFailures: false });
    await send("bad");
    expect(await drain()).toBe(true);
    expect(depths()).toEqual({ q: 0, dead: 0 });
  });

  test("lets a failed message rest for as many seconds as it was received", async () => {
    const times: number[] = [];
    const { send } = await consuming((event) => {
      times.push(performance.now());
      return failing(times.length < 2 ? ["bad"] : [])(event);
    });
    await send("bad");
    await vi.waitFor(() => expect(times.length).toBe(2), { timeout: 20_000 });
    expect(times[1]! - times[0]!).toBeGreaterThan(900);
  });

  test("brings a message that rests back when a drain begins", async () => {
    const { send, drain, batches, depths } = await consuming(
      failing(["bad"]),
      {},
      { restSeconds: () => 300 },
    );
    await send("bad");
    await vi.waitFor(() => expect(batches.length).toBe(1), { timeout: 20_000 });
    expect(await drain()).toBe(true);
    expect(depths()).toEqual({ q: 0, dead: 1 });
  });

  test("leaves it to a function that paces itself when a message comes back, but for a drain", async () => {
    const hidden: string[] = [];
    const { send, drain, batches, depths, poller, sqs, queueUrl } = await consuming(
      async (event) => {
        const [{ receiptHandle, body } = expect.fail("no record")] = event.Records;
        if (!hidden.includes(body)) {
          hidden.push(body);
          const VisibilityTimeout = body === "soon" ? 0 : 200;
          await sqs.send(
            new ChangeMessageVisibilityCommand({
              QueueUrl: queueUrl,
              ReceiptHandle: receiptHandle,
              VisibilityTimeout,
            }),
          );
          return failing([body])(event);
        }
        return null;
      },
      { pacesItself: true, batchSize: 1 },
      { restSeconds: () => 0 },
    );
    await send("later");
    await vi.waitFor(() => expect(batches).toEqual([["later"]]), { timeout: 20_000 });
    await send("soon");
    await vi.waitFor(() => expect(batches).toEqual([["later"], ["soon"], ["soon"]]), { timeout: 20_000 });
    expect(depths().q).toBe(1);
    expect(poller.mapping.pacesItself).toBe(true);
    expect(await drain()).toBe(true);
    expect(batches).toEqual([["later"], ["soon"], ["soon"], ["later"]]);
  });

  test("passes message attributes and the receive count on", async () => {
    const events: SQSEvent[] = [];
    const { sqs, queueUrl, drain } = await consuming((event) => events.push(event) && null);
    const MessageAttributes = { kind: { DataType: "String", StringValue: "touch" } };
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}", MessageAttributes }));
    await drain();
    expect(events[0]!.Records[0]).toMatchObject({
      attributes: { ApproximateReceiveCount: "1" },
      messageAttributes: { kind: { stringValue: "touch", dataType: "String" } },
    });
  });

  test("says that its queue cannot be reached, and goes on trying", async () => {
    // A port that nothing listens on.
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    const problems: string[] = [];
    const sqs = new SQSClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      maxAttempts: 1,
    });
    const mapping = {
      queueName: "q",
      queueArn: "arn",
      functionName: "f",
      batchSize: 1,
      windowSeconds: 0,
      reportsItemFailures: true,
      maximumConcurrency: 1,
    };
    const run = async (): Promise<Outcome> => ({ ok: true, payload: "null" });
    const poller = new Poller(mapping, {
      sqs,
      queueUrl: `http://127.0.0.1:${port}/0/q`,
      run,
      onProblem: (text) => problems.push(text),
    });
    onTestFinished(() => poller.stop());
    await vi.waitFor(() => expect(problems.length).toBeGreaterThan(1), { timeout: 20_000 });
    expect(problems[0]).toBe("queue q: ECONNREFUSED");
  });
});

describe("a drain", () => {
  test("gives up after its bound while something is left", async () => {
    const gate = Promise.withResolvers<null>();
    const { send, drain, batches } = await consuming(() => gate.promise);
    await send("stuck");
    await vi.waitFor(() => expect(batches.length).toBe(1), { timeout: 20_000 });
    expect(await drain(50)).toBe(false);
    gate.resolve(null);
    expect(await drain()).toBe(true);
  });

  const watching = () => {
    const functions = { active: 0, invocations: 0 };
    const queues = { q: 0 };
    const depths = vi.fn(async () => ({ ...queues }));
    const drain = drainer({ functions, pollers: [], services: { depths }, keptAside: new Set() });
    return { functions, queues, depths, drain };
  };

  test("waits for an invocation that no queue knows of, and for a queue that no invocation knows of", async () => {
    const { functions, queues, drain } = watching();
    functions.active = 1;
    expect(await drain(30)).toBe(false);
    functions.active = 0;
    queues.q = 1;
    expect(await drain(30)).toBe(false);
    queues.q = 0;
    expect(await drain(30)).toBe(true);
  });

  test("counts again where an invocation came and went during the count", async () => {
    const { functions, depths, drain } = watching();
    depths.mockImplementationOnce(async () => {
      functions.invocations++;
      return { q: 0 };
    });
    expect(await drain()).toBe(true);
    expect(depths).toHaveBeenCalledTimes(2);
  });

  test("does not count while an invocation runs, which may send to a queue counted already", async () => {
    const { functions, depths, drain } = watching();
    functions.active = 1;
    depths.mockImplementation(async () => {
      expect(functions.active).toBe(0);
      return { q: 0 };
    });
    const drained = drain();
    setImmediate(() => {
      functions.active = 0;
    });
    expect(await drained).toBe(true);
    expect(depths).toHaveBeenCalledTimes(1);
  });
});
