import "../../laws/quiet.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { keepDigests } from "../../../shared/night/deep-people.ts";
import { readContact } from "../../../shared/store/contact.ts";
import { activeItem, itemsOf } from "../../../shared/store/facts.ts";
import { putAll, queryAll, type Table } from "../../../shared/store/table.ts";
import { digestPrefixes, personPartition } from "../../../shared/table/keys.ts";
import type { Touch } from "../../../shared/touchpoint/touch.ts";
import { MemoryTable } from "../../laws/memory-table.ts";
import { openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { nightOf, type World } from "../../laws/world.ts";

const now = "2026-11-21T10:00:00.000Z";
const person = "10000000-0000-5000-8000-000000000000";
const hour = 60 * 60 * 1000;

let world: World;
beforeEach(async () => {
  world = await openMemoryWorld(now);
  world.table = { client: new MemoryTable(1_000).client(), name: "touchpoints" };
});

/** A touch every four hours, up to now. */
async function touched(times: number): Promise<void> {
  const items = Array.from({ length: times }, (_, number) => {
    const occurredAt = new Date(Date.parse(now) - number * 4 * hour).toISOString();
    const touch: Touch = {
      identifierId: person,
      touchId: `${String(number).padStart(8, "0")}-0000-5000-8000-000000000000`,
      hash16: "aaaaaaaaaaaaaaaa",
      channel: "form",
      direction: "inbound",
      occurredAt,
      receivedAt: occurredAt,
      source: "website",
      identifiers: { email: "ada@buyer.example" },
    };
    return itemsOf({ kind: "touch", touch, identifierIds: { email: person } });
  }).flat();
  items.push(activeItem(person, world.clock()));
  const distinct = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  expect(await putAll(world.table, [...distinct.values()])).toEqual(new Set());
}

const kept = async (): Promise<number> =>
  (await queryAll(world.table, personPartition(person), { beginsWith: digestPrefixes.stretch })).length;

describe("a night", () => {
  test("keeps of a contact with very many touches what its readers work from", async () => {
    await touched(900);
    await oneNight(world);
    expect(await kept()).toBe(3);
    await oneNight(world);
    expect(await kept()).toBe(3);
  });

  test("keeps nothing of the others", async () => {
    await touched(400);
    await oneNight(world);
    expect(await kept()).toBe(0);
  });

  test("goes on where it cannot be kept", async () => {
    await touched(900);
    const whole = (await readContact(world.table, person))!;
    const send = () => Promise.reject(new Error("the table is away"));
    const away = { ...world.table, client: { send } } as unknown as Table;
    await expect(keepDigests({ ...nightOf(world), table: away }, whole)).resolves.toBeUndefined();
    expect(await kept()).toBe(0);
  });
});
