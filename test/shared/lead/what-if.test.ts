import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dealIdOf } from "../../../shared/lead/deal.ts";
import {
  judgeWhatIf,
  setOf,
  type WhatIfContact,
  whatIfSentence,
  whatIfState,
} from "../../../shared/lead/what-if.ts";
import { whatIfReport } from "../../../shared/lead/what-if-report.ts";
import { mostExamples, WhatIfTally } from "../../../shared/lead/what-if-tally.ts";
import type { Person } from "../../../shared/timeline/contact.ts";
import { emptyPartition, type PersonPartition } from "../../../shared/timeline/partition.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { aPolicy, aTouch, daily } from "../policy/touches.ts";

const now = "2026-03-01T00:00:00.000Z";

/** A person of one address. */
function personOf(
  touches: readonly TimelineTouch[],
  facts: Partial<PersonPartition> = {},
  number = 1,
): Person {
  const identifierId = `00000000-0000-5000-8000-${String(number).padStart(12, "0")}`;
  const own = { identifierId, type: "email" as const, value: "ada@buyer.example" };
  return {
    identity: { contactId: identifierId, strong: [own], weak: [], applied: [], refused: [] },
    partitions: [
      {
        ...emptyPartition(identifierId),
        identifier: own,
        touches: touches.map((touch) => ({ ...touch, identifierId })),
        ...facts,
      },
    ],
  };
}

const judged = (person: Person, draft: object, inForce: object): WhatIfContact =>
  judgeWhatIf(person, {
    now,
    draft: { version: 2, policy: aPolicy(draft) },
    inForce: { version: 1, policy: aPolicy(inForce) },
  });

const four = daily(4, "2025-11-03", { campaign: { name: "Spring Sale" } });

describe("a contact under two policies", () => {
  test.each<[what: string, draft: object, inForce: object, set: string | undefined, sentence: string]>([
    [
      "gained where only the draft is met",
      { threshold: 3 },
      { threshold: 5 },
      "gained",
      "Under version 2 a lead on 5 Nov 2025: 3 touches within 180 days, the last a form of campaign “Spring Sale”; under version 1 never.",
    ],
    [
      "lost where only the policy in force is",
      { threshold: 5 },
      { threshold: 4 },
      "lost",
      "Under version 1 a lead on 6 Nov 2025: 4 touches within 180 days, the last a form of campaign “Spring Sale”; under version 2 never.",
    ],
    [
      "of both, each at its own moment",
      { threshold: 2, windowDays: 30 },
      { threshold: 4 },
      "both",
      "Under version 2 a lead on 4 Nov 2025: 2 touches within 30 days, the last a form of campaign “Spring Sale”; under version 1 on 6 Nov 2025.",
    ],
    [
      "lost where the draft asks for what nobody knows",
      {
        threshold: 3,
        require: { traits: ["company"], segments: ["dach"] },
        segments: { dach: { country: "DE" } },
      },
      { threshold: 3 },
      "lost",
      "Under version 1 a lead on 5 Nov 2025: 3 touches within 180 days, the last a form of campaign “Spring Sale”; under version 2 held since 5 Nov 2025: it lacks trait company, segment dach.",
    ],
    [
      "gained at once by a rule",
      { fastTrack: [{ name: "Sale", campaign: "spring-sale" }] },
      {},
      "gained",
      "Under version 2 a lead on 3 Nov 2025, at once by “Sale”: a form of campaign “Spring Sale”; under version 1 never.",
    ],
  ])("is %s", (_, draft, inForce, set, sentence) => {
    const contact = judged(personOf(four), draft, inForce);
    expect(setOf(contact)).toBe(set);
    expect(whatIfSentence(contact, setOf(contact)!)).toBe(sentence);
  });

  test("is of no set where neither is met", () => {
    expect(setOf(judged(personOf(four), {}, {}))).toBeUndefined();
  });

  test("is judged by each policy's own segments and signs of machines", () => {
    const clicks = four.map((touch, index) => ({
      ...touch,
      channel: "email_click" as const,
      ...(index > 1 && { client: { userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)" } }),
    }));
    const lenient = { threshold: 4, machineClicks: { scannerAgents: false } };
    expect(setOf(judged(personOf(clicks), lenient, { threshold: 4 }))).toBe("gained");
    expect(setOf(judged(personOf(clicks), { threshold: 4 }, lenient))).toBe("lost");
  });

  test("is a lead of its past, whatever deals it has now", () => {
    const identifierId = personOf([]).identity.contactId;
    const deal = {
      id: "d-1",
      dealId: dealIdOf("d-1"),
      hash16: "00000000000000aa",
      stage: "Closed Won",
      status: "won" as const,
      contacts: [{ identifierIds: [identifierId] }],
      updatedAt: "2026-01-01T00:00:00.000Z",
      receivedAt: "2026-01-01T00:00:00.000Z",
      who: "key-1",
    };
    const contact = judged(personOf(four, { deals: [deal] }), { threshold: 3 }, { threshold: 5 });
    expect(setOf(contact)).toBe("gained");
    expect(contact.won).toBe(true);
    expect(contact.accepted).toBeNull();
  });
});

/** People with few touches and many, of some campaigns. */
const arbitraryContacts = fc
  .array(
    fc.record({ touches: fc.nat(6), campaign: fc.constantFrom("a", "b", "__proto__"), day: fc.nat(40) }),
    { maxLength: 30 },
  )
  .map((people) =>
    people.map(({ touches, campaign, day }, number) => {
      const first = new Date(Date.UTC(2025, 11, 20) + day * 86_400_000).toISOString().slice(0, 10);
      const person = personOf(daily(touches, first, { campaign: { id: campaign } }), {}, number);
      return judged(
        person,
        { threshold: 3 },
        { threshold: 2, minDays: 2, windowDays: 10, maxPerCampaign: 2 },
      );
    }),
  );

const tallyOf = (contacts: readonly WhatIfContact[]): WhatIfTally => {
  const tally = new WhatIfTally("Europe/Berlin");
  for (const contact of contacts) tally.add(contact);
  return tally;
};

describe("what contacts add up to", () => {
  test("is the same however they are divided, and in whatever order the parts are added", () => {
    fc.assert(
      fc.property(
        arbitraryContacts,
        fc.array(fc.nat(4), { minLength: 30, maxLength: 30 }),
        (contacts, parts) => {
          const whole = tallyOf(contacts).sums;
          const merged = new WhatIfTally("Europe/Berlin");
          for (const part of [3, 0, 4, 1, 2]) {
            const own = tallyOf(contacts.filter((_, index) => parts[index] === part)).sums;
            merged.merge(JSON.parse(JSON.stringify(own)));
          }
          expect(JSON.stringify(merged.sums)).toBe(JSON.stringify(whole));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("agrees with itself in every figure", () => {
    fc.assert(
      fc.property(arbitraryContacts, (contacts) => {
        const report = whatIfReport(tallyOf(contacts).sums);
        const { gained, lost, both, leads } = report;
        const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
        expect(report.contacts).toBe(contacts.length);
        expect(leads).toEqual({ draft: gained + both, inForce: lost + both });
        expect(sum(report.weeks.map(({ draft }) => draft))).toBe(leads.draft);
        expect(sum(report.weeks.map(({ inForce }) => inForce))).toBe(leads.inForce);
        for (const set of ["gained", "lost", "both"] as const) {
          expect(sum(report.channels.map((channel) => channel[set]))).toBe(report[set]);
          expect(sum(report.campaigns.map((campaign) => campaign[set]))).toBe(report[set]);
          expect(report.examples[set]).toHaveLength(Math.min(mostExamples, report[set]));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("tells a hundred campaigns by name and the rest together", () => {
    const contacts = Array.from({ length: 120 }, (_, number) => {
      const facts = { campaign: { id: `${number < 118 ? number : 117} ${"long ".repeat(30)}` } };
      return judged(personOf([aTouch("t", "2026-01-01T12:00:00Z", facts)], {}, number), { threshold: 1 }, {});
    });
    const { campaigns, otherCampaigns, gained } = whatIfReport(tallyOf(contacts).sums);
    expect(gained).toBe(120);
    expect(campaigns).toHaveLength(100);
    expect(campaigns[0]).toMatchObject({ gained: 3, lost: 0, both: 0 });
    expect(Math.max(...campaigns.map(({ campaign }) => campaign.length))).toBeLessThanOrEqual(60);
    expect(otherCampaigns).toEqual({ campaigns: 18, gained: 18, lost: 0, both: 0 });
  });

  test("counts weeks as calendars do in the policy's time zone", () => {
    // Sunday evening in UTC, Monday in Berlin; and the first days of 2027, which are of a week of 2026.
    const times = ["2026-01-04T23:30:00Z", "2027-01-02T12:00:00Z"];
    const contacts = times.map((time, number) =>
      judgeWhatIf(personOf([aTouch("t", time)], {}, number), {
        now: "2028-01-01T00:00:00.000Z",
        draft: { version: 2, policy: aPolicy({ threshold: 1 }) },
        inForce: { version: 1, policy: aPolicy({}) },
      }),
    );
    expect(whatIfReport(tallyOf(contacts).sums).weeks).toEqual([
      { week: "2026-W02", draft: 1, inForce: 0 },
      { week: "2026-W53", draft: 1, inForce: 0 },
    ]);
  });

  test("says a share only of whom something is known", () => {
    const [one, other] = [0, 1].map((number) => judged(personOf(four, {}, number), { threshold: 3 }, {}));
    const contacts = [
      { ...one!, accepted: true, won: false },
      { ...other!, accepted: false, won: null },
      { ...other!, accepted: null, won: null },
    ];
    const { outcomes } = whatIfReport(tallyOf(contacts).sums);
    expect(outcomes.gained).toEqual({
      accepted: { known: 2, count: 1, share: 0.5 },
      won: { known: 1, count: 0, share: 0 },
    });
    expect(outcomes.lost.accepted).toEqual({ known: 0, count: 0, share: null });
  });
});

test.each([
  ["2026-03-01T05:59:00.000Z", undefined, "running"],
  ["2026-03-01T06:01:00.000Z", undefined, "failed"],
  ["2026-03-01T06:01:00.000Z", "2026-03-01T06:00:30.000Z", "completed"],
])("at %s a recount that completed at %s is %s", (time, completedAt, state) => {
  const whatIf = { v: 1 as const, version: 2, number: 1, against: 1, startedAt: now };
  expect(whatIfState({ ...whatIf, ...(completedAt && { completedAt }) }, new Date(time))).toBe(state);
});
