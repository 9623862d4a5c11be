import * as fc from "fast-check";

/** Identifiers that meet: `type:value`. Of weak ones there is one, which several share. */
export const names = [
  "email:ada@buyer.example",
  "email:ben@buyer.example",
  "email:cy@buyer.example",
  "crm:hubspot:51",
  "crm:hubspot:52",
  "user:u-1",
  "user:u-2",
  "anonymous:browser-1",
];

/** What may come to be known, some hours before the night. */
export type Happening =
  /** So many touches of an identifier, each of a campaign of its own. */
  | { kind: "touches"; name: string; count: number; hours: number }
  | { kind: "link"; pair: [string, string]; hours: number }
  | { kind: "hand"; pair: [string, string]; minute: number; act: "separated" | "joined" }
  /** On a touch that is there. */
  | { kind: "verdict"; which: number; verdict: "machine" | "human"; minute: number };

export interface ChurnHistory {
  threshold: number;
  /** What was known when the night began. */
  before: Happening[];
  /** What comes while the run looks for leads and closes, one after another with so many calls between. */
  during: { after: number; happening: Happening }[];
  /** What comes before the next night. */
  after: Happening[];
}

type Pair = [string, string];

const name = fc.constantFrom(...names);
const anyPair: fc.Arbitrary<Pair> = fc
  .shuffledSubarray(names, { minLength: 2, maxLength: 2 })
  .map((both) => both as Pair);
const hours = fc.integer({ min: 1, max: 40 });
const minute = fc.nat(5000);

const touchesOf = (name: fc.Arbitrary<string>) =>
  fc.record({ kind: fc.constant("touches" as const), name, count: fc.integer({ min: 1, max: 3 }), hours });
const linkOf = (pair: fc.Arbitrary<Pair>) => fc.record({ kind: fc.constant("link" as const), pair, hours });
const handOf = (pair: fc.Arbitrary<Pair>) =>
  fc.record({
    kind: fc.constant("hand" as const),
    pair,
    minute,
    act: fc.constantFrom("separated" as const, "separated" as const, "joined" as const),
  });
const verdict = fc.record({
  kind: fc.constant("verdict" as const),
  which: fc.nat(20),
  verdict: fc.constantFrom("machine" as const, "machine" as const, "human" as const),
  minute,
});

/** What parts or joins those who are linked, mostly; else anything. */
function happeningAmong(linked: readonly Pair[]): fc.Arbitrary<Happening> {
  const pair =
    linked.length === 0
      ? anyPair
      : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...linked) }, { weight: 1, arbitrary: anyPair });
  return fc.oneof(
    { weight: 1, arbitrary: touchesOf(name) },
    { weight: 4, arbitrary: linkOf(anyPair) },
    { weight: 6, arbitrary: handOf(pair) },
    { weight: 1, arbitrary: verdict },
  );
}

/** Everybody has done something, so that whoever is parted may be a lead without the other. */
const everybody = fc.tuple(...names.map((name) => touchesOf(fc.constant(name))));

const somebody = fc.array(touchesOf(name), { minLength: 2, maxLength: 6, size: "max" });

const arbitraryChurn = (touches: fc.Arbitrary<Happening[]>): fc.Arbitrary<ChurnHistory> =>
  fc
    .tuple(
      touches,
      fc.array(linkOf(anyPair), { maxLength: 5, size: "max" }),
      fc.array(fc.oneof(handOf(anyPair), verdict), { maxLength: 1 }),
    )
    .chain(([touches, links, words]) => {
      const happening = happeningAmong(links.map(({ pair }) => pair));
      return fc.record({
        threshold: fc.integer({ min: 1, max: 3 }),
        before: fc.constant([...touches, ...links, ...words]),
        during: fc.array(fc.record({ after: fc.oneof(fc.nat(3), fc.nat(20)), happening }), {
          minLength: 1,
          maxLength: 4,
          size: "max",
        }),
        after: fc.array(happening, { maxLength: 3, size: "max" }),
      });
    });

export const churnOfMany = arbitraryChurn(everybody);
export const churnOfFew = arbitraryChurn(somebody);
