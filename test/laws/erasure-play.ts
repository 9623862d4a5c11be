import { expect } from "vitest";
import type { HttpEvent } from "../../shared/edge/http-handler.ts";
import { Problem } from "../../shared/http/problem.ts";
import { sendFacts } from "../../shared/ingest/intake.ts";
import { acceptDeal } from "../../shared/lead/deal-version.ts";
import { feedbackIdOf } from "../../shared/lead/feedback.ts";
import { beginRun } from "../../shared/night/begin.ts";
import { erase } from "../../shared/night/erase.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { parsePolicy } from "../../shared/policy/policy.ts";
import { processMessages } from "../../shared/process/process.ts";
import { eraseContact } from "../../shared/query/erasures.ts";
import { sendAll } from "../../shared/queue/queue.ts";
import { putDeals } from "../../shared/store/deals.ts";
import { readErasure, type StoredErasure } from "../../shared/store/erasures.ts";
import { type LeadFeedback, putFeedback } from "../../shared/store/feedback.ts";
import { putHands } from "../../shared/store/hands.ts";
import { readPerson } from "../../shared/store/person.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../shared/touchpoint/accept-person-fact.ts";
import { type IdentifierType, identifierId, identifierTypes } from "../../shared/touchpoint/identifier.ts";
import type { Fact } from "../../shared/touchpoint/message.ts";
import type { TouchpointInput } from "../../shared/touchpoint/touch.ts";
import {
  type Asked,
  firstHours,
  type History,
  nameOf,
  phoneOf,
  pool,
  quarantineOf,
  rawOf,
  type SentItem,
} from "./erasure-history.ts";
import { receive, settle } from "./pump.ts";
import { type Fault, Worker } from "./worker.ts";
import { intakeOf, namespace, nightOf, processingOf, type World } from "./world.ts";

export const start = "2026-03-20T00:00:00.000Z";
const minute = 60_000;
const hour = 60 * minute;

export const lawPolicy = (() => {
  const result = parsePolicy({ threshold: 2, windowDays: 2, exclude: { roleAddresses: false } });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.policy;
})();

export const idOf = (type: IdentifierType, value: string): string => identifierId(namespace, type, value);

const idOfStrong = (value: string): string => {
  const type = (["email", "crm", "user"] as const).find((one) =>
    (pool[one] as readonly string[]).includes(value),
  )!;
  return idOf(type, value);
};

/** A history played in a world, with an erasure or without. */
export class Played {
  readonly world: World;
  erasure: StoredErasure | undefined;
  /** What others were told of, whole. */
  readonly announced: string[] = [];
  readonly #history: History;
  #processing: ReturnType<typeof processingOf>;

  /** @param before what has played the beginning, whose process goes on with what it remembers */
  constructor(world: World, history: History, before?: Played) {
    this.world = world;
    this.#history = history;
    this.#processing = { ...processingOf(world), marked: new Set(before ? before.#processing.marked : []) };
  }

  /** Plays what comes before the erasure and is done by then: no queue holds anything of it. */
  async begin(): Promise<void> {
    const { world } = this;
    const { items, separated, days, nights } = this.#history;
    await addPolicy(world.table, lawPolicy, world.clock());
    world.now += firstHours * hour;
    await this.#send(items.flatMap((item, index) => this.#factOf(item, `m-${index}`)));
    await this.#sendUnusable(0, this.#inTime);
    await this.#process();
    for (const [index, [a, b]] of separated.entries()) {
      const word = { at: world.clock().toISOString(), id: String(index), act: "separated" as const };
      const said = { ...word, reason: "two people", who: "key" };
      await putHands(world.table, [[idOfStrong(a), idOfStrong(b)]], said, world.clock());
    }
    await this.#tellDeals("Proposal");
    world.now += days * 24 * hour;
    for (let night = 0; night < nights; night++) await this.night();
    if (nights > 0) await this.#answerLeads();
  }

  /** Plays the rest of it. @param asked the erasure in the middle of it, if there is one */
  async end(asked?: Asked): Promise<void> {
    const { world } = this;
    const { begun, stale, early, late } = this.#history;
    if (begun !== undefined) {
      await beginRun(nightOf(world), `begun-${world.now}`);
      for (const fault of begun) await this.#work(1, fault);
    }
    // As it runs already, it knows who was erased before.
    await this.#processing.suppressed.get(world.now);
    await this.#sendInFlight();
    if (asked) await this.#erase(asked);
    if (!stale) world.now += minute;
    await this.#tellDeals("Negotiation", true);
    if (!early) await this.#process();
    for (const fault of asked?.faults ?? []) await this.#work(1, fault);
    await this.#workToTheEnd();
    await this.#process();
    world.now += 2 * hour;
    await this.night();
    if (late) await this.#sendAgainLate();
    if (this.erasure) this.erasure = await readErasure(world.table, this.erasure.id);
  }

  /** What is sent again days later meets processes that know, and nights that look after other erasures. */
  async #sendAgainLate(): Promise<void> {
    this.world.now += 22 * hour;
    await this.night();
    await this.#sendInFlight();
    await this.#tellDeals("Closed Won", true);
    await this.#process();
    this.world.now += 22 * hour;
    await this.night();
  }

  async #sendInFlight(): Promise<void> {
    const { items, unusable, inFlight } = this.#history;
    const sent = inFlight.flatMap(({ which, again }, index) => {
      const at = which % items.length;
      return this.#factOf(items[at]!, again ? `m-${at}` : `n-${index}`);
    });
    await this.#send(sent);
    await this.#sendUnusable(this.#inTime, unusable.length);
  }

  /** As the API does, which knows of erasures what the processes know. */
  async #tellDeals(stage: string, again = false): Promise<void> {
    const { world } = this;
    const { identifierIds: suppressed } = await this.#processing.suppressed.get(world.now);
    const receivedAt = world.clock().toISOString();
    const stages = { wonStages: [], lostStages: [] };
    const told = this.#history.deals.flatMap(({ named, inFlight }, index) => {
      if (again && !inFlight) return [];
      const contacts = named.map(([type, value]) => ({
        identifiers: { [type]: value },
        role: nameOf(type, value),
      }));
      const said = { id: `D-${index}`, stage, contacts, updatedAt: receivedAt };
      return [acceptDeal(said, { namespace, suppressed, stages, receivedAt, who: "key" })];
    });
    expect(await putDeals(world.table, told, suppressed, world.clock())).toBe(true);
  }

  /** What sales says names the lead's person. */
  async #answerLeads(): Promise<void> {
    const { world } = this;
    for (const type of ["email", "crm", "user"] as const)
      for (const value of pool[type]) {
        const { ledger } = await readPerson(world.table, idOf(type, value));
        const answers = ledger.map((entry): LeadFeedback => {
          const at = world.clock().toISOString();
          const said = { id: "1", outcome: "contacted", note: nameOf(type, value), who: "key" } as const;
          const ids = { feedbackId: feedbackIdOf(entry.leadId, "1"), hash16: "0123456789abcdef" };
          return {
            entry,
            feedback: { leadId: entry.leadId, ...ids, ...said, occurredAt: at, receivedAt: at },
          };
        });
        expect(await putFeedback(world.table, answers, world.clock())).toEqual([]);
      }
  }

  /** How many of the unusable come before the erasure is asked for. */
  get #inTime(): number {
    const { unusable, unusableInFlight } = this.#history;
    return Math.max(0, unusable.length - unusableInFlight);
  }

  async night(): Promise<void> {
    this.world.now += hour;
    await beginRun(nightOf(this.world), `night-${this.world.now}`);
    await this.#workToTheEnd();
  }

  async #erase(asked: Asked): Promise<void> {
    const { items } = this.#history;
    const named = Object.entries(items[asked.which % items.length]!.identifiers);
    const [type, value] = named[asked.nth % named.length] as [IdentifierType, string];
    const id = idOf(type, value);
    const event = { pathParameters: { id } } as unknown as HttpEvent;
    try {
      const { body } = await eraseContact(nightOf(this.world), event, { role: "admin", keyId: "key" });
      this.erasure = await readErasure(this.world.table, (JSON.parse(body!) as { id: string }).id);
      // A caller that heard nothing asks again, and means the same.
      const again = await eraseContact(nightOf(this.world), event, { role: "admin", keyId: "key" });
      expect((JSON.parse(again.body!) as { id: string }).id).toBe(this.erasure?.id);
    } catch (error) {
      if (!(error instanceof Problem && error.members.status === 404)) throw error;
    }
  }

  #factOf({ identifiers, hour: at, channel, kind }: SentItem, id: string): Fact[] {
    const type = identifierTypes.find((one) => identifiers[one])!;
    const value = identifiers[type]!;
    const occurredAt = new Date(Date.parse(start) + at * hour).toISOString();
    const reception = {
      source: "crm",
      sourceType: "server" as const,
      route: "touchpoints",
      scope: "",
      receivedAt: this.world.clock().toISOString(),
      namespace,
      freshId: id,
    };
    // A browser alone has no name: on one that several use, whose it is follows from the hours they were seen there.
    const traits =
      type === "anonymous" ? {} : { firstName: nameOf(type, value), phone: phoneOf(type, value) };
    const base = { id, occurredAt, identifiers };
    const result =
      kind === "touch"
        ? acceptTouchpoint(
            { ...base, channel },
            {
              ...base,
              channel,
              traits,
              properties: { said: [...Object.values(traits), ...Object.values(identifiers)] },
            } satisfies TouchpointInput,
            reception,
          )
        : acceptPersonFact(
            { ...base, kind },
            kind === "traits"
              ? { ...base, type: "traits", traits }
              : { ...base, type: "delivery", status: "delivered" },
            reception,
          );
    if ("refusal" in result) throw new Error(result.refusal.detail);
    return [result.fact];
  }

  async #send(facts: Fact[]): Promise<void> {
    if (facts.length > 0) await sendFacts(intakeOf(this.world), facts);
  }

  async #sendUnusable(from: number, to: number): Promise<void> {
    for (let index = from; index < to; index++) {
      const one = this.#history.unusable[index]!;
      const id = `00000000-0000-4000-8000-00000000000${index}`;
      if (one.shape === "poison") await sendAll(this.world.touchpoints, [rawOf(one).toString("utf8")]);
      else await this.#send([quarantineOf(one, id, this.world.clock().toISOString())]);
    }
  }

  async #process(): Promise<void> {
    for (;;) {
      const messages = await receive(this.world.touchpoints, 10, this.world.now);
      if (messages.length === 0) return;
      const failed = await processMessages(this.#processing, messages);
      await settle(this.world.touchpoints, messages, new Set(failed));
    }
  }

  async #workToTheEnd(): Promise<void> {
    while ((await this.#work(10, undefined)) > 0);
    for (;;) {
      const told = await receive(this.world.deliveries, 10, this.world.now);
      if (told.length === 0) return;
      this.announced.push(...told.map(({ body }) => body));
      await settle(this.world.deliveries, told, new Set());
    }
  }

  async #work(most: number, fault: Fault | undefined): Promise<number> {
    const received = await receive(this.world.nightQueue, most);
    const failed = new Set<string>();
    for (const { body, messageId } of received) {
      const result = await new Worker(fault).run(() => this.#handle(JSON.parse(body) as NightMessage));
      if (!result.done) failed.add(messageId);
    }
    await settle(this.world.nightQueue, received, failed);
    return received.length;
  }

  async #handle(message: NightMessage): Promise<void> {
    const night = nightOf(this.world);
    if (message.kind === "erase") await erase(night, message.id);
    else if (message.kind === "plan") await planRun(night, message.run);
    else if (message.kind === "chunk") await phases[message.phase](night, message.run, message.chunk);
  }
}
