import type { Channel, Touch } from "../touchpoint/touch.ts";
import { touchPrefix } from "./keys.ts";

/**
 * The packed body of a touch: one attribute with short names. DynamoDB bills names as well as values and reads one
 * attribute twice as fast as fourteen. What the key says (person, time, id, hash) is not said again.
 */
interface PackedTouch {
  v: 1;
  c: Channel;
  /** Outbound; inbound is not said. */
  o?: 1;
  ca?: string;
  r: string;
  s: string;
  i?: Record<string, string>;
  t?: Record<string, string>;
  g?: Record<string, string>;
  a?: Record<string, string>;
  k?: Record<string, string>;
  p?: Record<string, unknown>;
}

const names: Record<string, string> = {
  email: "e",
  crm: "c",
  user: "u",
  anonymous: "a",
  firstName: "f",
  lastName: "l",
  company: "o",
  jobTitle: "j",
  phone: "p",
  country: "y",
  id: "i",
  name: "n",
  source: "s",
  medium: "m",
  term: "t",
  content: "x",
  url: "w",
  userAgent: "g",
  ip: "d",
};
const longNames = Object.fromEntries(Object.entries(names).map(([long, short]) => [short, long]));

/** Fields under other names, those that are not there left out; undefined where none is. In every read and write: plain loops. */
function renamed<T extends object>(
  fields: T | undefined,
  to: Record<string, string>,
): Record<string, string> | undefined {
  if (!fields) return undefined;
  let result: Record<string, string> | undefined;
  for (const name in fields) {
    const value = fields[name] as string | undefined;
    if (value === undefined) continue;
    result ??= {};
    result[to[name] ?? name] = value;
  }
  return result;
}

/** The body attribute of a touch. */
export function packTouch(touch: Touch): string {
  const packed: PackedTouch = {
    v: 1,
    c: touch.channel,
    o: touch.direction === "outbound" ? 1 : undefined,
    ca: touch.claimedAt,
    r: touch.receivedAt,
    s: touch.source,
    i: renamed(touch.identifiers, names),
    t: renamed(touch.traits, names),
    g: renamed(touch.campaign, names),
    a: renamed(touch.asset, names),
    k: renamed(touch.client, names),
    p: touch.properties,
  };
  return JSON.stringify(packed);
}

/**
 * What of a touch can be told of many at once by one number: that somebody's trait stands in it, or an address. The position of a
 * field is its bit in what is kept, so this order never changes; a field that is new comes last.
 */
export const notedFields = [
  "firstName",
  "lastName",
  "company",
  "jobTitle",
  "phone",
  "country",
  "email",
] as const;
export type NotedField = (typeof notedFields)[number];

const notes = notedFields.map((field) => `"${names[field]}":"`);

/** The bit of a field. */
export const noteOf = (field: NotedField): number => 1 << notedFields.indexOf(field);

/**
 * Which fields stand in a packed touch, one bit each. It never misses one; it may tell one that is empty or stands among the
 * properties, because it looks at the text: in every touch of a deep contact.
 */
export const notesOf = (body: string): number =>
  notes.reduce((bits, text, bit) => (body.includes(text) ? bits | (1 << bit) : bits), 0);

/** The touch of a stored item: its key and its body. */
export function unpackTouch(identifierId: string, sortKey: string, body: string): Touch {
  const [occurredAt = "", touchId = "", hash16 = ""] = sortKey.slice(touchPrefix.length).split("#");
  const packed = JSON.parse(body) as PackedTouch;
  return {
    identifierId,
    touchId,
    hash16,
    channel: packed.c,
    direction: packed.o ? "outbound" : "inbound",
    occurredAt,
    claimedAt: packed.ca,
    receivedAt: packed.r,
    source: packed.s,
    identifiers: renamed(packed.i, longNames) ?? {},
    traits: renamed(packed.t, longNames),
    campaign: renamed(packed.g, longNames),
    asset: renamed(packed.a, longNames),
    client: renamed(packed.k, longNames),
    properties: packed.p,
  };
}
