import { describe, expect, test } from "vitest";
import { evaluate, readFrom } from "../../../shared/policy/evaluate.ts";
import { defaultPolicy, starterPolicy } from "../../../shared/policy/policy.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { aPolicy, aTouch, daily, somebody } from "./touches.ts";

const now = "2026-06-30T12:00:00.000Z";

/** The reason of each touch, oldest first; `counted` where it counts. */
const verdicts = (touches: TimelineTouch[], policy: unknown, when = now) =>
  evaluate(touches, aPolicy(policy), when, somebody).touches.map(({ reason }) => reason ?? "counted");

describe("the window", () => {
  test.each([
    ["2026-06-23T23:59:59.999Z", "UTC", "out_of_window"],
    ["2026-06-24T00:00:00.000Z", "UTC", "counted"],
    ["2026-06-23T21:59:59.999Z", "Europe/Berlin", "out_of_window"],
    ["2026-06-23T22:00:00.000Z", "Europe/Berlin", "counted"],
    ["2026-06-24T03:59:59.999Z", "America/New_York", "out_of_window"],
    ["2026-06-24T04:00:00.000Z", "America/New_York", "counted"],
  ])("of seven days to 30 June: %s in %s is %s", (time, timeZone, verdict) => {
    expect(verdicts([aTouch("a", time)], { windowDays: 7, timeZone })).toEqual([verdict]);
  });

  test.each([
    ["over the change to summer time", "2026-03-28T23:00:00Z", "2026-03-30T21:59:59Z", 2],
    ["before the change to summer time", "2026-03-28T22:59:59Z", "2026-03-30T21:59:59Z", 1],
    ["over the change to winter time", "2026-10-24T22:00:00Z", "2026-10-26T22:59:59Z", 2],
    ["before the change to winter time", "2026-10-24T21:59:59Z", "2026-10-26T22:59:59Z", 1],
  ])("of two days counts whole days %s", (_, first, last, count) => {
    const policy = aPolicy({ windowDays: 2, timeZone: "Europe/Berlin" });
    expect(evaluate([aTouch("a", first), aTouch("b", last)], policy, last, somebody).count).toBe(count);
  });

  test("has a leap day as any other", () => {
    const touches = ["2024-02-28", "2024-02-29", "2024-03-01"].map((day) => aTouch(day, `${day}T12:00:00Z`));
    expect(verdicts(touches, { windowDays: 2 }, "2024-03-01T12:00:00Z")).toEqual([
      "out_of_window",
      "counted",
      "counted",
    ]);
  });

  test("of one day is today", () => {
    expect(verdicts([aTouch("a", "2026-06-29T23:59:59Z"), aTouch("b", now)], { windowDays: 1 })).toEqual([
      "out_of_window",
      "counted",
    ]);
  });
});

describe("a contact qualifies", () => {
  test("at the eighth touch, not at the seventh", () => {
    const eight = daily(8, "2026-06-01");
    expect(evaluate(eight.slice(0, 7), defaultPolicy, now, somebody)).toMatchObject({
      count: 7,
      reached: false,
      qualifiedAt: null,
      decidingTouchId: null,
    });
    expect(evaluate(eight, defaultPolicy, now, somebody)).toMatchObject({
      count: 8,
      points: 8,
      threshold: 8,
      reached: true,
      qualifiedAt: "2026-06-08T12:00:00.000Z",
      decidingTouchId: "2026-06-01-007",
    });
  });

  test("at the touch that a late night finds, though the window has moved on", () => {
    const policy = aPolicy({ threshold: 3, windowDays: 5 });
    const touches = daily(3, "2026-06-01");
    const onTime = { qualifiedAt: "2026-06-03T12:00:00.000Z", decidingTouchId: "2026-06-01-002" };
    expect(evaluate(touches, policy, "2026-06-04T04:00:00Z", somebody)).toMatchObject({
      ...onTime,
      count: 3,
    });
    expect(evaluate(touches, policy, "2026-06-07T23:59:59Z", somebody)).toMatchObject({
      ...onTime,
      count: 1,
      reached: false,
    });
    expect(evaluate(touches, policy, "2026-06-08T00:00:00Z", somebody).qualifiedAt).toBeNull();
  });

  test("never by touches that no one window holds", () => {
    const touches = [...daily(4, "2026-01-01"), ...daily(4, "2026-06-27")];
    expect(
      evaluate(touches, aPolicy({ windowDays: 178 }), "2026-07-01T00:00:00Z", somebody).qualifiedAt,
    ).toBeNull();
    expect(evaluate(touches, defaultPolicy, "2026-07-01T00:00:00Z", somebody).qualifiedAt).toBeNull();
    expect(
      evaluate(touches, aPolicy({ windowDays: 181 }), "2026-07-01T00:00:00Z", somebody).qualifiedAt,
    ).toBe("2026-06-30T12:00:00.000Z");
  });

  test("by points, counted exactly", () => {
    const policy = aPolicy({ threshold: 1, channels: { form: 0.1 } });
    const ten = daily(10, "2026-06-01");
    expect(evaluate(ten.slice(0, 9), policy, now, somebody)).toMatchObject({
      count: 9,
      points: 0.9,
      qualifiedAt: null,
    });
    expect(evaluate(ten, policy, now, somebody)).toMatchObject({
      count: 10,
      points: 1,
      qualifiedAt: ten[9]?.occurredAt,
    });
  });

  test("only over enough channels", () => {
    const forms = daily(9, "2026-06-01");
    const call = aTouch("call", "2026-06-20T12:00:00Z", { channel: "call" });
    const policy = aPolicy({ minChannels: 2 });
    expect(evaluate(forms, policy, now, somebody)).toMatchObject({
      points: 9,
      reached: false,
      qualifiedAt: null,
    });
    expect(evaluate([...forms, call], policy, now, somebody)).toMatchObject({
      reached: true,
      decidingTouchId: "call",
    });
  });

  test("only on enough days", () => {
    const policy = aPolicy({ threshold: 2, minDays: 2, timeZone: "Europe/Berlin" });
    const evening = aTouch("a", "2026-06-20T20:00:00Z");
    const laterThatEvening = aTouch("b", "2026-06-20T21:59:59Z");
    const pastMidnight = aTouch("c", "2026-06-20T22:00:00Z");
    expect(evaluate([evening, laterThatEvening], policy, now, somebody).qualifiedAt).toBeNull();
    expect(evaluate([evening, pastMidnight], policy, now, somebody).decidingTouchId).toBe("c");
  });

  test("only at a touch that itself counts", () => {
    // With the page out of the window its campaign has room for the form, worth three; the repeat that day decides nothing.
    const campaign = { name: "One" };
    const policy = aPolicy({
      threshold: 3,
      windowDays: 10,
      channels: { page: 1, form: 3 },
      maxPerCampaign: 1,
      maxPerChannel: { call: 1 },
    });
    const touches = [
      aTouch("page", "2026-06-01T12:00:00Z", { campaign, channel: "page" }),
      aTouch("form", "2026-06-05T12:00:00Z", { campaign }),
      aTouch("repeat", "2026-06-11T12:00:00Z", { campaign }),
    ];
    expect(evaluate(touches, policy, "2026-06-11T13:00:00Z", somebody)).toMatchObject({
      reached: true,
      qualifiedAt: null,
    });
    const call = aTouch("call", "2026-06-11T14:00:00Z", { channel: "call" });
    expect(evaluate([...touches, call], policy, "2026-06-11T15:00:00Z", somebody).decidingTouchId).toBe(
      "call",
    );
  });

  test("by the rules that sales would believe: neither clicks nor one campaign alone", () => {
    const clicks = daily(20, "2026-06-01", { channel: "email_click" });
    expect(evaluate(clicks, starterPolicy, now, somebody)).toMatchObject({ count: 4, qualifiedAt: null });
    const oneCampaign = daily(20, "2026-06-01", { campaign: { name: "One" } });
    expect(evaluate(oneCampaign, starterPolicy, now, somebody)).toMatchObject({
      count: 3,
      qualifiedAt: null,
    });
    const mixed = [...clicks.slice(0, 4), ...daily(4, "2026-06-20", { channel: "check_in" })];
    expect(evaluate(mixed, starterPolicy, now, somebody).qualifiedAt).toBe("2026-06-23T12:00:00.000Z");
  });

  test("anew after the cycle's start, by later touches alone", () => {
    const cycleStart = "2026-06-08T12:00:00.000Z";
    const touches = daily(16, "2026-06-01");
    expect(evaluate(touches, defaultPolicy, now, somebody, cycleStart)).toMatchObject({
      count: 8,
      qualifiedAt: "2026-06-16T12:00:00.000Z",
    });
    expect(evaluate(touches.slice(0, 15), defaultPolicy, now, somebody, cycleStart).qualifiedAt).toBeNull();
  });
});

describe("readFrom", () => {
  test.each([
    [180, "UTC", "2025-07-07T00:00:00.000Z"],
    [1, "UTC", "2026-06-30T00:00:00.000Z"],
    [7, "Europe/Berlin", "2026-06-17T22:00:00.000Z"],
  ])("of %d days in %s is %s", (windowDays, timeZone, from) => {
    expect(readFrom(aPolicy({ windowDays, timeZone }), now)).toBe(from);
  });
});

test("a hundred thousand touches are counted in seconds, whatever the caps", () => {
  const touches = Array.from({ length: 100_000 }, (_, index) =>
    aTouch(`touch-${index}`, new Date(Date.parse("2024-07-01T00:00:00Z") + index * 600_000).toISOString(), {
      campaign: { name: `Campaign ${index % 1000}` },
    }),
  );
  const policy = aPolicy({
    threshold: 1_000_000,
    windowDays: 730,
    oncePer: ["campaign"],
    maxPerCampaign: 2,
  });
  const began = performance.now();
  expect(evaluate(touches, policy, now, somebody)).toMatchObject({ count: 1000, qualifiedAt: null });
  expect(performance.now() - began).toBeLessThan(20_000);
});
