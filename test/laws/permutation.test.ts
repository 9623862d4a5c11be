import "./quiet.ts";
import { afterAll, beforeAll, describe, test } from "vitest";
import { expectPermutation } from "./permutation.ts";
import { arbitraryHistories } from "./permutation-history.ts";
import { holds, lawTimeout } from "./runs.ts";
import { type Database, openWorld, startDatabase } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

describe("any order, batching, resend and crash of one set of events makes the same contacts, as brute force does", () => {
  test(
    "over AWS's protocols",
    () =>
      holds(arbitraryHistories(0), { runs: 20, milliseconds: 18_000 }, (history) =>
        expectPermutation(history, (start) => openWorld(database, start)),
      ),
    lawTimeout,
  );
});
