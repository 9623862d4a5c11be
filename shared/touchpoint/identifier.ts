import { domainToASCII } from "node:url";
import { parse as parseUuid, v5 as uuidV5 } from "uuid";
import type { Identifiers } from "./touch.ts";

/**
 * The types, in the order in which they are asked where a touch stands: in the partition of the first that it has. E-mail
 * first, because nearly every touch carries one, so that most contacts are one partition and one query.
 */
export const identifierTypes = ["email", "crm", "user", "anonymous"] as const;
export type IdentifierType = (typeof identifierTypes)[number];

/** Values that systems send in place of nothing; they would make strangers one person. */
const sentinels = new Set([
  "",
  "-",
  "0",
  "00000000-0000-0000-0000-000000000000",
  "anonymous",
  "guest",
  "n/a",
  "na",
  "nan",
  "nil",
  "none",
  "null",
  "test",
  "undefined",
  "unknown",
  "user",
  "false",
  "true",
  "[object object]",
]);

const rolePrefixes = new Set([
  "abuse",
  "accounting",
  "accounts",
  "admin",
  "administrator",
  "billing",
  "contact",
  "enquiries",
  "hello",
  "help",
  "hostmaster",
  "hr",
  "info",
  "inquiries",
  "jobs",
  "mail",
  "marketing",
  "newsletter",
  "no-reply",
  "noreply",
  "office",
  "postmaster",
  "press",
  "privacy",
  "reception",
  "root",
  "sales",
  "security",
  "service",
  "spam",
  "support",
  "team",
  "webmaster",
]);

/** Whether a value stands for "nothing known" (`undefined`, `null`, `test`, `0`, …). */
export const isSentinel = (value: string): boolean => sentinels.has(value.trim().toLowerCase());

/** Whether an address belongs to a function rather than a person (RFC 2142 and custom): `info@`, `sales@`, … */
export const isRoleAddress = (email: string): boolean =>
  rolePrefixes.has(email.split("@", 1)[0]?.split("+")[0] ?? "");

/** The part of a normalised address behind the @. */
export const emailDomain = (email: string): string => email.slice(email.lastIndexOf("@") + 1);

/** No identifier is longer, whatever stands around it. */
const longest = 1_000;

// Deliberately looser than RFC 5321 and stricter than "contains an @": what real providers deliver to.
const localPart = /^[^\s@"(),:;<>[\\\]\p{Cc}]{1,64}$/u;
const domainPart =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one spelling of an e-mail address: trimmed, lower-cased, its domain in ASCII. Plus tags and dots are kept:
 * who is who behind them is the provider's business. `Name <a@b>` and `mailto:` are unwrapped.
 * @returns undefined where it is no address
 */
export function normaliseEmail(value: string): string | undefined {
  // Before anything reads it: putting piled accents in order takes time with the square of their number.
  if (value.length > longest) return undefined;
  const bare = /<([^<>]+)>\s*$/.exec(value)?.[1] ?? value;
  const trimmed = bare
    .trim()
    .replace(/^mailto:/i, "")
    .normalize("NFC")
    .toLowerCase();
  const at = trimmed.lastIndexOf("@");
  if (at < 1 || trimmed.length > 320) return undefined;
  const local = trimmed.slice(0, at);
  const domain = domainToASCII(trimmed.slice(at + 1).replace(/\.$/, ""));
  if (!localPart.test(local) || local.startsWith(".") || local.endsWith(".") || !domainPart.test(domain))
    return undefined;
  return `${local}@${domain}`;
}

/**
 * The one spelling of an identifier, or undefined where the value is none. CRM ids are `system:id`, the system
 * lower-cased, and Salesforce's 18-character ids cut to the 15 that are case-sensitive and unique.
 */
export function normaliseIdentifier(type: IdentifierType, value: string): string | undefined {
  if (type === "email") return normaliseEmail(value);
  if (value.length > longest) return undefined;
  const trimmed = value.normalize("NFC").trim();
  if (isSentinel(trimmed) || trimmed.length > 200 || /[\p{Cc}\p{Cs}]/u.test(trimmed)) return undefined;
  if (type !== "crm") return trimmed;
  const colon = trimmed.indexOf(":");
  if (colon < 1 || isSentinel(trimmed.slice(colon + 1))) return undefined;
  const system = trimmed.slice(0, colon).toLowerCase();
  const id = trimmed.slice(colon + 1).trim();
  return `${system}:${system === "salesforce" && /^[a-z0-9]{18}$/i.test(id) ? id.slice(0, 15) : id}`;
}

/**
 * The id under which everything about an identifier is kept: UUIDv5 (RFC 9562) of `type:value` in the deployment's
 * random namespace, so that no key, URL or log line carries an address and none can be guessed from a dictionary.
 * @param value already normalised
 */
export function identifierId(namespace: string, type: IdentifierType, value: string): string {
  if (namespace !== parsed.namespace) parsed = { namespace, bytes: parseUuid(namespace) };
  return uuidV5(`${type}:${value}`, parsed.bytes);
}

/** A deployment has one namespace; parsing it for every identifier would cost more than the hash. */
let parsed: { namespace: string; bytes: Uint8Array } = { namespace: "", bytes: new Uint8Array(16) };

/** The identifierId of each identifier that is there, in partition order. */
export function identifierIds(namespace: string, identifiers: Identifiers): [IdentifierType, string][] {
  return identifierTypes.flatMap((type) => {
    const value = identifiers[type];
    return value === undefined
      ? []
      : [[type, identifierId(namespace, type, value)] as [IdentifierType, string]];
  });
}
