import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../shared/policy/evaluate.ts";
import { fastTrackOf, ruleFits, type TouchRule, worthOf } from "../../../shared/policy/touch-rule.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { aPolicy, aTouch, daily, somebody } from "./touches.ts";

const now = "2026-06-30T12:00:00.000Z";
const demo: Partial<TimelineTouch> = {
  asset: { id: "demo-1", name: " Request a Demo ", url: "https://www.example.com/en/Demo?utm_source=x" },
  campaign: { id: "c-7", name: "Spring Sale" },
};

describe("a rule is about a touch", () => {
  test.each<[rule: TouchRule, isAbout: boolean]>([
    [{ channel: "form" }, true],
    [{ channel: "call" }, false],
    [{ channel: ["call", "form"] }, true],
    [{ channel: [] }, false],
    // An asset, by id, name or URL.
    [{ asset: "DEMO-1" }, true],
    [{ asset: "request a demo" }, true],
    [{ asset: "demo" }, false],
    [{ asset: "*demo" }, true],
    [{ asset: "request*" }, true],
    [{ asset: "*/demo?*" }, true],
    [{ asset: "*/DE*?utm_source=*" }, true],
    [{ asset: "https://www.example.com/en/demo" }, false],
    [{ asset: "*" }, true],
    [{ asset: ["webinar", "*demo*"] }, true],
    [{ asset: ["webinar", "ebook"] }, false],
    // A `.` and a `?` are what they are.
    [{ asset: "https://www.example.com/en/dem." }, false],
    [{ asset: "www?example?com*" }, false],
    // No letter is used twice.
    [{ asset: "demo-1*1" }, false],
    [{ asset: "demo-*1*" }, true],
    [{ asset: "*o-1*o-1" }, false],
    // A campaign, as it is spelt.
    [{ campaign: "C-7" }, true],
    [{ campaign: "spring_sale" }, true],
    [{ campaign: "SPRING *" }, true],
    [{ campaign: "sale" }, false],
    [{ source: "Website" }, true],
    [{ source: "web" }, false],
    [{ source: "web*" }, true],
    // All that it names.
    [{ channel: "form", asset: "*demo", campaign: "spring*", source: "website" }, true],
    [{ channel: "form", asset: "*demo", campaign: "spring*", source: "events" }, false],
  ])("%j: %s", (rule, isAbout) => {
    expect(ruleFits(rule, aTouch("a", now, demo))).toBe(isAbout);
  });

  test.each<TouchRule>([{ asset: "*" }, { campaign: "*" }])("that has nothing of the kind: %j", (rule) => {
    const { campaign: _, ...bare } = aTouch("a", now);
    expect(ruleFits(rule, bare)).toBe(false);
  });

  test("however letters with marks are composed", () => {
    const touch = aTouch("a", now, { asset: { name: "Vorfu\u0308hrung" } });
    expect(ruleFits({ asset: "VORF\u00dcHRUNG" }, touch)).toBe(true);
  });

  test("in time that does not explode with its stars", () => {
    const touch = aTouch("a", now, { asset: { name: "a".repeat(500) } });
    const began = performance.now();
    for (let count = 0; count < 100; count++)
      expect(ruleFits({ asset: `${"a*".repeat(240)}b` }, touch)).toBe(false);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test("wherever its stars are put into a text of the touch", () => {
    const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pieces, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (texts, isStar) => {
        const asset = { name: `x${texts.join("")}x` };
        const pattern = `x${texts.map((text, index) => (isStar[index] ? "*" : text)).join("")}x`;
        expect(ruleFits({ asset: pattern }, aTouch("a", now, { asset }))).toBe(true);
        expect(ruleFits({ asset: `${pattern}!` }, aTouch("a", now, { asset }))).toBe(false);
      }),
    );
  });
});

describe("what a touch is worth", () => {
  const policy = aPolicy({
    channels: { form: 1, page: 0 },
    weights: [
      { channel: "form", asset: "demo*", points: 5 },
      { asset: "*career*", points: 0 },
      { channel: ["form", "page"], asset: "*pricing*", points: 0.5 },
      { asset: "demo*", points: 3 },
    ],
  });
  test.each<[channel: TimelineTouch["channel"], asset: string, points: number]>([
    ["form", "demo", 5],
    ["call", "demo", 3],
    ["form", "demo of our careers", 5],
    ["call", "career day", 0],
    ["page", "Pricing", 0.5],
    ["call", "Pricing", 1],
    ["page", "blog", 0],
    ["form", "contact", 1],
  ])("a %s of %s: %d", (channel, asset, points) => {
    const touch = aTouch("a", "2026-06-20T12:00:00Z", { channel, asset: { name: asset } });
    expect(worthOf(policy, touch)).toBe(points);
    const { touches, points: total } = evaluate([touch], policy, now, somebody);
    expect(total).toBe(points);
    expect(touches).toMatchObject([
      points > 0
        ? { counted: true, points, reason: null }
        : { counted: false, points: 0, reason: "channel_weight_zero" },
    ]);
  });

  test("adds up to the threshold", () => {
    const touches = daily(3, "2026-06-01", { asset: { name: "pricing" }, channel: "page" });
    const asked = { ...policy, threshold: 1.5 };
    expect(evaluate(touches, asked, now, somebody)).toMatchObject({
      points: 1.5,
      decidingTouchId: "2026-06-01-002",
    });
    expect(evaluate(touches.slice(1), asked, now, somebody)).toMatchObject({ points: 1, qualifiedAt: null });
  });
});

describe("a touch qualifies at once", () => {
  const asked = {
    fastTrack: [
      { name: "demo request", asset: "demo" },
      { name: "meeting", channel: "meeting" },
    ],
  };
  const asset = { name: "Demo" };
  const one = aTouch("one", "2026-06-20T12:00:00Z", { asset });

  test("by the first rule that fits", () => {
    const policy = aPolicy(asked);
    expect(fastTrackOf(policy, one)).toBe("demo request");
    expect(fastTrackOf(policy, { ...one, channel: "meeting" })).toBe("demo request");
    expect(fastTrackOf(policy, aTouch("b", now, { channel: "meeting" }))).toBe("meeting");
    expect(fastTrackOf(policy, aTouch("b", now))).toBeNull();
  });

  test("and is the deciding one", () => {
    expect(
      evaluate([aTouch("before", "2026-06-19T12:00:00Z"), one], aPolicy(asked), now, somebody),
    ).toMatchObject({
      count: 2,
      reached: true,
      qualifiedAt: "2026-06-20T12:00:00.000Z",
      decidingTouchId: "one",
      fastTrack: "demo request",
    });
  });

  const campaign = { id: "c" };
  const earlier = aTouch("earlier", "2026-06-20T11:00:00Z", { campaign });
  test.each<[what: string, policy: object, facts: Partial<TimelineTouch>, reason: string]>([
    ["a repeat", {}, { campaign }, "repeat"],
    ["capped", { oncePer: [], maxPerCampaign: 1 }, { campaign }, "capped"],
    ["worth nothing by its channel", {}, { channel: "page" }, "channel_weight_zero"],
    ["worth nothing by a weight", { weights: [{ asset: "demo", points: 0 }] }, {}, "channel_weight_zero"],
  ])("though it is %s", (_, policy, facts, reason) => {
    const found = evaluate([earlier, { ...one, ...facts }], aPolicy({ ...asked, ...policy }), now, somebody);
    expect(found).toMatchObject({
      count: 1,
      reached: true,
      decidingTouchId: "one",
      fastTrack: "demo request",
    });
    expect(found.touches[1]).toMatchObject({ counted: false, points: 0, reason });
  });

  test.each<[what: string, policy: object, facts: Partial<TimelineTouch>, cycleStart: string | null]>([
    ["a machine's", {}, { exclusion: "machine" }, null],
    ["cancelled", {}, { exclusion: "cancelled" }, null],
    ["ours", {}, { direction: "outbound" }, null],
    ["of a role address", {}, { identifiers: { email: "info@buyer.example" } }, null],
    ["of an excluded domain", { exclude: { domains: ["buyer.example"] } }, {}, null],
    ["of an earlier cycle", {}, {}, "2026-06-20T12:00:00.000Z"],
    ["of an earlier cycle and worth nothing", {}, { channel: "page" }, "2026-06-20T12:00:00.000Z"],
    ["out of the window", { windowDays: 10 }, {}, null],
  ])("not where it is %s", (_, policy, facts, cycleStart) => {
    const touch = { ...one, ...facts };
    expect(evaluate([touch], aPolicy({ ...asked, ...policy }), now, somebody, cycleStart)).toMatchObject({
      reached: false,
      qualifiedAt: null,
      fastTrack: null,
    });
  });

  test("unless the count came first, or comes with it", () => {
    const policy = aPolicy({ ...asked, threshold: 2 });
    const second = aTouch("second", "2026-06-20T12:00:00Z", { asset });
    const found = { decidingTouchId: "second", fastTrack: null };
    expect(evaluate([earlier, second], policy, now, somebody)).toMatchObject(found);
    const later = aTouch("later", "2026-06-21T12:00:00Z", { asset });
    expect(
      evaluate([earlier, aTouch("second", "2026-06-20T12:00:00Z"), later], policy, now, somebody),
    ).toMatchObject(found);
    expect(evaluate([one, later], policy, now, somebody)).toMatchObject({
      decidingTouchId: "one",
      fastTrack: "demo request",
    });
  });
});
