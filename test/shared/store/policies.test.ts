import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import {
  addDraft,
  addPolicy,
  approvePolicy,
  readPolicy,
  readPolicyVersion,
} from "../../../shared/store/policies.ts";
import { putItem } from "../../../shared/store/table.ts";
import { policyKey } from "../../../shared/table/keys.ts";
import { type Database, openWorld, startDatabase, type World } from "../../laws/world.ts";

let database: Database;
let world: World;
beforeAll(async () => {
  database = await startDatabase();
  world = await openWorld(database, "2026-03-20T18:00:00.000Z");
});
afterAll(async () => {
  await world.close();
  await database.close();
});

const now = new Date("2026-03-21T08:00:00.000Z");
const store = (version: number, policy: unknown) =>
  putItem(world.table, {
    ...policyKey(version),
    body: JSON.stringify({ v: 1, version, policy, from: now.toISOString() }),
  });

describe("policies", () => {
  test("the built-in one is in force before there is any", async () => {
    expect(await readPolicy(world.table, now)).toMatchObject({
      version: 0,
      policy: defaultPolicy,
      from: null,
    });
  });

  test("one that an earlier release stored has the defaults of the fields that came later", async () => {
    const { machineClicks: _, ...earlier } = { ...defaultPolicy, threshold: 3 };
    await store(1, earlier);
    const expected = {
      v: 1,
      version: 1,
      policy: { ...defaultPolicy, threshold: 3 },
      from: now.toISOString(),
    };
    expect(await readPolicy(world.table, now)).toEqual(expected);
    expect(await readPolicyVersion(world.table, 1)).toEqual(expected);
  });

  test("one with a rule that is not known is not read as half of one, and another can be set", async () => {
    await store(2, { ...defaultPolicy, astrology: true });
    await expect(readPolicy(world.table, now)).rejects.toThrow("policy version 2 cannot be read: astrology");
    expect(await addPolicy(world.table, defaultPolicy, now)).toMatchObject({ version: 3 });
    expect(await readPolicy(world.table, now)).toMatchObject({ version: 3, policy: defaultPolicy });
  });

  test("the one put in force last is in force, also where the clock of whoever put it is behind", async () => {
    const before = await addPolicy(world.table, { ...defaultPolicy, threshold: 4 }, now);
    const behind = new Date(now.getTime() - 2_000);
    const later = await addPolicy(world.table, { ...defaultPolicy, threshold: 5 }, behind);
    expect(later).toMatchObject({ from: before.from });
    const soon = new Date(now.getTime() + 1_000);
    expect(await readPolicy(world.table, soon)).toMatchObject({ version: later.version });
  });

  test("one put in force now leaves what is to come as it is", async () => {
    const coming = await addDraft(world.table, { ...defaultPolicy, threshold: 6 }, now, null);
    const from = new Date(now.getTime() + 60_000);
    const approval = { version: coming.version, from, by: null, comment: null };
    await approvePolicy(world.table, approval, now);
    const added = await addPolicy(world.table, { ...defaultPolicy, threshold: 7 }, now);
    expect(await readPolicy(world.table, now)).toMatchObject({ version: added.version });
    expect(await readPolicy(world.table, from)).toMatchObject({ version: coming.version });
  });
});
