import { readFile } from "../../shared/files/files.ts";
import { type DealVersion, dealIdOf, foldDeals } from "../../shared/lead/deal.ts";
import { type Feedback, feedbackIdOf } from "../../shared/lead/feedback.ts";
import { beginScheduled, scheduleRun } from "../../shared/night/begin.ts";
import { membersFile } from "../../shared/night/export-files.ts";
import { judgeAtOnce } from "../../shared/night/fast-track.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { activeItem, itemsOf } from "../../shared/store/facts.ts";
import { putHands } from "../../shared/store/hands.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { readLatestRun } from "../../shared/store/runs.ts";
import { type Item, keyText, putAll, putItem } from "../../shared/store/table.ts";
import { putPersonVerdict } from "../../shared/store/verdicts.ts";
import { contactDealKey, feedbackKey } from "../../shared/table/keys.ts";
import { type IdentifierType, identifierId } from "../../shared/touchpoint/identifier.ts";
import type { Touch } from "../../shared/touchpoint/touch.ts";
import { hash16Of, parseLeadId, touchIdOf } from "../../shared/touchpoint/touch-id.ts";
import { type CycleHistory, type Step, start } from "./cycle-history.ts";
import { leadsIn } from "./cycle-oracle.ts";
import { type MemoryWorld, openMemoryWorld } from "./memory-world.ts";
import { receive, settle } from "./pump.ts";
import { type Fault, Worker } from "./worker.ts";
import { namespace, nightOf } from "./world.ts";

const hour = 3_600_000;
const typeOf = (name: string): IdentifierType => name.slice(0, name.indexOf(":")) as IdentifierType;
const valueIn = (name: string): string => name.slice(name.indexOf(":") + 1);
export const idOf = (name: string): string => identifierId(namespace, typeOf(name), valueIn(name));

/** Plays a history in a world in memory, one step after the other. */
export class Cycles {
  readonly world: MemoryWorld;
  /** What the table held before each step, and before each message of the night. */
  readonly states: Item[][] = [];
  /** By run, how many of these states there were when its members were frozen. */
  readonly frozen = new Map<number, number>();
  readonly #touches: Touch[] = [];
  /** Messages of the night that were taken, and who was to be looked at before it. */
  readonly #taken: string[] = [];
  readonly #atOnce: string[] = [];
  #standing: { worker: Worker; ended: Promise<boolean> }[] = [];
  #made = 0;

  private constructor(world: MemoryWorld) {
    this.world = world;
  }

  static async open(): Promise<Cycles> {
    return new Cycles(await openMemoryWorld(start));
  }

  async play({ first, steps }: CycleHistory): Promise<void> {
    await addPolicy(this.world.table, first, this.world.clock());
    for (const step of steps) await this.#observed(() => this.#act(step));
  }

  /** Everything comes to its end; then nights that nothing disturbs, until for some days there is nothing to tell: whose time comes, comes. */
  async quietly(): Promise<void> {
    await this.#observed(() => this.#release());
    await this.#observed(() => this.#workToTheEnd());
    for (let night = 0, idle = 0; idle < 3; night++) {
      if (night > 40) throw new Error("nights do not come to rest");
      // A day apart: each sees what the one before has left it, and no longer what had that look.
      this.world.now += 26 * hour;
      await this.#observed(() => this.#schedule());
      await this.#observed(() => this.#workToTheEnd());
      const { outcome } = (await readLatestRun(this.world.table))!;
      const { leads, waiting = 0, changes = 0, failed } = outcome!;
      if (failed > 0) throw new Error("a fold failed");
      idle = leads + waiting + changes === 0 ? idle + 1 : 0;
    }
  }

  async abandon(): Promise<void> {
    for (const { worker } of this.#standing) worker.release();
    await Promise.allSettled(this.#standing.map(({ ended }) => ended));
  }

  async #observed(work: () => Promise<void>): Promise<void> {
    this.states.push(this.world.items());
    await work();
    await this.#noteFrozen();
  }

  async #noteFrozen(): Promise<void> {
    const latest = (await readLatestRun(this.world.table))?.number ?? 0;
    for (let run = 1; run <= latest; run++)
      if (!this.frozen.has(run) && (await readFile(this.world.files, membersFile(run))))
        this.frozen.set(run, this.states.length);
  }

  async #act(step: Step): Promise<void> {
    const { table } = this.world;
    const number = this.#made++;
    const now = this.world.clock();
    const at = now.toISOString();
    const said = { at, id: String(number), reason: "seen by hand", who: "key-1" };
    switch (step.kind) {
      case "touches":
        for (let index = 0; index < step.count; index++) await this.#touch(step, `${number}-${index}`, index);
        this.#atOnce.push(JSON.stringify({ v: 1, ids: [idOf(step.name)] }));
        return;
      case "link":
        return this.#put(step.pair, undefined, at, String(number));
      case "hand": {
        await putHands(table, [[idOf(step.pair[0]), idOf(step.pair[1])]], { ...said, act: step.act }, now);
        return;
      }
      case "verdict": {
        const made = leadsIn(this.world.items()).filter(
          ({ run, withdrawal }) => run !== undefined && !withdrawal,
        );
        const ids = new Set(made.map(({ decidingTouchId }) => decidingTouchId));
        const touches =
          step.of === "touch" ? this.#touches : this.#touches.filter(({ touchId }) => ids.has(touchId));
        const touch = touches[step.which % Math.max(1, touches.length)];
        if (!touch) return;
        const verdict = { ...said, touchId: touch.touchId, verdict: step.verdict, by: "person" as const };
        await putPersonVerdict(table, touch.identifierId, verdict, now);
        return;
      }
      case "answer":
        return this.#answer(step, number);
      case "deal":
        return this.#deal(step, number);
      case "policy":
        await addPolicy(table, step.policy, now);
        return;
      case "atOnce":
        for (const body of this.#atOnce.splice(0)) {
          const worker = new Worker(step.fault);
          const { done } = await worker.run(() => judgeAtOnce(nightOf(this.world), body));
          // Once more, as the queue would.
          if (!done) await judgeAtOnce(nightOf(this.world), body);
        }
        return;
      case "wait":
        this.world.now += step.hours * hour;
        return;
      case "schedule":
        return this.#schedule();
      case "work":
        await this.#work(step.messages, step.together, step.fault);
        return;
      case "workToTheEnd":
        return this.#workToTheEnd();
      case "redeliver": {
        const body = this.#taken.at(-1 - step.which);
        if (body !== undefined) await this.#handle(body, new Worker(step.fault));
        return;
      }
      case "stall":
        return this.#stall(step.fault);
      case "release":
        return this.#release();
    }
  }

  async #touch(
    { name, hours, channel }: Extract<Step, { kind: "touches" }>,
    messageId: string,
    index: number,
  ): Promise<void> {
    const occurredAt = new Date(this.world.now - hours * hour - index * 60_000).toISOString();
    const touch: Touch = {
      identifierId: idOf(name),
      touchId: touchIdOf({ source: "crm", route: "touchpoints", scope: "", messageId }),
      hash16: hash16Of(messageId),
      channel,
      direction: "inbound",
      occurredAt,
      receivedAt: this.world.clock().toISOString(),
      source: "crm",
      identifiers: { [typeOf(name)]: valueIn(name) },
      campaign: { id: messageId },
    };
    this.#touches.push(touch);
    await this.#put([name], touch, occurredAt, messageId);
  }

  /** As processing does: the facts first, then who is active. */
  async #put(
    some: readonly string[],
    touch: Touch | undefined,
    occurredAt: string,
    id: string,
  ): Promise<void> {
    const { table } = this.world;
    const seen = some.map((name) => ({ id: idOf(name), type: typeOf(name), value: valueIn(name) }));
    const [first] = seen;
    const fact = {
      type: "link" as const,
      identifierId: first!.id,
      factId: touchIdOf({ source: "crm", route: "touchpoints", scope: "", messageId: `link:${id}` }),
      hash16: "0000000000000000",
      occurredAt,
      receivedAt: occurredAt,
      source: "crm",
      identifiers: { [first!.type]: first!.value },
    };
    const items = touch
      ? itemsOf({ kind: "touch", touch, identifierIds: { [first!.type]: first!.id } })
      : itemsOf({ kind: "person", fact, seen });
    await putAll(table, [...new Map(items.map((item) => [keyText(item), item])).values()]);
    await putAll(
      table,
      seen.map((one) => activeItem(one.id, this.world.clock())),
    );
  }

  async #answer(
    { which, outcome, days, back }: Extract<Step, { kind: "answer" }>,
    number: number,
  ): Promise<void> {
    const leads = leadsIn(this.world.items()).filter(
      ({ run, foundIn }) => run !== undefined || foundIn === 0,
    );
    const lead = leads[which % Math.max(1, leads.length)];
    if (!lead) return;
    const { identifierId: home, cycle } = parseLeadId(lead.leadId)!;
    const at = this.world.clock().toISOString();
    const feedback: Feedback = {
      leadId: lead.leadId,
      feedbackId: feedbackIdOf(lead.leadId, String(number)),
      hash16: "0000000000000000",
      id: String(number),
      outcome,
      ...(outcome === "rejected" && { reason: "other" }),
      ...(outcome === "recycled" && {
        until: new Date(this.world.now + days * 12 * hour).toISOString(),
      }),
      ...(back && { moveBack: true }),
      occurredAt: at,
      receivedAt: at,
      who: "key-1",
    };
    await putItem(this.world.table, {
      ...feedbackKey(home, cycle, at, feedback.feedbackId, feedback.hash16),
      body: JSON.stringify({ v: 1, ...feedback }),
    });
    await putItem(this.world.table, activeItem(home, this.world.clock()));
  }

  async #deal({ deal, name, status }: Extract<Step, { kind: "deal" }>, number: number): Promise<void> {
    const at = this.world.clock().toISOString();
    const version: DealVersion = {
      id: String(deal),
      dealId: dealIdOf(String(deal)),
      hash16: String(number).padStart(16, "0"),
      stage: status,
      status,
      contacts: [{ identifierIds: [idOf(name)] }],
      updatedAt: at,
      receivedAt: at,
      who: "key-1",
    };
    // The one that holds, for everybody who ever was named: whoever no longer is learns it.
    const rows = this.world.items().filter(({ sk }) => sk.startsWith(`deal#${version.dealId}#`));
    const versions = [...rows.map(({ body }) => JSON.parse(String(body)) as DealVersion), version];
    const latest = foldDeals(versions)[0]!;
    const named = versions.flatMap(({ contacts }) => contacts.flatMap(({ identifierIds }) => identifierIds));
    for (const id of new Set(named)) {
      const key = contactDealKey(id, latest.dealId, latest.updatedAt, latest.hash16);
      await putItem(this.world.table, { ...key, body: JSON.stringify({ v: 1, ...latest }) });
      await putItem(this.world.table, activeItem(id, this.world.clock()));
    }
  }

  async #schedule(): Promise<void> {
    await scheduleRun(nightOf(this.world), `${this.world.now}`);
  }

  async #handle(body: string, worker: Worker): Promise<boolean> {
    this.states.push(this.world.items());
    const night = nightOf(this.world);
    const message = JSON.parse(body) as NightMessage;
    const result = await worker.run(async () => {
      if (message.kind === "begin") return beginScheduled(night, message.trigger);
      if (message.kind === "plan") await planRun(night, message.run);
      else if (message.kind === "chunk") await phases[message.phase](night, message.run, message.chunk);
      return true;
    });
    await this.#noteFrozen();
    return result.done && result.value;
  }

  async #work(messages: number, together: boolean, fault: Fault | undefined): Promise<number> {
    const received = await receive(this.world.nightQueue, messages);
    this.#taken.push(...received.map(({ body }) => body));
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
  async #stall(fault: Fault): Promise<void> {
    const received = await receive(this.world.nightQueue, 1);
    this.#taken.push(...received.map(({ body }) => body));
    await settle(this.world.nightQueue, received, new Set(received.map(({ messageId }) => messageId)));
    const body = received[0]?.body ?? this.#taken.at(-1);
    if (body === undefined) return;
    const worker = new Worker(fault);
    const ended = this.#handle(body, worker);
    // Thrown where it is awaited, which may be much later.
    ended.catch(() => {});
    await Promise.race([ended, worker.stalled]);
    this.#standing.push({ worker, ended });
  }

  async #workToTheEnd(): Promise<void> {
    while ((await this.#work(10, false, undefined)) > 0);
  }

  async #release(): Promise<void> {
    for (const { worker } of this.#standing) worker.release();
    await Promise.all(this.#standing.map(({ ended }) => ended));
    this.#standing = [];
  }
}
