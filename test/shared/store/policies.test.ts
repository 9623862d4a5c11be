import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import { addPolicy, readPolicy, readPolicyVersion } from "../../../shared/store/policies.ts";
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
});
