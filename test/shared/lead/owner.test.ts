import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DealVersion } from "../../../shared/lead/deal.ts";
import type { Feedback } from "../../../shared/lead/feedback.ts";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import { ownerOf, ownersOf } from "../../../shared/lead/owner.ts";
import { parsePolicy } from "../../../shared/policy/policy.ts";
import type { Person } from "../../../shared/timeline/contact.ts";
import { emptyPartition } from "../../../shared/timeline/partition.ts";

const [email, crm] = ["11111111-1111-5111-8111-111111111111", "22222222-2222-5222-8222-222222222222"];
const day = (number: number) => `2026-11-${String(number).padStart(2, "0")}T10:00:00.000Z`;

const answer = (on: number, by: string | undefined, more: Partial<Feedback> = {}): Feedback => ({
  leadId: `${email}.first`,
  feedbackId: `f-${on}`,
  hash16: `h-${on}`,
  id: `${on}`,
  outcome: "accepted",
  occurredAt: day(on),
  receivedAt: day(on),
  who: "key",
  ...(by !== undefined && { by }),
  ...more,
});

const word = (on: number, owner: string | undefined, more: Partial<DealVersion> = {}): DealVersion => ({
  id: "D",
  dealId: "33333333-3333-5333-8333-333333333333",
  hash16: `d-${on}`,
  stage: "Proposal",
  status: "open",
  contacts: [{ identifierIds: [crm] }],
  updatedAt: day(on),
  receivedAt: day(on),
  who: "key",
  ...(owner !== undefined && { owner }),
  ...more,
});

const lead = (exported: number, owner: string): LedgerEntry => ({
  v: 1,
  leadId: `${email}.first`,
  identifierId: email,
  cycle: "first",
  qualifiedAt: day(1),
  decidingTouchId: "t",
  policyVersion: 1,
  foundIn: 1,
  run: 1,
  exportedAt: day(exported),
  owner,
});

interface Said {
  feedback?: Feedback[];
  deals?: DealVersion[];
  ledger?: LedgerEntry[];
}

const personOf = ({ feedback = [], deals = [], ledger = [] }: Said): Person => ({
  identity: {
    contactId: email,
    strong: [
      { identifierId: email, type: "email", value: "zoe@eu.acme.example" },
      { identifierId: crm, type: "crm", value: "salesforce:003" },
    ],
    weak: [],
    applied: [],
    refused: [],
  } as unknown as Person["identity"],
  partitions: [
    { ...emptyPartition(email), feedback, ledger },
    { ...emptyPartition(crm), deals },
  ],
});

const contact = { emails: ["zoe@eu.acme.example"], traits: { country: " de" }, segments: ["large"] };

const policyOf = (owners: object[]) => {
  const parsed = parsePolicy({ owners, segments: { large: { jobTitle: "x" }, small: { jobTitle: "y" } } });
  if ("issues" in parsed) throw new Error(JSON.stringify(parsed.issues));
  return parsed.policy;
};

describe("by the rules a contact is", () => {
  test.each<[string, object[], string | null]>([
    ["nobody's where there are none", [], null],
    [
      "that of its segment",
      [
        { owner: "Small", segment: "small" },
        { owner: "Large", segment: "large" },
      ],
      "Large",
    ],
    ["that of its company, whatever the host", [{ owner: "Acme's", domain: "acme.example" }], "Acme's"],
    ["that of its country, whatever the case", [{ owner: "DACH", country: "DE" }], "DACH"],
    ["nobody's where a rule fits in a part", [{ owner: "X", segment: "large", country: "FR" }], null],
    ["that of the first that fits", [{ owner: "First", country: "de" }, { owner: "All" }], "First"],
    ["that of a rule that names nothing", [{ owner: "X", country: "FR" }, { owner: "All" }], "All"],
  ])("%s", (_, rules, owner) => {
    const policy = policyOf(rules);
    expect(ownerOf(personOf({}), contact, policy)).toBe(owner);
    expect(ownersOf(personOf({}), contact, policy)).toEqual(
      owner === null ? [] : [{ owner, from: null, by: "rule" }],
    );
  });
});

const policy = policyOf([{ owner: "Rule" }]);

describe("whose a contact is", () => {
  test("changes with what feedback and deals say, and all of it stays told", () => {
    const person = personOf({
      ledger: [lead(2, "Export")],
      feedback: [answer(3, "Anna"), answer(5, undefined), answer(9, "Cleo")],
      deals: [word(4, "Anna"), word(6, "Ben"), word(7, undefined)],
    });
    expect(ownersOf(person, contact, policy)).toEqual([
      { owner: "Export", from: day(2), by: "rule" },
      { owner: "Anna", from: day(3), by: "feedback" },
      { owner: "Ben", from: day(6), by: "deal" },
      { owner: "Cleo", from: day(9), by: "feedback" },
    ]);
    expect(ownerOf(person, contact, policy)).toBe("Cleo");
  });

  test("is what a rule says until somebody says otherwise, also where a rule said another thing before", () => {
    const person = personOf({ ledger: [lead(2, "Export")] });
    expect(ownersOf(person, contact, policy)).toEqual([
      { owner: "Export", from: day(2), by: "rule" },
      { owner: "Rule", from: null, by: "rule" },
    ]);
  });

  test.each<[string, Said, string]>([
    [
      "an answer that moved nothing",
      { feedback: [answer(3, "Anna"), answer(4, "Ben", { outcome: "contacted" })] },
      "Anna",
    ],
    [
      "another answer under an id that was used",
      { feedback: [answer(3, "Anna"), answer(4, "Ben", { feedbackId: "f-3" })] },
      "Anna",
    ],
    [
      "a deal of somebody else",
      { deals: [word(3, "Ben", { contacts: [{ identifierIds: ["other"] }] })] },
      "Rule",
    ],
  ])("is not what %s says", (_, said, owner) => {
    expect(ownerOf(personOf(said), contact, policy)).toBe(owner);
  });

  test("is the same whatever the order in which it was said, and ends with whose it is now", () => {
    const said = fc.tuple(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 28 }), fc.constantFrom("A", "B", "C")), { maxLength: 6 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 28 }), fc.constantFrom("A", "B", "C")), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(said, fc.infiniteStream(fc.nat()), ([answers, words], order) => {
        const feedback = answers.map(([on, by], index) =>
          answer(on, by, { feedbackId: `f-${index}`, hash16: `${index}` }),
        );
        const deals = words.map(([on, owner], index) => word(on, owner, { hash16: `${index}` }));
        const shuffled = <One>(all: One[]): One[] =>
          all
            .map((one) => [order.next().value, one] as const)
            .sort(([a], [b]) => a - b)
            .map(([, one]) => one);
        const history = ownersOf(personOf({ feedback, deals }), contact, policy);
        expect(
          ownersOf(personOf({ feedback: shuffled(feedback), deals: shuffled(deals) }), contact, policy),
        ).toEqual(history);
        expect(history.at(-1)?.owner).toBe(ownerOf(personOf({ feedback, deals }), contact, policy));
      }),
    );
  });
});
