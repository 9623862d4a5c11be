import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { buildLead, LeadUnmade, leadSchema } from "../../../shared/lead/lead.ts";
import { evaluate } from "../../../shared/policy/evaluate.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import { foldTouches, type TimelineTouch } from "../../../shared/timeline/timeline.ts";
import {
  aPolicy,
  arbitraryInstant,
  arbitraryPerson,
  arbitraryPolicy,
  arbitraryTouches,
  aTouch,
  daily,
  somebody,
} from "../policy/touches.ts";
import { leadOf, story } from "./leads.ts";

describe("a lead", () => {
  test("is what sales needs to know, as of the moment it qualified", () => {
    expect(leadOf()).toMatchObject({
      email: "ada@buyer.example",
      firstName: "Ada",
      jobTitle: null,
      countedTouches: 8,
      points: 8,
      threshold: 8,
      whyNow:
        "8 touches in 41 days over 3 channels; the last, a demo-request form of campaign “Autumn Webinar”, on 12 Nov 2026.",
      firstTouchAt: "2026-10-03T12:00:00.000Z",
      qualifiedAt: "2026-11-12T15:00:00.000Z",
      lastTouchAt: "2026-11-12T15:00:00.000Z",
      leadSource: "linkedin/paid-social",
      firstCampaign: "Autumn Webinar",
      decidingCampaign: "Autumn Webinar",
      lastMessage: "We need this by January.",
      lastAsset: "demo-request",
      channels: ["form", "email_click", "check_in"],
      owner: null,
      emailOptOut: false,
      policyVersion: 3,
      timeZone: "UTC",
      segments: ["dach", "enterprise"],
      notCounted: [],
      notCountedTotals: {},
    });
  });

  test("shows each counted touch, oldest first, with its points and a public id", () => {
    const lead = leadOf();
    expect(lead.touches.map(({ occurredAt }) => occurredAt)).toEqual(
      story.map(({ occurredAt }) => occurredAt),
    );
    expect(lead.touches.at(-1)).toEqual({
      id: "9f0c6a52-0000-5000-8000-000000000001.demo",
      channel: "form",
      occurredAt: "2026-11-12T15:00:00.000Z",
      campaign: { name: "Autumn Webinar" },
      asset: { id: "demo-request" },
      source: "website",
      points: 1,
    });
  });

  test("keeps the count of the moment it qualified when more has come since", () => {
    const later = daily(3, "2026-11-20", { properties: { message: "Still there?" } });
    const lead = leadOf([...story, ...later]);
    expect(lead).toMatchObject({
      countedTouches: 8,
      qualifiedAt: "2026-11-12T15:00:00.000Z",
      lastTouchAt: "2026-11-22T12:00:00.000Z",
      lastMessage: "Still there?",
    });
    expect(lead.touches).toHaveLength(8);
  });

  test("tells what did not count and why: all in numbers, the latest hundred one by one", () => {
    const pages = Array.from({ length: 150 }, (_, index) =>
      aTouch(`page-${index}`, new Date(Date.parse("2026-10-20T00:00:00Z") + index * 60_000).toISOString(), {
        channel: "page",
      }),
    );
    const lead = leadOf([
      ...pages,
      aTouch("ours", "2026-11-01T00:00:00Z", { direction: "outbound" }),
      ...story,
    ]);
    expect(lead.notCountedTotals).toEqual({ channel_weight_zero: 150, outbound: 1 });
    expect(lead.notCounted).toHaveLength(100);
    expect(lead.notCounted.at(-1)).toMatchObject({ reason: "outbound", points: 0 });
  });

  test("takes the ledger's moment of qualifying over that of the evaluation", () => {
    const evaluation = evaluate(story, aPolicy({ threshold: 3 }), "2026-11-12T15:00:00.000Z", somebody);
    expect(evaluation.qualifiedAt).toBe("2026-10-05T12:00:00.000Z");
    const lead = leadOf(story, { evaluation, qualifiedAt: "2026-11-12T15:00:00.000Z" });
    expect(lead).toMatchObject({ qualifiedAt: "2026-11-12T15:00:00.000Z", countedTouches: 8 });
    expect(lead.whyNow).toContain("a demo-request form");
  });

  test("cannot be made of what does not qualify", () => {
    expect(() => leadOf(story.slice(0, 7))).toThrow(LeadUnmade);
  });

  test("knows first and last from the person's own acts, whether they count or not", () => {
    const ours = aTouch("mailing", "2026-09-01T00:00:00Z", {
      direction: "outbound",
      campaign: { source: "us" },
    });
    const scanner = aTouch("scan", "2026-09-02T00:00:00Z", { channel: "email_click", exclusion: "machine" });
    const page = aTouch("page", "2026-09-03T00:00:00Z", {
      channel: "page",
      campaign: { id: "g-17", source: "google", medium: "cpc" },
    });
    expect(leadOf([ours, scanner, page, ...story])).toMatchObject({
      firstTouchAt: "2026-09-03T00:00:00.000Z",
      leadSource: "google/cpc",
      firstCampaign: "g-17",
      countedTouches: 8,
    });
  });

  test.each<[TimelineTouch["campaign"], string]>([
    [{ source: "google", medium: "cpc" }, "google/cpc"],
    [{ source: "google" }, "google"],
    [{ medium: "email" }, "email"],
    [{ source: " " }, "form"],
    [undefined, "form"],
  ])("of a first touch of campaign %j has the source %s", (campaign, source) => {
    expect(leadOf([aTouch("first", "2026-10-01T00:00:00Z", { campaign }), ...story]).leadSource).toBe(source);
  });

  test("has every field of its schema, and no other, whatever it is made of", () => {
    fc.assert(
      fc.property(
        arbitraryTouches,
        arbitraryPolicy,
        arbitraryInstant,
        arbitraryPerson,
        (touches, policy, now, person) => {
          const timeline = foldTouches(touches);
          const { qualifiedAt } = evaluate(timeline, policy, now, person);
          fc.pre(qualifiedAt !== null);
          const evaluation = evaluate(timeline, policy, qualifiedAt, person);
          const lead = leadOf(timeline, { evaluation, emails: person.emails });
          expect(z.parse(leadSchema, JSON.parse(JSON.stringify(lead)))).toEqual(lead);
          expect(lead.touches).toHaveLength(lead.countedTouches);
          const total = Object.values(lead.notCountedTotals).reduce((sum, count) => sum + count, 0);
          expect(lead.countedTouches + total).toBe(evaluation.touches.length);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a lead that a touch made at once", () => {
  const demo = { name: "demo", channel: "form", asset: "demo-*" };
  const policy = aPolicy({ fastTrack: [demo] });
  const ask = aTouch("ask", "2026-11-12T15:00:00Z", {
    asset: { id: "demo-request" },
    campaign: { name: "Autumn" },
  });

  test("says by which, of which campaign, and what counted beside it", () => {
    const lead = leadOf([...story.slice(0, 3), ask], {}, policy);
    expect(lead).toMatchObject({
      fastTrack: "demo",
      qualifiedAt: ask.occurredAt,
      countedTouches: 4,
      decidingCampaign: "Autumn",
      decidingTouch: { channel: "form", occurredAt: ask.occurredAt, points: 1 },
      whyNow:
        "A demo-request form of campaign “Autumn” on 12 Nov 2026: qualifies at once by the rule “demo”, after 3 other touches that count.",
    });
    expect(leadOf([ask], {}, policy).whyNow).toBe(
      "A demo-request form of campaign “Autumn” on 12 Nov 2026: qualifies at once by the rule “demo”.",
    );
  });

  test("stands where that touch is worth nothing, and where it repeats another", () => {
    const worthless = aPolicy({ fastTrack: [{ name: "pricing", channel: "page" }] });
    const seen = aTouch("seen", "2026-11-12T15:00:00Z", { channel: "page", asset: { name: "Pricing" } });
    expect(leadOf([seen], {}, worthless)).toMatchObject({
      fastTrack: "pricing",
      countedTouches: 0,
      touches: [],
      channels: [],
      decidingTouch: { channel: "page", points: 0 },
      notCountedTotals: { channel_weight_zero: 1 },
      firstTouchAt: seen.occurredAt,
    });
    const twin = {
      ...ask,
      touchId: "a-twin",
      occurredAt: "2026-11-12T14:00:00.000Z",
      asset: { id: "brochure" },
    };
    const lead = leadOf([twin, ask], {}, policy);
    expect(lead).toMatchObject({ fastTrack: "demo", countedTouches: 1, notCountedTotals: { repeat: 1 } });
    expect(lead.decidingTouch).toMatchObject({ occurredAt: ask.occurredAt, points: 0 });
  });

  test("goes by the ledger's touch, and is told by its count where that no longer stands", () => {
    const named = { qualifiedAt: ask.occurredAt, decidingTouchId: "ask", fastTrack: "demo" };
    const made = (last: TimelineTouch) => {
      const touches = [...story.slice(0, 3), last];
      return leadOf(touches, {
        ...named,
        evaluation: evaluate(touches, policy, ask.occurredAt, somebody),
      });
    };
    expect(made(ask).fastTrack).toBe("demo");
    const scanned = made({ ...ask, exclusion: "machine" });
    expect(scanned).toMatchObject({ fastTrack: null, countedTouches: 3 });
    expect(scanned.whyNow).toMatch(/^3 touches in 3 days/);
    const gone = evaluate([{ ...ask, exclusion: "machine" }], policy, ask.occurredAt, somebody);
    expect(() => leadOf([ask], { ...named, evaluation: gone })).toThrow(LeadUnmade);
  });
});

describe("the message", () => {
  const message = (properties: Record<string, unknown>) =>
    leadOf([...story.slice(0, 7), { ...story[7]!, properties }]).lastMessage;

  test.each([
    [{ message: " Call me " }, "Call me"],
    [{ "your-message": "Call me" }, "Call me"],
    [{ "How can we help you?": "Call me" }, "Call me"],
    [{ Comments: "Call me" }, "Call me"],
    [{ comments: "second choice", message: "first choice" }, "first choice"],
    [{ message: "", comments: "not empty" }, "not empty"],
    [{ budget: "10k" }, null],
    [{ message: 42 }, null],
    [{ message: "x".repeat(500) }, "x".repeat(500)],
    [{ message: "x".repeat(501) }, `${"x".repeat(499)}…`],
    [{ message: "🙂".repeat(501) }, `${"🙂".repeat(499)}…`],
  ])("of %j", (properties, expected) => {
    expect(message(properties)).toBe(expected);
  });

  test("is the last that was written, of forms only", () => {
    const written = (index: number, text: string) => ({ ...story[index]!, properties: { message: text } });
    const touches = [
      written(0, "first"),
      written(1, "second"),
      ...story.slice(2, 6),
      written(6, "badge text"),
    ];
    expect(leadOf([...touches, { ...story[7]!, properties: {} }]).lastMessage).toBe("second");
  });
});

describe("why now", () => {
  const one = aPolicy({ threshold: 1 });
  const why = (facts: Partial<TimelineTouch>) =>
    leadOf([aTouch("a", "2026-11-12T23:30:00Z", facts)], {}, one).whyNow;
  const campaign = undefined;

  test.each<[Partial<TimelineTouch>, string]>([
    [{ campaign }, "it was a form on 12 Nov 2026."],
    [{ campaign, asset: { name: "E-book" } }, "it was an E-book form on 12 Nov 2026."],
    [{ campaign, asset: { name: "Contact form" } }, "it was a Contact form on 12 Nov 2026."],
    [
      { campaign: { name: "Spring" }, channel: "meeting" },
      "it was a meeting of campaign “Spring” on 12 Nov 2026.",
    ],
    [
      { campaign, channel: "check_in", asset: { name: "Expo" } },
      "it was an event check-in at “Expo” on 12 Nov 2026.",
    ],
    [{ campaign, channel: "email_click" }, "it was an e-mail click on 12 Nov 2026."],
    [{ campaign, asset: { name: "for ada@buyer.example" } }, "it was a form on 12 Nov 2026."],
    [{ campaign, asset: { id: "https://buyer.example/?mail=x" } }, "it was a form on 12 Nov 2026."],
  ])("of one touch %j", (facts, end) => {
    expect(why(facts)).toBe(`1 touch on one day over 1 channel; ${end}`);
  });

  test("counts days and names the date in the policy's time zone", () => {
    const policy = aPolicy({ threshold: 2, timeZone: "Europe/Berlin" });
    const touches = [aTouch("a", "2026-11-11T22:30:00Z"), aTouch("b", "2026-11-12T23:30:00Z", { campaign })];
    expect(leadOf(touches, {}, policy).whyNow).toBe(
      "2 touches in 3 days over 1 channel; the last, a form, on 13 Nov 2026.",
    );
  });

  test("tells points where a touch is not worth one", () => {
    const policy = aPolicy({ threshold: 4, channels: { form: 2.5 } });
    expect(leadOf(daily(2, "2026-11-01"), {}, policy).whyNow).toMatch(/^2 touches worth 5 points in 2 days/);
  });

  test("says nothing of who it is", () => {
    expect(leadOf().whyNow).not.toMatch(/Ada|Lovelace|buyer|policy/i);
  });
});

test("an evaluation without a moment of qualifying makes no lead", () => {
  const evaluation = evaluate(story, aPolicy({ threshold: 9 }), "2026-11-30T00:00:00Z", somebody);
  expect(evaluation.count).toBe(8);
  expect(() =>
    buildLead({
      leadId: "x.first",
      contactId: "x",
      cycle: "first",
      evaluation,
      allTouches: story,
      traits: {},
      emails: [],
      policyVersion: 1,
      emailOptOut: false,
      evidenceUrl: null,
      segments: [],
      account: null,
      owner: null,
      required: { traits: [], segments: [] },
      surroundings: { deals: [], feedback: [], earlierLeads: [] },
      colleagues: null,
    }),
  ).toThrow(LeadUnmade);
  expect(evaluate(story, defaultPolicy, "2026-11-30T00:00:00Z", somebody).qualifiedAt).not.toBeNull();
});
