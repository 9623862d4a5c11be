import type { Refusal } from "../request/refusal.ts";
import type { Credentials, Rejection, WebhookRequest } from "./adapter.ts";
import { checkSigned, signedTime } from "./signed-request.ts";

/** The same scheme under the names of the standard and those of Svix, which it came from. */
const families = ["webhook", "svix"] as const;

/** How far from now a signature is good, in milliseconds, as the standard's libraries have it. */
const tolerance = 5 * 60 * 1000;

/** The headers that carry a message's id, which is the same in each attempt to deliver it. */
export const idHeaders: readonly string[] = families.map((family) => `${family}-id`);

/** Every id that a request's headers carry, by family. */
const idsOf = (headers: WebhookRequest["headers"]) =>
  families.flatMap((family) => {
    const id = headers[`${family}-id`]?.trim();
    return id ? [{ family, id }] : [];
  });

/** The id of a message that was verified, of which all its id headers say the same; undefined where it has none. */
export const messageId = (headers: WebhookRequest["headers"]): string | undefined => idsOf(headers)[0]?.id;

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
 * over `id.timestamp.body`, `v1,…`, of which there may be several, separated by spaces. One that carries two different ids is
 * refused: only one of them would be signed, and later nobody could tell which.
 */
export function verifyStandard(
  { body, headers }: WebhookRequest,
  { secrets }: Credentials,
  now: Date,
): Rejection | undefined {
  const ids = idsOf(headers);
  if (new Set(ids.map(({ id }) => id)).size > 1)
    return { code: "invalid_signature", detail: "webhook-id and svix-id are not the same" };
  const signed = ids.find(({ family }) => headers[`${family}-signature`]);
  const timestamp = signed && headers[`${signed.family}-timestamp`];
  const signatures = (timestamp && headers[`${signed.family}-signature`]?.split(" ")) || [];
  return checkSigned(
    {
      header: "webhook-signature (or svix-signature) with its id and timestamp",
      given: signatures.flatMap((one) => (one.startsWith("v1,") ? one.slice(3) : [])),
      data: Buffer.concat([Buffer.from(`${signed?.id}.${timestamp}.`), body]),
      encoding: "base64",
      signedAt: signedTime(timestamp, "seconds"),
    },
    { secrets: secrets.flatMap((secret) => keyOf(secret) ?? []) },
    // The standard's libraries count whole seconds.
    new Date(Math.floor(now.getTime() / 1000) * 1000),
    tolerance,
  );
}
