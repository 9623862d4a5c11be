import { describe, expect, test } from "vitest";
import { currentCycle, ownEntries } from "../../../shared/lead/cycle.ts";
import type { DealStatus, DealVersion } from "../../../shared/lead/deal.ts";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import type { Person } from "../../../shared/timeline/contact.ts";
import { emptyPartition } from "../../../shared/timeline/partition.ts";

const policy = { requalifyAfterDays: 90 };
const id = "11111111-1111-5111-8111-111111111111";
const dealId = "22222222-2222-5222-8222-222222222222";

function aDeal(status: DealStatus, updatedAt: string, closedAt?: string): DealVersion {
  const contacts = [{ identifierIds: [id] }];
  const base = { id: "D", dealId, hash16: updatedAt, stage: status, status, contacts, who: "key" };
  return { ...base, ...(closedAt !== undefined && { closedAt }), updatedAt, receivedAt: updatedAt };
}

function aLead(cycle: string, qualifiedAt: string, cycleStart?: string): LedgerEntry {
  const leadId = `${id}.${cycle}`;
  const found = { v: 1, leadId, identifierId: id, cycle, qualifiedAt, decidingTouchId: "t" } as const;
  const begun = cycleStart === undefined ? {} : { cycleStart };
  return { ...found, ...begun, policyVersion: 1, foundIn: 1, run: 1, exportedAt: qualifiedAt };
}

function somebody(ledger: LedgerEntry[], deals: DealVersion[]): Person {
  const identity = { contactId: id, strong: [{ identifierId: id }], weak: [] };
  const partitions = [{ ...emptyPartition(id), ledger, deals }];
  return { identity, partitions } as unknown as Person;
}

describe("a deal that is lost", () => {
  test("lets its contact come again also where it was taken up again and lost once more", () => {
    const first = aLead("first", "2026-01-10T10:00:00.000Z");
    const lost = aDeal("lost", "2026-02-01T10:00:00.000Z");
    const opened = currentCycle(somebody([first], [lost]), policy);
    const second = aLead(opened.id, "2026-05-10T10:00:00.000Z", lost.updatedAt);
    const both = [first, second];
    const again = aDeal("lost", "2026-06-01T10:00:00.000Z");
    expect(currentCycle(somebody(both, [lost]), policy).lead).toBe(second);
    expect(currentCycle(somebody(both, [lost, aDeal("open", "2026-05-20T10:00:00.000Z")]), policy).lead).toBe(
      second,
    );

    const person = somebody(both, [lost, again]);
    const cycle = currentCycle(person, policy);
    expect(cycle).toMatchObject({ start: again.updatedAt, after: "lost", lead: null });
    expect(ownEntries(person, cycle.id)).toEqual([]);
    const third = aLead(cycle.id, "2026-09-10T10:00:00.000Z", again.updatedAt);
    expect(currentCycle(somebody([...both, third], [lost, again]), policy).lead).toBe(third);
  });

  test("is over when it was said to be, not on the day on which it was once expected to end", () => {
    const lost = aDeal("lost", "2026-02-01T10:00:00.000Z", "2026-12-31T00:00:00.000Z");
    const after = { start: lost.updatedAt, opensAt: "2026-05-02T10:00:00.000Z", after: "lost" };
    expect(currentCycle(somebody([], [lost]), policy)).toMatchObject(after);
    const lead = aLead("first", "2026-01-10T10:00:00.000Z");
    expect(currentCycle(somebody([lead], [lost]), policy)).toMatchObject({ ...after, lead: null });
  });

  const morning = "2026-02-01T09:00:00.000Z";
  const evening = "2026-02-01T18:12:31.000Z";
  test.each([
    ["a day, and when it was last said", evening, "2026-02-01T00:00:00.000Z", true],
    ["a day in Berlin, and when it was last said", evening, "2026-01-31T23:00:00.000Z", true],
    ["days only", "2026-02-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", true],
    ["a time before the lead", evening, "2026-02-01T08:12:31.000Z", false],
    ["the day before", evening, "2026-01-31T00:00:00.000Z", false],
    [
      "a day, and that it was said before the lead",
      "2026-02-01T08:12:31.000Z",
      "2026-02-01T00:00:00.000Z",
      false,
    ],
  ])("ends a lead of that morning where the CRM tells %s: %s, %s", (_, updatedAt, closedAt, ends) => {
    const lead = aLead("first", morning);
    const cycle = currentCycle(somebody([lead], [aDeal("lost", updatedAt, closedAt)]), policy);
    expect(cycle.lead).toBe(ends ? null : lead);
    if (ends) expect(cycle).toMatchObject({ start: morning, after: "lost" });
  });

  test("ends no lead that came after it, though the touch that made it was of the same day", () => {
    const lost = aDeal("lost", evening, "2026-02-01T00:00:00.000Z");
    const lead = aLead("first", morning, lost.closedAt);
    expect(currentCycle(somebody([lead], [lost]), policy).lead).toBe(lead);
    const first = aLead("first", "2026-01-10T10:00:00.000Z");
    const next = aLead(dealId, morning, lost.closedAt);
    expect(currentCycle(somebody([first, next], [lost]), policy).lead).toBe(next);
  });

  const lost = aDeal("lost", "2026-02-01T10:00:00.000Z");
  const until = "2026-05-02T10:00:00.000Z";

  test("keeps its contact waiting though the policy goes live soon after", () => {
    const { run: _, exportedAt: __, ...found } = aLead("first", "2026-01-10T10:00:00.000Z");
    const lead = { ...found, baseline: "2026-02-10T00:00:00.000Z" };
    expect(currentCycle(somebody([lead], [lost]), policy)).toMatchObject({
      id: "go-live-20260210t000000",
      start: lead.baseline,
      opensAt: until,
      after: "lost",
    });
    const later = { ...found, baseline: "2026-06-10T00:00:00.000Z" };
    expect(currentCycle(somebody([later], [lost]), policy)).toMatchObject({
      opensAt: null,
      after: "go-live",
    });
  });

  test("keeps its contact waiting though the lead is withdrawn later", () => {
    const withdrawal = { reason: "verdict", run: 7, at: "2026-02-10T00:00:00.000Z" } as const;
    const lead = { ...aLead("first", "2026-01-10T10:00:00.000Z"), withdrawal };
    const opened = { id: dealId, start: lost.updatedAt, opensAt: until, after: "lost" };
    expect(currentCycle(somebody([lead], [lost]), policy)).toMatchObject(opened);
    expect(currentCycle(somebody([lead], []), policy)).toMatchObject({ id: "withdrawn-7", start: null });
  });
});
