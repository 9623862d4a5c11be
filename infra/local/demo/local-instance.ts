import type { localKeys } from "../local-keys.ts";

/** What runs at the address is not what the demo can fill; the message is one line. */
export class DemoFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DemoFailed";
  }
}

type LocalKey = (typeof localKeys)[number]["key"];

export interface Sending {
  method?: "GET" | "POST" | "PUT";
  key?: LocalKey;
  /** Sent as JSON, unless it is a text with a content type or the fields of a form. */
  body?: unknown;
  contentType?: string;
  redirect?: "follow" | "manual";
  userAgent?: string;
}

/** The HTTP API of a running instance, with the keys that every local instance knows. */
export class LocalInstance {
  /** Without a slash at the end. */
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/+$/, "");
  }

  /** Sends one request and hands back whatever is answered. @throws DemoFailed where nothing answers */
  async send(
    path: string,
    { method, key, body, contentType, redirect = "follow", userAgent }: Sending = {},
  ): Promise<Response> {
    const headers = new Headers();
    if (key) headers.set("authorization", `Bearer ${key}`);
    if (userAgent) headers.set("user-agent", userAgent);
    const raw = typeof body === "string" || body instanceof URLSearchParams;
    if (contentType) headers.set("content-type", contentType);
    else if (body !== undefined && !raw) headers.set("content-type", "application/json");
    try {
      return await fetch(new URL(path, `${this.url}/`), {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers,
        redirect,
        ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
      });
    } catch {
      throw new DemoFailed(`nothing answers at ${this.url}: start it with npm start, in another shell`);
    }
  }

  /** Sends one request and reads the JSON that is answered. @throws DemoFailed where the answer is a refusal */
  async json<Answer>(path: string, sending: Sending = {}): Promise<Answer> {
    const response = await this.send(path, sending);
    if (!response.ok) throw await refusalOf(path, response);
    return (await response.json()) as Answer;
  }

  /** Waits until the instance has nothing left to do. */
  async drain(): Promise<void> {
    await this.json("/_local/drain", { method: "POST" });
  }

  /** @throws DemoFailed where what answers is no instance started with `npm start` */
  async expectLocal(): Promise<void> {
    const response = await this.send("/_local/status");
    await response.arrayBuffer();
    if (response.status === 503) {
      throw new DemoFailed(`${this.url} is not ready yet: try again when npm start says that it is`);
    }
    if (!response.ok) {
      throw new DemoFailed(
        `what answers at ${this.url} was not started with npm start: the demo fills nothing else`,
      );
    }
  }
}

async function refusalOf(path: string, response: Response): Promise<DemoFailed> {
  const problem = (await response.json().catch(() => ({}))) as { detail?: unknown; message?: unknown };
  const reason = problem.detail ?? problem.message ?? response.statusText;
  return new DemoFailed(`${path.split("?")[0]} answered ${response.status}: ${String(reason)}`);
}
