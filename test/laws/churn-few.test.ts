import "./quiet.ts";
import { describe, test } from "vitest";
import { expectDisjoint, prepare } from "./churn.ts";
import { churnOfFew } from "./churn-history.ts";
import { holdsOver, promiseTimeout } from "./runs.ts";

/** Each beginning with something coming in before each of its calls, some forty or more. */
const promised = { histories: 5_000, beginnings: 500 };

describe("churn while the night looks for leads and closes, of few", () => {
  test(
    "comes in before any of its calls: no contact as of the freeze, and no touch, is in two leads of one cycle",
    () =>
      holdsOver(churnOfFew, promised, async (history) => {
        const prepared = await prepare(history);
        for (const call of prepared.calls) await expectDisjoint(prepared, call);
        return prepared.calls.length;
      }),
    promiseTimeout,
  );
});
