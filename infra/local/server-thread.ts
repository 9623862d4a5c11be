import { parentPort, Worker, workerData } from "node:worker_threads";

/** A server in a thread of its own: it must not wait for the gateway's event loop, nor the gateway for its. */
export interface ServerThread<Ready> {
  ready: Ready;
  /** Asks the thread a question by name. */
  ask<Answer>(question: string): Promise<Answer>;
  /** Lets the server finish what it has begun, and ends the thread. */
  close(): Promise<void>;
}

/** What a server's script gives: what it says when it is ready, what it answers, and how it ends. */
export interface Served<Ready> {
  ready: Ready;
  answers: Record<string, () => unknown>;
  close(): Promise<void>;
}

type Reply = { kind: "ready"; ready: unknown } | { kind: "answer"; id: number; answer: unknown };
type Question = { id: number; question: string };

const closing = "close";

/**
 * Starts a script that calls `serve`.
 *
 * @param settings handed to the script, structured-cloneable
 * @param onDeath told when the thread ends before it was closed: nothing works without it
 * @throws what the script threw before it was ready
 */
export async function startServerThread<Ready>(
  script: URL,
  settings: unknown,
  onDeath: (error: Error) => void,
): Promise<ServerThread<Ready>> {
  const worker = new Worker(script, { workerData: settings, execArgv: [] });
  const waiting = new Map<number, (answer: unknown) => void>();
  const ready = Promise.withResolvers<Ready>();
  const exited = Promise.withResolvers<void>();
  let state: "starting" | "serving" | "closing" = "starting";
  let nextId = 1;
  const died = (error: Error) => {
    if (state === "starting") ready.reject(error);
    else if (state === "serving") onDeath(error);
    state = "closing";
  };
  worker.on("message", (reply: Reply) => {
    if (reply.kind === "ready") return ready.resolve(reply.ready as Ready);
    waiting.get(reply.id)?.(reply.answer);
    waiting.delete(reply.id);
  });
  worker.on("error", (error: unknown) => died(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", () => {
    died(new Error("a server of the local runtime ended"));
    for (const answer of waiting.values()) answer(undefined);
    exited.resolve();
  });
  const ask = <Answer>(question: string): Promise<Answer> => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const id = nextId++;
    waiting.set(id, resolve);
    worker.postMessage({ id, question } satisfies Question);
    return promise as Promise<Answer>;
  };
  const said = await ready.promise;
  state = "serving";
  return {
    ready: said,
    ask,
    close: async () => {
      if (state === "serving") {
        state = "closing";
        worker.postMessage({ id: 0, question: closing } satisfies Question);
      }
      await exited.promise;
    },
  };
}

/** The thread's side: starts the server with the settings it was given and answers for it until it is closed. */
export async function serve<Settings, Ready>(
  start: (settings: Settings) => Promise<Served<Ready>>,
): Promise<void> {
  const port = parentPort!;
  const served = await start(workerData as Settings);
  port.on("message", async ({ id, question }: Question) => {
    if (question !== closing) {
      port.postMessage({ kind: "answer", id, answer: served.answers[question]?.() } satisfies Reply);
      return;
    }
    await served.close();
    port.close();
  });
  port.postMessage({ kind: "ready", ready: served.ready } satisfies Reply);
}
