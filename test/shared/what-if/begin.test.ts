import "../../laws/quiet.ts";
import { expect, test } from "vitest";
import { addDraft } from "../../../shared/store/policies.ts";
import { readWhatIf } from "../../../shared/store/what-ifs.ts";
import { beginWhatIf, resumeWhatIfs } from "../../../shared/what-if/begin.ts";
import { countChunk } from "../../../shared/what-if/count.ts";
import { listShard, planRecount } from "../../../shared/what-if/plan.ts";
import type { RecountMessage } from "../../../shared/what-if/recount.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { receive, settle } from "../../laws/pump.ts";
import { recountingOf } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const minute = 60_000;

async function opened(): Promise<{ world: MemoryWorld; version: number }> {
  const world = await openMemoryWorld("2026-03-20T12:00:00.000Z");
  const { version } = await addDraft(world.table, aPolicy({ threshold: 6 }), world.clock(), null);
  return { world, version };
}

/** Works off so many messages. @returns what they were */
async function work(world: MemoryWorld, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const kinds: string[] = [];
  while (kinds.length < most) {
    const [received] = await receive(world.whatIfQueue, 1);
    if (!received) break;
    const message = JSON.parse(received.body) as RecountMessage;
    const recounting = recountingOf(world);
    if (message.kind === "plan") await planRecount(recounting, message);
    else if (message.kind === "list") await listShard(recounting, message, message.shard);
    else await countChunk(recounting, message, message.shard, message.chunk);
    await settle(world.whatIfQueue, [received], new Set());
    kinds.push(message.kind);
  }
  return kinds;
}

test("a recount that is under way is answered, and one that has ended is followed by another", async () => {
  const { world, version } = await opened();
  const first = await beginWhatIf(recountingOf(world), version);
  expect(first).toMatchObject({ begun: true, whatIf: { version, number: 1, against: 0 } });
  await work(world, 3);
  const same = await beginWhatIf(recountingOf(world), version);
  expect(same).toEqual({ ...first, begun: false });
  // Where something has been heard of it a moment ago, nothing is sent again.
  expect((await work(world)).filter((kind) => kind === "plan")).toEqual([]);
  expect((await readWhatIf(world.table, first.whatIf))?.completedAt).toBeDefined();
  expect(await beginWhatIf(recountingOf(world), version)).toMatchObject({
    begun: true,
    whatIf: { number: 2 },
  });
});

test("one that died is gone on with when it is looked after, and given up after six hours", async () => {
  const { world, version } = await opened();
  const { whatIf } = await beginWhatIf(recountingOf(world), version);
  await work(world, 4);
  while ((await receive(world.whatIfQueue)).length > 0);

  world.now += 4 * minute;
  await resumeWhatIfs(recountingOf(world));
  expect(await work(world)).toEqual([]);
  world.now += minute;
  await resumeWhatIfs(recountingOf(world));
  // Three of the sixteen lists were made.
  expect(await work(world)).toEqual(["plan", ...Array(13).fill("list")]);
  expect((await readWhatIf(world.table, whatIf))?.completedAt).toBeDefined();

  const { whatIf: lost } = await beginWhatIf(recountingOf(world), version);
  while ((await receive(world.whatIfQueue)).length > 0);
  world.now += 6 * 60 * minute + 1;
  await resumeWhatIfs(recountingOf(world));
  expect(await work(world)).toEqual([]);
  const next = await beginWhatIf(recountingOf(world), version);
  expect(next).toMatchObject({ begun: true, whatIf: { number: lost.number + 1 } });
});

test("one whose plan was never sent begins when it is asked for again", async () => {
  const { world, version } = await opened();
  await beginWhatIf(recountingOf(world), version);
  while ((await receive(world.whatIfQueue)).length > 0);
  expect(await beginWhatIf(recountingOf(world), version)).toMatchObject({ begun: false });
  expect((await work(world, 1))[0]).toBe("plan");
});
