import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { LocalStatus } from "../../infra/local/local-routes.ts";
import type { Table } from "../../shared/store/table.ts";
import type { InstanceQuestion, InstanceReady, InstanceReply, Usage } from "./instance-messages.ts";
import { MetricLog } from "./metric-log.ts";
import type { Workplace } from "./workplace.ts";

/** A fresh instance of the product in a process of its own, so that measuring does not take its event loop's time. */
export class Instance {
  readonly url: string;
  readonly log: MetricLog;
  readonly table: Table;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (usage: Usage) => void>();
  #asked = 0;

  constructor(ready: InstanceReady, process: ChildProcess) {
    this.url = ready.url;
    this.log = new MetricLog(ready.logFile);
    const { AWS_REGION, AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = ready.environment;
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    const client = new DynamoDBClient({ endpoint: ready.dynamodb, region: AWS_REGION, credentials });
    this.table = { client, name: ready.tableName };
    this.#process = process;
    process.on("message", (reply: InstanceReply) => {
      if (reply.kind !== "answer") return;
      this.#waiting.get(reply.id)?.(reply.usage);
      this.#waiting.delete(reply.id);
    });
  }

  /** What it has used since it began. */
  usage(): Promise<Usage> {
    return this.#ask({ question: "usage" });
  }

  /** Requests to SQS since it began, by action. */
  async queueRequests(): Promise<Record<string, number>> {
    const answer = await fetch(`${this.url}/_local/status`);
    return ((await answer.json()) as LocalStatus).queueRequests;
  }

  /** Samples every thread's stack from now on. */
  async startProfile(): Promise<void> {
    await this.#ask({ question: "startProfile" });
  }

  /** @param folder gets one `.cpuprofile` per thread */
  async stopProfile(folder: string): Promise<void> {
    await this.#ask({ question: "stopProfile", folder });
  }

  /** Resolves when every queue is empty and every invocation has ended. */
  async drain(): Promise<void> {
    const answer = await fetch(`${this.url}/_local/drain`, { method: "POST" });
    if (!answer.ok) throw new Error(`the instance did not drain: ${await answer.text()}`);
  }

  /** Ends it at once: nothing of it is kept. */
  async stop(): Promise<void> {
    this.table.client.destroy();
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
  }

  #ask(question: Omit<InstanceQuestion, "id">): Promise<Usage> {
    const { promise, resolve } = Promise.withResolvers<Usage>();
    const id = this.#asked++;
    this.#waiting.set(id, resolve);
    this.#process.send({ ...question, id } satisfies InstanceQuestion);
    return promise;
  }
}

/**
 * Starts an instance over an empty data folder.
 * @param assembly folder that `synthesize` wrote
 */
export async function startInstance(workplace: Workplace, assembly: string): Promise<Instance> {
  const child = fork(join(import.meta.dirname, "instance-process.ts"), [workplace.folder("data"), assembly], {
    env: { ...process.env, TZ: "UTC" },
  });
  workplace.own(child);
  const ready = await new Promise<InstanceReady>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the instance ended with ${code} before it was ready`)));
    child.on("message", (reply: InstanceReply) => {
      if (reply.kind === "ready") resolve(reply);
    });
  });
  return new Instance(ready, child);
}
