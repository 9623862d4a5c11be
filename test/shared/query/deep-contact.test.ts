import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultPolicy, type Policy } from "../../../shared/policy/policy.ts";
import { contactView } from "../../../shared/query/contacts.ts";
import { readContact } from "../../../shared/store/contact.ts";
import { deleteAll } from "../../../shared/store/delete-all.ts";
import { judgeWhole, readJudgedContact } from "../../../shared/store/judged-contact.ts";
import { queryAll, type Table } from "../../../shared/store/table.ts";
import { placeOf } from "../../../shared/store/timeline.ts";
import { digestPrefixes, identifierKey, personPartition, touchPrefix } from "../../../shared/table/keys.ts";
import type { Touch } from "../../../shared/touchpoint/touch.ts";
import { MemoryTable } from "../../laws/memory-table.ts";
import { holds, lawTimeout } from "../../laws/runs.ts";
import {
  type Arrival,
  account,
  ada,
  arbitraryHistory,
  arrive,
  bob,
  browser,
  home,
  tell,
} from "./timeline-history.ts";

const everybody = [ada, account, browser, bob, home];

/** Most ids are nobody else's, so that most stretches need not be read; windows that end long before the history begins. */
const arbitraryDepth = fc.record({
  history: arbitraryHistory,
  twinEach: fc.constantFrom(1, 6, 60),
  windowDays: fc.integer({ min: 1, max: 4 }),
  later: fc.nat(30 * 24 * 60),
});

const spread = (arrivals: readonly Arrival[], twinEach: number, from: number): Arrival[] =>
  arrivals.map(({ touch, ids }, index) => {
    const digits = String(from + index).padStart(8, "0");
    const touchId = index % twinEach === 0 ? touch.touchId : `${digits}-0000-5000-8000-000000000000`;
    return { touch: { ...touch, touchId }, ids };
  });

/** What the API shows of everybody, read whole and read by what is kept of the past. */
async function views(table: Table, policy: Policy, now: Date) {
  const version = {
    policy: { v: 1, version: 1, policy, from: null } as const,
    held: [],
    refusedValues: new Map<string, string>(),
  };
  const whole = new Map<string, unknown>();
  const deep = new Map<string, unknown>();
  for (const id of everybody) {
    const person = await readContact(table, id);
    if (person) whole.set(id, contactView({ ...judgeWhole(person, policy, now), ...version }));
    const judged = await readJudgedContact(table, id, { policy, now, stretch: 3 });
    if (judged) deep.set(id, contactView({ ...judged, ...version }));
  }
  return { whole, deep };
}

/** Deletes rows of everybody's partitions. */
async function remove(table: Table, range: { from: string; to: string }): Promise<void> {
  for (const id of everybody) {
    const items = await queryAll(table, personPartition(id), range);
    await deleteAll(
      table,
      items.map(({ pk, sk }) => ({ pk, sk })),
    );
  }
}

describe("a contact with more touches than are read at once", () => {
  test(
    "is what folding all of them says, with what is kept of the past fresh, stale, partly deleted or absent",
    () =>
      holds(arbitraryDepth, { runs: 300, milliseconds: 10_000 }, async ({ history, ...depth }) => {
        const { pause } = history;
        const arrivals = spread(history.arrivals, depth.twinEach, 100);
        const late = spread(history.late, depth.twinEach, 200);
        const policy = { ...history.policy, windowDays: depth.windowDays };
        const table = { client: new MemoryTable(Math.min(history.page, 12)).client(), name: "touchpoints" };
        let now = new Date(history.now + depth.later * 60_000);
        const compare = async () => {
          const { whole, deep } = await views(table, policy, now);
          expect(deep).toEqual(whole);
        };
        await arrive(table, arrivals, now);
        await tell(table, history, now);
        await compare();
        now = new Date(now.getTime() + pause * 60_000);
        await arrive(table, late, now);
        await compare();
        now = new Date(now.getTime() + pause * 60_000);
        await compare();
        const gone = arrivals.slice(0, 20).map(({ touch }) => ({
          pk: identifierKey(touch.identifierId).pk,
          sk: `${digestPrefixes.stretch}${placeOf(touch)}`,
        }));
        await deleteAll(table, [...new Map(gone.map((key) => [`${key.pk} ${key.sk}`, key])).values()]);
        await compare();
        // As the night takes out what the policy keeps no longer.
        const times = arrivals.map(({ touch }) => touch.occurredAt).sort();
        const cutoff = times[Math.floor(times.length / 3)] ?? now.toISOString();
        await remove(table, { from: touchPrefix, to: touchPrefix + cutoff });
        await compare();
      }),
    lawTimeout,
  );
});

const start = new Date("2026-11-21T10:00:00.000Z");

/** A table that counts what it is asked and the rows that it answers. */
function counting() {
  const asked = { queries: 0, rows: 0 };
  const client = new MemoryTable(1_000).client();
  const send = async (command: never) => {
    const answer = (await client.send(command)) as { Items?: unknown[] };
    asked.queries += 1;
    asked.rows += answer.Items?.length ?? 0;
    return answer;
  };
  return { asked, table: { client: { send }, name: "touchpoints" } as unknown as Table };
}

/** One address, a touch a day up to now. @param named the day before now on which a name was told */
const everyDay = (days: number, named: number): Arrival[] =>
  Array.from({ length: days }, (_, day) => {
    const occurredAt = new Date(start.getTime() - day * 24 * 60 * 60_000).toISOString();
    const touch: Touch = {
      identifierId: ada,
      touchId: `${String(day).padStart(8, "0")}-0000-5000-8000-000000000000`,
      hash16: "aaaaaaaaaaaaaaaa",
      channel: "form",
      direction: "inbound",
      occurredAt,
      receivedAt: occurredAt,
      source: "website",
      identifiers: { email: "ada@buyer.example" },
      ...(day === named && { traits: { firstName: "Ada" } }),
    };
    return { touch, ids: { email: ada } };
  });

test("a contact of ten years is told by its last year and the stretch that names it", async () => {
  const { asked, table } = counting();
  const policy = { ...defaultPolicy, windowDays: 30 };
  await arrive(table, everyDay(3_650, 3_000), new Date(start.getTime() - 2 * 60 * 60_000));
  await readJudgedContact(table, ada, { policy, now: start });
  const before = asked.rows;
  const contact = (await readJudgedContact(table, ada, { policy, now: start }))!;
  expect(contact).toMatchObject({
    touches: 3_650,
    firstTouchAt: "2016-11-24T10:00:00.000Z",
    lastTouchAt: start.toISOString(),
    evaluation: { count: 30 },
  });
  expect(contact.contact.profile.firstName).toMatchObject({ value: "Ada", source: "website" });
  expect(asked.rows - before).toBeLessThan(1_200);
});

test("a contact with few touches is one query", async () => {
  const { asked, table } = counting();
  await arrive(table, everyDay(20, 3), start);
  const before = asked.queries;
  const contact = (await readJudgedContact(table, ada, { policy: defaultPolicy, now: start }))!;
  expect(contact).toMatchObject({ touches: 20, contact: { traits: { firstName: "Ada" } } });
  expect(asked.queries - before).toBe(1);
});
