import "./quiet.ts";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { erasureOfPair } from "./erasure-history.ts";
import { beginningOnce, expectErasures } from "./erasure-law.ts";
import { holds, lawTimeout } from "./runs.ts";

// What is tried again after a pause, is so at once.
beforeAll(() => void vi.stubGlobal("setTimeout", setImmediate));
afterAll(() => void vi.unstubAllGlobals());

/** Each with five to seven erasures: about five thousand histories. */
const usual = { runs: 850, milliseconds: 60_000 };

describe("an erasure of one of two people", () => {
  test(
    "in memory: nothing of the person is left, and the other has what they had",
    () => holds(erasureOfPair, usual, expectErasures(beginningOnce)),
    lawTimeout,
  );
});
