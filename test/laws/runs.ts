import * as fc from "fast-check";
import type { Fault } from "./worker.ts";

const wanted = Number(process.env.LAW_RUNS ?? 0);

/** How long the laws' tests may take, milliseconds. */
export const lawTimeout = wanted > 0 ? 24 * 60 * 60 * 1000 : 120_000;

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
