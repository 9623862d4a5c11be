import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { functionOf, runFunctions, temporaryFolder } from "./handlers.ts";

describe("an invocation", () => {
  test("gets the event and Lambda's context, and gives back the answer as JSON", async () => {
    const source = `export const handler = async (event, context) => ({
      event, dropped: undefined, at: new Date(0), id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName,
      memory: context.memoryLimitInMB, remaining: context.getRemainingTimeInMillis() });`;
    const functions = runFunctions([functionOf("echo", source)]);
    const outcome = await functions.run("echo", '{"a":[1]}', "the-request");
    const answer = outcome.ok ? JSON.parse(outcome.payload) : outcome;
    expect(answer).toEqual({
      event: { a: [1] },
      at: "1970-01-01T00:00:00.000Z",
      id: "the-request",
      arn: "arn:aws:lambda:us-east-1:000000000000:function:echo",
      name: "echo",
      memory: "256",
      remaining: expect.any(Number),
    });
    expect(answer.remaining).toBeGreaterThan(0);
    expect(answer.remaining).toBeLessThanOrEqual(20_000);
  });

  test("answers null where the handler returns nothing", async () => {
    const functions = runFunctions([functionOf("silent", "export const handler = async () => {};")]);
    expect(await functions.invoke("silent", {})).toBeNull();
  });

  test("sees its own environment and nothing of the machine's", async () => {
    process.env.SECRET_OF_THE_MACHINE = "leaked";
    const source = `export const handler = async () => ({ ...process.env });`;
    const functions = runFunctions(
      [functionOf("environment", source, { environment: { TABLE_NAME: "T" } })],
      {
        environment: { AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1" },
      },
    );
    const environment = await functions.invoke("environment", {});
    delete process.env.SECRET_OF_THE_MACHINE;
    expect(environment).toMatchObject({
      TABLE_NAME: "T",
      AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
      AWS_LAMBDA_FUNCTION_NAME: "environment",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    });
    expect(environment).not.toHaveProperty("SECRET_OF_THE_MACHINE");
  });

  test("writes to the log file, not to the terminal", async () => {
    const logFile = join(temporaryFolder(), "functions.log");
    const source = `export const handler = async () => { console.log("to the log"); console.error("also"); process.stdout.write("raw\\n"); };`;
    await runFunctions([functionOf("talkative", source)], { logFile }).invoke("talkative", {});
    expect(readFileSync(logFile, "utf8")).toBe("to the log\nalso\nraw\n");
  });

  test.each([
    ["touchline-test-process", "process"],
    ["touchline-test-process", "touchline-test-process"],
    ["touchline-test-process", "touchline-test-processFunction"],
  ])("of %s finds it by %s", async (fullName, short) => {
    const functions = runFunctions([functionOf(fullName, "export const handler = async () => 1;")]);
    expect(await functions.invoke(short, {})).toBe(1);
  });
});

describe("a failing function", () => {
  const failing = `export const handler = async ({ how }) => {
    if (how === "throw") throw new RangeError("no");
    if (how === "exit") process.exit(0);
    if (how === "uncaught") { setImmediate(() => { throw new TypeError("later"); }); return new Promise(() => {}); }
    if (how === "hang") return new Promise(() => {});
    if (how === "spin") for (;;);
    if (how === "memory") { const all = []; for (;;) all.push(new Array(1e6).fill(Math.random())); }
    if (how === "large") return "x".repeat(7 * 1024 * 1024);
    return "well";
  };`;

  test.each([
    ["throw", "RangeError"],
    ["exit", "Runtime.ExitError"],
    ["uncaught", "TypeError"],
    ["hang", "Sandbox.Timedout"],
    ["spin", "Sandbox.Timedout"],
    ["memory", "Runtime.OutOfMemory"],
    ["large", "Function.ResponseSizeTooLarge"],
  ])("by %s fails that invocation with %s, and the next one runs", async (how, errorType) => {
    const failures: string[] = [];
    const timeoutSeconds = errorType === "Sandbox.Timedout" ? 0.2 : 20;
    const functions = runFunctions(
      [functionOf("failing", failing, { timeoutSeconds, memoryMegabytes: 64 })],
      {
        onFailure: (_name, failure) => failures.push(failure.errorType),
      },
    );
    const outcome = await functions.run("failing", JSON.stringify({ how }));
    expect(outcome).toMatchObject({ ok: false, failure: { errorType } });
    expect(failures).toEqual([errorType]);
    expect(functions.active).toBe(0);
    // Without the short timeout, which on a busy machine could strike the invocation that is meant to run.
    if (errorType !== "Sandbox.Timedout") expect(await functions.invoke("failing", {})).toBe("well");
  });

  test("after a timeout is replaced by a fresh instance", async () => {
    const source = `let count = 0; export const handler = async (hang) => hang ? new Promise(() => {}) : ++count;`;
    const functions = runFunctions([functionOf("counting", source, { timeoutSeconds: 1 })], { instances: 1 });
    expect(await functions.invoke("counting", false)).toBe(1);
    expect(await functions.invoke("counting", false)).toBe(2);
    await expect(functions.invoke("counting", true)).rejects.toThrow("Task timed out after 1.00 seconds");
    expect(await functions.invoke("counting", false)).toBe(1);
  });

  test("that cannot be loaded fails each invocation, with the reason", async () => {
    const functions = runFunctions([functionOf("broken", "import './missing.mjs';")]);
    await expect(functions.invoke("broken", {})).rejects.toThrow("missing.mjs");
    await expect(functions.invoke("broken", {})).rejects.toThrow("missing.mjs");
  });

  test("logs its error, without the message of a service, which may quote an item", async () => {
    const logFile = join(temporaryFolder(), "functions.log");
    const source = `export const handler = async (fromService) => {
      throw Object.assign(new Error("ada@example.com"), fromService ? { $metadata: {} } : {}); };`;
    const functions = runFunctions([functionOf("logging", source)], { logFile });
    await functions.run("logging", "true");
    const line = JSON.parse(readFileSync(logFile, "utf8"));
    expect(line).toMatchObject({ level: "ERROR", function: "logging", errorType: "Error" });
    expect(line.stack[0]).toContain("index.mjs");
    expect(JSON.stringify(line)).not.toContain("ada@");
    await functions.run("logging", "false");
    expect(readFileSync(logFile, "utf8")).toContain("ada@");
  });

  test("invoked asynchronously is tried again as often as its settings say", async () => {
    const source = `import { existsSync, writeFileSync } from "node:fs";
      export const handler = async (file) => { if (!existsSync(file)) { writeFileSync(file, ""); throw new Error("once"); } return "second"; };`;
    const functions = runFunctions([functionOf("flaky", source, { retries: 1 })]);
    const outcome = await functions.runAsynchronously(
      "flaky",
      JSON.stringify(join(temporaryFolder(), "tried")),
    );
    expect(outcome).toEqual({ ok: true, payload: '"second"' });
  });
});

describe("instances", () => {
  test("run one invocation at a time, several side by side, and are kept", async () => {
    // Each waits until the other has begun, so one instance alone would never answer.
    const source = `import { existsSync, writeFileSync } from "node:fs"; import { setTimeout } from "node:timers/promises";
      import { threadId } from "node:worker_threads"; let running = 0;
      export const handler = async ({ mine, other }) => {
        if (++running > 1) throw new Error("two at a time");
        if (mine) { writeFileSync(mine, ""); while (!existsSync(other)) await setTimeout(5); }
        running--; return threadId; };`;
    const functions = runFunctions([functionOf("meeting", source)]);
    const [a, b] = [join(temporaryFolder(), "a"), join(temporaryFolder(), "b")];
    const threads = await Promise.all([
      functions.invoke("meeting", { mine: a, other: b }),
      functions.invoke("meeting", { mine: b, other: a }),
    ]);
    expect(new Set(threads).size).toBe(2);
    expect(threads).toContain(await functions.invoke("meeting", {}));
    expect(functions.status().meeting).toEqual({ instances: 2, active: 0, invocations: 3, failures: 0 });
  });

  test("that ended while they were idle are replaced", async () => {
    const source = `import { threadId } from "node:worker_threads";
      export const handler = async () => { setImmediate(() => process.exit(1)); return threadId; };`;
    const functions = runFunctions([functionOf("leaving", source)]);
    const first = await functions.invoke("leaving", {});
    await vi.waitFor(() => expect(functions.status().leaving!.instances).toBe(0), { timeout: 20_000 });
    expect(await functions.invoke("leaving", {})).not.toBe(first);
  });

  test("are no more than allowed, and all that waits is answered", async () => {
    const source = `import { threadId } from "node:worker_threads"; export const handler = async () => threadId;`;
    const functions = runFunctions([functionOf("many", source)], { instances: 2 });
    const threads = await Promise.all(Array.from({ length: 50 }, () => functions.invoke("many", {})));
    expect(new Set(threads).size).toBeLessThanOrEqual(2);
    expect(functions.status().many).toMatchObject({ active: 0, invocations: 50, failures: 0 });
  });

  test("end with what runs in them when all is stopped", async () => {
    const functions = runFunctions([
      functionOf("endless", "export const handler = () => new Promise(() => {});"),
    ]);
    const outcomes = Promise.all([functions.run("endless", "1"), functions.run("endless", "2")]);
    await functions.stop();
    expect(await outcomes).toMatchObject([{ failure: { errorType: "Runtime.Stopped" } }, { ok: false }]);
  });
});
