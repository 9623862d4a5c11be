import { setTimeout as pause } from "node:timers/promises";
import type { Functions } from "./functions.ts";
import type { Poller } from "./poller.ts";
import type { Services } from "./services.ts";

interface Drained {
  functions: Pick<Functions, "active" | "invocations">;
  pollers: Pick<Poller, "hurry">[];
  services: Pick<Services, "depths">;
  /** Queues that nothing consumes: dead letters for a person to look at. */
  keptAside: Set<string>;
}

const longestDrain = 300_000;
const lookAgainMilliseconds = 10;

/**
 * Makes the function that waits until the runtime has nothing left to do: every queue is empty (nothing visible, in
 * flight or delayed) and no invocation waits or runs. Meanwhile batches do not wait to fill and failed messages come
 * back at once. It resolves with false where that has not happened within the bound.
 */
export function drainer(runtime: Drained): (boundMilliseconds?: number) => Promise<boolean> {
  const { functions, pollers, services, keptAside } = runtime;
  let draining = 0;
  const hurry = (hurrying: boolean) => {
    for (const poller of pollers) poller.hurry(hurrying);
  };
  const idle = async (): Promise<boolean> => {
    // An invocation that ran while the queues were counted may have sent something to one counted already.
    const invocations = functions.invocations;
    if (functions.active > 0) return false;
    const depths = await services.depths();
    const empty = Object.entries(depths).every(([name, depth]) => depth === 0 || keptAside.has(name));
    return empty && functions.invocations === invocations;
  };
  return async (boundMilliseconds = longestDrain) => {
    const end = performance.now() + boundMilliseconds;
    draining++;
    hurry(true);
    try {
      while (!(await idle())) {
        if (performance.now() > end) return false;
        await pause(lookAgainMilliseconds);
      }
      return true;
    } finally {
      draining--;
      if (draining === 0) hurry(false);
    }
  };
}
