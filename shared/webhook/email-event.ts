import { createHash } from "node:crypto";
import { parseJson } from "../request/json.ts";
import { parseTime } from "../request/time.ts";
import { type FactInput, type Finding, unusable } from "../touchpoint/finding.ts";
import type { Campaign } from "../touchpoint/touch.ts";
import { cut, isObject, present, text } from "./read.ts";

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

/** A click as a touch. Texts that are only shown are cut to what a touch takes, so that a long one costs no click. */
export const clickTouch = (click: EmailClick): FactInput => ({
  touch: {
    id: click.id,
    channel: "email_click",
    occurredAt: click.occurredAt,
    identifiers: { email: click.email },
    campaign: click.campaign,
    asset: present({
      id: cut(click.mailing ?? click.message, 300),
      name: cut(click.name, 500),
      url: cut(click.url, 4096),
    }),
    client: present({ userAgent: cut(click.userAgent, 1024), ip: cut(click.ip, 64) }),
    properties: present({ message: click.message, ...click.properties }),
  },
});

const ofMessage = ({ id, occurredAt, email, message, campaign }: EmailEvent, detail: string | undefined) => ({
  id,
  occurredAt,
  identifiers: { email },
  message: cut(message, 500),
  campaign,
  detail: detail && cut(withoutAddresses(detail), 1000)?.trim(),
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

/** Mail servers quote the recipient in their reasons. Word by word: to look for the sign itself takes the square of a word's length. */
const withoutAddresses = (detail: string): string =>
  detail.replace(/[^\s<>()"',;:]+/g, (word) => (word.lastIndexOf("@") > 0 ? "…" : word)).trim();

/** An event whose message went to one recipient or several. */
export interface MailedEvent<Recipient extends { email: string }> {
  item: unknown;
  /** Where the provider says who the recipients are. */
  field: string;
  event: Omit<EmailEvent, "email">;
  recipients: readonly Recipient[];
}

/**
 * A fact for each recipient, with an id of its own.
 * @param several whether the event is of each of them; else it is of one, and where there are several nobody knows of which
 */
export function factsFor<Recipient extends { email: string }>(
  { item, field, event, recipients }: MailedEvent<Recipient>,
  several: "each" | "one only",
  fact: (event: EmailEvent, recipient: Recipient) => FactInput,
): Finding {
  if (recipients.length === 0)
    return unusable(item, "missing_recipient", field, "the event has no recipient");
  if (several === "one only" && recipients.length > 1) {
    const detail = "the message went to several recipients, and the event does not say which of them it was";
    return unusable(item, "several_recipients", field, detail);
  }
  const facts = recipients.map((recipient, index) => {
    const id = index === 0 ? event.id : `${event.id}:${index}`;
    return fact({ ...event, id, email: recipient.email }, recipient);
  });
  return { item, facts };
}

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
