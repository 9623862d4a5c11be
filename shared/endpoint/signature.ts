import { createHmac } from "node:crypto";

/**
 * The headers of a message, signed after Standard Webhooks (github.com/standard-webhooks/standard-webhooks): base64 of HMAC-SHA256
 * over `id.timestamp.body`, once with each secret that is good now, so that a receiver may change over in its own time.
 * @param id the same in each attempt @param at milliseconds since 1970, of this attempt
 * @param secrets `whsec_` and base64
 */
export function signedHeaders(
  id: string,
  at: number,
  body: string,
  secrets: readonly string[],
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
