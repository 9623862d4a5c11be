import { describe, expect, test } from "vitest";
import { evaluate, type PersonFacts } from "../../../shared/policy/evaluate.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { aPolicy, aTouch, somebody } from "./touches.ts";

const now = "2026-06-30T12:00:00.000Z";
const at = "2026-06-30T09:00:00.000Z";

/** The reason of each touch, oldest first; `counted` where it counts. */
const verdicts = (
  touches: TimelineTouch[],
  policy: unknown = {},
  person: Partial<PersonFacts> = {},
  when = now,
  cycleStart?: string,
) =>
  evaluate(touches, aPolicy(policy), when, { ...somebody, ...person }, cycleStart).touches.map(
    ({ reason }) => reason ?? "counted",
  );

describe("a touch does not count", () => {
  const rival = { identifiers: { email: "eve@labs.rival.example" } };
  const click = { channel: "email_click", identifiers: {} } as const;
  test.each<[string, Partial<TimelineTouch>, unknown, Partial<PersonFacts>, string]>([
    ["plain", {}, {}, {}, "counted"],
    ["in conflict", { conflict: true }, {}, {}, "conflict"],
    ["of a machine", { exclusion: "machine" }, {}, {}, "machine"],
    [
      "of a machine, which the policy lets count",
      { exclusion: "machine" },
      { exclude: { machine: false } },
      {},
      "counted",
    ],
    ["cancelled", { exclusion: "cancelled" }, {}, {}, "cancelled"],
    ["of ours", { direction: "outbound" }, {}, {}, "outbound"],
    ["of ours, which the policy lets count", { direction: "outbound" }, { direction: "any" }, {}, "counted"],
    ["over a channel of no weight", { channel: "page" }, {}, {}, "channel_weight_zero"],
    ["over a channel given weight", { channel: "page" }, { channels: { page: 0.5 } }, {}, "counted"],
    [
      "of an unsubscribed person",
      {},
      { exclude: { unsubscribed: true } },
      { unsubscribed: true },
      "unsubscribed",
    ],
    ["of an unsubscribed person, by default", {}, {}, { unsubscribed: true }, "counted"],
    ["of one not to be contacted", {}, {}, { doNotContact: true }, "do_not_contact"],
    [
      "of one not to be contacted, let count",
      {},
      { exclude: { doNotContact: false } },
      { doNotContact: true },
      "counted",
    ],
    ["under a role address", { identifiers: { email: "info@buyer.example" } }, {}, {}, "role_address"],
    [
      "under a role address with a tag",
      { identifiers: { email: "sales+x@buyer.example" } },
      {},
      {},
      "role_address",
    ],
    ["without address, of a mailbox", click, {}, { emails: ["info@buyer.example"] }, "role_address"],
    [
      "without address, of a person",
      click,
      {},
      { emails: ["info@buyer.example", "ada@buyer.example"] },
      "counted",
    ],
    [
      "without address, of nobody known",
      click,
      { exclude: { domains: ["rival.example"] } },
      { emails: [] },
      "counted",
    ],
    [
      "under a role address, let count",
      { identifiers: { email: "info@buyer.example" } },
      { exclude: { roleAddresses: false } },
      {},
      "counted",
    ],
    ["below an excluded domain", rival, { exclude: { domains: ["rival.example"] } }, {}, "excluded_domain"],
    ["of a domain that only ends alike", rival, { exclude: { domains: ["val.example"] } }, {}, "counted"],
    [
      "under the good address of two",
      {},
      { exclude: { domains: ["rival.example"] } },
      { emails: ["e@rival.example"] },
      "counted",
    ],
    [
      "without address, of an excluded domain",
      click,
      { exclude: { domains: ["rival.example"] } },
      { emails: ["eve@rival.example"] },
      "excluded_domain",
    ],
    [
      "of a colleague, under a private address",
      {},
      { exclude: { internalDomains: ["us.example"] } },
      { emails: ["ada@buyer.example", "ada@us.example"] },
      "internal",
    ],
  ])("or does: %s", (_, facts, policy, person, verdict) => {
    expect(verdicts([aTouch("a", at, facts)], policy, person)).toEqual([verdict]);
  });

  test("at or before the start of the cycle, and is no twin of what comes after", () => {
    const campaign = { name: "One" };
    const touches = ["08:00", "09:00", "10:00"].map((time) =>
      aTouch(time, `2026-06-30T${time}:00Z`, { campaign }),
    );
    expect(verdicts(touches, {}, {}, now, at)).toEqual(["earlier_cycle", "earlier_cycle", "counted"]);
  });

  test("after now: it is not even there", () => {
    const touches = [aTouch("a", now), aTouch("b", "2026-06-30T12:00:00.001Z")];
    expect(evaluate(touches, defaultPolicy, now, somebody).touches.map(({ touch }) => touch.touchId)).toEqual(
      ["a"],
    );
    expect(evaluate(touches, defaultPolicy, Date.parse(now) + 1, somebody).count).toBe(2);
  });
});

describe("of touches alike the first counts", () => {
  const touches = [
    aTouch("1", "2026-06-29T08:00:00Z", { campaign: { name: "Spring Sale" } }),
    aTouch("2", "2026-06-29T09:00:00Z", { campaign: { name: "spring_sale" } }),
    aTouch("3", "2026-06-29T10:00:00Z", { campaign: { name: "Spring Sale" }, channel: "call" }),
    aTouch("4", "2026-06-30T08:00:00Z", { campaign: { name: "spring-sale" }, source: "events" }),
    aTouch("5", "2026-06-30T09:00:00Z", { campaign: { name: "Other" }, source: "events" }),
  ];
  const yes = "counted";
  const no = "repeat";
  test.each([
    [
      ["channel", "campaign", "day"],
      [yes, no, yes, yes, yes],
    ],
    [
      ["channel", "campaign"],
      [yes, no, yes, no, yes],
    ],
    [
      ["campaign", "day"],
      [yes, no, no, yes, yes],
    ],
    [
      ["channel", "day"],
      [yes, no, yes, yes, no],
    ],
    [["campaign"], [yes, no, no, no, yes]],
    [["channel"], [yes, no, yes, no, no]],
    [["day"], [yes, no, no, yes, no]],
    [["source"], [yes, no, no, yes, no]],
    [
      ["channel", "source"],
      [yes, no, yes, yes, no],
    ],
    [[], [yes, yes, yes, yes, yes]],
  ])("once per %j", (oncePer, expected) => {
    expect(verdicts(touches, { oncePer })).toEqual(expected);
  });

  test("an excluded touch leaves its twin to count", () => {
    const twins = [
      aTouch("1", "2026-06-30T08:00:00Z", { exclusion: "machine" }),
      aTouch("2", "2026-06-30T09:00:00Z"),
    ];
    expect(verdicts(twins.map((touch) => ({ ...touch, campaign: { id: "c" } })))).toEqual(["machine", yes]);
  });

  test("a day is one of the policy's time zone", () => {
    const campaign = { name: "One" };
    const touches = [
      aTouch("1", "2026-06-29T21:59:00Z", { campaign }),
      aTouch("2", "2026-06-29T22:00:00Z", { campaign }),
      aTouch("3", "2026-06-30T00:00:00Z", { campaign }),
    ];
    expect(verdicts(touches)).toEqual([yes, no, yes]);
    expect(verdicts(touches, { timeZone: "Europe/Berlin" })).toEqual([yes, yes, no]);
  });

  test("a day of 25 hours is one day", () => {
    const campaign = { name: "One" };
    const ends = ["2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"].map((time) =>
      aTouch(time, time, { campaign }),
    );
    expect(verdicts(ends, { timeZone: "Europe/Berlin" }, {}, "2026-10-26T12:00:00Z")).toEqual([yes, no]);
  });

  test("a touch whose twin has left the window counts again", () => {
    const campaign = { name: "One" };
    const touches = [
      aTouch("1", "2026-06-20T08:00:00Z", { campaign }),
      aTouch("2", "2026-06-25T08:00:00Z", { campaign }),
    ];
    const policy = { oncePer: ["campaign"], windowDays: 7 };
    expect(verdicts(touches, policy, {}, "2026-06-26T12:00:00Z")).toEqual([yes, no]);
    expect(verdicts(touches, policy, {}, "2026-06-27T12:00:00Z")).toEqual(["out_of_window", yes]);
  });
});

describe("caps keep the earliest", () => {
  test("per campaign; touches of no campaign share none", () => {
    const of = (id: string, day: number, campaign?: string) =>
      aTouch(id, `2026-06-0${day}T08:00:00Z`, {
        campaign: campaign === undefined ? undefined : { name: campaign },
      });
    const touches = [
      of("1", 1, "A"),
      of("2", 2, "A"),
      of("3", 3, "a"),
      of("4", 4, "B"),
      of("5", 5),
      of("6", 6),
      of("7", 7),
    ];
    expect(verdicts(touches, { maxPerCampaign: 2 })).toEqual([
      "counted",
      "counted",
      "capped",
      "counted",
      "counted",
      "counted",
      "counted",
    ]);
  });

  test("per channel, and a capped touch fills no other cap", () => {
    const of = (day: number, channel: TimelineTouch["channel"]) =>
      aTouch(String(day), `2026-06-0${day}T08:00:00Z`, { channel, campaign: { name: "A" } });
    const touches = [of(1, "email_click"), of(2, "email_click"), of(3, "form"), of(4, "form")];
    expect(verdicts(touches, { maxPerChannel: { email_click: 1 }, maxPerCampaign: 2 })).toEqual([
      "counted",
      "capped",
      "counted",
      "capped",
    ]);
  });

  test("per source and day", () => {
    const touches = ["29T08", "29T09", "29T10", "30T08"].map((hour) =>
      aTouch(hour, `2026-06-${hour}:00:00Z`),
    );
    touches.push(aTouch("other", "2026-06-30T09:00:00Z", { source: "events" }));
    expect(verdicts(touches, { maxPerSourcePerDay: 1 })).toEqual([
      "counted",
      "capped",
      "capped",
      "counted",
      "counted",
    ]);
  });

  test("the repeat of a capped touch is a repeat", () => {
    const touches = ["08", "09", "10"].map((hour, index) =>
      aTouch(hour, `2026-06-30T${hour}:00:00Z`, { campaign: { name: index === 0 ? "A" : "B" } }),
    );
    expect(verdicts(touches, { maxPerChannel: { form: 1 } })).toEqual(["counted", "capped", "repeat"]);
  });
});
