import * as fc from "fast-check";
import type { Policy } from "../../shared/policy/policy.ts";
import type { PersonFactInput } from "../../shared/touchpoint/person-fact.ts";
import type { TouchpointInput } from "../../shared/touchpoint/touch.ts";
import { arbitraryPolicy } from "../shared/policy/touches.ts";
import { arbitraryFault } from "./runs.ts";
import type { Fault } from "./worker.ts";

export const start = "2026-03-20T12:00:00.000Z";
const hour = 60 * 60_000;

/** What a sender sends: a touch, or another fact about a person. */
export type SentItem = { touch: TouchpointInput } | { person: PersonFactInput };

/** What one sender sends in one request, and how many minutes after the start. */
export interface Request {
  items: SentItem[];
  at: number;
}

/** One delivery of a request: at its time, or again later as a client library does it, with a new `sentAt`. */
export interface Sending {
  request: number;
  /** Minutes after the first delivery; 0 is the first. */
  later: number;
  /** Each item in a message of its own. */
  singly: boolean;
  /** The queue has it, but the sender never hears so. */
  answerLost: boolean;
}

/** What a person said by hand, and what goes wrong while it is kept for the first time. */
export type Word = { fault: Fault | undefined } & (
  | { kind: "hand"; pair: [string, string]; minute: number; act: "separated" | "joined" }
  | { kind: "verdict"; touch: number; minute: number; verdict: "machine" | "human" }
);

export interface Disturbance {
  sendings: Sending[];
  /** Each somewhere between the sendings, in any order. */
  words: { word: number; before: number }[];
  batches: { most: number; fault: Fault | undefined }[];
}

export interface History {
  requests: Request[];
  words: Word[];
  disturbance: Disturbance;
  policy: Policy;
}

const emails = ["ada", "ada.l", "ben", "ben.2", "cy", "dora", "eve"].map((name) => `${name}@buyer.example`);
const nobodys = ["info@buyer.example", "test@buyer.example"];
const crms = ["salesforce:00Q5f00000ABCDE", "hubspot:51", "hubspot:52"];
const users = ["u-1", "u-2", "u-3"];
const browsers = ["browser-1", "browser-2"];

/** `type:value` of identifiers that a person may separate. */
export const names = [
  ...emails.map((value) => `email:${value}`),
  ...crms.map((value) => `crm:${value}`),
  ...users.map((value) => `user:${value}`),
  ...browsers.map((value) => `anonymous:${value}`),
];

const seldom = <T>(freq: number, values: readonly T[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined, freq });

/** Mostly one person's two addresses and account, so that there is something to join; now and then anybody's. */
const identifiers: fc.Arbitrary<TouchpointInput["identifiers"]> = fc
  .record({
    email: fc.oneof(
      { weight: 5, arbitrary: seldom(3, emails.slice(0, 3)) },
      { weight: 3, arbitrary: fc.constantFrom(...emails) },
      { weight: 1, arbitrary: fc.constantFrom(...nobodys) },
    ),
    crm: seldom(1, crms),
    user: seldom(1, users),
    anonymous: seldom(1, browsers),
  })
  .map((all) => {
    const named = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return Object.keys(named).length > 0 ? named : { email: " Ada@Buyer.example" };
  });

const hours = fc.option(fc.integer({ min: -200, max: 2 }), { nil: undefined, freq: 4 });
const timeOf = (hours: number | undefined): string | undefined =>
  hours === undefined ? undefined : new Date(Date.parse(start) + hours * hour).toISOString();

/**
 * What has no time of its own has that of its acceptance, and a resend a later one. Of a touch and of a link the first counts; of a
 * browser that several share every sighting does, so that who sends it again was there again.
 */
const withoutBrowser = (
  hours: number | undefined,
  { anonymous, ...rest }: TouchpointInput["identifiers"],
): TouchpointInput["identifiers"] =>
  hours !== undefined
    ? { ...rest, ...(anonymous && { anonymous }) }
    : Object.keys(rest).length > 0
      ? rest
      : { email: "ada@buyer.example" };

/** Items that meet in every way: ids used twice, for the same and for other content, with and without times. */
const touch: fc.Arbitrary<SentItem> = fc
  .record({
    id: fc.option(
      fc.integer({ min: 0, max: 5 }).map((id) => `m-${id}`),
      { nil: undefined, freq: 6 },
    ),
    hours,
    channel: fc.constantFrom("form", "check_in", "email_click"),
    identifiers,
    campaign: fc.constantFrom(undefined, { id: "c1" }, { name: "Spring Sale" }),
    traits: fc.constantFrom(undefined, { firstName: "Ada" }, { firstName: "A.", company: "Buyer" }),
  })
  .map(({ id, hours, channel, identifiers, campaign, traits }) => ({
    touch: {
      // An item with neither id nor time is another touch at every acceptance: no two runs can have the same.
      id: id ?? (hours === undefined ? "m-0" : undefined),
      occurredAt: timeOf(hours),
      channel: channel as TouchpointInput["channel"],
      identifiers: withoutBrowser(hours, identifiers),
      ...(campaign && { campaign }),
      ...(traits && { traits }),
    },
  }));

const personFact: fc.Arbitrary<SentItem> = fc
  .record({
    id: fc.integer({ min: 0, max: 5 }).map((id) => `m-${id}`),
    hours,
    identifiers,
    also: identifiers,
    type: fc.constantFrom("link", "link", "cancellation", "traits", "consent"),
  })
  .map(({ id, hours, identifiers, also, type }) => {
    const own = withoutBrowser(hours, identifiers);
    const common = { id: `${type}-${id}`, occurredAt: timeOf(hours), identifiers: own };
    if (type === "link") return { person: { ...common, type, also: withoutBrowser(hours, also) } };
    // One without a time is shown at that of its last delivery.
    if (type === "cancellation")
      return { person: { ...common, occurredAt: timeOf(Math.min(hours ?? 0, 0)), type, of: id } };
    if (type === "traits") return { person: { ...common, type, traits: { lastName: "Lovelace" } } };
    return { person: { ...common, type: "consent", purpose: "email", status: "withdrawn" } };
  });

/** A browser that more people use than a browser may. */
const kiosk = fc.nat(3).map((more) =>
  Array.from(
    { length: 19 + more },
    (_, index): SentItem => ({
      touch: {
        id: `kiosk-${index}`,
        channel: "check_in",
        occurredAt: timeOf(-index),
        identifiers: { email: `visitor-${index}@buyer.example`, anonymous: browsers[0]! },
      },
    }),
  ),
);

const items = fc.array(fc.oneof({ weight: 3, arbitrary: touch }, { weight: 1, arbitrary: personFact }), {
  minLength: 1,
  maxLength: 5,
});
const at = fc.nat(120);
const arbitraryRequests = (kiosks: number): fc.Arbitrary<Request[]> =>
  fc.array(
    fc.oneof(
      { weight: 100, arbitrary: fc.record({ items, at }) },
      { weight: kiosks, arbitrary: fc.record({ items: kiosk, at }) },
    ),
    { minLength: 1, maxLength: 4 },
  );

const minute = fc.nat(300);
const arbitraryWords: fc.Arbitrary<Word[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("hand" as const),
      pair: fc
        .shuffledSubarray(names, { minLength: 2, maxLength: 2 })
        .map((pair) => pair as [string, string]),
      minute,
      act: fc.constantFrom("separated", "separated", "joined"),
      fault: arbitraryFault(3),
    }),
    fc.record({
      kind: fc.constant("verdict" as const),
      touch: fc.nat(9),
      minute,
      verdict: fc.constantFrom("machine", "machine", "human"),
      fault: arbitraryFault(3),
    }),
  ),
  { maxLength: 4 },
);

const arbitraryDisturbance = (requests: number, words: number): fc.Arbitrary<Disturbance> => {
  const how = { singly: fc.boolean(), answerLost: fc.boolean() };
  const first = fc.tuple(
    ...Array.from({ length: requests }, (_, request) =>
      fc.record({ request: fc.constant(request), later: fc.constant(0), ...how }),
    ),
  );
  const again = fc.array(
    fc.record({ request: fc.nat(requests - 1), later: fc.integer({ min: 1, max: 600 }), ...how }),
    { maxLength: 3 },
  );
  const spoken = fc.tuple(
    ...Array.from({ length: words }, (_, word) =>
      fc.record({ word: fc.constant(word), before: fc.nat(requests + 1) }),
    ),
  );
  return fc.tuple(first, again, spoken).chain(([originals, resends, words]) => {
    const all = [...originals, ...resends];
    return fc.record({
      sendings: fc.shuffledSubarray(all, { minLength: all.length }),
      words: fc.shuffledSubarray(words, { minLength: words.length }),
      batches: fc.array(fc.record({ most: fc.integer({ min: 1, max: 10 }), fault: arbitraryFault(4) }), {
        maxLength: 4,
      }),
    });
  });
};

/** Without the signs of a machine, so that an oracle that knows none of them can judge. */
const unsuspecting: Policy["machineClicks"] = {
  scannerAgents: false,
  headRequests: false,
  atDeliverySeconds: null,
  burstSeconds: null,
  burstLinks: 2,
  honeypotSeconds: null,
  sharedAddress: null,
};

/** Made once: a policy costs more than the rest of a history. */
const policies = fc
  .sample(arbitraryPolicy, { numRuns: 300, seed: 1 })
  .map((policy): Policy => ({ ...policy, machineClicks: unsuspecting }));

/** @param kiosks how many of a hundred requests are a kiosk's crowd */
export const arbitraryHistories = (kiosks: number): fc.Arbitrary<History> =>
  fc.tuple(arbitraryRequests(kiosks), arbitraryWords).chain(([requests, words]) =>
    fc.record({
      requests: fc.constant(requests),
      words: fc.constant(words),
      disturbance: arbitraryDisturbance(requests.length, words.length),
      policy: fc.constantFrom(...policies),
    }),
  );
