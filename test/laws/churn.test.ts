import "./quiet.ts";
import { describe, test } from "vitest";
import { expectDisjoint, prepare } from "./churn.ts";
import { churnOfMany } from "./churn-history.ts";
import { holds, lawTimeout } from "./runs.ts";

/** Each with something coming in before each of some forty or fifty calls: more than five thousand histories. */
const usual = { runs: 75, milliseconds: 60_000 };

describe("churn while the night looks for leads and closes, of many", () => {
  test(
    "comes in before any of its calls: no contact as of the freeze, and no touch, is in two leads of one cycle",
    () =>
      holds(churnOfMany, usual, async (history) => {
        const prepared = await prepare(history);
        for (const call of prepared.calls) await expectDisjoint(prepared, call);
      }),
    lawTimeout,
  );
});
