import { describe, expect, test } from "vitest";
import type { DealVersion } from "../../../shared/lead/deal.ts";
import { type Hold, holdsOf, readyAtOf } from "../../../shared/lead/hold.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import type { PersonFact } from "../../../shared/touchpoint/person-fact.ts";
import type { Traits } from "../../../shared/touchpoint/touch.ts";
import { aPolicy, aTouch } from "../policy/touches.ts";

const now = "2026-06-30T12:00:00.000Z";
const first = { opensAt: null, after: null };

const deal = (status: DealVersion["status"]): DealVersion => ({ dealId: status, status }) as DealVersion;
const somebody = {
  traits: { company: "Acme", country: "DE" } as Traits,
  emails: ["ada@acme.example"],
  segments: ["dach"],
  deals: [] as DealVersion[],
};

describe("a contact is held", () => {
  const require = { traits: ["email", "company", "country"], segments: ["dach"] };
  const policy = aPolicy({ segments: { dach: { country: "DE" }, big: { company: "Acme" } }, require });

  test.each<[what: string, contact: Partial<typeof somebody>, holds: Hold[]]>([
    ["by nothing", {}, []],
    [
      "by a trait that is missing",
      { traits: { country: "DE" } },
      [{ code: "trait_missing", name: "company" }],
    ],
    [
      "by a trait that is blank",
      { traits: { country: "DE", company: "  " } },
      [{ code: "trait_missing", name: "company" }],
    ],
    ["by having no address", { emails: [] }, [{ code: "trait_missing", name: "email" }]],
    ["by its segment", { segments: ["big"] }, [{ code: "segment_missing", name: "dach" }]],
    ["by what it bought", { deals: [deal("won"), deal("lost")] }, [{ code: "customer" }]],
    ["by an open deal", { deals: [deal("open")] }, [{ code: "open_deal" }]],
    ["not by a deal that was lost", { deals: [deal("lost")] }, []],
    [
      "by all of it",
      { traits: {}, emails: [], segments: [], deals: [deal("open"), deal("won")] },
      [
        { code: "trait_missing", name: "email" },
        { code: "trait_missing", name: "company" },
        { code: "trait_missing", name: "country" },
        { code: "segment_missing", name: "dach" },
        { code: "customer" },
        { code: "open_deal" },
      ],
    ],
  ])("%s", (_, contact, holds) => {
    expect(holdsOf({ ...somebody, ...contact }, first, policy, now)).toEqual(holds);
  });

  test("by no deals where the policy says so", () => {
    const open = aPolicy({ exclude: { customers: false, openDeals: false } });
    expect(holdsOf({ ...somebody, deals: [deal("won"), deal("open")] }, first, open, now)).toEqual([]);
  });

  test("until its time comes again", () => {
    const until = "2026-07-01T00:00:00.000Z";
    const again = { opensAt: until, after: "rejected" } as const;
    expect(holdsOf(somebody, again, policy, now)).toEqual([{ code: "not_yet", until, after: "rejected" }]);
    expect(holdsOf(somebody, again, policy, until)).toEqual([]);
  });
});

describe("a contact could be handed over", () => {
  const qualifiedAt = "2026-06-10T12:00:00.000Z";
  const said = (date: string, traits: Traits): TimelineTouch =>
    aTouch(date, `2026-${date}T12:00:00Z`, { traits });
  const told = (date: string, traits: Traits): PersonFact =>
    ({ ...said(date, traits), type: "traits", factId: date }) as unknown as PersonFact;
  const readyAt = (
    policy: Record<string, unknown>,
    touches: TimelineTouch[],
    facts: PersonFact[] = [],
    opensAt: string | null = null,
  ) => readyAtOf({ touches, facts, emails: ["ada@acme.example"] }, { opensAt }, aPolicy(policy), qualifiedAt);
  const company = { require: { traits: ["company"] } };
  const dach = { segments: { dach: { country: "DE" } }, require: { segments: ["dach"] } };
  const notUs = { segments: { other: { country: { $ne: "US" } } }, require: { segments: ["other"] } };

  test.each<[what: string, at: string, found: string]>([
    ["when it qualified", qualifiedAt, readyAt({}, [said("06-20", { company: "Acme" })])],
    ["when its time came again", "2026-06-25T00:00:00.000Z", readyAt({}, [], [], "2026-06-25T00:00:00.000Z")],
    ["not before it qualified", qualifiedAt, readyAt({}, [], [], "2026-06-05T00:00:00.000Z")],
    [
      "when a trait was told",
      "2026-06-20T12:00:00.000Z",
      readyAt(company, [said("06-20", { company: "Acme" })]),
    ],
    [
      "when it was told first, whatever is told again",
      qualifiedAt,
      readyAt(company, [said("06-01", { company: "Acme" }), said("06-20", { company: "Acme Ltd" })]),
    ],
    [
      "when it was told without a touch",
      "2026-06-21T12:00:00.000Z",
      readyAt(company, [said("06-20", { country: "DE" })], [told("06-21", { company: "Acme" })]),
    ],
    [
      "when its segment came to be",
      "2026-06-20T12:00:00.000Z",
      readyAt(dach, [said("06-20", { country: "DE" })]),
    ],
    [
      "when its segment came to be again",
      "2026-06-22T12:00:00.000Z",
      readyAt(dach, [
        said("06-01", { country: "DE" }),
        said("06-20", { country: "US" }),
        said("06-22", { country: "de" }),
        said("06-23", { country: "DE" }),
      ]),
    ],
    [
      "at once in a segment of whoever is not told of",
      qualifiedAt,
      readyAt(notUs, [said("06-20", { country: "DE" })]),
    ],
  ])("%s", (_, at, found) => {
    expect(found).toBe(at);
  });
});
