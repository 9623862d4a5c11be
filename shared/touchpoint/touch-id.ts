import { createHash } from "node:crypto";
import { parse as parseUuid, v5 as uuidV5 } from "uuid";

/** The namespace of touch ids: fixed for ever, since a resend years later must meet the touch it repeats. */
const touchNamespace = parseUuid("5b0e3f0a-5d0c-4f5e-9d52-0f7c1f0f6d11");

/** What names a touch: who sent it, over which route, of which form or event, under which id of the sender's. */
export interface TouchOrigin {
  source: string;
  route: string;
  /** The form's or the event's id; empty where the route has none. */
  scope: string;
  messageId: string;
}

/** UUIDv5 of the origin: the same message, however often sent, is the same touch. */
export const touchIdOf = ({ source, route, scope, messageId }: TouchOrigin): string =>
  uuidV5(JSON.stringify([source, route, scope, messageId]), touchNamespace);

/** JSON with sorted keys (after RFC 8785), so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** What differs between two sendings of the same item: when, and from which address. */
const transport = new Set(["sentAt", "receivedAt", "ip"]);

function withoutTransport(item: unknown): unknown {
  if (item === null || typeof item !== "object" || Array.isArray(item)) return item;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item)) {
    if (transport.has(name)) continue;
    kept[name] = name === "client" || name === "context" ? withoutTransport(value) : value;
  }
  return kept;
}

/** 16 hex of the SHA-256 of the sender's item without `sentAt`, `receivedAt` and address. */
export const hash16Of = (item: unknown): string =>
  createHash("sha256")
    .update(canonicalJson(withoutTransport(item)))
    .digest("hex")
    .slice(0, 16);

/** A touch's id for callers: it carries its partition, so that the touch can be found. */
export const publicTouchId = (identifierId: string, touchId: string): string => `${identifierId}.${touchId}`;

/** The parts of a touch's public id, or undefined where it is none. */
export function parsePublicTouchId(id: string): { identifierId: string; touchId: string } | undefined {
  const [identifierId = "", touchId = "", ...more] = id.split(".");
  return more.length === 0 && uuid.test(identifierId) && uuid.test(touchId)
    ? { identifierId, touchId }
    : undefined;
}

/** A lead's id for callers: its partition and its cycle. */
export const leadIdOf = (identifierId: string, cycle: string): string => `${identifierId}.${cycle}`;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isIdentifierId = (value: string): boolean => uuid.test(value);

/** The parts of a lead's id, or undefined where it is none. */
export function parseLeadId(leadId: string): { identifierId: string; cycle: string } | undefined {
  const dot = leadId.indexOf(".");
  const identifierId = leadId.slice(0, dot);
  const cycle = leadId.slice(dot + 1);
  return dot > 0 && isIdentifierId(identifierId) && /^[a-z0-9-]{1,64}$/.test(cycle)
    ? { identifierId, cycle }
    : undefined;
}
