import "./quiet.ts";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { openMemoryWorld } from "./memory-world.ts";
import { expectPermutation } from "./permutation.ts";
import { arbitraryHistories } from "./permutation-history.ts";
import { holdsOver, promiseTimeout } from "./runs.ts";

// What is tried again after a pause, is so at once.
beforeAll(() => void vi.stubGlobal("setTimeout", setImmediate));
afterAll(() => void vi.unstubAllGlobals());

const promised = { histories: 5_000, beginnings: 5_000 };

describe("any order, batching, resend and crash of one set of events makes the same contacts, as brute force does", () => {
  test(
    "in memory: of a few people with several identifiers, over five thousand histories",
    () =>
      holdsOver(arbitraryHistories(0), promised, async (history) => {
        await expectPermutation(history, openMemoryWorld);
        return 1;
      }),
    promiseTimeout,
  );
});
