import "./quiet.ts";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { erasureOfMany } from "./erasure-history.ts";
import { beginningAnew, beginningOnce, expectErasures } from "./erasure-law.ts";
import { start } from "./erasure-play.ts";
import { holds, holdsOver, lawTimeout, promiseTimeout } from "./runs.ts";
import { type Database, openWorld, startDatabase } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

describe("whatever is linked, shared, exported, in quarantine or in flight: nothing of the person is left, and others have what they had", () => {
  test(
    "over AWS's protocols",
    () =>
      holds(
        erasureOfMany.map((history) => ({ ...history, erasures: history.erasures.slice(0, 2) })),
        { runs: 4, milliseconds: 15_000 },
        async (history) => {
          await expectErasures(beginningAnew(() => openWorld(database, start)))(history);
        },
      ),
    lawTimeout,
  );

  describe("in memory", () => {
    // What is tried again after a pause, is so at once.
    beforeAll(() => void vi.stubGlobal("setTimeout", setImmediate));
    afterAll(() => void vi.unstubAllGlobals());

    test(
      "of many, who are linked in many ways",
      () => holdsOver(erasureOfMany, { histories: 480, beginnings: 60 }, expectErasures(beginningOnce)),
      promiseTimeout,
    );
  });
});
