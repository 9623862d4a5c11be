import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Feedback, foldFeedback } from "../../../shared/lead/feedback.ts";
import { type HandOff, type HandOffInput, handOffOf, handOffStates } from "../../../shared/lead/hand-off.ts";
import { definitions, figuresOf } from "../../../shared/lead/hand-off-report.ts";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import type { Receipt } from "../../../shared/lead/receipt.ts";
import { serviceLevelSchema } from "../../../shared/policy/hand-off.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";

const entry: LedgerEntry = {
  v: 1,
  leadId: "11111111-1111-5111-8111-111111111111.first",
  identifierId: "11111111-1111-5111-8111-111111111111",
  cycle: "first",
  qualifiedAt: "2026-11-19T15:00:00.000Z",
  decidingTouchId: "22222222-2222-5222-8222-222222222222",
  policyVersion: 1,
  foundIn: 3,
  run: 3,
  exportedAt: "2026-11-20T04:00:00.000Z",
  owner: "dana",
};

const feedback = (occurredAt: string, fields: Partial<Feedback> = {}): Feedback => ({
  leadId: entry.leadId,
  feedbackId: `fb-${occurredAt}`,
  hash16: "0123456789abcdef",
  id: occurredAt,
  outcome: "contacted",
  occurredAt,
  receivedAt: occurredAt,
  who: "key-1",
  ...fields,
});

const download = (at: string, role: Receipt["role"] = "sales"): Receipt => ({
  by: "download",
  at,
  who: "key-1",
  role,
});

const touch = (occurredAt: string, fields: Partial<TimelineTouch> = {}): TimelineTouch => ({
  identifierId: entry.identifierId,
  touchId: `touch-${occurredAt}`,
  hash16: "0123456789abcdef",
  channel: "call",
  direction: "outbound",
  occurredAt,
  receivedAt: occurredAt,
  source: "crm",
  identifiers: {},
  conflict: false,
  ...fields,
});

const input = (fields: Partial<HandOffInput> = {}): HandOffInput => ({
  entry,
  answer: foldFeedback([]),
  receipts: [],
  touches: [],
  campaign: "Autumn",
  won: false,
  // Eight hours of Monday to Friday, nine to five, UTC.
  serviceLevel: serviceLevelSchema.parse({
    calendars: { dana: {}, kenji: { timeZone: "Asia/Tokyo" } },
  }),
  now: "2026-11-20T12:00:00.000Z",
  ...fields,
});

const of = (fields: Partial<HandOffInput>): HandOff => handOffOf(input(fields))!;

describe("the clock of a lead", () => {
  test.each<[what: string, occurredAt: string, since: string | undefined, state: HandOff["state"]]>([
    ["on the day it was due is in time", "2026-11-20T23:59:59.000Z", "2026-11-20T00:00:00.000Z", "in_time"],
    ["a day later is late", "2026-11-21T23:59:59.000Z", "2026-11-21T00:00:00.000Z", "late"],
    ["at night, to the second, is late", "2026-11-20T23:59:59.000Z", undefined, "late"],
  ])("that stops at an answer of a day alone %s", (_, occurredAt, since, state) => {
    const said = feedback(occurredAt, since === undefined ? {} : { since });
    expect(of({ answer: foldFeedback([said]), now: "2026-11-22T12:00:00.000Z" })).toMatchObject({
      dueAt: "2026-11-20T17:00:00.000Z",
      state,
    });
  });

  test("is nobody's whose name only looks like a calendar's", () => {
    const named = of({ entry: { ...entry, owner: "constructor" } });
    expect(named.dueAt).toBe(of({ entry: { ...entry, owner: "somebody" } }).dueAt);
  });

  test.each<[what: string, fields: Partial<HandOffInput>, expected: Partial<HandOff>]>([
    [
      "starts at the export where nobody received it",
      {},
      { startsAt: "2026-11-20T04:00:00.000Z", dueAt: "2026-11-20T17:00:00.000Z", state: "not_yet_due" },
    ],
    [
      "starts at the first receipt by sales",
      { receipts: [download("2026-11-20T13:00:00.000Z"), download("2026-11-20T11:00:00.000Z")] },
      { startsAt: "2026-11-20T11:00:00.000Z", dueAt: "2026-11-23T11:00:00.000Z" },
    ],
    [
      "does not start by what marketing or the administrator downloads",
      {
        receipts: [
          download("2026-11-20T11:00:00.000Z", "read"),
          download("2026-11-20T11:00:00.000Z", "admin"),
        ],
      },
      { startsAt: "2026-11-20T04:00:00.000Z", receivedAt: null },
    ],
    [
      "starts before the export where a webhook took it",
      { receipts: [{ by: "webhook", at: "2026-11-19T15:01:00.000Z", who: "endpoint-1" }] },
      { handedOverAt: "2026-11-19T15:01:00.000Z", startsAt: "2026-11-19T15:01:00.000Z" },
    ],
    [
      "is over when nobody has answered in time",
      { now: "2026-11-20T17:00:00.001Z" },
      { state: "overdue", answeredAt: null },
    ],
    [
      "stops at the first answer",
      { answer: foldFeedback([feedback("2026-11-23T10:00:00.000Z"), feedback("2026-11-20T10:00:00.000Z")]) },
      {
        state: "in_time",
        answeredAt: "2026-11-20T10:00:00.000Z",
        answeredBy: "feedback",
        businessTime: 3_600_000,
      },
    ],
    [
      "tells an answer after the service level",
      { answer: foldFeedback([feedback("2026-11-23T10:00:00.000Z")]), now: "2026-11-24T00:00:00.000Z" },
      { state: "late", businessTime: 9 * 3_600_000 },
    ],
    [
      "stops at an outbound call before any answer",
      {
        answer: foldFeedback([feedback("2026-11-23T10:00:00.000Z")]),
        touches: [touch("2026-11-20T09:30:00.000Z")],
      },
      { state: "in_time", answeredBy: "touch", answeredAt: "2026-11-20T09:30:00.000Z" },
    ],
    [
      "goes on at what the person did, at a call before the lead, and at one that did not happen",
      {
        touches: [
          touch("2026-11-19T09:30:00.000Z"),
          touch("2026-11-20T09:30:00.000Z", { direction: "inbound" }),
          touch("2026-11-20T09:40:00.000Z", { exclusion: "cancelled" }),
          touch("2026-11-20T09:50:00.000Z", { channel: "page" }),
        ],
      },
      { answeredAt: null },
    ],
    [
      "takes whoever answered before the download for served at once",
      {
        answer: foldFeedback([feedback("2026-11-20T10:00:00.000Z")]),
        receipts: [download("2026-11-23T10:00:00.000Z")],
      },
      { startsAt: "2026-11-20T10:00:00.000Z", state: "in_time", businessTime: 0 },
    ],
    [
      "does not run backwards where the answer is dated before the lead",
      { answer: foldFeedback([feedback("2026-11-18T10:00:00.000Z")]) },
      { answeredAt: "2026-11-20T04:00:00.000Z", businessTime: 0, state: "in_time" },
    ],
    [
      "goes by the owner's calendar",
      { entry: { ...entry, owner: "kenji" } },
      // Tokyo opens at midnight UTC; the export came four hours into its Friday.
      { dueAt: "2026-11-23T04:00:00.000Z" },
    ],
    [
      "ends with a withdrawal that comes before an answer",
      {
        entry: { ...entry, withdrawal: { reason: "verdict", run: 4, at: "2026-11-21T04:00:00.000Z" } },
        now: "2026-11-30T00:00:00.000Z",
      },
      { state: "withdrawn", withdrawn: true },
    ],
    [
      "keeps an answer that came before the withdrawal",
      {
        entry: { ...entry, withdrawal: { reason: "verdict", run: 4, at: "2026-11-21T04:00:00.000Z" } },
        answer: foldFeedback([feedback("2026-11-20T10:00:00.000Z")]),
      },
      { state: "in_time", withdrawn: true },
    ],
    [
      "is not there without a service level",
      { serviceLevel: null },
      { state: "unmeasured", dueAt: null, businessTime: null },
    ],
  ])("%s", (_, fields, expected) => {
    expect(of(fields)).toMatchObject(expected);
  });

  test("a lead that no export has had and nobody received is not handed over", () => {
    const { run: _, exportedAt: __, ...waiting } = entry;
    expect(handOffOf(input({ entry: waiting }))).toBeUndefined();
  });
});

describe("the figures", () => {
  const hour = 3_600_000;
  const handOff = (fields: Partial<HandOff>): HandOff => ({ ...of({}), ...fields });
  const decided = (outcome: Feedback["outcome"], reason?: string): Partial<HandOff> => ({
    outcome: feedback("2026-11-20T10:00:00.000Z", { outcome, ...(reason && { reason }) }),
  });

  test("are what a spreadsheet would make of them", () => {
    const figures = figuresOf([
      handOff({ state: "in_time", businessTime: 1 * hour, ...decided("accepted"), won: true }),
      handOff({ state: "in_time", businessTime: 2 * hour, ...decided("rejected", "no_budget") }),
      handOff({ state: "late", businessTime: 10 * hour, ...decided("rejected", "no_budget") }),
      handOff({ state: "late", businessTime: 21 * hour, ...decided("recycled") }),
      handOff({ state: "overdue" }),
      handOff({ state: "not_yet_due" }),
      handOff({ state: "withdrawn", withdrawn: true }),
    ]);
    expect(figures).toMatchObject({
      handedOver: 7,
      marketing: {
        withdrawn: 1,
        accepted: 1,
        rejected: 2,
        recycled: 1,
        undecided: 2,
        acceptanceRate: 0.25,
        reasons: { no_budget: 2 },
        won: 1,
      },
      sales: {
        inTime: 2,
        late: 2,
        overdue: 1,
        notYetDue: 1,
        withdrawn: 1,
        unmeasured: 0,
        inTimeRate: 0.4,
        // =MEDIAN(1,2,10,21) and =PERCENTILE.INC(…;0.9)
        answerHours: { median: 6, p90: 17.7 },
      },
      system: { delayHours: { median: 13, p90: 13 } },
    });
  });

  test("say nothing of nothing", () => {
    expect(figuresOf([])).toMatchObject({
      marketing: { acceptanceRate: null },
      sales: { inTimeRate: null, answerHours: { median: null, p90: null } },
    });
  });

  test("put each lead into one state, whatever the order", () => {
    const anyState = fc.constantFrom(...handOffStates);
    fc.assert(
      fc.property(fc.array(anyState, { maxLength: 40 }), (states) => {
        const all = states.map((state) => handOff({ state, withdrawn: state === "withdrawn" }));
        const { sales, handedOver, marketing } = figuresOf(all);
        const { inTime, late, overdue, notYetDue, unmeasured, withdrawn } = sales;
        expect(inTime + late + overdue + notYetDue + unmeasured + withdrawn).toBe(handedOver);
        const { accepted, rejected, recycled, undecided } = marketing;
        expect(accepted + rejected + recycled + undecided + marketing.withdrawn).toBe(handedOver);
        expect(figuresOf(all.toReversed())).toEqual(figuresOf(all));
      }),
      { numRuns: 100 },
    );
  });

  test("each say their definition", () => {
    const names = Object.entries(figuresOf([])).flatMap(([team, value]) =>
      typeof value === "object" ? Object.keys(value).map((name) => `${team}.${name}`) : [team],
    );
    expect(
      Object.keys(definitions)
        .flatMap((name) =>
          name === "marketing.accepted" ? [name, "marketing.rejected", "marketing.recycled"] : [name],
        )
        .sort(),
    ).toEqual(names.sort());
  });
});
