import "../../laws/quiet.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { DealVersion } from "../../../shared/lead/deal.ts";
import { acceptDeal } from "../../../shared/lead/deal-version.ts";
import { ownersOf } from "../../../shared/lead/owner.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import type { SaidDeal } from "../../../shared/request/deals.ts";
import { readContact } from "../../../shared/store/contact.ts";
import { putDeals } from "../../../shared/store/deals.ts";
import { activeKey } from "../../../shared/table/keys.ts";
import { foldContact } from "../../../shared/timeline/contact.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { arbitraryFault, holds, lawTimeout } from "../../laws/runs.ts";
import { type Fault, Worker } from "../../laws/worker.ts";
import { namespace } from "../../laws/world.ts";

const start = "2026-11-22T10:00:00.000Z";
const emails = ["ada", "bob", "cleo", "dan"].map((name) => `${name}@acme.example`);
const idOf = (email: string) => identifierId(namespace, "email", email);

interface Word {
  deal: number;
  /** Day of November. */
  on: number;
  stage: string;
  owner: string;
  named: number[];
}

const word: fc.Arbitrary<Word> = fc.record({
  deal: fc.nat(1),
  on: fc.integer({ min: 1, max: 6 }),
  stage: fc.constantFrom("Proposal", "Closed Won", "Closed Lost"),
  owner: fc.constantFrom("Anna", "Ben"),
  named: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
});

const saidOf = ({ deal, on, stage, owner, named }: Word): SaidDeal => ({
  id: `D-${deal}`,
  stage,
  owner,
  contacts: named.map((index) => ({ identifiers: { email: emails[index]! } })),
  updatedAt: `2026-11-0${on}T00:00:00.000Z`,
});

const reception = {
  namespace,
  suppressed: new Set<string>(),
  stages: { wonStages: [], lostStages: [] },
  receivedAt: start,
  who: "key",
};

const put = (world: MemoryWorld, words: readonly Word[], suppressed: ReadonlySet<string> = new Set()) =>
  putDeals(
    world.table,
    words.map((one) => acceptDeal(saidOf(one), { ...reception, suppressed })),
    suppressed,
    world.clock(),
  );

/** Puts deals; where that ends before they are known to be durable, their sender puts them again. */
async function putAgain(world: MemoryWorld, words: readonly Word[], fault: Fault | undefined): Promise<void> {
  const tried = await new Worker(fault).run(() => put(world, words));
  if (!tried.done || !tried.value) expect(await put(world, words)).toBe(true);
}

/** What is known of everybody: their deals, whose they are, and whether a night looks at them. */
async function known(world: MemoryWorld) {
  const items = world.items();
  return Promise.all(
    emails.map(async (email) => {
      const id = idOf(email);
      const { pk, sk } = activeKey(start.slice(0, 10), id);
      const isActive = items.some((item) => item.pk === pk && item.sk === sk);
      const person = await readContact(world.table, id, { consistent: true });
      if (!person) return { email, isActive };
      const { deals, identifiers } = foldContact(person, defaultPolicy);
      const owners = ownersOf(person, foldContact(person, defaultPolicy), defaultPolicy);
      return { email, isActive, deals, owners, values: identifiers.map(({ value }) => value) };
    }),
  );
}

/** What is to be known, of words told one by one in the order in which they were true, to nobody but a list. */
function expected(words: readonly Word[], email: string) {
  const latest = new Map<string, DealVersion>();
  for (const one of words) {
    const { version } = acceptDeal(saidOf(one), reception);
    const other = latest.get(version.id);
    const place = ({ updatedAt, status, hash16 }: DealVersion) =>
      updatedAt + Number(status !== "open") + hash16;
    if (!other || place(version) > place(other)) latest.set(version.id, version);
  }
  const isNamed = ({ contacts }: DealVersion) =>
    contacts.some(({ identifierIds }) => identifierIds.includes(idOf(email)));
  return [...latest.values()].filter(isNamed).map(({ id, hash16 }) => [id, hash16]);
}

const history = fc.record({
  words: fc.array(word, { minLength: 1, maxLength: 6 }),
  order: fc.array(fc.nat(20), { maxLength: 10 }),
  together: fc.boolean(),
  inOneList: fc.boolean(),
  faults: fc.array(arbitraryFault(12), { maxLength: 8 }),
});

test(
  "whoever a deal names knows it as it is, in whatever order it was told, how often, and who died on the way",
  async () => {
    await holds(
      history,
      { runs: 150, milliseconds: 20_000 },
      async ({ words, order, together, inOneList, faults }) => {
        const calm = await openMemoryWorld(start);
        for (const one of words) expect(await put(calm, [one])).toBe(true);

        const world = await openMemoryWorld(start);
        const told = [...order.map((index) => words[index % words.length]!), ...words.toReversed()];
        if (inOneList) await putAgain(world, told, faults[0]);
        else if (together) await Promise.all(told.map((one, index) => putAgain(world, [one], faults[index])));
        else for (const [index, one] of told.entries()) await putAgain(world, [one], faults[index]);

        expect(await known(world)).toEqual(await known(calm));
        for (const { email, deals } of await known(world)) {
          const shown = deals?.map(({ id, hash16 }) => [id, hash16]) ?? [];
          expect(shown.sort()).toEqual(expected(words, email).sort());
        }
      },
    );
  },
  lawTimeout,
);

test("identifiers of one contact are one person from then on, and those of two are two", async () => {
  const world = await openMemoryWorld(start);
  const contacts = [
    { identifiers: { email: emails[0]!, crm: "salesforce:0035f00000AAAAA" }, role: "Buyer" },
    { identifiers: { email: emails[1]! } },
  ];
  const said = { id: "D", stage: "Proposal", contacts, updatedAt: start };
  expect(await putDeals(world.table, [acceptDeal(said, reception)], new Set(), world.clock())).toBe(true);
  const person = await readContact(world.table, idOf(emails[0]!), { consistent: true });
  expect(person?.identity.strong.map(({ value }) => value).sort()).toEqual([
    "ada@acme.example",
    "salesforce:0035f00000AAAAA",
  ]);
});

test("of whom nothing is kept a deal keeps nothing, and it is the same deal", async () => {
  const world = await openMemoryWorld(start);
  const both = { deal: 0, on: 1, stage: "Proposal", owner: "Anna", named: [0, 1] };
  await put(world, [both]);
  await put(world, [{ ...both, on: 2 }], new Set([idOf(emails[0]!)]));
  const rows = world.items().filter(({ pk }) => pk === `person#${idOf(emails[0]!)}`);
  expect(rows.filter(({ sk }) => sk.includes("2026-11-02"))).toEqual([]);
  const suppressed = new Set([idOf(emails[0]!)]);
  const kept = acceptDeal(saidOf(both), { ...reception, suppressed }).version;
  expect(kept.contacts).toEqual([{ identifierIds: [idOf(emails[1]!)] }]);
  expect(kept.hash16).toBe(acceptDeal(saidOf(both), reception).version.hash16);
});

test("whoever was erased does not come back by an id that a deal names beside their address", async () => {
  const world = await openMemoryWorld(start);
  const crm = "hubspot:11";
  const contacts = [{ identifiers: { email: emails[0]!, crm }, role: "Buyer" }];
  const said = { id: "D", stage: "Proposal", contacts, updatedAt: start };
  const suppressed = new Set([idOf(emails[0]!)]);
  const accepted = acceptDeal(said, { ...reception, suppressed });
  expect(accepted.version.contacts).toEqual([]);
  expect(await putDeals(world.table, [accepted], suppressed, world.clock())).toBe(true);
  expect(await readContact(world.table, identifierId(namespace, "crm", crm))).toBeUndefined();
  // Of somebody else an erased id is taken out and no more.
  const other = acceptDeal(said, {
    ...reception,
    suppressed: new Set([identifierId(namespace, "crm", crm)]),
  });
  expect(other.version.contacts).toEqual([{ identifierIds: [idOf(emails[0]!)], role: "Buyer" }]);
});
