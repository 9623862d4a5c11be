import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** Sums of what the functions counted. */
export interface FunctionCounts {
  stored: number;
  readUnits: number;
  writeUnits: number;
}

/** The functions' log, in which every invocation leaves its counts as one line of CloudWatch's embedded metric format. */
export class MetricLog {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Where the log ends now. */
  mark(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** What was counted since a mark. The counts of an invocation stand there before its caller has the answer. */
  since(mark: number): FunctionCounts {
    const sums: FunctionCounts = { stored: 0, readUnits: 0, writeUnits: 0 };
    for (const line of this.#textSince(mark).split("\n")) {
      if (!line.startsWith('{"_aws"')) continue;
      const counts = JSON.parse(line) as Record<string, number | undefined>;
      sums.stored += counts.Stored ?? 0;
      sums.readUnits += counts.ReadUnits ?? 0;
      sums.writeUnits += counts.WriteUnits ?? 0;
    }
    return sums;
  }

  #textSince(mark: number): string {
    const file = openSync(this.#file, "r");
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - mark);
      return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, mark));
    } finally {
      closeSync(file);
    }
  }
}
