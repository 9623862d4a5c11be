import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const digest = (value: string | Uint8Array): Buffer => createHash("sha256").update(value).digest();

/** Whether two texts are the same, in a time that tells neither where they differ nor how long the right one is. */
export const sameInConstantTime = (given: string | Uint8Array, right: string | Uint8Array): boolean =>
  timingSafeEqual(digest(given), digest(right));

/** What an HMAC is checked over. */
export interface HmacCheck {
  algorithm: "sha1" | "sha256";
  /** Each secret that is good now, as the bytes or the text that keys the HMAC. */
  keys: readonly (string | Uint8Array)[];
  /** What was signed. */
  data: string | Uint8Array;
  encoding: "hex" | "base64";
  /** The signatures that the request carries: one of them has to be right. */
  given: string | readonly string[];
}

/** Whether one of the given signatures is the HMAC under one of the keys. Every pair is compared, whatever came out before. */
export function hmacMatches({ algorithm, keys, data, encoding, given }: HmacCheck): boolean {
  const signatures = typeof given === "string" ? [given] : given;
  let matches = false;
  for (const key of keys) {
    // Anybody can sign with nothing.
    if (key.length === 0) continue;
    const right = createHmac(algorithm, key).update(data).digest(encoding);
    for (const signature of signatures) {
      if (sameInConstantTime(encoding === "hex" ? signature.toLowerCase() : signature, right)) matches = true;
    }
  }
  return matches;
}
