import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identify } from "../../../shared/identity/identity.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { partitionOf } from "../../../shared/store/person.ts";
import { foldContact } from "../../../shared/timeline/contact.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../../shared/touchpoint/accept-person-fact.ts";
import type { FactInput } from "../../../shared/touchpoint/finding.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { PersonFactInput } from "../../../shared/touchpoint/person-fact.ts";

const namespace = "7d0f7f0c-6a3c-4d8a-9a53-1b9c1e6d2a11";
const email = "pat@example.com";
const partition = identifierId(namespace, "email", email);
const at = (minute: number) => `2026-03-01T10:${String(minute).padStart(2, "0")}:00.000Z`;

/** The contact that facts make, by the very items that would be stored, read in the order given. */
function contactOf(inputs: readonly FactInput[], order = (items: unknown[]) => items) {
  const items = inputs.flatMap((input, index) => {
    const reception = {
      source: "mail",
      sourceType: "server" as const,
      route: "webhooks/standard",
      scope: input.scope ?? "",
      receivedAt: at(59),
      namespace,
      freshId: `fresh-${index}`,
    };
    const result =
      "touch" in input
        ? acceptTouchpoint(input.touch, input.touch, reception)
        : acceptPersonFact(input.person, input.person, reception);
    if ("refusal" in result) throw new Error(JSON.stringify(result.refusal));
    return itemsOf(result.fact).filter(({ pk }) => pk === `person#${partition}`);
  });
  const byKey = new Map(items.map((item) => [item.sk, item]));
  const read = partitionOf(partition, order([...byKey.values()]) as typeof items);
  const { links, hands } = read;
  const facts = { identifierId: partition, type: "email" as const, value: email, links: [], hands };
  expect(links).toEqual([]);
  const identity = identify(new Map([[partition, facts]]), partition)!;
  return foldContact({ identity, partitions: [read] }, defaultPolicy);
}

const person = (fact: Partial<PersonFactInput> & { type: PersonFactInput["type"] }): FactInput => ({
  person: { identifiers: { email }, ...fact } as PersonFactInput,
});
const meeting = (id: string, minute: number): FactInput => ({
  touch: { id, channel: "meeting", occurredAt: at(minute), identifiers: { email } },
});

describe("what a contact's facts say", () => {
  const unsubscribed = (minute: number) =>
    person({ type: "consent", id: "u", purpose: "email", status: "withdrawn", occurredAt: at(minute) });
  const subscribed = (minute: number) =>
    person({ type: "consent", id: "s", purpose: "email", status: "granted", occurredAt: at(minute) });
  const complaint = person({ type: "delivery", id: "c", status: "complained", occurredAt: at(5) });
  const bounce = person({ type: "delivery", id: "b", status: "bounced", occurredAt: at(5) });
  const calls = person({
    type: "consent",
    id: "p",
    purpose: "phone",
    status: "withdrawn",
    occurredAt: at(9),
  });

  test.each<[string, FactInput[], boolean]>([
    ["nothing", [], false],
    ["an unsubscribe", [unsubscribed(1)], true],
    ["subscribed again later", [unsubscribed(1), subscribed(2)], false],
    ["subscribed before", [subscribed(1), unsubscribed(2)], true],
    ["both at one instant: no is no", [subscribed(1), unsubscribed(1)], true],
    ["a complaint", [subscribed(1), complaint], true],
    ["a bounce is no opt-out", [bounce], false],
    ["another purpose", [calls], false],
  ])("e-mail opt-out: %s", (_, facts, out) => {
    expect(contactOf(facts).person.unsubscribed).toBe(out);
  });

  test.each([
    ["nothing", [], false],
    ["no e-mail, which is another matter", ["email"], false],
    ["no contact at all", ["contact"], true],
  ] as const)("not to be contacted: %s", (_, purposes, silent) => {
    const withdrawn = purposes.map((purpose) =>
      person({ type: "consent", id: purpose, purpose, status: "withdrawn", occurredAt: at(3) }),
    );
    const contact = contactOf([meeting("m", 1), ...withdrawn]);
    expect(contact.person.doNotContact).toBe(silent);
  });

  test("a cancelled meeting stays and says so; another one counts on", () => {
    const { touches } = contactOf([
      meeting("first", 1),
      meeting("second", 2),
      person({ type: "cancellation", id: "x", of: "first", occurredAt: at(3) }),
    ]);
    expect(touches.map(({ exclusion }) => exclusion)).toEqual(["cancelled", undefined]);
  });

  test("traits come from touches and from what was said without one, the latest by when it happened", () => {
    const { traits } = contactOf([
      person({ type: "traits", id: "t2", traits: { company: "New Ltd" }, occurredAt: at(20) }),
      {
        touch: {
          id: "f",
          channel: "form",
          occurredAt: at(10),
          identifiers: { email },
          traits: { company: "Old Ltd", firstName: "Pat" },
        },
      },
      person({ type: "traits", id: "t1", traits: { company: "Oldest", phone: "+44 1" }, occurredAt: at(5) }),
    ]);
    expect(traits).toEqual({ company: "New Ltd", firstName: "Pat", phone: "+44 1" });
  });

  test("a contact of whom there is only a bounce has its address", () => {
    expect(contactOf([bounce]).emails).toEqual([email]);
  });

  test("an alias leaves both identifiers and a link", () => {
    const { person: alias } = person({ type: "link", also: { user: "42", anonymous: "b-1" } }) as {
      person: PersonFactInput;
    };
    const result = acceptPersonFact(alias, alias, {
      source: "app",
      sourceType: "server",
      route: "segment",
      scope: "",
      receivedAt: at(0),
      namespace,
      freshId: "fresh",
    });
    if ("refusal" in result) throw new Error("refused");
    const user = identifierId(namespace, "user", "42");
    const keys = itemsOf(result.fact).map(({ pk, sk }) => `${pk} ${sk}`);
    expect(keys).toContain(`person#${partition} identifier`);
    expect(keys).toContain(`person#${partition} link#${user}#2026-03-01T10#app`);
    expect(keys).toContain(`person#${user} link#${partition}#2026-03-01T10#app`);
    expect(keys).toContain(`person#${user} identifier`);
  });
});

test("the order in which facts are read changes nothing", () => {
  const minute = fc.integer({ min: 0, max: 5 }).map(at);
  const id = fc.constantFrom("1", "2", "3");
  const fact: fc.Arbitrary<FactInput> = fc.oneof(
    fc.record({ id, occurredAt: minute }).map(({ id, occurredAt }) => ({
      touch: { id, channel: "meeting" as const, occurredAt, identifiers: { email }, traits: { company: id } },
    })),
    fc.record({ id, occurredAt: minute, of: id }).map((more) => person({ type: "cancellation", ...more })),
    fc
      .record({ id, occurredAt: minute, company: id })
      .map(({ company, ...more }) => person({ type: "traits", traits: { company }, ...more })),
    fc
      .record({ id, occurredAt: minute, status: fc.constantFrom("granted" as const, "withdrawn" as const) })
      .map((more) => person({ type: "consent", purpose: "email", ...more })),
  );
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (facts, dice) => {
      const shuffled = contactOf(facts, (items) =>
        items
          .map((item) => ({ item, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item),
      );
      expect(shuffled).toEqual(contactOf(facts));
    }),
    { numRuns: 300 },
  );
});
