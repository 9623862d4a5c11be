import { expect } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import type { IdentifierFacts } from "../../shared/identity/facts.ts";
import { identify } from "../../shared/identity/identity.ts";
import { sendFacts, takeIn } from "../../shared/ingest/intake.ts";
import { evaluate } from "../../shared/policy/evaluate.ts";
import type { Policy } from "../../shared/policy/policy.ts";
import { readActive } from "../../shared/store/active.ts";
import { readContact } from "../../shared/store/contact.ts";
import { itemsOf } from "../../shared/store/facts.ts";
import { putHands } from "../../shared/store/hands.ts";
import { partitionOf } from "../../shared/store/person.ts";
import { type Item, keyText } from "../../shared/store/table.ts";
import { putPersonVerdict } from "../../shared/store/verdicts.ts";
import { handKey, personPartition, personVerdictKey } from "../../shared/table/keys.ts";
import { foldContact, type Person } from "../../shared/timeline/contact.ts";
import type { PersonPartition } from "../../shared/timeline/partition.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../shared/touchpoint/accept-person-fact.ts";
import { type IdentifierType, identifierId } from "../../shared/touchpoint/identifier.ts";
import type { PersonFactMessage, TouchFact } from "../../shared/touchpoint/message.ts";
import type { Reception } from "../../shared/touchpoint/reception.ts";
import type { Touch } from "../../shared/touchpoint/touch.ts";
import { oracleEvaluate } from "../shared/policy/oracle.ts";
import { type KnownFacts, learn, nothingKnown, People } from "./people-oracle.ts";
import {
  type Disturbance,
  type History,
  type Request,
  type SentItem,
  start,
  type Word,
} from "./permutation-history.ts";
import { Processor } from "./pump.ts";
import { Worker } from "./worker.ts";
import { intakeOf, namespace, type World } from "./world.ts";

const minute = 60_000;
const end = Date.parse(start) + 24 * 60 * minute;
const source: Source = { v: 1, id: "crm", type: "server", createdAt: start };

const idOf = (name: string): string => {
  const colon = name.indexOf(":");
  return identifierId(namespace, name.slice(0, colon) as IdentifierType, name.slice(colon + 1));
};

const receptionAt = (time: number): Reception => ({
  source: source.id,
  sourceType: source.type,
  route: "touchpoints",
  scope: "",
  receivedAt: new Date(time).toISOString(),
  namespace,
  freshId: "none",
});

/** The fact that the first delivery of an item makes. */
function acceptedAs(item: SentItem, at: number): TouchFact | PersonFactMessage {
  const reception = receptionAt(Date.parse(start) + at * minute);
  const result =
    "touch" in item
      ? acceptTouchpoint(item.touch, item.touch, reception)
      : acceptPersonFact(item.person, item.person, reception);
  if ("refusal" in result) throw new Error(result.refusal.detail);
  return result.fact;
}

/** The facts of a history, whatever becomes of them on the way. */
class Facts {
  readonly sent: (TouchFact | PersonFactMessage)[];
  readonly #words: Word[];

  constructor({ requests, words }: Pick<History, "requests" | "words">) {
    this.sent = requests.flatMap(({ items, at }) => items.map((item) => acceptedAs(item, at)));
    this.#words = words;
  }

  /** Keeps the word of a person, as the API does. */
  async say(world: World, index: number): Promise<boolean> {
    const word = this.#wordOf(index);
    if ("pair" in word) {
      const { pair, ...said } = word;
      return putHands(world.table, [[idOf(pair[0]), idOf(pair[1])]], said, world.clock());
    }
    return word.touch
      ? putPersonVerdict(world.table, word.touch.identifierId, word.said, world.clock())
      : true;
  }

  #wordOf(index: number) {
    const word = this.#words[index]!;
    const at = new Date(Date.parse(start) + word.minute * minute).toISOString();
    const told = { at, id: String(index), reason: "seen by hand", who: "key-1" };
    if (word.kind === "hand") return { pair: word.pair, act: word.act, ...told };
    const touches = this.sent.flatMap((fact) => (fact.kind === "touch" ? [fact.touch] : []));
    const touch = touches[word.touch % Math.max(1, touches.length)];
    const said = { touchId: touch?.touchId ?? "", verdict: word.verdict, by: "person" as const, ...told };
    return { touch, said };
  }

  /** Which identifiers the night has to look at. */
  active(): string[] {
    const known = this.known();
    const handled = known.hands.flatMap(({ ids }) => ids);
    return [...new Set([...known.names.keys(), ...handled])].sort();
  }

  /** What stands in each partition in the end. */
  partitions(): Map<string, PersonPartition> {
    const items = [
      ...this.sent.flatMap(itemsOf),
      ...[...this.#words.keys()].flatMap((index) => this.#itemsOf(index)),
    ];
    const rows = new Map(items.map((item) => [keyText(item), item]));
    const byPartition = Map.groupBy(rows.values(), ({ pk }) => pk.slice(personPartition("").length));
    return new Map([...byPartition].map(([id, own]) => [id, partitionOf(id, own)]));
  }

  #itemsOf(index: number): Item[] {
    const word = this.#wordOf(index);
    if ("pair" in word) {
      const { pair, ...said } = word;
      const [a, b] = pair.map(idOf) as [string, string];
      return [[a, b] as const, [b, a] as const].map(([id, other]) => ({
        ...handKey(id, other, said.at, said.id),
        body: JSON.stringify({ v: 1, other, ...said }),
      }));
    }
    if (!word.touch) return [];
    const { identifierId } = word.touch;
    const { touchId, at, id } = word.said;
    return [
      { ...personVerdictKey(identifierId, touchId, at, id), body: JSON.stringify({ v: 1, ...word.said }) },
    ];
  }

  known(): KnownFacts {
    const known = nothingKnown();
    learn(known, this.sent);
    for (const index of this.#words.keys()) {
      const word = this.#wordOf(index);
      if ("pair" in word)
        known.hands.push({ ids: word.pair.map(idOf), at: word.at, id: word.id, act: word.act });
      else if (word.touch) known.verdicts.push({ ...word.said, identifierId: word.touch.identifierId });
    }
    return known;
  }
}

/** Sends and processes, disturbed as told, until the queue is empty. */
async function happen(
  world: World,
  requests: readonly Request[],
  words: readonly Word[],
  facts: Facts,
  { sendings, words: spoken, batches }: Disturbance,
): Promise<void> {
  const intake = intakeOf(world);
  await intake.secrets.namespace();
  const processor = new Processor(world);
  const faults = batches.values();
  const speak = async (before: number) => {
    for (const { word } of spoken.filter((one) => Math.min(one.before, sendings.length) === before)) {
      const first = await new Worker(words[word]!.fault).run(() => facts.say(world, word));
      if (!first.done || !first.value) await facts.say(world, word);
    }
  };
  for (const [index, { request, later, singly, answerLost }] of sendings.entries()) {
    await speak(index);
    const { items, at } = requests[request]!;
    const now = new Date(Date.parse(start) + (at + later) * minute);
    const again = later > 0 ? { sentAt: now.toISOString() } : {};
    const send = async (part: readonly SentItem[]) => {
      const candidates = part.flatMap((one) =>
        "touch" in one ? [{ item: { ...one.touch, ...again }, touchpoint: one.touch }] : [],
      );
      const others = part.flatMap((one) => {
        if ("touch" in one) return [];
        const result = acceptPersonFact({ ...one.person, ...again }, one.person, receptionAt(now.getTime()));
        return "fact" in result ? [result.fact] : [];
      });
      const delivery = { source, route: "touchpoints", scope: "", now };
      if (candidates.length > 0) await takeIn(intake, candidates, delivery);
      if (others.length > 0) await sendFacts(intake, others);
    };
    for (const part of singly ? items.map((item) => [item]) : [items]) {
      // What its sender never hears of, it sends again.
      const worker = new Worker(answerLost ? { kind: "dies", at: 0, sent: true } : undefined);
      if (!(await worker.run(() => send(part))).done) await send(part);
    }
    // Some is written while more comes in.
    const next = index % 2 === 1 ? faults.next().value : undefined;
    if (next) await processor.batch(next.most, () => next.fault);
  }
  await speak(sendings.length);
  for (const { most, fault } of faults) await processor.batch(most, () => fault);
  while (await processor.batch());
}

const withoutArrival = <T extends Touch>({ receivedAt: _, ...touch }: T): Omit<T, "receivedAt"> => touch;
const judged = ({ touches, ...rest }: ReturnType<typeof evaluate>) => ({
  ...rest,
  touches: touches.map(({ touch, ...verdict }) => ({ ...verdict, touch: withoutArrival(touch) })),
});

/** Of an item without a time a resend is a later sighting: what is last seen is how things arrived. */
const firstSeen = <L extends { lastSeen: string }>({ lastSeen: _, ...link }: L): Omit<L, "lastSeen"> => link;

/** All that can be seen of a contact from one of its identifiers. */
function seen(person: Person, policy: Policy) {
  const { touches, facts, ...contact } = foldContact(person, policy);
  return {
    contact,
    identity: {
      ...person.identity,
      applied: person.identity.applied.map(firstSeen),
      // Of an identifier that is nobody's, for it was seen with too many, no more of them are read than it takes to say so.
      refused: person.identity.refused.filter(({ reason }) => reason !== "too_many_links").map(firstSeen),
    },
    facts: facts.map(({ receivedAt: _, ...fact }) => fact),
    timeline: touches.map(withoutArrival),
    evaluation: judged(evaluate(touches, policy, end, contact.person)),
  };
}

/** What a verdict adds to a touch beside whether it counts. */
const bare = (touch: object): object => {
  const { machine: _, overruled: __, ...rest } = touch as Record<string, unknown>;
  return rest;
};

/**
 * Holds one history to the law: however it is disturbed, all that can be seen of a contact from any of its identifiers is what the
 * set of its facts makes it, and what brute force makes of it.
 */
export async function expectPermutation(
  history: History,
  open: (start: string) => Promise<World>,
): Promise<void> {
  const { requests, words, disturbance, policy } = history;
  const facts = new Facts(history);
  const plain = facts.partitions();
  const disturbed = await open(start);
  try {
    await happen(disturbed, requests, words, facts, disturbance);

    const known = facts.known();
    const people = new People(known);
    const first = new Map<string, ReturnType<typeof seen>>();
    for (const id of known.names.keys()) {
      const person = await readContact(disturbed.table, id, { consistent: true });
      const view = seen(person!, policy);
      const { contactId } = view.identity;
      expectSame(contactId, people.contactOf(id));
      // From every identifier of a contact the same, and the same as from all facts in one reading.
      if (!first.has(contactId)) {
        first.set(contactId, seen(wholePerson(plain, contactId), policy));
        expectAsBruteForce(view, contactId, people, policy);
      }
      expectSame(view, first.get(contactId));
    }
    const days = [start.slice(0, 10)];
    expect(await readActive(disturbed.table, days)).toEqual(facts.active());
    expect(Object.values(disturbed.depths()).filter((held) => held > 0)).toEqual([]);
  } finally {
    await disturbed.close();
  }
}

/** A person from all partitions there are. */
function wholePerson(partitions: ReadonlyMap<string, PersonPartition>, id: string): Person {
  const read = new Map<string, IdentifierFacts>();
  for (const [identifierId, { identifier, links, hands }] of partitions)
    read.set(identifierId, { identifierId, ...identifier!, links, hands });
  const identity = identify(read, id)!;
  const members = [...identity.strong, ...identity.weak];
  return { identity, partitions: members.map((member) => partitions.get(member.identifierId)!) };
}

/** To tell in what two differ takes a thousand times as long as to tell that they do not. */
function expectSame(actual: unknown, wanted: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) expect(actual).toEqual(wanted);
}

function expectAsBruteForce(
  { contact, identity, timeline, evaluation }: ReturnType<typeof seen>,
  contactId: string,
  people: People,
  policy: Policy,
): void {
  expectSame(identity.strong.map(({ identifierId }) => identifierId).sort(), people.groupOf(contactId));
  expectSame([...contact.emails].sort(), people.emailsOf(contactId));
  const wanted = people.timelineOf(contactId);
  expectSame(timeline.map(bare), wanted.map(withoutArrival));
  const { touches, ...sums } = judged(oracleEvaluate(wanted, policy, end, contact.person));
  const { touches: own, ...ownSums } = evaluation;
  expectSame(ownSums, sums);
  expectSame(
    own.map(({ touch, ...verdict }) => ({ ...verdict, touch: bare(touch) })),
    touches,
  );
}
