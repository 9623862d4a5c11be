import * as fc from "fast-check";
import type { PersonFacts } from "../../../shared/policy/evaluate.ts";
import { type Policy, parsePolicy } from "../../../shared/policy/policy.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { channels, directions, type Touch } from "../../../shared/touchpoint/touch.ts";

/** An inbound form of a campaign of its own, unless told otherwise. */
export function aTouch(
  touchId: string,
  occurredAt: string,
  facts: Partial<TimelineTouch> = {},
): TimelineTouch {
  const at = new Date(occurredAt).toISOString();
  return {
    identifierId: "9f0c6a52-0000-5000-8000-000000000001",
    touchId,
    hash16: "00000000000000aa",
    channel: "form",
    direction: "inbound",
    occurredAt: at,
    receivedAt: at,
    source: "website",
    identifiers: { email: "ada@buyer.example" },
    campaign: { name: `Campaign of ${touchId}` },
    conflict: false,
    ...facts,
  };
}

/** One touch a day at noon UTC, the first on the given date. */
export function daily(count: number, firstDate: string, facts: Partial<TimelineTouch> = {}): TimelineTouch[] {
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(`${firstDate}T12:00:00Z`);
    at.setUTCDate(at.getUTCDate() + index);
    return aTouch(`${firstDate}-${String(index).padStart(3, "0")}`, at.toISOString(), facts);
  });
}

/** A policy that must be valid. */
export function aPolicy(input: unknown): Policy {
  const result = parsePolicy(input);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.policy;
}

export const somebody: PersonFacts = {
  emails: ["ada@buyer.example"],
  unsubscribed: false,
  doNotContact: false,
};

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/St_Johns",
  "Asia/Beirut",
  "Pacific/Apia",
  "America/Sao_Paulo",
];

/** Around a daylight saving change of St. John's, which took the clock back over midnight until 2011. */
const base = Date.parse("2010-10-20T00:00:00Z");
export const arbitraryInstant = fc
  .oneof(
    fc.integer({ min: 0, max: 40 * 24 * 60 }),
    fc.integer({ min: 16 * 24 * 60, max: 20 * 24 * 60 }),
    fc.constantFrom(...Array.from({ length: 40 }, (_, day) => day * 24 * 60)),
  )
  .map((minutes) => base + minutes * 60_000);

/** Mostly the first, else one of the others: so that exclusions leave something to count. */
export const rarely = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(...others) },
  );

/** Stored touches that collide in every way: same ids, same hashes, same times, same campaigns spelt differently. */
export const arbitraryTouch: fc.Arbitrary<Touch> = fc
  .record({
    touchId: fc.integer({ min: 0, max: 150 }).map((id) => `touch-${id}`),
    hash16: fc.constantFrom("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"),
    at: arbitraryInstant,
    delay: fc.integer({ min: 0, max: 100_000 }),
    channel: fc.constantFrom(...channels),
    direction: fc.constantFrom(...directions, ...Array<"inbound">(6).fill("inbound")),
    source: fc.constantFrom("website", "events"),
    email: rarely("ada@buyer.example", undefined, "info@buyer.example", "ada@eu.rival.example"),
    campaign: fc.constantFrom(
      undefined,
      { id: "c1" },
      { name: "Spring Sale" },
      { name: "spring_sale" },
      { name: "b" },
    ),
    asset: rarely(
      undefined,
      { id: "a1", name: "Demo request" },
      { id: "a2", url: "https://www.example.com/Demo?x=1" },
    ),
  })
  .map(({ at, delay, email, campaign, asset, ...facts }) => ({
    ...facts,
    identifierId: "9f0c6a52-0000-5000-8000-000000000001",
    occurredAt: new Date(at).toISOString(),
    receivedAt: new Date(at + delay).toISOString(),
    identifiers: email === undefined ? {} : { email },
    ...(campaign ? { campaign } : {}),
    ...(asset ? { asset } : {}),
  }));

export const arbitraryTouches = fc.array(arbitraryTouch, { maxLength: 40, size: "max" });

const weight = fc.constantFrom(0, 0.1, 0.5, 1, 1, 3);
const cap = fc.constantFrom(null, null, 1, 2, 3);

const oneOrMore = <T>(...values: T[]): fc.Arbitrary<T | T[]> =>
  fc.oneof(fc.constantFrom(...values), fc.subarray(values, { minLength: 1 }));

/** Rules about touches, those that name nothing left out. */
const rulesWith = <T extends object>(more: fc.Arbitrary<T>, maxLength: number) =>
  fc
    .array(
      fc.tuple(
        fc.record(
          {
            channel: oneOrMore(...channels),
            asset: oneOrMore("demo*", "*/demo?*", "A1", " *request", "nothing"),
            campaign: oneOrMore("C1", "spring sale", "SPRING_*", "*", "*b*"),
            source: oneOrMore("web*", "events"),
          },
          { requiredKeys: [] },
        ),
        more,
      ),
      { maxLength },
    )
    .map((rules) =>
      rules.flatMap(([rule, more]) => (Object.keys(rule).length > 0 ? [{ ...rule, ...more }] : [])),
    );

/** Policies tight enough that the touches above reach some of them, at once or late. */
export const arbitraryPolicy: fc.Arbitrary<Policy> = fc
  .record({
    threshold: fc.constantFrom(0.3, 1, 1, 2, 3, 5, 8),
    windowDays: fc.constantFrom(1, 3, 10, 20, 30, 60),
    timeZone: fc.constantFrom(...zones),
    form: fc.constantFrom(0.1, 1, 3),
    check_in: weight,
    email_click: weight,
    page: weight,
    oncePer: fc.subarray(["channel", "campaign", "day", "source"]),
    direction: fc.constantFrom("inbound", "any"),
    minChannels: fc.constantFrom(1, 1, 2, 3),
    minDays: fc.constantFrom(1, 1, 2, 3),
    maxPerCampaign: cap,
    clickCap: cap,
    formCap: cap,
    maxPerSourcePerDay: cap,
    excluded: fc.subarray(["machine", "roleAddresses", "unsubscribed", "doNotContact"]),
    domains: rarely<string[]>([], ["rival.example"], ["buyer.example"]),
    internalDomains: rarely<string[]>([], ["eu.rival.example"]),
    weights: rulesWith(fc.record({ points: fc.constantFrom(0, 0.2, 1, 2) }), 3),
    fastTrack: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: rulesWith(fc.record({ name: fc.constantFrom("demo", "meeting") }), 2) },
    ),
  })
  .map(
    ({
      form,
      check_in,
      email_click,
      page,
      clickCap,
      formCap,
      excluded,
      domains,
      internalDomains,
      ...rest
    }) => ({
      ...rest,
      minDays: Math.min(rest.minDays, rest.windowDays),
      channels: { form, check_in, email_click, page },
      maxPerChannel: { ...(clickCap && { email_click: clickCap }), ...(formCap && { form: formCap }) },
      exclude: {
        ...Object.fromEntries(
          ["machine", "roleAddresses", "unsubscribed", "doNotContact"].map((name) => [
            name,
            excluded.includes(name),
          ]),
        ),
        domains,
        internalDomains,
      },
    }),
  )
  // Where weights leave too few channels that earn, the channels earn by themselves.
  .map((input) => aPolicy("issues" in parsePolicy(input) ? { ...input, weights: [] } : input));

export const arbitraryPerson: fc.Arbitrary<PersonFacts> = fc.record({
  emails: fc.constantFrom<string[]>([], ["ada@buyer.example"], ["ada@buyer.example", "info@buyer.example"]),
  unsubscribed: rarely(false, true),
  doNotContact: rarely(false, true),
});
