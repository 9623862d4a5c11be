import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import type { QuarantineFact } from "../../shared/touchpoint/message.ts";
import type { TouchpointInput } from "../../shared/touchpoint/touch.ts";
import { arbitraryFault } from "./runs.ts";
import type { Fault } from "./worker.ts";

/** Values that are written in many ways: each has what some encoding has to escape. */
export const pool = {
  email: ["jörg+p@first.example", "ada@second.example", "info@third.example", "o'neil@fourth.example"],
  crm: ["salesforce:00Q5f00000PPPPP", "hubspot:12/3"],
  user: ["konto 77/ä", "ada-7"],
  anonymous: ["browser-1", "browser-2"],
} as const;
type Type = keyof typeof pool;

/** Of every identifier: what a person of that name would be called and phoned at, found in nothing else. */
export const nameOf = (type: Type, value: string): string =>
  `Zoë ${type} ${(pool[type] as readonly string[]).indexOf(value)}`;
export const phoneOf = (type: Type, value: string): string =>
  `+49 171 55${type.length}${(pool[type] as readonly string[]).indexOf(value)}77`;

/** One item of a sender. */
export interface SentItem {
  identifiers: TouchpointInput["identifiers"];
  hour: number;
  channel: "form" | "email_click";
  kind: "touch" | "traits" | "delivered";
}

/** Something that cannot be used, about one identifier or two. */
export interface Unusable {
  about: [Type, number][];
  shape: "json" | "form" | "base64" | "gzip" | "multipart" | "batch" | "poison";
  /** Bodies over 100 KB are files. */
  large: boolean;
}

/** A deal that names people; told once more, changed, while the erasure is on its way. */
export interface ToldDeal {
  named: [Exclude<Type, "anonymous">, string][];
  inFlight: boolean;
}

/** An erasure that is asked for: of whom, by which item and which of its identifiers, and what goes wrong in its work. */
export interface Asked {
  which: number;
  nth: number;
  faults: (Fault | undefined)[];
}

/** What happens, and the erasures of which each is tried in a world of its own: so many histories with one beginning. */
export interface History {
  items: SentItem[];
  unusable: Unusable[];
  separated: [string, string][];
  deals: ToldDeal[];
  /** Days between what was sent first and the nights before the erasure, each an hour long. */
  days: number;
  nights: number;
  /** A further night that is on its way: what happens to the workers of those of its messages that come before the erasure. */
  begun: (Fault | undefined)[] | undefined;
  /** Those of the items and of the unusable that are in flight meanwhile: sent again, or under another id. */
  inFlight: { which: number; again: boolean }[];
  unusableInFlight: number;
  /** Whether those are written by a process that does not know of the erasure yet. */
  stale: boolean;
  /** Whether the erasure is carried out before those are written. */
  early: boolean;
  /** Whether those are sent again when nights look after this erasure no more. */
  late: boolean;
  erasures: Asked[];
}

/** Whoever is sent first, is so within so many hours. */
export const firstHours = 18;

/** Who is in a history and how much happens in it, at most. */
interface Cast {
  values: { [type in Type]: readonly string[] };
  items: number;
  unusable: number;
  inFlight: number;
  separated: number;
  faults: number;
  /** One of so many bodies is large. */
  largeOf: number;
  /** One of so many histories is long: with nights before the erasure, on their way meanwhile, or long after it. */
  longOf: number;
  /** One of so many has its erasure long after its window and after the longest wait in a queue. */
  lateOf: number;
}

/** Two people with a thing or two in common, so that each history is a matter of milliseconds. */
const pair: Cast = {
  values: {
    email: ["jörg+p@first.example", "ada@second.example"],
    crm: ["salesforce:00Q5f00000PPPPP"],
    user: ["ada-7"],
    anonymous: ["browser-1"],
  },
  items: 4,
  unusable: 1,
  inFlight: 2,
  separated: 1,
  faults: 2,
  largeOf: 40,
  longOf: 8,
  lateOf: 8,
};

/** As few identifiers as make most of what happens be about the same people. */
const few: Cast = {
  values: {
    email: ["jörg+p@first.example", "o'neil@fourth.example"],
    crm: ["hubspot:12/3"],
    user: ["konto 77/ä"],
    anonymous: pool.anonymous,
  },
  items: 4,
  unusable: 2,
  inFlight: 2,
  separated: 1,
  faults: 2,
  largeOf: 40,
  longOf: 8,
  lateOf: 8,
};

const many: Cast = {
  values: pool,
  items: 12,
  unusable: 4,
  inFlight: 4,
  separated: 2,
  faults: 3,
  largeOf: 20,
  longOf: 2,
  lateOf: 3,
};

const oneOf = (times: number): fc.Arbitrary<boolean> =>
  fc.integer({ min: 1, max: times }).map((one) => one === times);

type Identifiers = TouchpointInput["identifiers"];

/** Often those of one browser: who used it alone is told by whom it was seen with, and when. */
const identifiersOf = ({ values }: Cast): fc.Arbitrary<Identifiers> => {
  const email = fc.constantFrom(...values.email);
  const anonymous = fc.constantFrom(...values.anonymous);
  const any = fc
    .record({
      email: fc.option(email, { freq: 4 }),
      crm: fc.option(fc.constantFrom(...values.crm), { freq: 2 }),
      user: fc.option(fc.constantFrom(...values.user), { freq: 2 }),
      anonymous: fc.option(anonymous, { freq: 2 }),
    })
    .map(
      (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as Identifiers,
    )
    .filter((some) => Object.keys(some).length > 0);
  return fc.oneof(
    { weight: 3, arbitrary: any },
    { weight: 2, arbitrary: fc.record({ email, anonymous }) },
    { weight: 2, arbitrary: fc.record({ anonymous }) },
  );
};

const itemOf = (cast: Cast): fc.Arbitrary<SentItem> =>
  fc.record({
    identifiers: identifiersOf(cast),
    hour: fc.nat(firstHours - 1),
    channel: fc.constantFrom("form", "email_click"),
    kind: fc.constantFrom("touch", "touch", "touch", "touch", "traits", "delivered"),
  });

const anyoneOf = ({ values }: Cast): fc.Arbitrary<[Type, number]> =>
  fc
    .constantFrom<Type>("email", "crm", "user", "anonymous")
    .chain((type) =>
      fc.tuple(
        fc.constant(type),
        fc.constantFrom(...values[type].map((value) => (pool[type] as readonly string[]).indexOf(value))),
      ),
    );

const unusableOf = (cast: Cast): fc.Arbitrary<Unusable> =>
  fc.record({
    about: fc.array(anyoneOf(cast), { minLength: 1, maxLength: 2 }),
    shape: fc.constantFrom("json", "form", "base64", "gzip", "multipart", "batch", "poison"),
    large: oneOf(cast.largeOf),
  });

const separatedOf = ({ values, separated }: Cast): fc.Arbitrary<[string, string][]> => {
  const strong = fc.constantFrom(...values.email, ...values.crm, ...values.user);
  return fc.array(
    fc.tuple(strong, strong).filter(([a, b]) => a !== b),
    { maxLength: separated },
  );
};

const dealsOf = ({ values: { email, crm, user } }: Cast): fc.Arbitrary<ToldDeal[]> => {
  const one = fc.oneof(
    fc.tuple(fc.constant("email" as const), fc.constantFrom(...email)),
    fc.tuple(fc.constant("crm" as const), fc.constantFrom(...crm)),
    fc.tuple(fc.constant("user" as const), fc.constantFrom(...user)),
  );
  const named = fc.array(one, { minLength: 1, maxLength: 3 });
  return fc.array(fc.record({ named, inFlight: fc.boolean() }), { maxLength: 2 });
};

const historyOf = (cast: Cast): fc.Arbitrary<History> =>
  fc.record({
    items: fc.array(itemOf(cast), { minLength: 1, maxLength: cast.items, size: "max" }),
    unusable: fc.array(unusableOf(cast), { maxLength: cast.unusable }),
    separated: separatedOf(cast),
    deals: dealsOf(cast),
    days: oneOf(cast.lateOf).map((isLate) => (isLate ? 28 : 0)),
    nights: oneOf(Math.ceil(cast.longOf / 2)).map(Number),
    begun: oneOf(cast.longOf).chain((isBegun) =>
      isBegun ? fc.array(arbitraryFault(60), { maxLength: 4, size: "max" }) : fc.constant(undefined),
    ),
    inFlight: fc.array(fc.record({ which: fc.nat(20), again: fc.boolean() }), { maxLength: cast.inFlight }),
    unusableInFlight: fc.nat(2),
    stale: fc.boolean(),
    early: fc.boolean(),
    late: oneOf(cast.longOf),
    erasures: fc.array(
      fc.record({
        which: fc.nat(20),
        nth: fc.nat(3),
        faults: fc.array(arbitraryFault(40), { maxLength: cast.faults }),
      }),
      { minLength: 8, maxLength: 8 },
    ),
  });

export const erasureOfPair = historyOf(pair);
export const erasureOfFew = historyOf(few);
export const erasureOfMany = historyOf(many);

/** The bytes of something unusable, with who it names in it. */
export function rawOf({ about, shape, large }: Unusable): Buffer {
  const people = about.map(([type, index]) => {
    const value = pool[type][index]!;
    return { [type]: value, name: nameOf(type, value), phone: phoneOf(type, value) };
  });
  const padding = large ? "-".repeat(120_000) : "";
  const whole = { people, padding };
  switch (shape) {
    case "json":
      return Buffer.from(JSON.stringify(whole).replace(/[^ -~]/g, escaped));
    case "form":
      return Buffer.from(
        new URLSearchParams(people.flatMap((one) => Object.entries(one as object))).toString() +
          `&p=${padding}`,
      );
    case "base64":
      return Buffer.from(JSON.stringify({ data: Buffer.from(JSON.stringify(whole)).toString("base64") }));
    case "gzip":
      return gzipSync(JSON.stringify(whole));
    case "multipart":
      return Buffer.from(
        [...people.flatMap((one) => Object.entries(one as object)).map(part), `--b--\r\n${padding}`].join(""),
      );
    case "batch":
    case "poison":
      return Buffer.from(JSON.stringify({ batch: people, padding }));
  }
}

const part = ([name, value]: [string, string]): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

export const quarantineOf = (unusable: Unusable, id: string, receivedAt: string): QuarantineFact => ({
  kind: "quarantine",
  id,
  source: "crm",
  route: "segment",
  reason: "unknown_event",
  receivedAt,
  contentType: "application/json",
  raw: rawOf(unusable).toString("base64"),
});
