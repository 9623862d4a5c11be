import * as z from "zod/mini";
import { normalised } from "../touchpoint/reception.ts";
import type { Identifiers } from "../touchpoint/touch.ts";
import { cleanAmount, isPlainAmount } from "./deal-amount.ts";
import { readListTime } from "./list-time.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import { cleanText } from "./text.ts";
import { withoutNulls } from "./without-nulls.ts";

const text = (maximum: number) => z.string().check(z.maxLength(maximum));
const named = (maximum: number) =>
  z.string().check(z.overwrite(cleanText), z.minLength(1), z.maxLength(maximum));
/** What is about the deal and not about anybody: nobody would look for an address there who takes out what is held of a person. */
const impersonal = (maximum: number) =>
  named(maximum).check(
    z.refine<string>((value) => !/\S@\S/.test(value), { error: "must hold no e-mail address" }),
  );
const time = z.optional(z.union([text(60), z.number()]));

const currencies = new Set(Intl.supportedValuesOf("currency"));

/** Whether a text is a currency's code of ISO 4217. */
export const isCurrency = (code: string): boolean => currencies.has(code);

/** Somebody on the buyer's side. At least one identifier is needed. */
const dealContactSchema = z.strictObject({
  email: z.optional(text(320)),
  crm: z.optional(text(200)),
  user: z.optional(text(200)),
  role: z.optional(z.string().check(z.overwrite(cleanText), z.maxLength(100))),
});

/** Contacts of one deal. */
export const mostContacts = 100;

const dealFields = {
  /** In your CRM's words; whether the deal is open, won or lost follows from it. */
  stage: impersonal(200),
  /** A decimal number as text: `"1234.50"`. */
  amount: z.optional(
    z
      .string({ error: 'must be a decimal number as text, such as "1234.50": a JSON number can lose cents' })
      .check(
        z.overwrite((value: string) => cleanAmount(value.trim())),
        z.refine<string>(isPlainAmount, {
          error: 'must be a decimal number such as "1234.50", of up to 18 digits and 6 decimals',
        }),
      ),
  ),
  /** ISO 4217. */
  currency: z.optional(
    z.string().check(
      z.overwrite((value: string) => value.trim().toUpperCase()),
      z.refine<string>(isCurrency, { error: "must be a currency's code of ISO 4217, such as EUR" }),
    ),
  ),
  createdAt: time,
  /** When it ended; of an open deal only when it is expected to. */
  closedAt: time,
  /** Whose deal it is, as they are called at sales. */
  owner: z.optional(named(200)),
  contacts: z._default(z.array(dealContactSchema).check(z.maxLength(mostContacts)), () => []),
};

const id = z.union([impersonal(200), z.int()]);

/** What `PUT /v1/deals/{id}` takes. */
export const dealSchema = z.strictObject({
  id: z.optional(id),
  ...dealFields,
  /** Of several words on a deal the latest holds; now where it is left out. */
  updatedAt: time,
});

/** One of `POST /v1/deals`. */
export const bulkDealSchema = z.strictObject({
  id,
  ...dealFields,
  updatedAt: z.union([text(60), z.number()]),
});

/** Somebody named in a deal, by normalised identifiers. */
export interface NamedContact {
  identifiers: Identifiers;
  role?: string;
}

/** What was said of a deal, checked and in one spelling; times are ISO 8601 UTC. */
export interface SaidDeal {
  id: string;
  stage: string;
  amount?: string;
  currency?: string;
  createdAt?: string;
  closedAt?: string;
  owner?: string;
  contacts: NamedContact[];
  updatedAt: string;
}

/** A sender's clock may be this far ahead before its time is set to the arrival. */
const allowedAhead = 5 * 60 * 1000;

/** The one spelling of a deal's id: Salesforce's ids of 18 characters are cut to the 15 that are case-sensitive and unique. */
export const normaliseDealId = (sent: string): string => {
  const clean = cleanText(sent);
  return /^006[a-z0-9]{15}$/i.test(clean) ? clean.slice(0, 15) : clean;
};

/**
 * Reads a deal as it was sent. A member that is null counts as not sent. A day without a clock is its beginning, in UTC.
 * @param path of a deal that the path names, its id; without it the id is in the deal, and so is `updatedAt`
 * @param now when it arrived
 */
export function dealFrom(
  sent: unknown,
  now: Date,
  path?: { id: string },
): { deal: SaidDeal } | { refusal: Refusal } {
  const schema = path ? dealSchema : bulkDealSchema;
  const parsed = z.safeParse(schema, cleared(sent));
  if (!parsed.success) return { refusal: refusalOf(parsed.error.issues, "a deal") };
  const { id: sentId, contacts, createdAt, closedAt, updatedAt, ...rest } = parsed.data;
  const id = normaliseDealId(String(path?.id ?? sentId));
  const named = z.safeParse(impersonal(200), id);
  if (!named.success)
    return refuse("invalid_field", "id", "must have 1 to 200 characters and hold no e-mail address");
  if (path && sentId !== undefined && normaliseDealId(String(sentId)) !== id)
    return refuse("other_id", "id", "the path names another deal");
  const times: Partial<Record<"createdAt" | "closedAt" | "updatedAt", string>> = {};
  for (const [field, said] of Object.entries({ createdAt, closedAt, updatedAt })) {
    const read = timeOf(field, said);
    if ("refusal" in read) return read;
    if (read.time !== undefined) times[field as keyof typeof times] = read.time;
  }
  const people = contactsFrom(contacts);
  if ("refusal" in people) return people;
  const arrival = now.toISOString();
  const said = times.updatedAt ?? arrival;
  const isAhead = Date.parse(said) - now.getTime() > allowedAhead;
  return {
    deal: { ...defined(rest), id, ...times, contacts: people.contacts, updatedAt: isAhead ? arrival : said },
  };
}

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

/** Without what is null, in its contacts too. */
function cleared(sent: unknown): unknown {
  const deal = withoutNulls(sent);
  if (deal === null || typeof deal !== "object" || Array.isArray(deal)) return deal;
  const { contacts } = deal as { contacts?: unknown };
  return Array.isArray(contacts) ? { ...deal, contacts: contacts.map(withoutNulls) } : deal;
}

const defined = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;

function timeOf(
  field: string,
  said: string | number | undefined,
): { time: string | undefined } | { refusal: Refusal } {
  if (said === undefined || said === "") return { time: undefined };
  const words = String(said).trim();
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(words);
  const read = readListTime({ both: { text: words } }, isDay ? { timeZone: "UTC" } : {});
  if ("time" in read) return read;
  return refuse("invalid_time", field, "ISO 8601 with a time zone is needed, such as 2026-11-21T10:00:00Z");
}

/** Each person once: of one that is named twice the first role stands. In an order that follows from who they are. */
function contactsFrom(
  sent: readonly z.infer<typeof dealContactSchema>[],
): { contacts: NamedContact[] } | { refusal: Refusal } {
  const contacts = new Map<string, NamedContact>();
  for (const [index, { role, ...said }] of sent.entries()) {
    const read = normalised(said);
    if ("refusal" in read) {
      const field = read.refusal.field.replace(/^identifiers/, `contacts.${index}`);
      return { refusal: { ...read.refusal, field } };
    }
    const { email, crm, user } = read.identifiers;
    if (email === undefined && crm === undefined && user === undefined)
      return refuse("no_identifier", `contacts.${index}`, "an email, crm or user is needed");
    const key = JSON.stringify([email, crm, user]);
    const known = contacts.get(key);
    if (!known || known.role === undefined)
      contacts.set(key, { identifiers: read.identifiers, ...(role && { role }) });
  }
  const inOrder = [...contacts].sort(([a], [b]) => (a < b ? -1 : 1));
  return { contacts: inOrder.map(([, contact]) => contact) };
}
