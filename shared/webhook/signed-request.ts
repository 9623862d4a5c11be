import type { Rejection } from "./adapter.ts";
import { hmacMatches } from "./signature.ts";

/** What a request says that proves it, taken apart by its provider's adapter. */
export interface SignedRequest {
  /** The header that carries the signature, as whoever sets the source up knows it. */
  header: string;
  /** The signatures in it, without what stands around them; none where the header is missing or has none. */
  given: readonly string[];
  /** The bytes that were signed. */
  data: string | Uint8Array;
  encoding: "hex" | "base64";
  /** When it was signed, in milliseconds; NaN where that cannot be read; left out where the scheme signs no time. */
  signedAt?: number;
}

/**
 * Checks an HMAC-SHA256 in a header under each secret that is good now. The time is looked at only where the signature is right:
 * nobody else's clock says anything.
 * @param secrets as text, or as the bytes that the provider's text stands for
 * @param tolerance how far the time of signing may be from now, in milliseconds, either way
 */
export function checkSigned(
  { header, given, data, encoding, signedAt }: SignedRequest,
  { secrets }: { secrets: readonly (string | Uint8Array)[] },
  now: Date,
  tolerance = Number.POSITIVE_INFINITY,
): Rejection | undefined {
  const keys = secrets.filter((secret) => secret.length > 0);
  if (keys.length === 0) {
    return { code: "missing_credentials", detail: "the source has no secret to check requests by" };
  }
  if (given.length === 0)
    return { code: "missing_signature", detail: `the request has no ${header} that can be read` };
  if (!hmacMatches({ algorithm: "sha256", keys, data, encoding, given })) {
    return { code: "invalid_signature", detail: `the ${header} was not made with the secret of this source` };
  }
  // Also where the time is not a number, which compares with nothing.
  if (signedAt !== undefined && !(Math.abs(now.getTime() - signedAt) <= tolerance)) {
    return { code: "stale_signature", detail: "the request was signed too long ago, or a clock is wrong" };
  }
  return undefined;
}

/** A signed time, as digits only: what else a number may look like nobody sends. */
export const signedTime = (text: string | undefined, unit: "seconds" | "milliseconds"): number =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) * (unit === "seconds" ? 1000 : 1) : Number.NaN;
