import "./quiet.ts";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { putFile } from "../../shared/files/files.ts";
import { beginRun } from "../../shared/night/begin.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { evaluate, readFrom } from "../../shared/policy/evaluate.ts";
import { type Policy, policySchema } from "../../shared/policy/policy.ts";
import { retentionCutoff } from "../../shared/policy/retention.ts";
import { processMessages } from "../../shared/process/process.ts";
import { readContact } from "../../shared/store/contact.ts";
import { activeItem, itemsOf } from "../../shared/store/facts.ts";
import { addPolicy } from "../../shared/store/policies.ts";
import { putQuarantine } from "../../shared/store/quarantine.ts";
import { readLatestRun } from "../../shared/store/runs.ts";
import { type Item, putAll, type Table } from "../../shared/store/table.ts";
import { digestKey } from "../../shared/table/keys.ts";
import { unpackTouch } from "../../shared/table/touch-item.ts";
import { foldContact } from "../../shared/timeline/contact.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { acceptConsents } from "../../shared/touchpoint/accept-consents.ts";
import { acceptPersonFact } from "../../shared/touchpoint/accept-person-fact.ts";
import { identifierId } from "../../shared/touchpoint/identifier.ts";
import { encodeMessages } from "../../shared/touchpoint/message.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { receive, settle } from "./pump.ts";
import { namespace, nightOf, processingOf, scanFiles, scanTable, type World } from "./world.ts";

const start = "2026-01-01T00:00:00.000Z";
const day = 24 * 60 * 60 * 1000;
const lastDay = 70;

const pool = {
  email: ["ann@one.example", "bob@one.example", "cas@two.example", "dee@two.example"],
  user: ["user-1", "user-2"],
  anonymous: ["browser-1", "browser-2"],
} as const;

/** Something that arrives on a day, and happened some days before. */
interface Happening {
  day: number;
  late: number;
  hour: number;
  identifiers: { email?: string; user?: string; anonymous?: string };
  consent?: "granted" | "withdrawn";
}

const oneOf = <Value>(values: readonly Value[], often: number) =>
  fc.option(fc.constantFrom(...values), { nil: undefined, freq: often });

const happening: fc.Arbitrary<Happening> = fc
  .record({
    day: fc.integer({ min: 0, max: lastDay }),
    late: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 40 })),
    hour: fc.integer({ min: 0, max: 23 }),
    email: oneOf(pool.email, 5),
    user: oneOf(pool.user, 3),
    anonymous: oneOf(pool.anonymous, 3),
    consent: fc.option(fc.constantFrom("granted" as const, "withdrawn" as const), {
      nil: undefined,
      freq: 2,
    }),
  })
  .filter(({ email, user, anonymous }) => Boolean(email ?? user ?? anonymous))
  .map(({ day, late, hour, consent, ...identifiers }) => ({
    day,
    late,
    hour,
    identifiers: Object.fromEntries(Object.entries(identifiers).filter(([, value]) => value)),
    ...(consent ? { consent } : {}),
  }));

/** A day on which more people than are anybody's use one browser. */
const kiosk = (on: number): Happening[] =>
  Array.from({ length: 23 }, (_, i) => ({
    day: on,
    late: 0,
    hour: 10,
    identifiers: { email: `visitor-${i}@kiosk.example`, anonymous: "browser-1" },
  }));

const history = fc.record({
  happenings: fc.array(happening, { minLength: 1, maxLength: 25 }),
  kioskOn: fc.option(fc.integer({ min: 0, max: lastDay }), { nil: undefined, freq: 2 }),
  /** After so many batches of writes the first worker that takes something out dies. */
  diesAfter: fc.integer({ min: 0, max: 6 }),
});

const at = (days: number, hour = 0): string =>
  new Date(Date.parse(start) + days * day + hour * 60 * 60 * 1000).toISOString();

async function play(world: World, happenings: readonly Happening[]): Promise<void> {
  for (const [index, one] of happenings.toSorted((a, b) => a.day - b.day).entries()) {
    const receivedAt = at(one.day, 23);
    const input = {
      id: `touch-${index}`,
      channel: "form",
      occurredAt: at(one.day - one.late, one.hour),
      identifiers: one.identifiers,
      campaign: { name: `campaign ${index}` },
    };
    const reception = {
      source: "site",
      sourceType: "server" as const,
      route: "forms",
      scope: "",
      receivedAt,
      namespace,
      freshId: "",
    };
    const touch = acceptTouchpoint(input, input, reception);
    if ("refusal" in touch) throw new Error(touch.refusal.code);
    const consents = one.consent ? [{ purpose: "newsletter", status: one.consent }] : [];
    const beside = acceptConsents(input, consents, touch.fact, reception);
    if ("refusal" in beside) throw new Error(beside.refusal.code);
    const items = [touch.fact, ...beside.facts].flatMap(itemsOf);
    const distinct = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
    await putAll(world.table, [...distinct.values()]);
    const ids = Object.values(touch.fact.identifierIds);
    await putAll(
      world.table,
      [...new Set(ids)].map((id) => activeItem(id, new Date(receivedAt))),
    );
    if (one.late === 0) {
      const raw = Buffer.from(`body of day ${one.day}`).toString("base64");
      const entry = { id: `entry-${index}`, source: "site", route: "segment", reason: "unknown_event" };
      await putQuarantine(world.table, world.files, {
        kind: "quarantine",
        ...entry,
        receivedAt,
        contentType: "",
        raw: index % 2 ? raw : raw.padEnd(110 * 1024, "A"),
      });
    }
  }
}

const policy: Policy = policySchema.parse({
  windowDays: 10,
  threshold: 2,
  oncePer: [],
  exclude: { unsubscribed: true, roleAddresses: false },
});

/** The evidence of everybody, from every identifier, as the night reads it. */
async function evidence(world: World) {
  const from = readFrom(policy, world.now);
  const answers = new Map<string, Record<string, unknown> & { evidence: string[] }>();
  for (const [type, values] of Object.entries(pool)) {
    for (const value of values) {
      const id = identifierId(namespace, type as keyof typeof pool, value);
      const person = await readContact(world.table, id, { from });
      if (!person) continue;
      const contact = foldContact(person, policy);
      const { count, points, touches, qualifiedAt } = evaluate(
        contact.touches,
        policy,
        world.now,
        contact.person,
      );
      const whole = foldContact((await readContact(world.table, id))!, policy);
      const cutoff = retentionCutoff(20, world.now);
      if (!whole.touches.some(({ occurredAt }) => occurredAt >= cutoff)) expect(count).toBe(0);
      answers.set(value, {
        count,
        points,
        qualifiedAt,
        optedOut: contact.person.unsubscribed,
        contactId: contact.contactId,
        identifiers: contact.identifiers.map((one) => one.value),
        evidence: touches
          .filter(({ touch }) => touch.occurredAt >= cutoff)
          .map(({ touch, counted, reason }) => `${touch.campaign?.name} ${counted} ${reason}`),
      });
    }
  }
  return answers;
}

/** A table whose client dies at a batch of writes. */
const dying = (table: Table, after: number): Table => {
  let left = after;
  const send = async (command: never) => {
    if ((command as object) instanceof BatchWriteItemCommand && left-- <= 0) throw new Error("died");
    return table.client.send(command);
  };
  return { ...table, client: { send } as unknown as Table["client"] };
};

/** Runs a night to its end; of those that take something out the first one dies on its way. */
async function runNight(world: World, diesAfter: number): Promise<void> {
  let mortal = true;
  await beginRun(nightOf(world), `night-${world.now}`);
  for (let round = 0; round < 100; round++) {
    const messages = await receive(world.nightQueue, 1);
    if (messages.length === 0) break;
    const failed = new Set<string>();
    for (const { messageId, body } of messages) {
      const message = JSON.parse(body) as NightMessage;
      const night = nightOf(world);
      if (message.kind === "plan") await planRun(night, message.run);
      else if (message.kind === "chunk") {
        const table = mortal && message.phase === "expire" ? dying(world.table, diesAfter) : world.table;
        if (message.phase === "expire") mortal = false;
        await phases[message.phase]({ ...night, table }, message.run, message.chunk).catch((error: Error) => {
          expect(error.message).toBe("died");
          failed.add(messageId);
        });
      }
    }
    await settle(world.nightQueue, messages, failed);
  }
  expect((await readLatestRun(world.table))?.outcome).toBeDefined();
}

const touchesIn = (items: readonly Item[]) =>
  items
    .filter(({ pk, sk }) => pk.startsWith("person#") && sk.startsWith("at#"))
    .map(({ pk, sk, body }) => unpackTouch(pk.slice("person#".length), sk, String(body)));

/** Values that belong to people of whom everything happened and came before an instant: those joined by any touch are one. */
function longGone(happenings: readonly Happening[], cutoff: string): string[] {
  const groups: { values: Set<string>; held: boolean }[] = [];
  for (const { day: on, hour, late, identifiers } of happenings) {
    const values = Object.values(identifiers);
    const joined = groups.filter((group) => values.some((value) => group.values.has(value)));
    const held = at(on, 23) >= cutoff || at(on - late, hour) >= cutoff || joined.some((group) => group.held);
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push({ values: new Set([...values, ...joined.flatMap((group) => [...group.values])]), held });
  }
  return groups.filter(({ held }) => !held).flatMap(({ values }) => [...values]);
}

test("what is too old goes, whoever dies on the way, and no evidence changes by it", async () => {
  let gone = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ happenings, kioskOn, diesAfter }) => {
      const all = [...happenings, ...(kioskOn === undefined ? [] : kiosk(kioskOn))];
      const world = await openMemoryWorld(start);
      await play(world, all);
      await putFile(world.files, "exports/000001/leads.csv", "an old export", "text/csv");
      world.now = Date.parse(at(10));
      await runNight(world, diesAfter);
      // Three nights under a policy that keeps nothing longer than two windows: each finds what has left since.
      await addPolicy(world.table, { ...policy, retentionDays: 20 }, new Date(at(lastDay)));
      for (const night of [0, 7, 14]) {
        world.now = Date.parse(at(lastDay + 1 + night, 4));
        const before = await evidence(world);
        await runNight(world, diesAfter);
        const after = await evidence(world);
        for (const [value, held] of before) {
          const now = after.get(value);
          // Of whom all is too old already, and waits for the day it came on, links may go first: nothing of it counts.
          if (now && held.evidence.length > 0) expect({ value, ...now }).toEqual({ value, ...held });
          else expect(held).toMatchObject({ count: 0, evidence: [] });
        }
        const cutoff = retentionCutoff(20, world.now);
        const items = await scanTable(world);
        const old = touchesIn(items).filter(({ occurredAt }) => occurredAt < cutoff);
        // What came late is swept with the day on which it came.
        expect(old.filter(({ receivedAt }) => receivedAt < cutoff)).toEqual([]);
        const text = JSON.stringify(items.filter(({ pk }) => !pk.startsWith("quarantine")));
        for (const value of longGone(all, cutoff)) expect(text).not.toContain(value);
        gone += longGone(all, cutoff).length;
        const entries = items.filter(({ pk }) => pk.startsWith("quarantine#"));
        expect(entries.filter(({ sk }) => sk < cutoff)).toEqual([]);
        const files = (await scanFiles(world)).map(({ key }) => key);
        const oldBodies = (key: string) =>
          key.startsWith("quarantine/") && key < `quarantine/${cutoff.slice(0, 10)}`;
        expect(files.filter((key) => oldBodies(key) || key.startsWith("exports/000001/"))).toEqual([]);
      }
    }),
    { numRuns: 40 },
  );
  expect(gone).toBeGreaterThan(50);
});

test("goes of whoever only got e-mails too, and makes no night look at them", async () => {
  const world = await openMemoryWorld(start);
  const input = {
    type: "delivery",
    status: "delivered",
    id: "d-1",
    occurredAt: at(0, 1),
    identifiers: { email: pool.email[0] },
  };
  const reception = { source: "mail", sourceType: "server", route: "webhooks/standard", scope: "" } as const;
  const accepted = acceptPersonFact(input, input, {
    ...reception,
    receivedAt: at(0, 1),
    namespace,
    freshId: "",
  });
  if ("refusal" in accepted) throw new Error(accepted.refusal.code);
  const body = encodeMessages([accepted.fact])[0]!;
  expect(await processMessages(processingOf(world), [{ messageId: "m", body, sentAt: world.now }])).toEqual(
    [],
  );
  const held = async () => (await scanTable(world)).filter(({ pk }) => pk.startsWith("person#"));
  expect(await held()).toHaveLength(1);

  await addPolicy(world.table, { ...policy, retentionDays: 20 }, new Date(at(1)));
  world.now = Date.parse(at(2, 4));
  await runNight(world, 9);
  expect((await readLatestRun(world.table))?.plan?.active).toBe(0);
  expect(await held()).toHaveLength(1);
  world.now = Date.parse(at(22, 4));
  await runNight(world, 9);
  expect(await held()).toEqual([]);
});

const personRows = async (world: World) =>
  (await scanTable(world)).filter(({ pk }) => pk.startsWith("person#") || pk.startsWith("account#"));

test("goes of who only touched something once, with the row at the company, and over a midnight", async () => {
  const world = await openMemoryWorld(start);
  // A sender's clock may be some minutes ahead: it happened on the day after the one on which it came.
  world.now = Date.parse(at(1)) - 60_000;
  const input = {
    id: "t-1",
    channel: "form",
    occurredAt: new Date(world.now + 3 * 60_000).toISOString(),
    identifiers: { email: pool.email[0] },
  };
  const reception = { source: "site", sourceType: "server", route: "forms", scope: "" } as const;
  const receivedAt = world.clock().toISOString();
  const accepted = acceptTouchpoint(input, input, { ...reception, receivedAt, namespace, freshId: "" });
  if ("refusal" in accepted) throw new Error(accepted.refusal.code);
  expect(accepted.fact.touch.occurredAt > at(1)).toBe(true);
  const body = encodeMessages([accepted.fact])[0]!;
  const messages = [{ messageId: "m", body, sentAt: world.now }];
  expect(await processMessages(processingOf(world), messages)).toEqual([]);
  const { identifierId: id, occurredAt } = accepted.fact.touch;
  await putAll(world.table, [{ ...digestKey(id, `${occurredAt}#1#2`), body: "{}" }]);
  expect(await personRows(world)).toHaveLength(3);

  await addPolicy(world.table, { ...policy, retentionDays: 20 }, new Date(at(1)));
  for (const night of [21, 22]) {
    world.now = Date.parse(at(night, 4));
    await runNight(world, 99);
    expect(await personRows(world)).toHaveLength(night === 21 ? 3 : 0);
  }
});
