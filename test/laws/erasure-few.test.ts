import "./quiet.ts";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { erasureOfFew } from "./erasure-history.ts";
import { beginningOnce, expectErasures } from "./erasure-law.ts";
import { holdsOver, promiseTimeout } from "./runs.ts";

// What is tried again after a pause, is so at once.
beforeAll(() => void vi.stubGlobal("setTimeout", setImmediate));
afterAll(() => void vi.unstubAllGlobals());

/** Each beginning with eight erasures. */
const promised = { histories: 5_000, beginnings: 625 };

describe("an erasure among few people who have much in common", () => {
  test(
    "in memory, over five thousand histories: nothing of the person is left, and others have what they had",
    () => holdsOver(erasureOfFew, promised, expectErasures(beginningOnce)),
    promiseTimeout,
  );
});
