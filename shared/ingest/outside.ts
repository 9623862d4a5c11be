import { type Ask, LookUpFailed } from "../webhook/adapter.ts";

/** What an adapter may ask of a provider's own hosts. The addresses are pinned by the adapter that names them. */
export interface Outside {
  /** The text at an address; undefined where the host says that there is none (4xx). Throws LookUpFailed. */
  text(url: string): Promise<string | undefined>;
  ask: Ask;
}

/** A provider that needs longer is asked again later. */
const patience = 8_000;

/** More than any certificate or attendee has. */
const longestAnswer = 512 * 1024;

/**
 * Requests to providers. A redirect is refused: it would lead from a pinned host to any other, with the account's token.
 * @param send what makes the request, as `fetch` does
 */
export function outside(send: typeof fetch = fetch): Outside {
  const request = async (url: string, init: RequestInit = {}): Promise<{ status: number; body: string }> => {
    const { hostname } = new URL(url);
    try {
      const answer = await send(url, { ...init, redirect: "error", signal: AbortSignal.timeout(patience) });
      return { status: answer.status, body: await bounded(answer, hostname) };
    } catch (error) {
      throw error instanceof LookUpFailed ? error : new LookUpFailed(`${hostname} did not answer`, error);
    }
  };
  return {
    text: async (url) => {
      const { status, body } = await request(url);
      if (status >= 400 && status <= 499 && status !== 429) return undefined;
      if (status < 200 || status > 299) throw new LookUpFailed(`${new URL(url).hostname} answered ${status}`);
      return body;
    },
    ask: async (url, init) => {
      const { status, body } = await request(url, init);
      return { status, value: jsonOf(body) };
    },
  };
}

async function bounded(answer: Response, hostname: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > longestAnswer) throw new LookUpFailed(`${hostname} answered too much`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** An answer that is no JSON, as a gateway in between gives it, has a status that says enough. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
