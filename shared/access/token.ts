import { createHmac, timingSafeEqual } from "node:crypto";
import { parse as parseUuid, stringify as uuidText } from "uuid";
import type { Campaign } from "../touchpoint/touch.ts";

/** A key that signs links: HMAC-SHA256 (RFC 2104). `kid` is four characters. */
export interface SigningKey {
  kid: string;
  secret: string;
}

/** 128 bits of the MAC in base64url: RFC 2104 (5) allows half the output, and a link must stay short. */
const macLength = 22;

/** The purpose is signed along, so that a token of one kind is none of another. */
function mac(key: SigningKey, purpose: string, payload: string): string {
  const whole = createHmac("sha256", Buffer.from(key.secret, "base64url"))
    .update(`${purpose}\n${payload}`)
    .digest();
  return whole.subarray(0, 16).toString("base64url");
}

function signed(key: SigningKey, purpose: string, payload: string): string {
  return `${key.kid}${payload}${mac(key, purpose, payload)}`;
}

function verified(keys: readonly SigningKey[], purpose: string, token: string): string | undefined {
  const kid = token.slice(0, 4);
  const payload = token.slice(4, -macLength);
  const key = keys.find((one) => one.kid === kid);
  if (!key || token.length <= 4 + macLength) return undefined;
  const expected = Buffer.from(mac(key, purpose, payload));
  const given = Buffer.from(token.slice(-macLength));
  return expected.length === given.length && timingSafeEqual(expected, given) ? payload : undefined;
}

const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function readJson<Value>(payload: string | undefined): Value | undefined {
  if (payload === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Value;
  } catch {
    return undefined;
  }
}

/** What a tracked link in an e-mail carries. */
export interface TrackedLink {
  v: 1;
  /** Where the reader goes. */
  url: string;
  campaign?: Campaign;
  /** The message it stands in, in the sender's words. */
  message?: string;
  /** When it was made, ISO 8601. */
  madeAt: string;
  /** It is hidden from readers: who follows it is a machine. Left out of all other links, which must stay short. */
  honeypot?: true;
}

/** The `link` part of `/c/{link}.{person}`. */
export const linkToken = (key: SigningKey, link: TrackedLink): string => signed(key, "link", json(link));

/** The link of a token, or undefined where it is forged. */
export const readLinkToken = (keys: readonly SigningKey[], token: string): TrackedLink | undefined =>
  readJson<TrackedLink>(verified(keys, "link", token));

/**
 * The `person` part of a tracked link: 48 characters, the same for all campaigns, so that an e-mail tool can keep it in a
 * merge field.
 */
export const personToken = (key: SigningKey, identifierId: string): string =>
  signed(key, "person", Buffer.from(parseUuid(identifierId)).toString("base64url"));

/** The identifierId of a person token, or undefined where it is forged or the merge field was not filled. */
export function readPersonToken(keys: readonly SigningKey[], token: string): string | undefined {
  const payload = verified(keys, "person", token);
  const bytes = payload === undefined ? undefined : Buffer.from(payload, "base64url");
  return bytes?.length === 16 ? uuidText(bytes) : undefined;
}

/** What opens a lead's evidence page without a key, until it expires. */
export interface EvidenceTicket {
  v: 1;
  leadId: string;
  /** Seconds since 1970. */
  expires: number;
}

export const evidenceToken = (key: SigningKey, ticket: EvidenceTicket): string =>
  signed(key, "evidence", json(ticket));

/** The ticket of a token, expired or not, or undefined where it is forged. */
export const readEvidenceToken = (keys: readonly SigningKey[], token: string): EvidenceTicket | undefined =>
  readJson<EvidenceTicket>(verified(keys, "evidence", token));
