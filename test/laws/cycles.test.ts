import "./quiet.ts";
import { describe, test } from "vitest";
import { arbitraryCycles, type CycleHistory } from "./cycle-history.ts";
import { Cycles } from "./cycle-play.ts";
import { expectCyclesAsFolded } from "./cycle-verdict.ts";
import { holds, lawTimeout } from "./runs.ts";

async function expectAsFolded(history: CycleHistory): Promise<void> {
  const cycles = await Cycles.open();
  try {
    await cycles.play(history);
    await cycles.quietly();
    await expectCyclesAsFolded(cycles);
  } finally {
    await cycles.abandon();
    await cycles.world.close();
  }
}

describe("whatever sales says, whatever is overruled, and whatever dies meanwhile", () => {
  test(
    "each contact is a lead once in each cycle, and each lead that is none is told once",
    () => holds(arbitraryCycles, { runs: 150, milliseconds: 40_000 }, expectAsFolded),
    lawTimeout,
  );
});
