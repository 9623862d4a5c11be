import type { Refusal } from "../request/refusal.ts";
import type { Credentials, Rejection, WebhookRequest } from "./adapter.ts";
import { hmacMatches } from "./signature.ts";

/** The same scheme under the names of the standard and those of Svix, which it came from. */
const families = ["webhook", "svix"] as const;

/** Seconds before and after now in which a signature is good, as the standard's libraries have it. */
const tolerance = 300;

/** The headers that carry a message's id, which is the same in each attempt to deliver it. */
export const idHeaders: readonly string[] = families.map((family) => `${family}-id`);

/** The id of a message, or undefined where its headers have none. */
export const messageId = (headers: WebhookRequest["headers"]): string | undefined =>
  idHeaders.flatMap((name) => headers[name]?.trim() || []).at(0);

/** The bytes of a secret: base64, with or without `whsec_` before it. Undefined where it is none. */
function keyOf(secret: string): Buffer | undefined {
  const encoded = secret.trim().replace(/^whsec_/, "");
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, "base64") : undefined;
}

/** Shorter secrets could be guessed; the standard itself asks for 24 bytes. */
const minimumKeyBytes = 16;

/** What is wrong with the secrets of a source: each is `whsec_` and base64, as the provider shows it. */
export function checkStandardSecrets({ secrets }: Partial<Credentials>): Refusal | undefined {
  return secrets?.some((secret) => (keyOf(secret)?.length ?? 0) < minimumKeyBytes)
    ? {
        code: "invalid_secret",
        field: "secret",
        detail: `a signing secret is whsec_ and base64 of at least ${minimumKeyBytes} bytes`,
      }
    : undefined;
}

/**
 * Whether a request is signed after Standard Webhooks (github.com/standard-webhooks/standard-webhooks): base64 of HMAC-SHA256
 * over `id.timestamp.body`, `v1,…`, of which there may be several, separated by spaces.
 */
export function verifyStandard(
  { body, headers }: WebhookRequest,
  { secrets }: Credentials,
  now: Date,
): Rejection | undefined {
  const keys = secrets.flatMap((secret) => keyOf(secret) ?? []);
  if (keys.length === 0) return { code: "missing_credentials", detail: "the source has no signing secret" };
  const family = families.find((name) => headers[`${name}-id`] && headers[`${name}-signature`]);
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map(
    (name) => family && headers[`${family}-${name}`],
  );
  if (!id || !timestamp || !signature) {
    const detail = "webhook-id, webhook-timestamp and webhook-signature (or svix-…) are needed";
    return { code: "missing_signature", detail };
  }
  const given = signature.split(" ").flatMap((one) => (one.startsWith("v1,") ? one.slice(3) : []));
  const data = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  if (!hmacMatches({ algorithm: "sha256", keys, data, encoding: "base64", given }))
    return { code: "invalid_signature", detail: "the signature is not by this source's secret" };
  const age = Math.floor(now.getTime() / 1000) - Number(timestamp);
  return /^\d+$/.test(timestamp) && Math.abs(age) <= tolerance
    ? undefined
    : { code: "stale_signature", detail: "the request was signed more than five minutes from now" };
}
