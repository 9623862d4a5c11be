import { createHash } from "node:crypto";
import { parseJson } from "../request/json.ts";
import { parseTime } from "../request/time.ts";
import type { FactInput } from "../touchpoint/finding.ts";
import type { Campaign } from "../touchpoint/touch.ts";
import { isObject, present, text } from "./read.ts";

/** What an e-mail provider says of one message and one recipient, in one shape for all of them. */
export interface EmailEvent {
  /** The provider's id of the event, or `idOf` what tells it from others. */
  id: string;
  /** As `timeOf` reads it. */
  occurredAt: string | undefined;
  email: string;
  /** The provider's id of the message. */
  message: string | undefined;
  campaign: Campaign | undefined;
}

/** What a click has beside that. */
export interface EmailClick extends EmailEvent {
  /** What was sent to many, where the provider names it; else the message stands for it. */
  mailing?: string | undefined;
  /** Its subject or name. */
  name?: string | undefined;
  url: string | undefined;
  userAgent: string | undefined;
  ip: string | undefined;
  /** What else is worth keeping; members that are undefined are left out. */
  properties: Record<string, unknown>;
}

const upTo = (maximum: number, value: string | undefined): string | undefined => value?.slice(0, maximum);

/** A click as a touch. Texts that are only shown are cut to what a touch takes, so that a long one costs no click. */
export const clickTouch = (click: EmailClick): FactInput => ({
  touch: {
    id: click.id,
    channel: "email_click",
    occurredAt: click.occurredAt,
    identifiers: { email: click.email },
    campaign: click.campaign,
    asset: present({
      id: upTo(300, click.mailing ?? click.message),
      name: upTo(500, click.name),
      url: upTo(4096, click.url),
    }),
    client: present({ userAgent: upTo(1024, click.userAgent), ip: upTo(64, click.ip) }),
    properties: present({ message: click.message, ...click.properties }),
  },
});

const ofMessage = ({ id, occurredAt, email, message, campaign }: EmailEvent, detail: string | undefined) => ({
  id,
  occurredAt,
  identifiers: { email },
  message: upTo(500, message),
  campaign,
  detail: withoutAddresses(detail),
});

/** What became of an e-mail. `bounced` is said only of what is final. @param detail the provider's reason */
export const delivery = (
  event: EmailEvent,
  status: "delivered" | "bounced" | "complained",
  detail?: string,
): FactInput => ({ person: { type: "delivery", status, ...ofMessage(event, detail) } });

/** Whether somebody still allows e-mails. @param detail the provider's reason */
export const emailConsent = (
  event: EmailEvent,
  status: "granted" | "withdrawn",
  detail?: string,
): FactInput => ({ person: { type: "consent", purpose: "email", status, ...ofMessage(event, detail) } });

/** Mail servers quote the recipient in their reasons. */
const withoutAddresses = (detail: string | undefined): string | undefined =>
  detail
    ?.slice(0, 1000)
    .replace(/[^\s<>()"',;:]+@[^\s<>()"',;:]*/g, "…")
    .trim() || undefined;

/** The time at a path, in UTC. One that cannot be read is handed on as it is, so that its item is refused, not misdated. */
export function timeOf(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = text(value, ...path);
  return found === undefined ? undefined : (parseTime(found) ?? found.slice(0, 40));
}

/** An id for an event that has none: the same parts make the same id. */
export const idOf = (...parts: readonly (string | undefined)[]): string =>
  createHash("sha256")
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest("hex")
    .slice(0, 32);

/** The address of `Anna Example <anna@example.com>`, or of an address alone. */
export function addressOf(value: unknown): string | undefined {
  const recipient = text(value);
  if (recipient === undefined) return undefined;
  const open = recipient.lastIndexOf("<");
  const inner = open >= 0 && recipient.endsWith(">") ? recipient.slice(open + 1, -1).trim() : recipient;
  return inner || undefined;
}

/** The items of a body: its elements where it is a list, else itself. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** The JSON that a text holds; undefined where it holds none, or one that nests too deep. */
export function jsonOf(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : parseJson(value);
  } catch {
    return undefined;
  }
}

/** A list, or undefined where it is empty. */
export const nonEmpty = <T>(values: readonly T[]): readonly T[] | undefined =>
  values.length > 0 ? values : undefined;

/** An object that has members and is no list, else undefined; of its members only those that are not named. */
export function labels(value: unknown, without?: ReadonlySet<string>): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).filter(([name]) => !without?.has(name));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
