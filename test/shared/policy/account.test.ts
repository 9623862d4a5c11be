import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AccountContact, accountReached, accountSum } from "../../../shared/policy/account.ts";
import { parsePolicy } from "../../../shared/policy/policy.ts";

const contact = (contactId: string, points: number, count = points > 0 ? 1 : 0): AccountContact => ({
  contactId,
  count,
  points,
});

describe("an account's reach", () => {
  test.each<[string, AccountContact[], { threshold: number; minContacts: number }, boolean]>([
    ["nobody", [], { threshold: 1, minContacts: 1 }, false],
    ["one is enough", [contact("a", 3)], { threshold: 3, minContacts: 1 }, true],
    ["points of several", [contact("a", 3), contact("b", 2)], { threshold: 5, minContacts: 2 }, true],
    ["points enough, people too few", [contact("a", 9)], { threshold: 5, minContacts: 2 }, false],
    [
      "who did nothing that counts is no contact",
      [contact("a", 9), contact("b", 0)],
      { threshold: 5, minContacts: 2 },
      false,
    ],
    [
      "one of two addresses is one",
      [contact("a", 3), contact("a", 3)],
      { threshold: 4, minContacts: 1 },
      false,
    ],
    [
      "a touch that counts for no points is one",
      [contact("a", 5), contact("b", 0, 1)],
      { threshold: 5, minContacts: 2 },
      true,
    ],
    [
      "tenths add up",
      Array.from({ length: 10 }, (_, i) => contact(`${i}`, 0.1)),
      { threshold: 1, minContacts: 10 },
      true,
    ],
  ])("%s", (_, contacts, asked, reached) => {
    expect(accountReached(asked, accountSum(contacts))).toBe(reached);
  });

  test("never shrinks by one more contact, and does not hang on their order", () => {
    const contacts = fc.array(
      fc
        .record({ contactId: fc.constantFrom("a", "b", "c", "d"), points: fc.integer({ min: 0, max: 30 }) })
        .map(({ contactId, points }) => contact(contactId, points / 10)),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(contacts, fc.integer({ min: 0, max: 30 }), (some, more) => {
        const each = [...new Map(some.map((one) => [one.contactId, one])).values()];
        const sum = accountSum(each);
        const greater = accountSum([...each, contact("new", more / 10)]);
        expect(greater.points).toBeGreaterThanOrEqual(sum.points);
        expect(greater.contacts).toBeGreaterThanOrEqual(sum.contacts);
        expect(accountSum(each.toReversed())).toEqual(sum);
      }),
    );
  });
});

describe("what a policy asks of it", () => {
  test("is nothing by default, and one contact where it does not say how many", () => {
    expect(parsePolicy({})).toMatchObject({ policy: { account: null } });
    expect(parsePolicy({ account: { threshold: 20 } })).toMatchObject({
      policy: { account: { threshold: 20, minContacts: 1 } },
    });
  });

  test.each([
    [{ minContacts: 2 }, "account.threshold"],
    [{ threshold: 0 }, "account.threshold"],
    [{ threshold: 5, minContacts: 0 }, "account.minContacts"],
    [{ threshold: 5, people: 3 }, "account.people"],
    [true, "account"],
  ])("%j is refused at %s", (account, field) => {
    expect(parsePolicy({ account })).toMatchObject({ issues: [{ field }] });
  });
});
