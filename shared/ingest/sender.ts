import { type AccessKey, findAccessKey } from "../access/access-key.ts";
import { isProvider } from "../access/provider.ts";
import { originAllowed, type Source } from "../access/source.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { Problem } from "../http/problem.ts";
import type { CachedSenders, Senders } from "../store/config.ts";

/**
 * The write key of a request: `Authorization: Bearer`, Basic user name (as the Segment SDKs do), `X-Write-Key`, or
 * `?writeKey=` for forms and beacons, which can set no header. Of a webhook the URL is what was pasted, so it comes first: some
 * providers send an `Authorization` of their own.
 */
export function presentedKey(event: HttpEvent): string | undefined {
  const inUrl = event.queryStringParameters?.writeKey || undefined;
  if (inUrl && isWebhook(event)) return inUrl;
  const authorization = event.headers.authorization ?? "";
  const [scheme = "", credentials = ""] = authorization.split(/\s+/, 2);
  if (/^bearer$/i.test(scheme) && credentials) return credentials;
  if (/^basic$/i.test(scheme) && credentials) {
    const user = Buffer.from(credentials, "base64").toString("utf8").split(":", 1)[0];
    if (user) return user;
  }
  return event.headers["x-write-key"] || inUrl;
}

const isWebhook = ({ routeKey }: HttpEvent): boolean => routeKey.includes(" /v1/webhooks/");

/** Reads the write key from a request's body. Throws where the body cannot be read. */
export type KeyInBody = (event: HttpEvent) => Promise<string | undefined>;

/** Who sent a request, and what its answer must say for a browser to hand it to the page. */
export interface Sender {
  source: Source;
  /** CORS headers, empty where no page is to read the answer. */
  headers: Record<string, string>;
}

/** The source a request comes from. Throws Problem 401 without a valid write key. */
export async function authenticatedSource(
  event: HttpEvent,
  senders: CachedSenders,
  now: Date,
  keyInBody?: KeyInBody,
): Promise<Source> {
  const key = presentedKey(event) ?? (await keyInBody?.(event));
  if (!key) {
    throw new Problem({
      status: 401,
      code: "missing_write_key",
      detail: "a write key is needed: Authorization: Bearer, Basic user name, X-Write-Key or ?writeKey=",
      headers: { "www-authenticate": 'Bearer realm="touchline"' },
    });
  }
  const source = await senders.find(key, now.getTime(), (known) => sourceOf(known, key, now));
  if (!source) {
    throw new Problem({
      status: 401,
      code: "invalid_write_key",
      detail: "no source has this write key",
      headers: { "www-authenticate": 'Bearer realm="touchline", error="invalid_token"' },
    });
  }
  return source;
}

/**
 * The sender that a source is to this request. Throws Problem 403 from a web origin that the source does not name: a public key
 * can be read by anyone, its origins are what ties it to a site. And where a provider's source sends anything but its webhooks: its
 * key stands in a URL at the provider, and it is the signature that makes it trusted.
 */
export function senderOf(source: Source, event: HttpEvent): Sender {
  if (source.kind !== undefined && isProvider(source.kind) && !isWebhook(event)) {
    const detail = `this is the write key of a ${source.kind} source, which takes webhooks only`;
    throw new Problem({ status: 403, code: "wrong_kind", field: "writeKey", detail });
  }
  const { origin } = event.headers;
  if (source.type !== "public" || !origin) return { source, headers: {} };
  if (!originAllowed(source.origins, origin)) {
    throw new Problem({
      status: 403,
      code: "forbidden_origin",
      detail: "this source does not accept posts from this origin",
    });
  }
  return { source, headers: { "access-control-allow-origin": origin, vary: "Origin" } };
}

function sourceOf({ sources, keys }: Senders, presented: string, now: Date): Source | undefined {
  const key: AccessKey | undefined = findAccessKey(keys, presented, "write", now.toISOString());
  if (key?.kind !== "write") return undefined;
  return sources.find((source) => source.id === key.source && !source.deletedAt);
}

/**
 * The headers that answer a browser's preflight: those of the source whose key is in the URL, else of any public source
 * that names the origin (a preflight does not carry the key header). Empty where none does.
 */
export async function preflightHeaders(
  event: HttpEvent,
  senders: CachedSenders,
  now: Date,
): Promise<Record<string, string>> {
  const { origin } = event.headers;
  if (!origin) return {};
  const key = event.queryStringParameters?.writeKey;
  const candidates = key
    ? [await senders.find(key, now.getTime(), (known) => sourceOf(known, key, now))]
    : (await senders.read(now.getTime())).sources.filter((source) => !source.deletedAt);
  if (!candidates.some((source) => source?.type === "public" && originAllowed(source.origins, origin)))
    return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": allowedHeaders(event.headers["access-control-request-headers"]),
    "access-control-max-age": "600",
    vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
  };
}

const usualHeaders = "authorization, content-type, content-encoding, x-write-key";

/** What the usual ones allow, and what the page's library asks for: each has its own, and none of them grants anything. */
const allowedHeaders = (asked = ""): string =>
  /^[\w-]+(, ?[\w-]+)*$/.test(asked) && asked.length <= 1000 ? `${usualHeaders}, ${asked}` : usualHeaders;
