import { objectPrefixes } from "../table/keys.ts";
import type { RetentionPlan } from "./retention.ts";

/**
 * A nightly run: numbered, one at a time, resumed where it died and never replaced. What it froze is in here; what
 * is done is a row of its own per chunk.
 */
export interface Run {
  v: 1;
  number: number;
  /** What began it: the schedule's time, or a request; the same trigger twice is one run. */
  trigger: string;
  startedAt: string;
  /** Evaluate as of this instant rather than now; such a run moves no watermark. */
  asOf?: string;
  plan?: RunPlan;
  outcome?: RunOutcome;
}

/** Frozen once, before any contact is looked at. */
export interface RunPlan {
  /** The `now` of every evaluation of this run. */
  now: string;
  policyVersion: number;
  /** Marker days covered, both inclusive. */
  fromDay: string;
  toDay: string;
  /**
   * Where each chunk begins, as a prefix of identifierIds; a chunk ends where the next begins. Ranges rather than lists
   * of ids: a whole plan is one small item, frozen by one conditional write.
   */
  chunks: string[];
  /** Identifiers found active when the plan was made. */
  active: number;
  /** What goes because it is too old; absent where nothing was ever to go. */
  retention?: RetentionPlan;
}

export interface RunFile {
  name: string;
  contentType: string;
  bytes: number;
  sha256: string;
}

export interface RunOutcome {
  completedAt: string;
  leads: number;
  /** Leads that wait for the next run, because the policy lets no more out at once. */
  waiting?: number;
  /** Leads of earlier runs that this one withdrew, or told to be another one's contact. */
  changes?: number;
  /** Contacts evaluated. */
  contacts: number;
  /** Contacts whose fold failed; they are marked active again for the next run. */
  failed: number;
  /** Active identifiers that were seen with too many others to be anybody's: how many, and the first of them. */
  tooManyLinks?: number;
  tooManyLinksIds?: string[];
  files: RunFile[];
  /** Leads that were taken out of the files since, because their people were erased. */
  erased?: ErasedLeads;
}

export interface ErasedLeads {
  leads: number;
  /** When the last of them was; ISO 8601 in UTC. */
  at: string;
}

/**
 * What a run does with each chunk, one phase after the other. `verdicts`: collects clicks, to compare them with other people's.
 * `leads`: looks for leads, with what was found. `expire`: takes out what is too old, in chunks of its own.
 */
export type RunPhase = "verdicts" | "leads" | "expire";

/** A chunk's row of the first phase: what it collected. */
export interface ClicksCollected {
  v: 1;
  contacts: number;
  clicks: number;
}

/** A chunk's row of the last phase: whom it looked at because their days left, and how many rows and files went. */
export interface Expired {
  v: 1;
  people: number;
  rows: number;
}

/** A chunk's row: what it did. */
export interface ChunkDone {
  v: 1;
  contacts: number;
  leads: number;
  failed: string[];
  /** Active identifiers that were seen with too many others to be anybody's: the first of them, and how many. */
  tooManyLinks?: string[];
  tooManyLinksTotal?: number;
}

/** A run's id for callers and file names. */
export const runIdOf = (number: number): string => String(number).padStart(6, "0");

/** The number of a run's id, or undefined where it is none. */
export const runNumberOf = (runId: string): number | undefined =>
  /^\d{6,10}$/.test(runId) ? Number(runId) : undefined;

/** After this a run that has not completed is reported as failed; it can still be resumed and complete. */
const failedAfter = 6 * 60 * 60 * 1000;

export function runState(run: Run, now: Date): "running" | "completed" | "failed" {
  if (run.outcome) return "completed";
  return now.getTime() - Date.parse(run.startedAt) > failedAfter ? "failed" : "running";
}

/** Identifiers in a chunk, about. */
export const chunkSize = 200;

/** Sorts behind every identifierId. */
const end = "g";

/** Cuts active identifiers into ranges of about `chunkSize`: where each begins. One chunk even where nobody was active. */
export function cutChunks(sortedIds: readonly string[], size = chunkSize): string[] {
  const chunks = ["0"];
  for (let i = size; i < sortedIds.length; i += size) {
    // Eight hex digits tell four billion people apart; where two chunks would begin alike, they are one.
    const start = sortedIds[i]!.slice(0, 8);
    if (start > chunks.at(-1)!) chunks.push(start);
  }
  return chunks;
}

/** The range of a chunk: from inclusive, to exclusive. */
export const chunkRange = (chunks: readonly string[], index: number): { from: string; to: string } => ({
  from: chunks[index] ?? end,
  to: chunks[index + 1] ?? end,
});

/** Days from one to another, both inclusive, `YYYY-MM-DD`. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += 24 * 60 * 60 * 1000) {
    days.push(new Date(time).toISOString().slice(0, 10));
  }
  return days;
}

/** Where a chunk of a run keeps the clicks it collected. */
export const clicksFile = (number: number, chunk: number): string =>
  `${objectPrefixes.clicks}${runIdOf(number)}/${String(chunk).padStart(5, "0")}.json`;

/** The files of a run. */
export const runFolder = (number: number): string => `${objectPrefixes.exports}${runIdOf(number)}/`;
