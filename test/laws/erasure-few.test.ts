import "./quiet.ts";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { erasureOfFew } from "./erasure-history.ts";
import { beginningOnce, expectErasures } from "./erasure-law.ts";
import { holds, lawTimeout } from "./runs.ts";

// What is tried again after a pause, is so at once.
beforeAll(() => void vi.stubGlobal("setTimeout", setImmediate));
afterAll(() => void vi.unstubAllGlobals());

/** Each with five to seven erasures: about five thousand histories. */
const usual = { runs: 850, milliseconds: 60_000 };

describe("an erasure among few people who have much in common", () => {
  test(
    "in memory: nothing of the person is left, and others have what they had",
    () => holds(erasureOfFew, usual, expectErasures(beginningOnce)),
    lawTimeout,
  );
});
