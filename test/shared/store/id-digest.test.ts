import { describe, expect, test } from "vitest";
import { processMessages } from "../../../shared/process/process.ts";
import { lateItem, readDigest, shortId } from "../../../shared/store/id-digest.ts";
import { putAll, queryAll, type Table } from "../../../shared/store/table.ts";
import { touchPlace } from "../../../shared/store/touch-rows.ts";
import { digestPrefixes, personPartition, touchKey } from "../../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { encodeMessages } from "../../../shared/touchpoint/message.ts";
import { MemoryTable } from "../../laws/memory-table.ts";
import { openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace, processingOf } from "../../laws/world.ts";

const person = "10000000-0000-5000-8000-000000000000";
const now = new Date("2026-11-21T10:00:00.000Z");
const later = new Date("2026-11-21T11:00:10.000Z");
const daysLater = new Date("2026-11-23T11:00:00.000Z");
const touchId = (number: number): string => `${String(number).padStart(8, "0")}-0000-5000-8000-000000000000`;

const putTouch = async (table: Table, number: number, at: string): Promise<void> => {
  const item = { ...touchKey(person, at, touchId(number), "aaaaaaaaaaaaaaaa"), body: "{}" };
  expect(await putAll(table, [item])).toEqual(new Set());
};

const day = (number: number): string => `2026-10-${String(number).padStart(2, "0")}T10:00:00.000Z`;

async function tableOf(touches: number): Promise<Table> {
  const table = { client: new MemoryTable().client(), name: "touchpoints" };
  for (let number = 1; number <= touches; number++) await putTouch(table, number, day(number));
  return table;
}

async function idsOf(table: Table, at: Date): Promise<number[]> {
  const { stretches, rest } = await readDigest(table, person, "2026-12", at, 3);
  const behind = rest.map(({ sk }) => shortId(touchPlace(sk).split("#")[1]!));
  return [...stretches.flatMap(({ ids }) => [...ids]), ...behind];
}

const kept = async (table: Table): Promise<number> =>
  (await queryAll(table, personPartition(person), { beginsWith: digestPrefixes.stretch })).length;

describe("what is kept of the ids of touches", () => {
  test("whole stretches of settled touches, and nothing of the rest", async () => {
    const table = await tableOf(8);
    expect(await idsOf(table, now)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((number) => shortId(touchId(number))),
    );
    expect(await kept(table)).toBe(2);
    await putTouch(table, 9, now.toISOString());
    expect(await idsOf(table, now)).toHaveLength(9);
    expect(await kept(table)).toBe(2);
    expect(await idsOf(table, later)).toHaveLength(9);
    expect(await kept(table)).toBe(2);
    expect(await idsOf(table, daysLater)).toHaveLength(9);
    expect(await kept(table)).toBe(3);
  });

  test("a touch that comes late is found by the row that it leaves", async () => {
    const table = await tableOf(6);
    await idsOf(table, now);
    await putTouch(table, 42, "2026-10-02T12:00:00.000Z");
    expect(await idsOf(table, later)).not.toContain(shortId(touchId(42)));
    await putAll(table, [lateItem(person, "2026-10-02T12:00:00.000Z", later)!]);
    expect(await idsOf(table, later)).toContain(shortId(touchId(42)));
  });

  test("processing a late touch leaves that row, and one in time does not", async () => {
    const world = await openMemoryWorld(now.toISOString());
    const facts = ["2026-10-02T12:00:00.000Z", "2026-11-21T09:59:00.000Z"].map((occurredAt, number) => {
      const input = { channel: "form", occurredAt, identifiers: { email: `${number}@example.com` } };
      const accepted = acceptTouchpoint(input, input, {
        source: "website",
        sourceType: "server",
        route: "touchpoints",
        scope: "",
        receivedAt: now.toISOString(),
        namespace,
        freshId: "",
      });
      if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
      return accepted.fact;
    });
    const messages = encodeMessages(facts).map((body, index) => ({
      messageId: String(index),
      body,
      sentAt: now.getTime(),
    }));
    expect(await processMessages(processingOf(world), messages)).toEqual([]);
    const late = await Promise.all(
      facts.map(({ touch }) =>
        queryAll(world.table, personPartition(touch.identifierId), { beginsWith: digestPrefixes.late }),
      ),
    );
    expect(late.map((rows) => rows.map(({ sk }) => sk))).toEqual([["archive#late#2026-11-21T10#2026"], []]);
  });

  test.each([
    ["2026-11-20T09:59:59.000Z", "archive#late#2026-11-21T10#2026"],
    ["2026-11-20T10:00:01.000Z", undefined],
    ["2026-10-20T10:00:00.000Z", "archive#late#2026-11-21T10#2026"],
    ["2025-01-31T09:00:00.000Z", "archive#late#2026-11-21T10#2025"],
  ])("a touch of %s leaves %s", (at, row) => {
    expect(lateItem(person, at, now)?.sk).toBe(row);
  });
});
