import "./quiet.ts";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { erasureOfPair } from "./erasure-history.ts";
import { beginningOnce, expectErasures } from "./erasure-law.ts";
import { holdsOver, promiseTimeout } from "./runs.ts";

// What is tried again after a pause, is so at once.
beforeAll(() => void vi.stubGlobal("setTimeout", setImmediate));
afterAll(() => void vi.unstubAllGlobals());

/** Each beginning with eight erasures. */
const promised = { histories: 5_000, beginnings: 625 };

describe("an erasure of one of two people", () => {
  test(
    "in memory, over five thousand histories: nothing of the person is left, and the other has what they had",
    () => holdsOver(erasureOfPair, promised, expectErasures(beginningOnce)),
    promiseTimeout,
  );
});
