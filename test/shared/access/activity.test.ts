import { describe, expect, test } from "vitest";
import {
  foldActivity,
  type Happening,
  happeningsOf,
  silentSince,
  stretchOf,
} from "../../../shared/access/activity.ts";
import type { Fact, PersonFactMessage, TouchFact } from "../../../shared/touchpoint/message.ts";

const receivedAt = "2026-11-21T10:23:45.678Z";
const touch = (hash16: string, source = "app"): TouchFact => ({
  kind: "touch",
  touch: { source, hash16, receivedAt } as TouchFact["touch"],
  identifierIds: {},
});
const person = (hash16: string): PersonFactMessage => ({
  kind: "person",
  fact: { type: "link", source: "app", hash16, receivedAt } as PersonFactMessage["fact"],
  seen: [],
});
const quarantine = (reason: string) => ({ kind: "quarantine", source: "app", reason, receivedAt }) as Fact;
const tally = (rejected: number, ignored: number, reason?: string): Fact => ({
  kind: "tally",
  source: "app",
  at: receivedAt,
  rejected,
  ignored,
  ...(reason ? { reason } : {}),
});

const sumOf = (happenings: readonly Happening[]) =>
  (["accepted", "rejected", "quarantined", "ignored"] as const).map((name) =>
    happenings.reduce((sum, one) => sum + one[name], 0),
  );

describe("what a message tells of its source", () => {
  test.each<[string, Fact[], number[]]>([
    ["two items", [touch("a"), touch("b")], [2, 0, 0, 0]],
    ["one item that is a touch and a fact", [touch("a"), person("a")], [1, 0, 0, 0]],
    ["the same content from two sources", [touch("a"), touch("a", "other")], [2, 0, 0, 0]],
    ["what is in quarantine", [quarantine("honeypot"), quarantine("honeypot")], [0, 0, 2, 0]],
    ["refusals and opens", [tally(3, 0, "invalid_field"), tally(0, 4)], [0, 3, 0, 4]],
  ])("%s", (_, facts, counts) => {
    expect(sumOf(happeningsOf(facts))).toEqual(counts);
  });

  test("a refusal's code goes along", () => {
    expect(happeningsOf([tally(1, 0, "invalid_signature")])).toMatchObject([
      { source: "app", at: receivedAt, code: "invalid_signature" },
    ]);
  });

  test("a fact without time or source is in no figure", () => {
    expect(happeningsOf([{ ...tally(1, 0), at: "soon" } as Fact, touch("a", "")])).toEqual([]);
  });

  test("stretches are ten minutes", () => {
    expect(stretchOf(receivedAt)).toBe("2026-11-21T10:20");
    expect(stretchOf("2026-11-21T10:29:59.999Z")).toBe("2026-11-21T10:20");
    expect(stretchOf("2026-11-21T10:30:00.000Z")).toBe("2026-11-21T10:30");
  });
});

describe("figures", () => {
  const heard = (accepted: number, ignored: number, lastItemAt: string) => ({
    accepted,
    ignored,
    lastItemAt,
  });
  const kept = (quarantined: number, lastItemAt: string) => ({ quarantined, lastItemAt });
  const nothing = { heard: [], kept: [], refused: [] };

  test("are the sums of all processes, with the latest of their times", () => {
    const activity = foldActivity({
      heard: [heard(5, 0, "2026-11-21T10:06:00.000Z"), heard(2, 9, "2026-11-21T10:05:00.000Z")],
      kept: [kept(1, "2026-11-21T10:09:00.000Z"), kept(1, "2026-11-21T10:01:00.000Z")],
      refused: [
        { rejected: 2, lastRefusal: { at: "2026-11-21T10:07:00.000Z", code: "late" } },
        { rejected: 1, lastRefusal: { at: "2026-11-21T10:01:00.000Z", code: "early" } },
      ],
    });
    expect(activity).toEqual({
      lastItemAt: "2026-11-21T10:09:00.000Z",
      lastUsableAt: "2026-11-21T10:06:00.000Z",
      last24Hours: { accepted: 7, rejected: 3, quarantined: 2, ignored: 9 },
      lastRefusal: { at: "2026-11-21T10:07:00.000Z", code: "late" },
    });
  });

  test("of a source that was only refused have no last item", () => {
    const lastRefusal = { at: receivedAt, code: "invalid_signature" };
    expect(foldActivity({ ...nothing, refused: [{ rejected: 1, lastRefusal }] })).toMatchObject({
      lastItemAt: null,
      lastUsableAt: null,
      lastRefusal,
    });
  });

  test("of a quiet day tell when it was heard and refused before", () => {
    const lastRefusal = { at: receivedAt, code: "x" };
    const at = "2026-11-01T00:00:00.000Z";
    const before = { heard: [heard(1, 0, at)], refused: [{ rejected: 1, lastRefusal }] };
    expect(foldActivity(nothing, before)).toEqual({
      lastItemAt: at,
      lastUsableAt: at,
      last24Hours: { accepted: 0, rejected: 0, quarantined: 0, ignored: 0 },
      lastRefusal,
    });
    expect(foldActivity(nothing)).not.toHaveProperty("lastRefusal");
  });
});

describe("silence", () => {
  const createdAt = "2026-11-20T00:00:00.000Z";
  const now = new Date("2026-11-21T12:00:00.000Z");
  test.each<[string, number | null | undefined, string | null, string | undefined]>([
    ["nobody minds", undefined, null, undefined],
    ["nobody minds any more", null, null, undefined],
    ["never heard, made long ago", 24, null, createdAt],
    ["never heard, made just now", 48, null, undefined],
    ["heard within the time", 2, "2026-11-21T10:00:00.000Z", undefined],
    ["heard a moment too long ago", 2, "2026-11-21T09:59:59.999Z", "2026-11-21T09:59:59.999Z"],
  ])("%s", (_, silentAfterHours, lastItemAt, since) => {
    expect(silentSince({ silentAfterHours, createdAt }, lastItemAt, now)).toBe(since);
  });
});
