import { expect } from "vitest";
import { readFile } from "../../shared/files/files.ts";
import type { LeadRecord } from "../../shared/lead/lead.ts";
import { runFolder } from "../../shared/lead/run.ts";
import { beginRun } from "../../shared/night/begin.ts";
import type { Members } from "../../shared/night/members.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { type Policy, parsePolicy } from "../../shared/policy/policy.ts";
import { activeItem, itemsOf } from "../../shared/store/facts.ts";
import { putHands } from "../../shared/store/hands.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { keyText, putAll } from "../../shared/store/table.ts";
import { putPersonVerdict } from "../../shared/store/verdicts.ts";
import { partitions } from "../../shared/table/keys.ts";
import { type IdentifierType, identifierId } from "../../shared/touchpoint/identifier.ts";
import type { Touch } from "../../shared/touchpoint/touch.ts";
import { hash16Of, touchIdOf } from "../../shared/touchpoint/touch-id.ts";
import { oracleEvaluate } from "../shared/policy/oracle.ts";
import type { ChurnHistory, Happening } from "./churn-history.ts";
import { type MemoryWorld, openMemoryWorld } from "./memory-world.ts";
import { knownFrom, People } from "./people-oracle.ts";
import { receive, settle } from "./pump.ts";
import { outside, Worker } from "./worker.ts";
import { namespace, nightOf, type World } from "./world.ts";

const start = "2026-03-20T18:00:00.000Z";
const evening = Date.parse("2026-03-21T04:00:00.000Z");
const [minute, hour] = [60_000, 3_600_000];

const typeOf = (name: string): IdentifierType => name.slice(0, name.indexOf(":")) as IdentifierType;
const valueOfName = (name: string): string => name.slice(name.indexOf(":") + 1);
const idOf = (name: string): string => identifierId(namespace, typeOf(name), valueOfName(name));

const policyOf = (threshold: number): Policy => {
  const machineClicks = { sharedAddress: null, burstSeconds: null };
  const result = parsePolicy({ threshold, windowDays: 30, machineClicks });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.policy;
};

/** A worker before whose every call something else may come in. */
class Disturbed extends Worker {
  calls = 0;
  /** The first call that concerns a person: what comes before it has come before the night. */
  firstOfPerson: number | undefined;
  readonly #before: (call: number) => Promise<void>;

  constructor(before: (call: number) => Promise<void>) {
    super();
    this.#before = before;
  }

  override async intercept<Output>(
    command: string,
    send: () => Promise<Output>,
    input: object,
  ): Promise<Output> {
    const call = this.calls++;
    if (this.firstOfPerson === undefined && JSON.stringify(input).includes(partitions.person))
      this.firstOfPerson = call;
    await outside(() => this.#before(call));
    return super.intercept(command, send);
  }
}

/** Makes facts in a world, each once. */
class Facts {
  readonly #world: World;
  readonly touches: Touch[] = [];
  #made = 0;

  constructor(world: World, like?: Facts) {
    this.#world = world;
    if (like) {
      this.touches.push(...like.touches);
      this.#made = like.#made;
    }
  }

  async add(happening: Happening): Promise<void> {
    const { table } = this.#world;
    const now = this.#world.clock();
    const number = this.#made++;
    const at = (minutes: number) => new Date(evening - 3 * 24 * hour + minutes * minute).toISOString();
    const told = { id: String(number), reason: "seen by hand", who: "key-1" };
    switch (happening.kind) {
      case "touches":
        return this.#touch(happening, number);
      case "link":
        return this.#put(happening.pair, undefined, this.#timeOf(happening.hours), number);
      case "hand": {
        const word = { ...told, at: at(happening.minute), act: happening.act };
        await putHands(table, [[idOf(happening.pair[0]), idOf(happening.pair[1])]], word, now);
        return;
      }
      case "verdict": {
        const touch = this.touches[happening.which % this.touches.length];
        if (!touch) return;
        const { touchId } = touch;
        const said = { ...told, touchId, verdict: happening.verdict, by: "person", at: at(happening.minute) };
        await putPersonVerdict(table, touch.identifierId, said as { by: "person" } & typeof said, now);
      }
    }
  }

  #timeOf = (hours: number): string => new Date(evening - hours * hour).toISOString();

  async #touch({ name, count, hours }: Extract<Happening, { kind: "touches" }>, number: number) {
    for (let index = 0; index < count; index++) {
      const occurredAt = this.#timeOf(hours + index / 60);
      const messageId = `${number}-${index}`;
      const touch: Touch = {
        identifierId: idOf(name),
        touchId: touchIdOf({ source: "crm", route: "touchpoints", scope: "", messageId }),
        hash16: hash16Of(messageId),
        channel: "form",
        direction: "inbound",
        occurredAt,
        receivedAt: occurredAt,
        source: "crm",
        identifiers: { [typeOf(name)]: valueOfName(name) },
        campaign: { id: messageId },
      };
      this.touches.push(touch);
      await this.#put([name], touch, occurredAt, number);
    }
  }

  /** As processing does: the facts first, then who is active. */
  async #put(
    some: readonly string[],
    touch: Touch | undefined,
    occurredAt: string,
    number: number,
  ): Promise<void> {
    const { table } = this.#world;
    const seen = some.map((name) => ({ id: idOf(name), type: typeOf(name), value: valueOfName(name) }));
    const [first] = seen;
    const fact = {
      type: "link" as const,
      identifierId: first!.id,
      factId: touchIdOf({ source: "crm", route: "touchpoints", scope: "", messageId: `link:${number}` }),
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
      seen.map(({ id }) => activeItem(id, this.#world.clock())),
    );
  }
}

/** What a history is played in as often as there are calls to come in between. */
export interface Prepared {
  history: ChurnHistory;
  world: MemoryWorld;
  facts: Facts;
  people: People;
  policy: Policy;
  /** The message with which the run looks for its leads and closes. */
  message: Extract<NightMessage, { kind: "chunk" }>;
  /** The calls of that, undisturbed, before which something can come in. */
  calls: number[];
}

/** Plays what comes before the night, and the night up to its last chunk. */
export async function prepare(history: ChurnHistory): Promise<Prepared> {
  const world = await openMemoryWorld(start);
  const policy = policyOf(history.threshold);
  await addPolicy(world.table, policy, world.clock());
  const facts = new Facts(world);
  for (const happening of history.before) await facts.add(happening);
  world.now = evening;
  await nightOf(world).secrets.signingKeys();
  const { run } = await beginRun(nightOf(world), "schedule:1");
  await planRun(nightOf(world), run.number);
  const messages = await received(world);
  const message = messages.find(({ kind }) => kind === "chunk") as Prepared["message"];
  const worker = new Disturbed(async () => {});
  const copy = world.copy();
  await worker.run(() => phases[message.phase](nightOf(copy), message.run, message.chunk));
  const { calls: all, firstOfPerson = 0 } = worker;
  const calls = Array.from({ length: all - firstOfPerson }, (_, index) => firstOfPerson + index);
  return { history, world, facts, people: peopleOf(world), policy, message, calls };
}

async function received(world: World): Promise<NightMessage[]> {
  const messages = await receive(world.nightQueue);
  await settle(world.nightQueue, messages, new Set());
  return messages.map(({ body }) => JSON.parse(body) as NightMessage);
}

async function workToTheEnd(world: World): Promise<void> {
  for (let messages = await received(world); messages.length > 0; messages = await received(world)) {
    for (const message of messages) {
      if (message.kind === "plan") await planRun(nightOf(world), message.run);
      else if (message.kind === "chunk")
        await phases[message.phase](nightOf(world), message.run, message.chunk);
    }
  }
}

/**
 * Plays a night in which the first thing comes in before one call, and the others some calls later; then another one, and holds both to
 * the law: each export is of contacts as they were at one moment, and no contact and no touch is in two leads of one cycle.
 */
export async function expectDisjoint(
  { history, world: prepared, facts: known, people, policy, message }: Prepared,
  at: number,
): Promise<void> {
  const world = prepared.copy();
  const facts = new Facts(world, known);
  const states = [people];
  let next = at;
  const coming = history.during.map(({ after, happening }, index) => {
    if (index > 0) next += after;
    return { call: next, happening };
  });
  const worker = new Disturbed(async (call) => {
    while (coming[0] && coming[0].call <= call) {
      await facts.add(coming.shift()!.happening);
      // Of what comes after the freeze the export knows nothing.
      if (!(await readFile(world.files, membersFile(message.run)))) states.push(peopleOf(world));
    }
  });
  await worker.run(() => phases[message.phase](nightOf(world), message.run, message.chunk));
  for (const { happening } of coming) await facts.add(happening);
  for (const happening of history.after) await facts.add(happening);
  await workToTheEnd(world);
  world.now += 24 * hour;
  const { run } = await beginRun(nightOf(world), "schedule:2");
  await workToTheEnd(world);

  const exports = await Promise.all([message.run, run.number].map((number) => membersOf(world, number)));
  expectOfOneMoment(exports[0]!, states);
  expectOfOneMoment(exports[1]!, [peopleOf(world)]);
  expectTouchesOnce(exports.flatMap(({ members }) => members.map(({ record }) => record)));
  expectNobodyForgotten(world, exports, policy);
}

const membersFile = (number: number): string => `${runFolder(number)}members.json`;

async function membersOf(world: World, number: number): Promise<Members> {
  return JSON.parse((await readFile(world.files, membersFile(number)))!) as Members;
}

const peopleOf = (world: MemoryWorld): People => new People(knownFrom(world.items()));

/** At one of some moments every lead was of its whole contact, and every touch in it was that contact's. */
function expectOfOneMoment({ members }: Members, moments: readonly People[]): void {
  const wrong = moments.map((people) =>
    members.filter(({ record, strong = [] }) => {
      const isWhole = people.contactOf(strong[0]!) === record.contactId;
      const isAll = JSON.stringify([...strong].sort()) === JSON.stringify(people.groupOf(strong[0]!));
      const areTheirs = record.touches.every(
        ({ id, occurredAt }) =>
          people.ownerOf({ identifierId: id.split(".")[0]!, occurredAt }) === record.contactId,
      );
      return !(isWhole && isAll && areTheirs);
    }),
  );
  if (!wrong.some((ones) => ones.length === 0)) expect(wrong).toContainEqual([]);
  const contacts = members.map(({ record }) => `${record.contactId} ${record.cycle}`);
  expect(contacts.filter((contact, index) => contacts.indexOf(contact) !== index)).toEqual([]);
}

function expectTouchesOnce(leads: readonly LeadRecord[]): void {
  const touches = leads.flatMap(({ cycle, touches }) => touches.map(({ id }) => `${cycle} ${id}`));
  expect(touches.filter((touch, index) => touches.indexOf(touch) !== index)).toEqual([]);
  for (const lead of leads) expect(lead.points).toBeGreaterThanOrEqual(lead.threshold);
}

/** Who has no part in any export and qualifies by all that is known in the end, has been exported. */
function expectNobodyForgotten(world: MemoryWorld, exports: readonly Members[], policy: Policy): void {
  const people = peopleOf(world);
  const members = exports.flatMap((one) => one.members);
  const concerned = new Set(members.flatMap(({ strong = [] }) => strong));
  const used = new Set(members.flatMap(({ record }) => record.touches.map(({ id }) => id)));
  for (const contactId of people.contacts()) {
    const group = people.groupOf(contactId);
    const timeline = people.timelineOf(contactId);
    const hasPart =
      group.some((id) => concerned.has(id)) ||
      timeline.some(({ identifierId, touchId }) => used.has(`${identifierId}.${touchId}`));
    if (hasPart || group.length === 0) continue;
    const person = { emails: people.emailsOf(contactId), unsubscribed: false, doNotContact: false };
    const { qualifiedAt } = oracleEvaluate(timeline, policy, world.now, person);
    expect({ contactId, qualifiedAt }).toEqual({ contactId, qualifiedAt: null });
  }
}
