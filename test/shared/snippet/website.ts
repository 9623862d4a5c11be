import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  request as send,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { keys, type Product } from "../../pipeline/product.ts";
import { launchBrowser } from "../browser.ts";

/** What a browser posted, as it came. */
export interface Post {
  path: string;
  origin: string | undefined;
  /** `no-cors` of a beacon, `cors` of a script that hears the answer, `navigate` of a plain form. */
  mode: unknown;
  contentType: string;
  fields: URLSearchParams;
  status: number | undefined;
}

/** What becomes of posts on their way to the product: nothing, an answer of 503, or a connection that breaks. */
export type Weather = "fine" | "unavailable" | "broken";

/** A website, the way from its visitors' browsers to the product, and the browser. */
export interface Website {
  /** `http://localhost:…` of the site. */
  url: string;
  /** Where the product answers browsers. */
  host: string;
  /** What was posted to the product since the test began, oldest first. */
  posts: Post[];
  weather: Weather;
  /** Sets the HTML of a page of the site. */
  page(path: string, html: string): void;
  /** The tag that a site pastes. */
  tag(attributes?: string): string;
  /** A browser that has never been here; what its pages complain of fails the test, unless it is about the network. */
  visitor(initScript?: string): Promise<BrowserContext>;
  open(path: string, visitor?: BrowserContext): Promise<Page>;
  /** Resolves when so many posts were answered. */
  posted(count: number): Promise<Post[]>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

async function serve(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

const close = (server: Server): Promise<unknown> => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
};

/** Hands requests on to the product as they are, noting the posts. */
const wayTo =
  (product: () => Product, website: Website): RequestListener =>
  async (request, response) => {
    const { method, url, headers } = request;
    const body = await bodyOf(request);
    const post: Post = {
      path: url!,
      origin: headers.origin,
      mode: headers["sec-fetch-mode"],
      contentType: headers["content-type"] ?? "",
      fields: new URLSearchParams(body.toString("utf8")),
      status: undefined,
    };
    if (method === "POST") {
      website.posts.push(post);
      if (website.weather === "broken") return request.socket.destroy();
      if (website.weather === "unavailable") {
        post.status = 503;
        return response.writeHead(503, { "access-control-allow-origin": headers.origin }).end();
      }
    }
    const onward = send(product().url + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      response.once("finish", () => {
        post.status = answer.statusCode;
      });
    });
    onward.end(body);
  };

/** Runs a website and a browser for the tests of a file. */
export function runWebsite(product: () => Product): () => Website {
  let website: Website;
  let browser: Browser;
  const servers: Server[] = [];
  const pages = new Map<string, string>();
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    const site = await serve(async (request, response) => {
      await bodyOf(request);
      const path = request.url!.split("?")[0]!;
      const html = pages.get(path);
      if (path === "/favicon.ico") return response.writeHead(204).end();
      response.writeHead(html === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" });
      response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>${path}</title>${html}`);
    });
    website = {
      url: `http://localhost:${site.port}`,
      host: "",
      posts: [],
      weather: "fine",
      page: (path, html) => pages.set(path, html),
      tag: (attributes = "") =>
        `<script src="${website.host}/touchline.js" data-write-key="${keys.form}" ${attributes} async></script>`,
      visitor: async (initScript) => {
        const context = await browser.newContext();
        contexts.push(context);
        if (initScript) await context.addInitScript(initScript);
        context.on("console", (message) => {
          const text = message.text();
          if (message.type() === "error" && !/ERR_|Failed to load resource/.test(text)) complaints.push(text);
        });
        context.on("weberror", (error) => complaints.push(String(error.error())));
        return context;
      },
      open: async (path, visitor) => {
        const page = await (visitor ?? (await website.visitor())).newPage();
        await page.goto(website.url + path);
        return page;
      },
      posted: async (count) => {
        await expect
          .poll(() => website.posts.filter((post) => post.status).length, { timeout: 20_000 })
          .toBe(count);
        return website.posts;
      },
    };
    const way = await serve(wayTo(product, website));
    servers.push(site.server, way.server);
    website.host = `http://127.0.0.1:${way.port}`;
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    website.posts = [];
    website.weather = "fine";
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await close(server);
  });
  return () => website;
}
