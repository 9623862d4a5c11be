import "./quiet.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openMemoryWorld } from "./memory-world.ts";
import { arbitraryNights, type History } from "./night-actions.ts";
import { Nights } from "./night-history.ts";
import { expectNightsAsFolded } from "./night-verdict.ts";
import { holds, lawTimeout } from "./runs.ts";
import { type Database, openWorld, startDatabase, type World } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

const start = "2026-03-20T18:00:00.000Z";

async function expectAsFolded(world: World, history: History): Promise<void> {
  const nights = new Nights(world);
  try {
    await nights.play(history);
    await nights.quietly();
    await expectNightsAsFolded(nights);
    expect(Object.values(world.depths()).filter((held) => held > 0)).toEqual([]);
  } finally {
    await nights.abandon();
    await world.close();
  }
}

describe("whatever dies, comes twice, late or stands still: the exports are what brute force finds, each lead in one", () => {
  test(
    "over AWS's protocols",
    () =>
      holds(arbitraryNights, { runs: 25, milliseconds: 30_000 }, async (history) =>
        expectAsFolded(await openWorld(database, start), history),
      ),
    lawTimeout,
  );

  test(
    "in memory, over many more histories",
    async () => {
      // What is tried again after a pause, is so at once.
      vi.stubGlobal("setTimeout", setImmediate);
      await holds(arbitraryNights, { runs: 500, milliseconds: 30_000 }, async (history) =>
        expectAsFolded(await openMemoryWorld(start), history),
      );
      vi.unstubAllGlobals();
    },
    lawTimeout,
  );
});
