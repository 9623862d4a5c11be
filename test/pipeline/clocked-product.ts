import "../laws/quiet.ts";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { routeTable } from "../../infra/local/route-table.ts";
import { reachOf } from "../../shared/deliver/address.ts";
import { type Delivering, work } from "../../shared/deliver/deliver.ts";
import { poster } from "../../shared/deliver/post.ts";
import { type HttpEvent, problemOf } from "../../shared/edge/http-handler.ts";
import type { Files } from "../../shared/files/files.ts";
import { problemAnswer } from "../../shared/http/problem.ts";
import { type Role, routeKey, routes } from "../../shared/http/routes.ts";
import { takeIn } from "../../shared/ingest/intake.ts";
import { judgeAtOnce } from "../../shared/night/fast-track.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { cachedFastTrack } from "../../shared/process/fast-track.ts";
import { type Processing, processMessages } from "../../shared/process/process.ts";
import type { Api } from "../../shared/query/api.ts";
import { answer } from "../../shared/query/operations.ts";
import { announceOverdue } from "../../shared/query/overdue.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { cachedPolicy } from "../../shared/store/policies.ts";
import { cachedSuppressions } from "../../shared/store/suppressions.ts";
import { countChunk } from "../../shared/what-if/count.ts";
import { listShard, planRecount } from "../../shared/what-if/plan.ts";
import type { RecountMessage } from "../../shared/what-if/recount.ts";
import { type MemoryWorld, openMemoryWorld } from "../laws/memory-world.ts";
import { receive, settle } from "../laws/pump.ts";
import { type Fault, Worker } from "../laws/worker.ts";
import { intakeOf, nightOf, processingOf, recountingOf } from "../laws/world.ts";
import type { Json } from "./product.ts";

/** An answer of the API. */
export interface Answered {
  status: number;
  body: Json;
  text: string;
  location: string | undefined;
}

const match = routeTable(routes.map((route) => ({ routeKey: routeKey(route) })));

const publicUrl = "http://127.0.0.1";

/** The bucket in memory, with what signs links to its files: they lead nowhere. */
function linkable({ client, bucket }: Files): Files {
  const signing = new S3Client({
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  return { client: Object.assign(signing, { send: client.send.bind(client) }), bucket };
}

const processingIn = (world: MemoryWorld): Processing => ({
  ...processingOf(world),
  fastTrack: { queue: world.fastTrack, policy: cachedFastTrack(world.table) },
});

/**
 * The product without its servers, by a clock that only the test moves: what is asked goes through the API's own operations, and what
 * waits in queues through the functions' own work. A quarter of a year passes in seconds.
 */
export class ClockedProduct {
  readonly world: MemoryWorld;
  readonly #api: Api;
  readonly #delivering: Delivering;
  readonly #faults: Fault[];
  #processing: Processing;

  private constructor(world: MemoryWorld, faults: Fault[]) {
    this.world = world;
    this.#faults = faults;
    // As on one machine, so that a receiver may be there too.
    const night = { ...nightOf(world), publicUrl, files: linkable(world.files) };
    const intake = intakeOf(world);
    this.#api = {
      ...night,
      policy: cachedPolicy(world.table),
      suppressed: cachedSuppressions(world.table, night.secrets),
      intake: { ...intake, lookUps: world.lookUps },
      imports: world.lookUps,
      whatIfs: world.whatIfQueue,
    };
    this.#processing = processingIn(world);
    this.#delivering = { ...night, post: poster(reachOf(publicUrl)), chance: () => 0.5 };
  }

  /** @param faults what happens to the workers of its queues, one after the other; to the rest of them nothing does */
  static async open(start: string, faults: readonly Fault[] = []): Promise<ClockedProduct> {
    return new ClockedProduct(await openMemoryWorld(start), [...faults]);
  }

  /** Moves the clock. @param time ISO 8601, not before now */
  at(time: string): void {
    if (Date.parse(time) < this.world.now) throw new Error(`${time} is over`);
    this.world.now = Date.parse(time);
  }

  /** Asks the API. @param path with its query @param body JSON, or CSV as text */
  async ask(role: Role, method: string, path: string, body?: Json | Json[] | string): Promise<Answered> {
    const url = new URL(path, "http://touchline.example");
    const found = match(method, url.pathname);
    if (!found) throw new Error(`no route ${method} ${path}`);
    const event = {
      version: "2.0",
      routeKey: found.route.routeKey,
      rawPath: url.pathname,
      rawQueryString: url.search.slice(1),
      queryStringParameters: url.search ? Object.fromEntries(url.searchParams) : undefined,
      pathParameters: found.pathParameters,
      headers: { "content-type": typeof body === "string" ? "text/csv" : "application/json" },
      requestContext: {
        requestId: "request-1",
        authorizer: { lambda: { role, keyId: `${role}-key` } },
        http: { method },
      },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      isBase64Encoded: false,
    } as unknown as HttpEvent;
    const answered = await answer(this.#api, event).catch((error) =>
      problemAnswer(problemOf(error, "request-1")),
    );
    const text = answered.body ?? "";
    const isJson = /json/.test(String(answered.headers?.["content-type"] ?? ""));
    return {
      status: answered.statusCode ?? 200,
      text,
      body: (isJson && text ? JSON.parse(text) : {}) as Json,
      location: answered.headers?.location as string | undefined,
    };
  }

  /** What websites, event apps and e-mail tools send. */
  async send(...touches: Json[]): Promise<void> {
    const source = {
      v: 1,
      id: "website",
      name: "Website",
      type: "server",
      origins: [],
      createdAt: "",
    } as never;
    const receipt = await takeIn(
      intakeOf(this.world),
      touches.map((touch) => ({ item: touch, touchpoint: touch })),
      { source, route: "touchpoints", scope: "", now: this.world.clock() },
    );
    if (receipt.rejected.length > 0) throw new Error(JSON.stringify(receipt.rejected));
    await this.drain();
  }

  /** Lets every queue run empty. */
  async drain(): Promise<void> {
    const night = nightOf(this.world);
    const recounting = recountingOf(this.world);
    const { touchpoints, fastTrack, nightQueue, whatIfQueue, deliveries } = this.world;
    const works: [Queue, (body: string) => Promise<unknown>][] = [
      [fastTrack, (body) => judgeAtOnce(night, body)],
      [
        nightQueue,
        async (body) => {
          const message = JSON.parse(body) as NightMessage;
          if (message.kind === "plan") await planRun(night, message.run);
          else if (message.kind === "chunk") await phases[message.phase](night, message.run, message.chunk);
        },
      ],
      [
        whatIfQueue,
        async (body) => {
          const message = JSON.parse(body) as RecountMessage;
          if (message.kind === "plan") await planRecount(recounting, message);
          else if (message.kind === "list") await listShard(recounting, message, message.shard);
          else await countChunk(recounting, message, message.shard, message.chunk);
        },
      ],
      [deliveries, (body) => work(this.#delivering, body, 1)],
    ];
    for (let worked = true; worked; ) {
      const messages = await receive(touchpoints, 10, this.world.now);
      worked = messages.length > 0;
      if (worked) {
        const { ended, died } = await this.#run(() => processMessages(this.#processing, messages));
        // It takes its memory with it.
        if (died) this.#processing = processingIn(this.world);
        const failed = ended ?? messages.map(({ messageId }) => messageId);
        await settle(touchpoints, messages, new Set(failed));
      }
      for (const [queue, handle] of works) {
        const [message] = await receive(queue, 1, this.world.now);
        if (!message) continue;
        worked = true;
        const { died } = await this.#run(() => handle(message.body));
        await settle(queue, [message], new Set(died ? [message.messageId] : []));
      }
    }
  }

  /** Runs what one invocation does, with the next fault. */
  async #run<Value>(work: () => Promise<Value>): Promise<{ ended?: Value; died: boolean }> {
    const result = await new Worker(this.#faults.shift()).run(work);
    return result.done ? { ended: result.value, died: false } : { died: true };
  }

  /** What runs every quarter of an hour. @returns how many leads are newly overdue */
  async watch(): Promise<number> {
    const overdue = await announceOverdue(nightOf(this.world), this.world.clock());
    await this.drain();
    return overdue;
  }
}

/** Somebody's server, and what it heard. */
export interface Receiver {
  url: string;
  events: () => Json[];
  close: () => Promise<void>;
}

/** Somebody's server that takes webhooks: it keeps what it gets and answers 200. */
export async function startReceiver(): Promise<Receiver> {
  const heard = new Map<string, Json>();
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      // What is sent twice is told by its id.
      heard.set(String(request.headers["webhook-id"]), JSON.parse(body) as Json);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/touchline`,
    events: () => [...heard.values()],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
