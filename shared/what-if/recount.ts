import { openQueue, type Queue } from "../queue/queue.ts";
import { setting } from "../settings.ts";
import { Secrets } from "../store/secrets.ts";
import { openTable, type Table } from "../store/table.ts";

/** What a recount stands on. */
export interface Recounting {
  table: Table;
  queue: Queue;
  secrets: Secrets;
  clock: () => Date;
  /** Identifiers in a chunk; 500 where it is not said. */
  chunk?: number;
}

export function openRecounting(): Recounting {
  const table = openTable();
  return {
    table,
    queue: openQueue(setting("whatIfQueue")),
    secrets: new Secrets(table),
    clock: () => new Date(),
  };
}

/**
 * What travels through the queue. Who begins a recount sends its plan; the plan asks for the lists of whom to count, one for each first digit
 * of ids; each list sends its chunks; whoever does the last chunk reports. No step sends itself again.
 */
export type RecountMessage =
  | { v: 1; kind: "plan"; version: number; number: number }
  | { v: 1; kind: "list"; version: number; number: number; shard: string }
  | { v: 1; kind: "chunk"; version: number; number: number; shard: string; chunk: number };
