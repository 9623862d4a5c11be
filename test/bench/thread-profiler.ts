import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { basename, extname, join } from "node:path";

type Answer = { id: number; result: unknown };

/** Samples the stacks of this thread and of every worker thread there is, those that begin meanwhile left out. */
export class ThreadProfiler {
  #session: Session | undefined;
  readonly #workers = new Map<string, { script: string; answered: Map<number, (result: unknown) => void> }>();
  #asked = 0;

  async start(): Promise<void> {
    const session = new Session();
    session.connect();
    this.#session = session;
    session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
      this.#workers.set(sessionId, {
        script: basename(workerInfo.url, extname(workerInfo.url)),
        answered: new Map(),
      });
    });
    session.on("NodeWorker.receivedMessageFromWorker", ({ params: { sessionId, message } }) => {
      const { id, result } = JSON.parse(message) as Answer;
      this.#workers.get(sessionId)?.answered.get(id)?.(result);
    });
    await this.#post("NodeWorker.enable", { waitForDebuggerOnStart: false });
    for (const method of ["Profiler.enable", "Profiler.start"]) await this.#everywhere(method);
  }

  /** Ends the sampling and writes one `.cpuprofile` per thread. */
  async stop(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    for (const [name, result] of await this.#everywhere("Profiler.stop")) {
      const { profile } = result as { profile: unknown };
      writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
    }
    this.#session?.disconnect();
    this.#workers.clear();
  }

  #post(method: string, params?: object): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.#session!.post(method, params, (error, result) => (error ? reject(error) : resolve(result))),
    );
  }

  async #everywhere(method: string): Promise<Map<string, unknown>> {
    const results = new Map<string, unknown>();
    const workers = [...this.#workers].map(async ([sessionId, { script, answered }]) => {
      const id = ++this.#asked;
      const answer = new Promise<unknown>((resolve) => answered.set(id, resolve));
      await this.#post("NodeWorker.sendMessageToWorker", {
        sessionId,
        message: JSON.stringify({ id, method }),
      });
      results.set(`${script}-${sessionId}`, await answer);
    });
    results.set("main", await this.#post(method));
    await Promise.all(workers);
    return results;
  }
}
