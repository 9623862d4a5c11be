import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { poster } from "../../../shared/deliver/post.ts";

/** A server on this machine; the answer is the test's. */
async function receiver(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { requests, port, url: `http://127.0.0.1:${port}/hook` };
}

const post = poster("this-machine-too");

describe("posting", () => {
  test.each([200, 204, 302, 404, 500])("tells the status %i and follows nothing", async (status) => {
    const { url, requests } = await receiver((_, response) =>
      response.writeHead(status, { location: "/elsewhere" }).end(),
    );
    expect(await post(url, {}, "{}")).toEqual({ status });
    expect(requests).toEqual(["POST /hook"]);
  });

  test("sends the body and the headers, in UTF-8", async () => {
    const got = Promise.withResolvers<{ body: string; type?: string; id?: unknown }>();
    const { url } = await receiver(async (request, response) => {
      const body = await text(request);
      got.resolve({ body, type: request.headers["content-type"], id: request.headers["webhook-id"] });
      response.end();
    });
    await post(url, { "webhook-id": "m-1" }, '{"a":"ü"}');
    expect(await got.promise).toEqual({ body: '{"a":"ü"}', type: "application/json", id: "m-1" });
  });

  test("gives up on one that does not answer", async () => {
    const { url } = await receiver(() => {});
    expect(await poster("this-machine-too", { timeout: 50 })(url, {}, "{}")).toEqual({ error: "timeout" });
  });

  test("goes by the status of one that never ends its answer, or answers more than anybody reads", async () => {
    const endless = await receiver((_, response) => void response.writeHead(200).write("x"));
    expect(await poster("this-machine-too", { timeout: 200 })(endless.url, {}, "{}")).toEqual({
      status: 200,
    });
    const huge = await receiver((_, response) => void response.writeHead(200).end("x".repeat(1_000_000)));
    expect(await post(huge.url, {}, "{}")).toEqual({ status: 200 });
  });

  test("says where nobody listens, and where the connection ends", async () => {
    const { url } = await receiver((request) => request.socket.destroy());
    expect(await post(url, {}, "{}")).toEqual({ error: "connection_lost" });
    expect(await post("http://127.0.0.1:9/hook", {}, "{}")).toEqual({ error: "connection_refused" });
  });

  test("makes no connection to this machine where the product is on the Internet", async () => {
    const { port, requests } = await receiver((_, response) => void response.end());
    const refused = { error: "address_refused" };
    const secure = poster("internet");
    expect(await secure(`http://127.0.0.1:${port}/hook`, {}, "{}")).toEqual(refused);
    expect(await secure(`https://127.0.0.1:${port}/hook`, {}, "{}")).toEqual(refused);
    expect(requests).toEqual([]);
  });

  test.each([
    ["this machine", ["127.0.0.1"]],
    ["the metadata of a cloud", ["169.254.169.254"]],
    ["a private network", ["10.0.0.1"]],
    ["a private network beside the Internet", ["93.184.215.14", "192.168.0.1"]],
    ["this machine, mapped", ["::ffff:127.0.0.1"]],
    ["nowhere", []],
  ])("refuses a name that leads to %s", async (_, addresses) => {
    const resolve = async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    expect(await poster("internet", { resolve })("https://hook.example.com/", {}, "{}")).toEqual({
      error: "address_refused",
    });
  });

  test("connects to the addresses that were checked, and asks for them once", async () => {
    const { port, requests } = await receiver((_, response) => void response.end());
    let asked = 0;
    const resolve = async () => {
      asked++;
      // A name that leads elsewhere the second time.
      return [{ address: asked === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }];
    };
    const reply = await poster("this-machine-too", { resolve })(
      `http://hook.example.com:${port}/x`,
      {},
      "{}",
    );
    expect(reply).toEqual({ status: 200 });
    expect({ asked, requests }).toEqual({ asked: 1, requests: ["POST /x"] });
  });

  test("tells a name that does not exist", async () => {
    const resolve = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    expect(await poster("internet", { resolve })("https://hook.example.com/", {}, "{}")).toEqual({
      error: "name_not_found",
    });
  });
});
