import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The temporary folder and the processes of one bench. However it ends, nothing of them is left. */
export class Workplace {
  readonly #root = mkdtempSync(join(tmpdir(), "touchline-bench-"));
  readonly #processes = new Set<ChildProcess>();
  #folders = 0;

  constructor() {
    process.on("exit", () => this.#tidy());
    process.on("SIGINT", () => process.exit(130));
    process.on("SIGTERM", () => process.exit(143));
  }

  /** Names a folder that is not there yet. */
  folder(name: string): string {
    return join(this.#root, `${name}-${this.#folders++}`);
  }

  own(child: ChildProcess): void {
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
  }

  // Synchronous: it runs while the process exits. What was killed may write for a moment longer, hence the retries.
  #tidy(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
