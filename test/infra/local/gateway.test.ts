import { request } from "node:http";
import { gzipSync } from "node:zlib";
import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Functions } from "../../../infra/local/functions.ts";
import { gateway } from "../../../infra/local/gateway.ts";
import { listen } from "../../../infra/local/listener.ts";
import { functionOf, runFunctions } from "./handlers.ts";

/** Answers with what the request's `x-answer` header says, else with its own event. */
const source = `export const handler = async (event) => {
  const answer = event.headers["x-answer"];
  if (answer === "throw") throw new Error("no");
  if (answer === "hang") return new Promise(() => {});
  return answer ? JSON.parse(answer) : { statusCode: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(event) };
};`;

/** Says of a key what its name says. */
const authorizerSource = `let asked = 0; export const handler = async (event) => {
  asked++;
  const [key] = event.identitySource;
  if (key === "throw") throw new Error("no");
  if (key === "unauthorized") throw new Error("Unauthorized");
  return { isAuthorized: key === "good", context: { role: "read", asked, type: event.type, version: event.version, routeArn: event.routeArn } };
};`;

let url = "";
let functions: Functions;

beforeAll(async () => {
  functions = runFunctions(
    [functionOf("echo", source, {}, afterAll), functionOf("authorizer", authorizerSource, {}, afterAll)],
    {},
    afterAll,
  );
  const listener = await listen("127.0.0.1", 0);
  afterAll(() => listener.close(0));
  const route = { functionName: "echo", timeoutMilliseconds: 20_000 };
  const routes = ["GET /", "HEAD /", "POST /", "GET /here", "POST /v1/forms/{formId}"].map((routeKey) => ({
    ...route,
    routeKey,
  }));
  const slow = { ...route, routeKey: "GET /slow", timeoutMilliseconds: 50 };
  listener.serve(gateway([...routes, slow], (name, payload, id) => functions.run(name, payload, id)));
  url = listener.url;
});

/** The event that the function answered with. */
const json = async (response: Promise<Response>) =>
  (await (await response).json()) as APIGatewayProxyEventV2WithLambdaAuthorizer<object>;

describe("the event", () => {
  test("is API Gateway's payload format 2.0", async () => {
    const event = await json(
      fetch(`${url}/v1/forms/a%20b?x=1&y=%C3%A4&x=2`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Cookie: "a=1; b=2",
          "User-Agent": "curl/8",
          "X-Two": "1",
        },
        body: '{"email":"ä"}',
      }),
    );
    const { host } = new URL(url);
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "POST /v1/forms/{formId}",
      rawPath: "/v1/forms/a%20b",
      rawQueryString: "x=1&y=%C3%A4&x=2",
      cookies: ["a=1", "b=2"],
      headers: { "content-type": "application/json", host, "x-two": "1", "x-forwarded-for": "127.0.0.1" },
      queryStringParameters: { x: "1,2", y: "ä" },
      pathParameters: { formId: "a b" },
      requestContext: {
        accountId: "000000000000",
        domainName: "127.0.0.1",
        http: {
          method: "POST",
          path: "/v1/forms/a%20b",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "curl/8",
        },
        routeKey: "POST /v1/forms/{formId}",
        stage: "$default",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
        requestId: expect.any(String),
      },
      body: '{"email":"ä"}',
      isBase64Encoded: false,
    });
    expect(event.headers).not.toHaveProperty("cookie");
  });

  test("has no fields for what the request has not", async () => {
    const event = await json(fetch(url));
    for (const absent of ["cookies", "queryStringParameters", "pathParameters", "body"]) {
      expect(event).not.toHaveProperty(absent);
    }
    expect(event).toMatchObject({ rawQueryString: "", isBase64Encoded: false });
  });

  test("joins the values of a header that came several times", async () => {
    const { port } = new URL(url);
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request({ port, path: "/", headers: { "X-Many": ["a", "b"] } }, async (response) => {
        resolve(Buffer.concat(await response.toArray()).toString());
      });
      sent.on("error", reject).end();
    });
    expect(JSON.parse(text).headers["x-many"]).toBe("a,b");
  });

  const zipped = gzipSync("{}");
  test.each([
    ["text/plain; charset=utf-8", Buffer.from("ä"), "ä", false],
    ["text/csv", Buffer.from("a,b"), "a,b", false],
    ["application/json", Buffer.from("{}"), "{}", false],
    ["Application/JSON; charset=utf-8", Buffer.from("{}"), "{}", false],
    ["application/xml", Buffer.from("<a/>"), "<a/>", false],
    ["application/javascript", Buffer.from("1"), "1", false],
    // A sender that calls gzip JSON: what is not UTF-8 is lost, as it is in AWS.
    ["application/json", zipped, zipped.toString("utf8"), false],
    ["application/x-www-form-urlencoded", Buffer.from("a=1"), "YT0x", true],
    ["application/problem+json", Buffer.from("{}"), "e30=", true],
    ["multipart/form-data; boundary=x", Buffer.from("--x"), "LS14", true],
    ["application/gzip", zipped, zipped.toString("base64"), true],
  ])("hands a body of type %s over as %#", async (type, sent, body, isBase64Encoded) => {
    const event = await json(
      fetch(url, { method: "POST", headers: { "content-type": type }, body: new Uint8Array(sent) }),
    );
    expect({ body: event.body, isBase64Encoded: event.isBase64Encoded }).toEqual({ body, isBase64Encoded });
  });

  test("has a body without content type in base64", async () => {
    const event = await json(fetch(url, { method: "POST", body: new Uint8Array([1]) }));
    expect(event).toMatchObject({ body: "AQ==", isBase64Encoded: true });
  });
});

describe("the answer", () => {
  const answer = async (result: unknown, method = "GET", path = "/") => {
    const headers = { "x-answer": typeof result === "string" ? result : JSON.stringify(result) };
    const response = await fetch(`${url}${path}`, { method, headers, redirect: "manual" });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };

  test("is what the function says: status, headers, cookies, body", async () => {
    const { status, headers, body } = await answer({
      statusCode: 302,
      headers: { Location: "https://example.com/", "Cache-Control": "no-store", "X-Number": 3 },
      cookies: ["a=1; Secure", "b=2"],
    });
    expect({ status, body }).toEqual({ status: 302, body: "" });
    expect(headers.get("location")).toBe("https://example.com/");
    expect(headers.get("x-number")).toBe("3");
    expect(headers.getSetCookie()).toEqual(["a=1; Secure", "b=2"]);
    expect(headers.get("apigw-requestid")).toBeTruthy();
  });

  test.each([
    ["base64", { statusCode: 200, body: "w6Q=", isBase64Encoded: true }, 200, "ä"],
    ["text", { statusCode: 201, body: "ä" }, 201, "ä"],
    ["an object without status", { a: 1 }, 200, '{"a":1}'],
    ["a string", '"hello"', 200, "hello"],
    ["a list", [1], 200, "[1]"],
    ["a status that is none", { statusCode: "yes" }, 500, '{"message":"Internal Server Error"}'],
    ["a body that is no text", { statusCode: 200, body: {} }, 500, '{"message":"Internal Server Error"}'],
    [
      "a header that HTTP cannot carry",
      { statusCode: 200, headers: { a: "b\nc" } },
      500,
      '{"message":"Internal Server Error"}',
    ],
    ["an error", "throw", 500, '{"message":"Internal Server Error"}'],
  ])("for %s", async (_name, result, status, body) => {
    const answered = await answer(result);
    expect({ status: answered.status, body: answered.body }).toEqual({ status, body });
  });

  test("to HEAD has the length and no body", async () => {
    const { status, headers, body } = await answer({ statusCode: 200, body: "four" }, "HEAD");
    expect({ status, body, length: headers.get("content-length") }).toEqual({
      status: 200,
      body: "",
      length: "4",
    });
  });

  test("is 503 when the function takes longer than the integration may", async () => {
    const { status, body } = await answer("hang", "GET", "/slow");
    expect({ status, body }).toEqual({ status: 503, body: '{"message":"Service Unavailable"}' });
  });

  test("is 404 where no route matches, also for another method", async () => {
    const before = functions.invocations;
    for (const [method, path] of [
      ["GET", "/there"],
      ["POST", "/here"],
      ["HEAD", "/here"],
      ["GET", "/here/"],
    ]) {
      const response = await fetch(`${url}${path}`, { method: method! });
      expect(response.status).toBe(404);
      if (method !== "HEAD") expect(await response.json()).toEqual({ message: "Not Found" });
    }
    expect(functions.invocations).toBe(before);
  });

  test.each([
    ["over 10 MB", 10 * 1024 * 1024 + 1],
    ["over Lambda's 6 MB", 6 * 1024 * 1024],
  ])("is 413 for a body %s, and the connection goes on", async (_name, length) => {
    const headers = { "content-type": "text/plain" };
    const response = await fetch(url, { method: "POST", headers, body: "x".repeat(length) });
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: "Request Entity Too Large" });
    expect((await fetch(url, { method: "POST", headers, body: "x" })).status).toBe(200);
  });
});

describe("an authorizer", () => {
  async function guarded(timeToLiveSeconds = 60) {
    const listener = await listen("127.0.0.1", 0);
    onTestFinished(() => listener.close(0));
    const authorizer = {
      id: "A",
      functionName: "authorizer",
      identitySource: ["$request.header.Authorization"],
      timeToLiveSeconds,
    };
    const route = { functionName: "echo", timeoutMilliseconds: 20_000, authorizer };
    const routes = [
      { ...route, routeKey: "GET /a" },
      { ...route, routeKey: "GET /b" },
    ];
    listener.serve(gateway(routes, (name, payload, id) => functions.run(name, payload, id)));
    const ask = async (key: string, path = "/a") =>
      fetch(`${listener.url}${path}`, { headers: key ? { authorization: key } : {} });
    const before = functions.status();
    const invoked = (name: string) => functions.status()[name]!.invocations - before[name]!.invocations;
    return { ask, invoked };
  }

  test("that allows hands its context to the function", async () => {
    const { ask } = await guarded();
    const event = await json(ask("good"));
    expect(event.requestContext.authorizer).toEqual({
      lambda: {
        role: "read",
        asked: expect.any(Number),
        type: "REQUEST",
        version: "2.0",
        routeArn: "arn:aws:execute-api:us-east-1:000000000000:local/$default/GET/a",
      },
    });
  });

  test.each([
    ["", 401, "Unauthorized"],
    ["unauthorized", 401, "Unauthorized"],
    ["bad", 403, "Forbidden"],
    ["throw", 500, "Internal Server Error"],
  ])("asked about %j answers %i", async (key, status, message) => {
    const { ask, invoked } = await guarded();
    const response = await ask(key);
    expect({ status: response.status, ...((await response.json()) as object) }).toEqual({ status, message });
    expect(invoked("echo")).toBe(0);
    expect(invoked("authorizer")).toBe(key === "" ? 0 : 1);
  });

  test("is asked once for its time to live, for all routes, whatever it said; but again after an error", async () => {
    const { ask, invoked } = await guarded();
    const asked = () => invoked("authorizer");
    await Promise.all([ask("good"), ask("good", "/b")]);
    await ask("good");
    expect(asked()).toBe(1);
    expect((await ask("bad")).status).toBe(403);
    expect((await ask("bad")).status).toBe(403);
    expect(asked()).toBe(2);
    await ask("throw");
    await ask("throw");
    expect(asked()).toBe(4);
  });

  test("without time to live is asked every time", async () => {
    const { ask, invoked } = await guarded(0);
    await ask("good");
    await ask("good");
    expect(invoked("authorizer")).toBe(2);
  });
});
