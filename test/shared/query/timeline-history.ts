import * as fc from "fast-check";
import { expect } from "vitest";
import { defaultPolicy, type Policy, starterPolicy } from "../../../shared/policy/policy.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { lateItem } from "../../../shared/store/id-digest.ts";
import { type Item, putAll, type Table } from "../../../shared/store/table.ts";
import { putPersonVerdict } from "../../../shared/store/verdicts.ts";
import type { PersonFact } from "../../../shared/touchpoint/person-fact.ts";
import { channels, type Touch, type Traits } from "../../../shared/touchpoint/touch.ts";
import { arbitraryInstant, arbitraryPolicy, rarely } from "../policy/touches.ts";

const id = (digit: number): string => `${digit}0000000-0000-5000-8000-000000000000`;
/** Two addresses of one person with an account, and another person; a browser that both use. */
export const [ada, account, browser, bob, home] = [id(1), id(2), id(3), id(4), id(5)] as const;
const addresses: Record<string, string> = {
  [ada]: "ada@buyer.example",
  [home]: "ada@home.example",
  [bob]: "bob@buyer.example",
};

/** Few of them, and fewer by their first digits, so that repetitions, contradictions and false alarms abound. */
export const touchId = (number: number): string =>
  `0000000${number % 5}-0000-5000-8000-${String(number).padStart(12, "0")}`;

export interface Arrival {
  touch: Touch;
  ids: Record<string, string>;
}

/** Rare, so that the latest of a kind is often far back. */
const arbitraryTraits: fc.Arbitrary<Traits | undefined> = rarely<Traits | undefined>(
  undefined,
  { firstName: "Ada" },
  { firstName: "Augusta", jobTitle: "Countess" },
  { company: "Analytical" },
  { country: " " },
);

const arbitraryArrival: fc.Arbitrary<Arrival> = fc
  .record({
    number: fc.nat(40),
    hash16: fc.constantFrom("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"),
    at: arbitraryInstant,
    seconds: fc.nat(4),
    channel: fc.constantFrom(...channels, "email_click" as const, "email_click" as const),
    direction: rarely<"inbound" | "outbound">("inbound", "outbound"),
    source: fc.constantFrom("website", "events"),
    who: fc.constantFrom(
      ...["ada", "ada", "account", "browser", "both", "bob", "adaOnBrowser", "bobOnBrowser"],
      ...["home", "homeAndAccount"],
    ),
    campaign: fc.constantFrom(undefined, { id: "c1" }, { name: "Spring Sale" }, { name: "b" }),
    url: fc.constantFrom("https://a.example", "https://b.example"),
    honeypot: rarely(false, true),
    traits: arbitraryTraits,
  })
  .map(({ number, at, seconds, who, campaign, url, honeypot, channel, ...facts }) => {
    const occurredAt = new Date(at + seconds * 1000).toISOString();
    const ids: Record<string, string> = {
      ...(["ada", "both", "adaOnBrowser"].includes(who) && { email: ada }),
      ...(who.startsWith("bob") && { email: bob }),
      ...(who.startsWith("home") && { email: home }),
      ...(["account", "both", "homeAndAccount"].includes(who) && { crm: account }),
      ...(who.toLowerCase().includes("browser") && { anonymous: browser }),
    };
    const values = { email: addresses[ids.email ?? ""], crm: "hubspot:1", anonymous: "browser-1" };
    const touch: Touch = {
      ...facts,
      channel,
      identifierId: ids.email ?? ids.crm ?? browser,
      touchId: touchId(number),
      occurredAt,
      receivedAt: occurredAt,
      identifiers: Object.fromEntries(
        Object.keys(ids).map((type) => [type, values[type as keyof typeof values]!]),
      ),
      ...(campaign && { campaign }),
      asset: { url },
      ...(channel === "email_click" && {
        client: { ip: "192.0.2.1" },
        properties: { message: "m1", ...(honeypot && { honeypot: true }) },
      }),
    };
    return { touch, ids };
  });

const arbitraryFact: fc.Arbitrary<PersonFact> = fc
  .record({
    type: fc.constantFrom(...(["cancellation", "consent", "delivery", "traits"] as const)),
    number: fc.nat(40),
    at: arbitraryInstant,
    who: fc.constantFrom(ada, account),
  })
  .map(({ type, number, at, who }): PersonFact => {
    const occurredAt = new Date(at).toISOString();
    const stored = {
      identifierId: who,
      factId: touchId(number),
      hash16: "aaaaaaaaaaaaaaaa",
      occurredAt,
      receivedAt: occurredAt,
      source: "website",
      identifiers: {},
    };
    if (type === "cancellation") return { ...stored, type, touchId: touchId(number) };
    if (type === "consent") return { ...stored, type, purpose: "email", status: "withdrawn" };
    if (type === "traits") return { ...stored, type, traits: { firstName: "A." } };
    return { ...stored, type, status: "delivered", message: "m1" };
  });

export const arbitraryHistory = fc.record({
  arrivals: fc.array(arbitraryArrival, { maxLength: 50, size: "max" }),
  late: fc.array(arbitraryArrival, { maxLength: 12, size: "max" }),
  facts: fc.array(arbitraryFact, { maxLength: 6 }),
  verdicts: fc.array(fc.tuple(fc.nat(40), fc.constantFrom("human" as const, "machine" as const)), {
    maxLength: 4,
  }),
  policy: fc.oneof(
    arbitraryPolicy,
    fc.constant<Policy>({ ...defaultPolicy, windowDays: 20 }),
    fc.constant<Policy>({ ...starterPolicy, windowDays: 20 }),
  ),
  now: arbitraryInstant,
  limit: fc.integer({ min: 1, max: 12 }),
  query: fc.record(
    {
      channel: fc.constantFrom("form", "email_click"),
      campaign: fc.constantFrom("c1", "spring-sale"),
      counted: fc.constantFrom("true", "false"),
      from: fc.constantFrom("2010-11-01", "2010-11-07T02:00:00.000Z"),
      to: fc.constantFrom("2010-11-08", "2010-11-20T10:00:00.000Z"),
    },
    { requiredKeys: [] },
  ),
  page: fc.constantFrom(1, 4, 12, 100),
  /** How long until more arrives, in minutes: within the hour, and when what is kept is settled. */
  pause: fc.constantFrom(20, 90, 30 * 60),
});

export type History = typeof arbitraryHistory extends fc.Arbitrary<infer Value> ? Value : never;

/** As the function that processes touches keeps them. */
export async function arrive(table: Table, arrivals: readonly Arrival[], now: Date): Promise<void> {
  const items = new Map<string, Item>();
  const keep = (item: Item | undefined) => item && items.set(`${item.pk} ${item.sk}`, item);
  for (const { touch, ids } of arrivals) {
    for (const item of itemsOf({ kind: "touch", touch, identifierIds: ids })) keep(item);
    keep(lateItem(touch.identifierId, touch.occurredAt, now));
  }
  expect(await putAll(table, [...items.values()])).toEqual(new Set());
}

/** The facts and verdicts of a history, as they are kept. */
export async function tell(
  table: Table,
  { facts, verdicts }: Pick<History, "facts" | "verdicts">,
  now: Date,
): Promise<void> {
  const items = facts.flatMap((fact) => itemsOf({ kind: "person", fact, seen: [] }));
  const distinct = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  expect(await putAll(table, [...distinct.values()])).toEqual(new Set());
  for (const [number, verdict] of verdicts) {
    const said = { touchId: touchId(number), verdict, by: "person", reason: "x", id: "1" } as const;
    await putPersonVerdict(table, ada, { ...said, at: now.toISOString(), who: "" }, now);
  }
}
