import "./quiet.ts";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import { readFile } from "../../shared/files/files.ts";
import { type Intake, type Receipt, sendFacts, takeIn } from "../../shared/ingest/intake.ts";
import type { QueueMessage } from "../../shared/process/process.ts";
import { readActive } from "../../shared/store/active.ts";
import { partitions, touchPrefix } from "../../shared/table/keys.ts";
import { decodeMessage, type FactsMessage } from "../../shared/touchpoint/message.ts";
import { type Arrival, arbitraryHistory, killerText, type SentItem } from "./conservation-history.ts";
import { bury, Processor } from "./pump.ts";
import { holds, lawTimeout } from "./runs.ts";
import { type Fault, Worker } from "./worker.ts";
import { type Database, intakeOf, openWorld, scanTable, startDatabase, type World } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

const start = "2026-03-20T12:00:00.000Z";
const source: Source = { v: 1, id: "crm", type: "server", createdAt: start };

/** What must be somewhere in the end. */
interface Owed {
  /** Public touch ids that a sender was told are accepted. */
  accepted: Set<string>;
  /** Those of them whose message nobody survives. */
  killers: Set<string>;
  honeypots: Set<string>;
  poison: Set<string>;
}

async function arrive(world: World, intake: Intake, arrival: Arrival, owed: Owed): Promise<void> {
  if (arrival.kind === "honeypot") {
    owed.honeypots.add(arrival.fact.id);
    await sendFacts(intake, [arrival.fact]);
  } else if (arrival.kind === "poison") {
    owed.poison.add(arrival.body);
    const { client, url: QueueUrl } = world.touchpoints;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: arrival.body }));
  } else {
    const items = arrival.kind === "killer" ? [{ item: arrival.item, usable: true }] : arrival.items;
    const receipt = await send(intake, items, arrival.kind === "killer" ? [] : arrival.faults);
    const refused = items.flatMap(({ usable }, index) => (usable ? [] : [index]));
    expect(receipt.rejected.map(({ index }) => index)).toEqual(refused);
    expect(receipt.accepted + refused.length).toBe(items.length);
    expect(receipt.ids).toHaveLength(receipt.accepted);
    for (const id of receipt.ids) {
      owed.accepted.add(id);
      if (arrival.kind === "killer") owed.killers.add(id);
    }
  }
}

/** Sends a request until it is answered, as a client library does. */
async function send(intake: Intake, items: readonly SentItem[], faults: readonly Fault[]): Promise<Receipt> {
  for (const fault of [...faults, undefined]) {
    const candidates = items.map(padded);
    const delivery = { source, route: "touchpoints", scope: "", now: new Date(start) };
    const result = await new Worker(fault).run(() => takeIn(intake, candidates, delivery));
    if (result.done) return result.value;
  }
  throw new Error("an undisturbed request was not answered");
}

function padded({ item: sent, padding }: SentItem) {
  const item = padding ? { ...sent, properties: { text: "x".repeat(padding) } } : sent;
  return { item, touchpoint: item };
}

const deadly = ({ body }: QueueMessage) => body.includes(killerText);
const killed: Fault = { kind: "killed", command: "BatchWriteItem" };

const touchIdsOf = ({ facts }: FactsMessage): string[] =>
  facts.flatMap((fact) =>
    fact.kind === "touch" ? [`${fact.touch.identifierId}.${fact.touch.touchId}`] : [],
  );
const honeypotsOf = ({ facts }: FactsMessage): string[] =>
  facts.flatMap((fact) => (fact.kind === "quarantine" ? [fact.id] : []));

/** What the table and the bucket hold in the end: touches, and what lies in quarantine. */
async function found(world: World) {
  const items = await scanTable(world);
  const timeline = items
    .filter(({ sk }) => sk.startsWith(touchPrefix))
    .map(({ pk, sk }) => `${pk.slice(partitions.person.length)}.${sk.split("#")[2]}`);
  const quarantine = { touches: [] as string[], honeypots: [] as string[], poison: [] as string[] };
  for (const item of items.filter(({ pk }) => pk.startsWith(partitions.quarantine))) {
    const entry = JSON.parse(String(item.body)) as { id: string; reason: string };
    const raw = item.raw === undefined ? await readFile(world.files, String(item.file)) : String(item.raw);
    const text = Buffer.from(raw!, "base64").toString();
    if (entry.reason === "honeypot") quarantine.honeypots.push(entry.id);
    else if (isReadable(text)) {
      quarantine.touches.push(...touchIdsOf(decodeMessage(text)));
      quarantine.honeypots.push(...honeypotsOf(decodeMessage(text)));
    } else quarantine.poison.push(text);
  }
  return { timeline: new Set(timeline), quarantine };
}

function isReadable(text: string): boolean {
  try {
    return decodeMessage(text).facts.length > 0;
  } catch {
    return false;
  }
}

const sorted = (ids: Iterable<string>): string[] => [...ids].sort();

describe("conservation", () => {
  test(
    "every accepted item ends in the timeline, or in quarantine where it kills or cannot be read; every other was refused",
    () =>
      holds(arbitraryHistory, { runs: 25, milliseconds: 18_000 }, async ({ arrivals, batches, burials }) => {
        const world = await openWorld(database, start);
        try {
          const intake = intakeOf(world);
          await intake.secrets.namespace();
          const owed: Owed = {
            accepted: new Set(),
            killers: new Set(),
            honeypots: new Set(),
            poison: new Set(),
          };
          for (const arrival of arrivals) await arrive(world, intake, arrival, owed);

          const processor = new Processor(world);
          const next = batches.values();
          for (let more = true; more; ) {
            const { most, fault } = next.next().value ?? { most: 10, fault: undefined };
            more = await processor.batch(most, (messages) => (messages.some(deadly) ? killed : fault));
          }

          // A burial that something else than its message cuts short may have written a part of it: then, and only then, what
          // lies in quarantine can be in the timeline too. Nothing is lost, and trying it again changes nothing.
          const cutShort = new Set<string>();
          const mishaps = burials.values();
          for (let burial = 0; ; burial++) {
            expect(burial).toBeLessThan(500);
            const fault = mishaps.next().value;
            const message = await bury(world, (one) => (deadly(one) ? killed : fault));
            if (!message) break;
            if (!fault || deadly(message) || !isReadable(message.body)) continue;
            const decoded = decodeMessage(message.body);
            for (const id of [...touchIdsOf(decoded), ...honeypotsOf(decoded)]) cutShort.add(id);
          }

          const { timeline, quarantine } = await found(world);
          const quarantined = new Set(quarantine.touches);
          for (const id of owed.accepted) {
            const isKiller = owed.killers.has(id);
            const places = { timeline: timeline.has(id), quarantine: quarantined.has(id) };
            if (cutShort.has(id)) expect(Object.values(places)).toContain(true);
            else expect(places).toEqual({ timeline: !isKiller, quarantine: isKiller });
          }
          expect(sorted(new Set([...timeline, ...quarantined]))).toEqual(sorted(owed.accepted));
          expect(sorted(quarantine.poison)).toEqual(sorted(owed.poison));
          expect(sorted(new Set(quarantine.honeypots))).toEqual(sorted(owed.honeypots));
          const certain = quarantine.honeypots.filter((id) => !cutShort.has(id));
          expect(certain).toHaveLength(new Set(certain).size);

          const active = new Set(await readActive(world.table, [start.slice(0, 10)]));
          const unmarked = [...timeline].filter(
            (id) => !quarantined.has(id) && !active.has(id.split(".")[0]!),
          );
          expect(unmarked).toEqual([]);
          expect(Object.values(world.depths()).filter((held) => held > 0)).toEqual([]);
        } finally {
          await world.close();
        }
      }),
    lawTimeout,
  );

  test.each([0, 1])(
    "an outage at write %i of a processing leaves nobody unwritten or unmarked",
    async (at) => {
      const world = await openWorld(database, start);
      try {
        const item = { id: "m-1", channel: "form" as const, identifiers: { email: "ada@buyer.example" } };
        const receipt = await send(intakeOf(world), [{ item, usable: true }], []);
        const processor = new Processor(world);
        await processor.batch(10, () => ({ kind: "outage", at, calls: 2, sent: false }));
        while (await processor.batch());

        const { timeline } = await found(world);
        expect([...timeline]).toEqual(receipt.ids);
        expect(await readActive(world.table, [start.slice(0, 10)])).toEqual([receipt.ids[0]?.split(".")[0]]);
      } finally {
        await world.close();
      }
    },
  );

  test.each([0, 1, 2, 3])(
    "a burial that dies after its write %i leaves its message in one place, and who is in the timeline is marked",
    async (at) => {
      const world = await openWorld(database, start);
      try {
        const item = { id: "m-1", channel: "form" as const, identifiers: { email: "ada@buyer.example" } };
        const receipt = await send(intakeOf(world), [{ item, usable: true }], []);
        const processor = new Processor(world);
        while (await processor.batch(10, () => killed));
        await bury(world, () => ({ kind: "dies", at, sent: true, counted: "writes" }));
        while (await bury(world));

        const { timeline, quarantine } = await found(world);
        expect([...timeline, ...quarantine.touches]).toEqual(receipt.ids);
        const active = await readActive(world.table, [start.slice(0, 10)]);
        expect(active).toEqual([...timeline].map((id) => id.split(".")[0]));
        expect(world.depths()).toMatchObject({ touchpoints: 0, "dead-letters": 0 });
      } finally {
        await world.close();
      }
    },
  );
});
