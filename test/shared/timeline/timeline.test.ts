import { describe, expect, test } from "vitest";
import { foldTouches } from "../../../shared/timeline/timeline.ts";
import { aTouch } from "../policy/touches.ts";

const first = "2026-01-01T10:00:00.000Z";
const second = "2026-01-02T10:00:00.000Z";
const third = "2026-01-03T10:00:00.000Z";
const shown = (touches: Parameters<typeof foldTouches>[0]) =>
  foldTouches(touches).map(({ touchId, occurredAt, hash16, conflict }) => [
    touchId,
    occurredAt,
    hash16,
    conflict,
  ]);

describe("the timeline of a set of touches", () => {
  test("is empty of nothing", () => {
    expect(foldTouches([])).toEqual([]);
  });

  test("has the oldest first, ties by id", () => {
    expect(shown([aTouch("b", second), aTouch("c", first), aTouch("a", second)]).map(([id]) => id)).toEqual([
      "c",
      "a",
      "b",
    ]);
  });

  test("has a touch once, however often it is stored, as it first arrived", () => {
    const early = aTouch("a", first, { receivedAt: second });
    const late = aTouch("a", first, { receivedAt: third });
    expect(foldTouches([late, early, late])).toEqual([{ ...early, conflict: false }]);
    expect(foldTouches([early, late])).toEqual([{ ...early, conflict: false }]);
  });

  test("has a message that was sent again at a later time once, at its earliest", () => {
    expect(shown([aTouch("a", third), aTouch("a", first), aTouch("a", second)])).toEqual([
      ["a", first, "00000000000000aa", false],
    ]);
  });

  test("lets the smallest key count where one id has two contents, and shows the other as a conflict", () => {
    const one = aTouch("a", second, { hash16: "1111111111111111" });
    const two = aTouch("a", first, { hash16: "2222222222222222" });
    const three = aTouch("a", second, { hash16: "0000000000000000" });
    expect(shown([one, two, three])).toEqual([
      ["a", first, "2222222222222222", false],
      ["a", second, "0000000000000000", true],
      ["a", second, "1111111111111111", true],
    ]);
  });

  test("a resend of the conflicting content adds nothing", () => {
    const counting = aTouch("a", first, { hash16: "1111111111111111" });
    const other = aTouch("a", second, { hash16: "2222222222222222" });
    const again = aTouch("a", third, { hash16: "2222222222222222" });
    expect(shown([again, other, counting])).toEqual([
      ["a", first, "1111111111111111", false],
      ["a", second, "2222222222222222", true],
    ]);
  });

  test("leaves what it was given as it was", () => {
    const given = [aTouch("b", second), aTouch("a", first)];
    const before = structuredClone(given);
    foldTouches(given);
    expect(given).toEqual(before);
  });
});
