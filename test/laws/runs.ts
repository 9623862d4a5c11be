import * as fc from "fast-check";
import { expect } from "vitest";
import type { Fault } from "./worker.ts";

const wanted = Number(process.env.LAW_RUNS ?? 0);

/** How long the laws' tests may take, milliseconds. */
export const lawTimeout = wanted > 0 ? 24 * 60 * 60 * 1000 : 120_000;

/** How long a test may take that tries all the histories it promises, milliseconds: several times what it takes. */
export const promiseTimeout = wanted > 0 ? lawTimeout : 480_000;

/**
 * Tries a law over as many histories as are promised, whatever time that takes, and fails where there were fewer. With
 * `LAW_RUNS` it tries so many beginnings.
 * @param promised how many histories at least, and within how many beginnings
 * @param law holds for all histories with one beginning @returns how many these were
 */
export async function holdsOver<Beginning>(
  beginnings: fc.Arbitrary<Beginning>,
  promised: { histories: number; beginnings: number },
  law: (beginning: Beginning) => Promise<number>,
): Promise<void> {
  let tried = 0;
  let failed = false;
  const property = fc.asyncProperty(beginnings, async (beginning) => {
    // A failing one is made smaller, however many were tried.
    if (wanted === 0 && !failed && tried >= promised.histories) return;
    const before = failed;
    failed = true;
    tried += await law(beginning);
    failed = before;
  });
  await fc.assert(property, { numRuns: wanted > 0 ? wanted : promised.beginnings });
  if (wanted === 0) expect(tried).toBeGreaterThanOrEqual(promised.histories);
}

/**
 * Tries a law as often as fits into a test run, or `LAW_RUNS` times where somebody wants to know more. A slow machine
 * tries less often rather than failing: after `milliseconds` no further history is begun, nor a failing one shrunk.
 */
export async function holds<History>(
  histories: fc.Arbitrary<History>,
  usual: { runs: number; milliseconds: number },
  law: (history: History) => Promise<void>,
): Promise<void> {
  const until = wanted > 0 ? Number.POSITIVE_INFINITY : Date.now() + usual.milliseconds;
  let skipped = 0;
  const property = fc.asyncProperty(histories, async (history) => {
    if (Date.now() < until) await law(history);
    else skipped++;
  });
  const numRuns = wanted > 0 ? wanted : usual.runs;
  await fc.assert(property, { numRuns });
  if (skipped > 0) console.warn(`no time for ${skipped} of ${numRuns} histories`);
}

/** What may happen to a worker within its first calls. */
export const arbitraryFault = (calls: number): fc.Arbitrary<Fault | undefined> => {
  const at = fc.nat(calls);
  const sent = fc.boolean();
  const dies = fc.record({ kind: fc.constant("dies" as const), at, sent });
  const outage = fc.record({
    kind: fc.constant("outage" as const),
    at,
    sent,
    calls: fc.integer({ min: 1, max: 9 }),
  });
  const throttled = fc.record({
    kind: fc.constant("throttled" as const),
    batches: fc.integer({ min: 1, max: 2 }),
    keep: fc.nat(4),
  });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 4, arbitrary: dies },
    { weight: 3, arbitrary: outage },
    { weight: 2, arbitrary: throttled },
  );
};
