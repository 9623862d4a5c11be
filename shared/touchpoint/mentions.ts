import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { decodeText } from "../request/character-set.ts";
import { type IdentifierType, identifierId, normaliseIdentifier } from "./identifier.ts";

/** Identifiers that are looked for after their values are gone: their ids, and the namespace these were made in. */
export interface Sought {
  namespace: string;
  identifierIds: ReadonlySet<string>;
}

/** How often a text may be wrapped: a form in base64 in a message, its field a URL with an escaped query. */
const deepest = 5;

/** No identifier is longer, escaped or not. */
const longestToken = 1_000;

/** What a compressed text may unpack to, in bytes. */
const largestUnpacked = 16 * 1024 * 1024;

/**
 * Whether bytes name one of the identifiers that are sought: in any format that arrives here, and wrapped in any order in gzip,
 * base64, JSON, percent escapes and escapes of JSON. Everything that could be an identifier is brought into its one spelling and
 * its id is looked up, so the values themselves need not be known. A user's id that is a short number or a word is one only
 * behind a name that says so: what others send has the same numbers and words in it.
 */
export const mentions = (bytes: Buffer, sought: Sought): boolean =>
  sought.identifierIds.size > 0 && new Search(sought).finds(unpacked(bytes), 0);

/** The same of a value that JSON can hold. */
export const mentionsIn = (value: unknown, sought: Sought): boolean =>
  sought.identifierIds.size > 0 && new Search(sought).finds(JSON.stringify(value) ?? "", 0);

/**
 * A JSON value without what names one of the identifiers: such texts and numbers are left out of their objects and lists, and so
 * are the members whose name does.
 */
export function withoutMentions(value: unknown, sought: Sought): unknown {
  if (isLeaf(value)) return mentionsIn(value, sought) ? undefined : value;
  if (Array.isArray(value))
    return value.map((one) => withoutMentions(one, sought)).filter((one) => one !== undefined);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !mentionsIn(isLeaf(one) ? { [name]: one } : name, sought))
      .map(([name, one]) => [name, withoutMentions(one, sought)])
      .filter(([, one]) => one !== undefined),
  );
}

const isLeaf = (value: unknown): value is string | number | boolean | null | undefined =>
  value === null || typeof value !== "object";

function unpacked(bytes: Buffer): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return decodeText(bytes);
  try {
    return decodeText(gunzipSync(bytes, { maxOutputLength: largestUnpacked }));
  } catch {
    return "";
  }
}

/** What fields, cells and lines end at, from the widest: a value may hold what ends a narrower one. */
const separators = [/"/, /[\r\n]+/, /[&=\r\n"]/, /[,;\t|\r\n"]/, /[\s"'<>()[\]{},;&=|?#\\]+/];
const aroundAddress = /[\s"'<>()[\],:;\\=&?{}|/]/;
/** An address has no more on either side of its @. */
const longestSide = 320;
const base64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** A value behind a name of who somebody is: in JSON, in a form, and in a part of one. */
const namedValue =
  /(?:user|uid|anonymous|previous|visitor|customer|member|login|browser)[\w-]{0,20}["'\]]{0,2}(?:\s{0,8}[:=]\s{0,8}(?:\{\s{0,8}"id"\s{0,8}:\s{0,8})?|(?:\r?\n){2})["']?([^"'&,;\r\n}\]]{1,200})/gi;

/** Whether a value says by itself whose it is, and is no number or word as everybody has them. */
const isTelling = (value: string): boolean =>
  (/\p{L}/u.test(value) && /\d/.test(value)) ||
  /\d{9}/.test(value) ||
  value.includes("@") ||
  value.length >= 16;

class Search {
  readonly #sought: Sought;
  readonly #seen = new Set<string>();
  readonly #texts = new Set<string>();

  constructor(sought: Sought) {
    this.#sought = sought;
  }

  finds(text: string, depth: number): boolean {
    if (text === "" || depth > deepest || this.#texts.has(text)) return false;
    this.#texts.add(text);
    if (this.#findsHere(text)) return true;
    return [...insideOf(text)].some((inner) => this.finds(inner, depth + 1));
  }

  #findsHere(text: string): boolean {
    for (const [id] of text.matchAll(uuid)) if (this.#sought.identifierIds.has(id.toLowerCase())) return true;
    if (this.#isSought(text)) return true;
    for (const token of addressesIn(text)) if (this.#isSought(token)) return true;
    for (const [, token = ""] of text.matchAll(namedValue)) if (this.#isSought(token, true)) return true;
    return separators.some((separator) =>
      text.split(separator).some((token) => this.#isSought(token) || this.#isSought(unescaped(token))),
    );
  }

  #isSought(token: string, isNamed = false): boolean {
    if (token.length > longestToken) return false;
    const trimmed = token.trim();
    const place = isNamed ? `=${trimmed}` : trimmed;
    if (trimmed === "" || this.#seen.has(place)) return false;
    this.#seen.add(place);
    // In JSON a number follows its colon, and in prose a full stop what it ends.
    const bare = trimmed.replace(/^[:.\s]+|[:.,;!\s]+$/g, "");
    return (
      this.#isIdentifier(trimmed, isNamed) ||
      (bare !== trimmed && bare !== "" && this.#isSought(bare, isNamed))
    );
  }

  #isIdentifier(token: string, isNamed: boolean): boolean {
    const { namespace, identifierIds } = this.#sought;
    const types: IdentifierType[] = isNamed || isTelling(token) ? ["user", "anonymous"] : [];
    if (token.includes("@")) types.push("email");
    if (token.includes(":")) types.push("crm");
    return types.some((type) => {
      const value = normaliseIdentifier(type, token);
      return value !== undefined && identifierIds.has(identifierId(namespace, type, value));
    });
  }
}

/** What stands around each @, on both sides as far as an address could go: work grows with the text, whatever is in it. */
function* addressesIn(text: string): Generator<string> {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const [before, after] = [
      text.slice(Math.max(0, at - longestSide), at),
      text.slice(at + 1, at + longestSide),
    ];
    const local = before.split(aroundAddress).at(-1) ?? "";
    const domain = after.split(aroundAddress, 1)[0] ?? "";
    if (local !== "" && domain !== "") yield `${local}@${domain}`;
  }
}

/** The texts that a text wraps. */
function* insideOf(text: string): Generator<string> {
  if (/^\s*[{["]/.test(text)) yield* leavesOf(text);
  const plain = unescaped(text);
  if (plain !== text) yield plain;
  if (/\\u[0-9a-f]{4}|\\["/]/i.test(text)) yield withoutJsonEscapes(text);
  for (const [token] of text.matchAll(base64)) {
    const bytes = Buffer.from(token, "base64");
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    // A word that happens to be made of the same letters decodes to bytes that are no text.
    if (packed || (isUtf8(bytes) && !/\p{Cc}/u.test(bytes.toString("utf8").replace(/[\t\r\n]/g, ""))))
      yield unpacked(bytes);
  }
}

function* leavesOf(text: string): Generator<string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  const open = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one === "string" || typeof one === "number") yield String(one);
    else if (one !== null && typeof one === "object") open.push(...Object.keys(one), ...Object.values(one));
  }
}

/** Percent escapes as URLs and forms have them, a plus for a space among them. */
function unescaped(text: string): string {
  if (!/[%+]/.test(text)) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
}

const withoutJsonEscapes = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\(["/\\])/g, "$1");
