import { type Files, openFiles } from "../files/files.ts";
import type { RunPhase } from "../lead/run.ts";
import { openQueue, type Queue } from "../queue/queue.ts";
import { setting } from "../settings.ts";
import { Secrets } from "../store/secrets.ts";
import { openTable, type Table } from "../store/table.ts";

/** What the night stands on. */
export interface Night {
  table: Table;
  files: Files;
  queue: Queue;
  /** Takes what others are to be told. */
  deliveries: Queue;
  secrets: Secrets;
  /** Where evidence links begin. */
  publicUrl: string;
  clock: () => Date;
}

export function openNight(): Night {
  const table = openTable();
  return {
    table,
    files: openFiles(),
    queue: openQueue(setting("nightQueue")),
    deliveries: openQueue(setting("deliveriesQueue")),
    secrets: new Secrets(table),
    publicUrl: setting("publicUrl"),
    clock: () => new Date(),
  };
}

/** What travels through the night's queue. What begins a run sends its plan, a plan the chunks of the first phase, whoever does the last
 * of them those of the second, and the last of these closes: no step sends itself again. */
export type NightMessage =
  | { v: 1; kind: "begin"; trigger: string }
  | { v: 1; kind: "plan"; run: number }
  | { v: 1; kind: "chunk"; run: number; phase: RunPhase; chunk: number }
  | { v: 1; kind: "erase"; id: string };
