import { randomUUID } from "node:crypto";
import type { Source } from "../../shared/access/source.ts";
import { type Intake, takeIn } from "../../shared/ingest/intake.ts";
import type { OutgoingEvent } from "../../shared/lead/event.ts";
import { beginRun, beginScheduled, scheduleRun } from "../../shared/night/begin.ts";
import { erase } from "../../shared/night/erase.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { activeItem } from "../../shared/store/facts.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { readLatestRun, readRun } from "../../shared/store/runs.ts";
import { putAll } from "../../shared/store/table.ts";
import { decodeMessage } from "../../shared/touchpoint/message.ts";
import type { TouchpointInput } from "../../shared/touchpoint/touch.ts";
import type { Action, History } from "./night-actions.ts";
import { Processor, receive, settle } from "./pump.ts";
import { type Fault, Worker } from "./worker.ts";
import { intakeOf, nightOf, type World } from "./world.ts";

const minute = 60_000;
/** A Lambda lives at most this long. */
const lifetime = 15 * minute;

/** Some of the people sort before it, some behind: a crowd here parts them into chunks. */
const middle = "5e000000";

/** What the test knows of a run that the product is not asked for. */
export interface Observed {
  /** The touchIds that were durable and marked before it could begin: what it must see. */
  before: ReadonlySet<string>;
  /** Those that had been sent when it was seen to be complete: more it cannot have seen. */
  after?: ReadonlySet<string>;
}

const source: Source = { v: 1, id: "crm", type: "server", createdAt: "2026-03-01T00:00:00.000Z" };

const identifiersOf = (contact: number): TouchpointInput["identifiers"] =>
  [
    { email: "ada@buyer.example" },
    { email: "ben@buyer.example", crm: "salesforce:00Q5f00000BBBBB" },
    { crm: "salesforce:00Q5f00000CCCCC" },
    { email: "info@buyer.example" },
    { email: "dora@other.example" },
    // The third one's address, and what tells that it is theirs.
    { email: "cleo@buyer.example" },
    { email: "cleo@buyer.example", crm: "salesforce:00Q5f00000CCCCC" },
  ][contact]!;

/** Plays a history in a world, and remembers what a brute-force fold needs to judge it. */
export class Nights {
  readonly world: World;
  readonly runs: Observed[] = [];
  /** What others were to be told of; a thing may be told more than once. */
  readonly announced: OutgoingEvent[] = [];
  readonly #items: TouchpointInput[][] = [];
  readonly #sent = new Set<string>();
  readonly #processor: Processor;
  readonly #intake: Intake;
  readonly #messages: string[] = [];
  #stalledProcess: { worker: Worker; ended: Promise<void> } | undefined;
  #stalledNights: { worker: Worker; ended: Promise<boolean> }[] = [];
  #requests = 0;

  constructor(world: World) {
    this.world = world;
    this.#processor = new Processor(world);
    this.#intake = intakeOf(world);
  }

  /** The touchIds of the messages that have been acknowledged. */
  acknowledged(): Set<string> {
    return new Set(
      this.#processor.acknowledged.flatMap(({ body }) =>
        decodeMessage(body).facts.flatMap((fact) => (fact.kind === "touch" ? [fact.touch.touchId] : [])),
      ),
    );
  }

  async play({ first, crowd, actions }: History): Promise<void> {
    const nobody = Array.from({ length: crowd }, () => `${middle}${randomUUID().slice(8)}`);
    await putAll(
      this.world.table,
      nobody.map((id) => activeItem(id, this.world.clock())),
    );
    await addPolicy(this.world.table, first, this.world.clock());
    for (const action of actions) {
      const before = this.acknowledged();
      await this.#act(action);
      await this.#observe(before);
    }
  }

  /** Everything comes to its end; then one night that nothing disturbs. */
  async quietly(): Promise<void> {
    await this.#releaseAll();
    while (await this.#processor.batch());
    await this.#workToTheEnd();
    await this.#observe(this.acknowledged());
    for (;;) {
      this.world.now += 10 * minute;
      const before = this.acknowledged();
      const { begun } = await beginRun(nightOf(this.world), `quiet-${this.world.now}`);
      await this.#workToTheEnd();
      await this.#observe(before);
      if (begun) return this.#hear();
    }
  }

  async #hear(): Promise<void> {
    const { deliveries } = this.world;
    for (let told = await receive(deliveries); told.length > 0; told = await receive(deliveries)) {
      this.announced.push(...told.map(({ body }) => JSON.parse(body) as OutgoingEvent));
      await settle(deliveries, told, new Set());
    }
  }

  /** Lets go of what still stands, where a history ends early. */
  async abandon(): Promise<void> {
    const standing = [this.#stalledProcess, ...this.#stalledNights];
    for (const one of standing) one?.worker.release();
    await Promise.allSettled(standing.map((one) => one?.ended));
  }

  async #act(action: Action): Promise<void> {
    const { world } = this;
    switch (action.kind) {
      case "ingest": {
        const items = action.touches.map(({ hours, channel, campaign }, index) => ({
          id: `${this.#items.length}-${index}`,
          channel,
          occurredAt: new Date(world.now - hours * 60 * minute).toISOString(),
          identifiers: identifiersOf(action.contact),
          campaign: { id: campaign },
        }));
        this.#items.push(items);
        return this.#send(items);
      }
      case "ingestAgain":
        return this.#items.length === 0
          ? undefined
          : this.#send(this.#items[action.which % this.#items.length]!);
      case "process":
        await this.#processor.batch(action.most, () => action.fault);
        return;
      case "processStalls":
        await this.#releaseProcess();
        this.#stalledProcess = await this.#processor.begin(10, () => ({ ...action, kind: "stalls" }));
        return;
      case "wait":
        return this.#wait(action.minutes * minute);
      case "schedule":
        for (let copy = 0; copy < action.copies; copy++) {
          const day = world.clock().toISOString().slice(0, 10);
          await new Worker(action.fault).run(() => scheduleRun(nightOf(world), day));
        }
        return;
      case "request": {
        const { asOfHoursAgo: hours } = action;
        const asOf =
          hours === undefined ? undefined : new Date(world.now - hours * 60 * minute).toISOString();
        const trigger = `request:${this.#requests++}`;
        await new Worker(action.fault).run(() => beginRun(nightOf(world), trigger, asOf));
        return;
      }
      case "work":
        await this.#work(action.messages, action.together, action.fault);
        return;
      case "workToTheEnd":
        await this.#workToTheEnd();
        return;
      case "redeliver": {
        const body = this.#messages.at(-1 - action.which);
        if (body !== undefined) await this.#handle(body, new Worker(action.fault));
        return;
      }
      case "nightStalls":
        return this.#stall(action.fresh, action.which, { ...action.where, kind: "stalls" });
      case "release":
        return this.#releaseAll();
      case "policy":
        await addPolicy(world.table, action.policy, world.clock());
    }
  }

  async #send(items: readonly TouchpointInput[]): Promise<void> {
    const candidates = items.map((item) => ({ item, touchpoint: item }));
    const now = this.world.clock();
    const { ids } = await takeIn(this.#intake, candidates, { source, route: "touchpoints", scope: "", now });
    for (const id of ids) this.#sent.add(id.split(".")[1]!);
  }

  /** What the nightly function does with a message of its queue. @returns whether it is done */
  async #handle(body: string, worker: Worker): Promise<boolean> {
    const night = nightOf(this.world);
    const message = JSON.parse(body) as NightMessage;
    const result = await worker.run(async () => {
      if (message.kind === "begin") return beginScheduled(night, message.trigger);
      if (message.kind === "plan") await planRun(night, message.run);
      else if (message.kind === "erase") await erase(night, message.id);
      else await phases[message.phase](night, message.run, message.chunk);
      return true;
    });
    return result.done && result.value;
  }

  /** @returns how many messages there were */
  async #work(messages: number, together: boolean, fault: Fault | undefined): Promise<number> {
    const received = await receive(this.world.nightQueue, messages);
    this.#messages.push(...received.map(({ body }) => body));
    const failed = new Set<string>();
    const one = async (index: number) => {
      const { body, messageId } = received[index]!;
      if (!(await this.#handle(body, new Worker(index === 0 ? fault : undefined)))) failed.add(messageId);
    };
    if (together) await Promise.all(received.map((_, index) => one(index)));
    else for (const index of received.keys()) await one(index);
    await settle(this.world.nightQueue, received, failed);
    return received.length;
  }

  /** A worker takes a message and stands still; to the queue that is a message to deliver again. */
  async #stall(fresh: boolean, which: number, fault: Fault): Promise<void> {
    const received = fresh ? await receive(this.world.nightQueue, 1) : [];
    this.#messages.push(...received.map(({ body }) => body));
    await settle(this.world.nightQueue, received, new Set(received.map(({ messageId }) => messageId)));
    const body = received[0]?.body ?? this.#messages.at(-1 - which);
    if (body === undefined) return;
    const worker = new Worker(fault);
    const ended = this.#handle(body, worker);
    // Thrown where it is awaited, which may be much later.
    ended.catch(() => {});
    await Promise.race([ended, worker.stalled]);
    this.#stalledNights.push({ worker, ended });
  }

  async #workToTheEnd(): Promise<void> {
    while ((await this.#work(10, false, undefined)) > 0);
  }

  async #wait(milliseconds: number): Promise<void> {
    const first = Math.min(milliseconds, lifetime);
    this.world.now += first;
    await this.#releaseProcess();
    this.world.now += milliseconds - first;
  }

  async #releaseProcess(): Promise<void> {
    this.#stalledProcess?.worker.release();
    await this.#stalledProcess?.ended;
    this.#stalledProcess = undefined;
  }

  async #releaseAll(): Promise<void> {
    await this.#releaseProcess();
    for (const { worker } of this.#stalledNights) worker.release();
    await Promise.all(this.#stalledNights.map(({ ended }) => ended));
    this.#stalledNights = [];
  }

  /** Notes runs that have begun or completed since. */
  async #observe(before: ReadonlySet<string>): Promise<void> {
    const { table } = this.world;
    const latest = (await readLatestRun(table))?.number ?? 0;
    while (this.runs.length < latest) this.runs.push({ before });
    for (const [index, run] of this.runs.entries()) {
      if (run.after) continue;
      if ((await readRun(table, index + 1))?.outcome) run.after = new Set(this.#sent);
    }
  }
}
