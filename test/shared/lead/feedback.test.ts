import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Feedback,
  feedbackIdOf,
  foldFeedback,
  type Outcome,
  outcomes,
  receptionOf,
} from "../../../shared/lead/feedback.ts";

const leadId = "l.first";
const at = (hour: number): string => new Date(Date.UTC(2026, 10, 20, hour)).toISOString();

const said = (id: string, outcome: Outcome, hour: number, more: Partial<Feedback> = {}): Feedback => ({
  leadId,
  feedbackId: feedbackIdOf(leadId, id),
  hash16: `${outcome}${more.moveBack ?? ""}`,
  id,
  outcome,
  occurredAt: at(hour),
  receivedAt: at(hour),
  who: "k",
  ...more,
});

const anyFeedback = fc
  .record({
    id: fc.constantFrom("1", "2", "3", "4", "5"),
    outcome: fc.constantFrom(...outcomes),
    hour: fc.integer({ min: 0, max: 5 }),
    back: fc.boolean(),
  })
  .map(({ id, outcome, hour, back }) => said(id, outcome, hour, back ? { moveBack: true } : {}));

describe("what sales has said of a lead", () => {
  test.each<[string, Feedback[], Outcome | undefined, boolean[]]>([
    ["nothing", [], undefined, []],
    ["forward", [said("1", "contacted", 1), said("2", "accepted", 2)], "accepted", [true, true]],
    ["late", [said("2", "accepted", 2), said("1", "contacted", 1)], "accepted", [true, true]],
    ["back in silence", [said("1", "accepted", 1), said("2", "contacted", 2)], "accepted", [true, false]],
    [
      "back on purpose",
      [said("1", "accepted", 1), said("2", "rejected", 2, { moveBack: true })],
      "rejected",
      [true, true],
    ],
    ["another decision", [said("1", "rejected", 1), said("2", "recycled", 2)], "recycled", [true, true]],
    ["a contradiction", [said("1", "contacted", 1), said("1", "accepted", 2)], "contacted", [true, false]],
  ])("%s", (_, all, current, applied) => {
    const answer = foldFeedback(all);
    expect(answer.current?.outcome).toBe(current);
    expect(answer.history.map((one) => one.applied)).toEqual(applied);
  });

  test("depends on the set of answers only, however often and in whatever order they came", () => {
    fc.assert(
      fc.property(
        fc
          .array(anyFeedback, { maxLength: 8 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
          ),
        ([all, shuffled]) => {
          expect(foldFeedback(shuffled)).toEqual(foldFeedback(all));
        },
      ),
    );
  });

  test("a refused answer is the latest, and would be less than what holds", () => {
    const rank = { contacted: 1, rejected: 2, recycled: 2, accepted: 3 };
    fc.assert(
      fc.property(fc.array(anyFeedback, { maxLength: 6 }), anyFeedback, (before, feedback) => {
        const { current, history } = foldFeedback(before);
        const isKnown = before.some(({ id, hash16 }) => id === feedback.id && hash16 === feedback.hash16);
        const reception = receptionOf(before, feedback);
        expect(reception === "known").toBe(isKnown);
        if (reception !== "moves_back" || history.some(({ id }) => id === feedback.id)) return;
        expect(current!.occurredAt <= feedback.occurredAt).toBe(true);
        expect(rank[feedback.outcome]).toBeLessThan(rank[current!.outcome]);
        expect(receptionOf(before, { ...feedback, moveBack: true })).toBe("news");
      }),
    );
  });
});
