import * as fc from "fast-check";
import { expect, test } from "vitest";
import { foldVerdicts, type TouchVerdict } from "../../../shared/timeline/verdict.ts";

const said = (
  by: "night" | "person",
  verdict: "human" | "machine",
  minute: number,
  id = "1",
): TouchVerdict => ({
  touchId: "t",
  by,
  verdict,
  reason: "so",
  at: `2026-11-21T10:${String(minute).padStart(2, "0")}:00.000Z`,
  id,
});

test.each<[string, TouchVerdict[], number]>([
  ["the night's, where nobody said anything", [said("night", "machine", 1)], 0],
  [
    "a person's, also where the night's is later",
    [said("person", "human", 1), said("night", "machine", 9)],
    0,
  ],
  ["the latest of a person's", [said("person", "human", 1), said("person", "machine", 2)], 1],
  [
    "of two at once the one with the larger id",
    [said("person", "human", 1, "b"), said("person", "machine", 1, "a")],
    0,
  ],
])("%s holds", (_, verdicts, holding) => {
  expect(foldVerdicts(verdicts).get("t")).toEqual(verdicts[holding]);
  expect(foldVerdicts(verdicts.toReversed()).get("t")).toEqual(verdicts[holding]);
});

test("the order does not matter", () => {
  const one = fc
    .tuple(
      fc.constantFrom("night" as const, "person" as const),
      fc.constantFrom("human" as const, "machine" as const),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom("1", "2"),
    )
    .map((parts) => said(...parts));
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (verdicts) => {
      const holding = foldVerdicts(verdicts);
      expect(foldVerdicts(verdicts.toReversed())).toEqual(holding);
      expect(foldVerdicts(verdicts.toSorted((a, b) => (a.id < b.id ? -1 : 1)))).toEqual(holding);
    }),
  );
});
