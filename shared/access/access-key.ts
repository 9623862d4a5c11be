import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Role } from "../http/routes.ts";
import { sha256Hex } from "../table/keys.ts";

/**
 * A key, as the table knows it: by its hash alone. A write key names a source, an API key has a role.
 * Keys are 32 random bytes, so a plain SHA-256 cannot be turned back by guessing.
 */
export type AccessKey = {
  v: 1;
  /** A short public name for lists and revocation; says nothing of the key. */
  id: string;
  hash: string;
  createdAt: string;
  revokedAt?: string;
} & ({ kind: "write"; source: string } | { kind: "api"; role: Role; name: string });

/** A new secret key, told apart by its prefix in a leaked file: `tlw_…` writes, `tla_…` asks. */
export const newSecret = (kind: AccessKey["kind"]): string =>
  `${kind === "write" ? "tlw" : "tla"}_${randomBytes(32).toString("base64url")}`;

/** The public id of a key: the first 12 hex of its hash. */
export const accessKeyId = (hash: string): string => hash.slice(0, 12);

/** The stored form of a secret. */
export const writeKeyOf = (secret: string, source: string, createdAt: string): AccessKey => {
  const hash = sha256Hex(secret);
  return { v: 1, kind: "write", id: accessKeyId(hash), hash, source, createdAt };
};

/** The stored form of an API key's secret. */
export const apiKeyOf = (secret: string, role: Role, name: string, createdAt: string): AccessKey => {
  const hash = sha256Hex(secret);
  return { v: 1, kind: "api", id: accessKeyId(hash), hash, role, name, createdAt };
};

/**
 * The key that a caller presented, if it is one of these and not revoked. Every hash is compared, in constant time, so
 * that the time of the answer tells nothing.
 */
export function findAccessKey(
  keys: readonly AccessKey[],
  presented: string,
  kind: AccessKey["kind"],
  now: string,
): AccessKey | undefined {
  const hash = Buffer.from(sha256Hex(presented), "hex");
  let found: AccessKey | undefined;
  for (const key of keys) {
    const same = timingSafeEqual(Buffer.from(key.hash, "hex"), hash);
    if (same && key.kind === kind && !(key.revokedAt && key.revokedAt <= now)) found = key;
  }
  return found;
}

/** Whether a role may use a route for which these roles are named. `admin` may do everything. */
export const mayUse = (role: Role, allowed: readonly Role[]): boolean =>
  role === "admin" || allowed.includes(role);
