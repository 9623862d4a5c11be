import type { RunPhase } from "../lead/run.ts";
import { findLeads } from "./leads.ts";
import type { Night } from "./night.ts";
import { expireChunk } from "./retention.ts";
import { collectClicks } from "./verdicts.ts";

/** What is done with a chunk of a run in each phase. */
export const phases: Record<RunPhase, (night: Night, number: number, chunk: number) => Promise<void>> = {
  verdicts: collectClicks,
  leads: findLeads,
  expire: expireChunk,
};
