import "./quiet.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arbitraryNights } from "./night-actions.ts";
import { Nights } from "./night-history.ts";
import { expectNightsAsFolded } from "./night-verdict.ts";
import { holds, lawTimeout } from "./runs.ts";
import { type Database, openWorld, startDatabase } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

describe("nights", () => {
  test(
    "whatever dies, comes twice, late or stands still: the exports are what brute force finds, each lead in one",
    () =>
      holds(arbitraryNights, { runs: 40, milliseconds: 35_000 }, async (history) => {
        const world = await openWorld(database, "2026-03-20T18:00:00.000Z");
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
      }),
    lawTimeout,
  );
});
