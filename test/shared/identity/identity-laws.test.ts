import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contactLimits, type IdentifierFacts } from "../../../shared/identity/facts.ts";
import { type Identity, identify, ownsTouch } from "../../../shared/identity/identity.ts";
import { contactOf, type Hand, idOf, readFor, type Seen, world } from "./world.ts";

const names = [
  ...Array.from({ length: 9 }, (_, n) => `email:p${n}@example.com`),
  ...Array.from({ length: 4 }, (_, n) => `crm:hubspot:${n}9`),
  ...Array.from({ length: 4 }, (_, n) => `user:${n}9`),
  ...Array.from({ length: 3 }, (_, n) => `anonymous:b${n}`),
  "email:info@example.com",
];
const name = fc.constantFrom(...names);
const two = fc.tuple(name, name).filter(([a, b]) => a !== b);
const hour = fc.integer({ min: 0, max: 20 }).map((n) => `2026-11-02T${String(n).padStart(2, "0")}`);
const seen = fc.array(
  fc.tuple(two, hour).map(([[a, b], at]): Seen => [a, b, at]),
  { maxLength: 30 },
);
const day = fc.integer({ min: 10, max: 14 }).map((n) => `2026-11-${n}T00:00:00.000Z`);
const act = fc.constantFrom("separated" as const, "joined" as const);
const hands = fc
  .array(fc.tuple(two, day, act), { maxLength: 6 })
  .map((all) => all.map(([[a, b], at, what], n): Hand => [a, b, at, what, `h${n}`]));
const facts = fc.record({ seen, hands });
const times = Array.from({ length: 22 }, (_, n) => `2026-11-02T${String(n).padStart(2, "0")}:30:00.000Z`);
const runs = { numRuns: 1_000 };

const identityOf = (all: ReadonlyMap<string, IdentifierFacts>, id: string): Identity =>
  identify(readFor(all, id), id)!;
const isStrong = ({ type }: IdentifierFacts) => type !== "anonymous";

/** The answer from every identifier there is. */
const answers = (all: ReadonlyMap<string, IdentifierFacts>) =>
  Object.fromEntries([...all.keys()].sort().map((id) => [id, identityOf(all, id)]));

describe("identity", () => {
  test("is the same from every one of its identifiers, and different from all others", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const all = world(given.seen, given.hands);
        for (const start of [...all.values()].filter(isStrong)) {
          const identity = identityOf(all, start.identifierId);
          const members = identity.strong.map(({ identifierId }) => identifierId);
          expect(members).toContain(start.identifierId);
          for (const other of [...all.values()].filter(isStrong)) {
            const theirs = identityOf(all, other.identifierId);
            if (members.includes(other.identifierId)) expect(theirs).toEqual(identity);
            else expect(theirs.contactId).not.toBe(identity.contactId);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test("depends on no order of facts, none of reading, and not on how often a fact is there", () => {
    const shuffled = facts.chain((given) =>
      fc.record({
        given: fc.constant(given),
        seen: fc.shuffledSubarray(given.seen, { minLength: given.seen.length }),
        hands: fc.shuffledSubarray(given.hands, { minLength: given.hands.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ given, seen, hands }) => {
        const all = world(given.seen, given.hands);
        const turned = world([...seen.map(([a, b, at]): Seen => [b, a, at]), ...seen], [...hands, ...hands]);
        expect(answers(turned)).toEqual(answers(all));
        for (const id of all.keys()) {
          const oneByOne = readFor(turned, id, (asked) => asked.slice(-1));
          expect(identify(oneByOne, id)).toEqual(identityOf(all, id));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("needs no more than it reads: the whole table gives the same answer", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const all = world(given.seen, given.hands);
        for (const id of all.keys()) expect(identify(all, id)).toEqual(identityOf(all, id));
      }),
      runs,
    );
  });

  test("never has more than a contact may, nor a pair that a person separated", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const all = world(given.seen, given.hands);
        const latest = new Map<string, Hand>();
        for (const hand of given.hands) {
          const key = [hand[0], hand[1]].sort().join(" ");
          const other = latest.get(key);
          if (!other || hand[2] > other[2] || (hand[2] === other[2] && hand[4]! > other[4]!))
            latest.set(key, hand);
        }
        for (const { strong } of Object.values(answers(all))) {
          for (const [type, most] of Object.entries(contactLimits))
            expect(strong.filter((one) => one.type === type).length).toBeLessThanOrEqual(most);
          const ids = strong.map(({ identifierId }) => identifierId);
          for (const [a, b, , what] of latest.values())
            if (what === "separated") expect(ids.includes(idOf(a)) && ids.includes(idOf(b))).toBe(false);
        }
      }),
      runs,
    );
  });

  test("is what it would be without the links that were refused for what they would have joined", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const all = world(given.seen, given.hands);
        const refused = new Set(
          Object.values(answers(all)).flatMap((identity) =>
            identity.refused
              .filter(
                ({ reason, hand }) =>
                  reason.startsWith("limit_") || (reason === "separated_by_hand" && !hand),
              )
              .map(({ ids }) => ids.join(" ")),
          ),
        );
        const kept = given.seen.filter(([a, b]) => !refused.has([idOf(a), idOf(b)].sort().join(" ")));
        const without = world(
          kept,
          given.hands,
          given.seen.flatMap(([a, b]) => [b, a]),
        );
        for (const id of all.keys()) {
          const { refused: _, weak, ...rest } = identityOf(without, id);
          const { refused: __, weak: before, ...wanted } = identityOf(all, id);
          if (all.get(id)!.type === "anonymous") continue;
          expect(rest).toEqual(wanted);
          expect(weak).toEqual(before);
        }
      }),
      runs,
    );
  });

  test("is as if nothing had happened once a separation is taken back", () => {
    fc.assert(
      fc.property(seen, two, (given, [a, b]) => {
        const apart: Hand = [a, b, "2026-11-20T00:00:00.000Z", "separated"];
        const back: Hand = [a, b, "2026-11-21T00:00:00.000Z", "joined"];
        expect(answers(world(given, [back, apart]))).toEqual(answers(world(given, [], [a, b])));
      }),
      { numRuns: 300 },
    );
  });

  test("gives every touch of a browser to one contact and no more", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const all = world(given.seen, given.hands);
        const contacts = new Map(
          Object.values(answers(all)).map((identity) => [identity.contactId, identity]),
        );
        for (const device of [...all.values()].filter((one) => !isStrong(one))) {
          const own = contacts.get(device.identifierId);
          for (const at of times) {
            const owners = [...contacts.values()].filter((one) => ownsTouch(one, device.identifierId, at));
            expect(owners.length).toBe(1);
            if (own) expect(owners[0]).toBe(own);
          }
        }
      }),
      runs,
    );
  });

  test("every identifier of a name once seen leads somewhere", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const all = world(given.seen, given.hands);
        for (const [a] of given.seen) expect(contactOf(all, a)).toBeDefined();
      }),
      { numRuns: 100 },
    );
  });
});
