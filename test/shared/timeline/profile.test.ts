import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldProfile, traitsOf } from "../../../shared/timeline/profile.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import type { PersonFact } from "../../../shared/touchpoint/person-fact.ts";
import type { Traits } from "../../../shared/touchpoint/touch.ts";
import { aTouch } from "../policy/touches.ts";

const partition = "9f0c6a52-0000-5000-8000-000000000001";
const at = (day: number) => `2026-11-${String(day).padStart(2, "0")}T12:00:00.000Z`;
const touch = (id: string, day: number, traits: Traits, facts: Partial<TimelineTouch> = {}) =>
  aTouch(id, at(day), { traits, ...facts });
const said = (factId: string, day: number, traits: Traits, source = "crm"): PersonFact => ({
  type: "traits",
  identifierId: partition,
  factId,
  hash16: "00000000000000aa",
  occurredAt: at(day),
  receivedAt: at(28),
  source,
  identifiers: { email: "ada@buyer.example" },
  traits,
});

describe("a profile", () => {
  test("has the latest value of each field, who said it and when", () => {
    const profile = foldProfile(
      [
        touch("f2", 3, { company: "Buyer Ltd", firstName: "" }),
        touch("f1", 1, { company: "Buyer", firstName: "Ada" }),
      ],
      [said("i1", 2, { jobTitle: "CTO", company: "Old" })],
    );
    expect(profile).toEqual({
      firstName: { value: "Ada", source: "website", occurredAt: at(1), touch: `${partition}.f1` },
      company: { value: "Buyer Ltd", source: "website", occurredAt: at(3), touch: `${partition}.f2` },
      jobTitle: { value: "CTO", source: "crm", occurredAt: at(2) },
    });
    expect(traitsOf(profile)).toEqual({ firstName: "Ada", company: "Buyer Ltd", jobTitle: "CTO" });
  });

  test.each<[string, Partial<TimelineTouch>, string]>([
    ["a touch that contradicts another under its id", { conflict: true }, "Ada"],
    ["a form that a machine filled in", { exclusion: "machine" }, "Ada"],
    ["a machine's click", { exclusion: "machine", channel: "email_click" }, "Eve"],
    ["a cancelled meeting", { exclusion: "cancelled", channel: "meeting" }, "Eve"],
    ["what we did ourselves", { direction: "outbound", channel: "call" }, "Eve"],
  ])("%s", (_, facts, firstName) => {
    const touches = [touch("a", 1, { firstName: "Ada" }), touch("b", 2, { firstName: "Eve" }, facts)];
    expect(traitsOf(foldProfile(touches))).toEqual({ firstName });
  });

  test("nothing but spaces is nothing", () => {
    expect(foldProfile([touch("a", 1, { phone: "  " })])).toEqual({});
  });

  test("of nothing is empty", () => {
    expect(foldProfile([])).toEqual({});
    expect(traitsOf({})).toEqual({});
  });
});

describe("laws of the profile", () => {
  const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
  const day = fc.integer({ min: 1, max: 3 });
  const value = fc.constantFrom("", " ", "x", "y");
  const traits = fc.record({ company: value, country: value }, { requiredKeys: [] });
  const touches = fc.uniqueArray(fc.record({ id, day, traits }), { selector: (one) => one.id, maxLength: 6 });

  test("the order in which it was said changes nothing", () => {
    fc.assert(
      fc.property(touches, touches, fc.integer({ min: 0, max: 12 }), (some, others, turn) => {
        const all = some.map((one) => touch(one.id, one.day, one.traits));
        const facts = others.map((one) => said(one.id, one.day, one.traits));
        const turned = <T>(list: T[]) => [...list.slice(turn), ...list.slice(0, turn)].reverse();
        expect(foldProfile(turned(all), turned(facts))).toEqual(foldProfile(all, facts));
      }),
      { numRuns: 300 },
    );
  });

  test("a field's value was said at the time that stands beside it, and none after it", () => {
    fc.assert(
      fc.property(touches, (some) => {
        const profile = foldProfile(some.map((one) => touch(one.id, one.day, one.traits)));
        for (const name of ["company", "country"] as const) {
          const known = some.filter((one) => one.traits[name]?.trim());
          const last = known
            .map((one) => at(one.day))
            .sort()
            .at(-1);
          expect(profile[name]?.occurredAt).toBe(last);
          const teller = known.find((one) => `${partition}.${one.id}` === profile[name]?.touch);
          expect(profile[name]?.value).toBe(teller?.traits[name]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
