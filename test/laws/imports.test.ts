import "./quiet.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { putFile, readFile } from "../../shared/files/files.ts";
import { findUpload } from "../../shared/files/uploads.ts";
import { type Importing, resultsKey, runImport, uploadKey } from "../../shared/ingest/imports.ts";
import { addSource } from "../../shared/store/config.ts";
import { addImport, readImport, startImport } from "../../shared/store/imports.ts";
import { Processor } from "./pump.ts";
import { type Fault, Worker } from "./worker.ts";
import { type Database, intakeOf, openWorld, scanTable, startDatabase, type World } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

const id = "20261121090000000-0000abcd";
const startedAt = "2026-11-21T09:00:00.000Z";

/** More than is judged at once, rows without a time and one that is refused among them. */
const file = [
  "Email;Scan Date;Attended",
  ...Array.from(
    { length: 1200 },
    (_, i) => `p${i}@example.com;${i % 3 ? `20.11.2026 09:${10 + (i % 50)}` : ""};Yes`,
  ),
  "nobody;20.11.2026 09:00;Yes",
].join("\n");

async function openStarted(): Promise<World> {
  const world = await openWorld(database, startedAt);
  const { table, files } = world;
  await addSource(table, { v: 1, id: "scanner", type: "server", createdAt: startedAt });
  const asked = { v: 1 as const, id, source: "scanner", event: "Expo", timeZone: "UTC" };
  await addImport(table, { ...asked, dryRun: false, createdAt: startedAt });
  await putFile(files, uploadKey(id), file, "text/csv");
  await startImport(table, id, { startedAt, ...(await findUpload(files, uploadKey(id)))! });
  return world;
}

/** A container of the function: what it knows ends with it. */
const importingOf = (world: World): Importing => ({
  table: world.table,
  files: world.files,
  intake: intakeOf(world),
  clock: world.clock,
});

/** All there is when the queue is empty, but for when activity was marked. */
async function endOf(world: World) {
  const processor = new Processor(world);
  while (await processor.batch());
  const items = (await scanTable(world)).filter(({ pk }) => /^(person#|import)/.test(pk));
  return {
    items: items.map((item) => JSON.stringify(item)).toSorted(),
    results: await readFile(world.files, resultsKey(id)),
    upload: await findUpload(world.files, uploadKey(id)),
  };
}

async function inWorld<Value>(work: (world: World) => Promise<Value>): Promise<Value> {
  const world = await openStarted();
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

let undisturbed: Awaited<ReturnType<typeof endOf>>;
beforeAll(async () => {
  undisturbed = await inWorld(async (world) => {
    await runImport(importingOf(world), id);
    return endOf(world);
  });
});

test("an import undisturbed takes in each row once, writes its results and deletes what was uploaded", () => {
  const touches = undisturbed.items.filter((item) => item.includes('"sk":"at#'));
  expect(touches).toHaveLength(1200);
  expect(undisturbed.results?.split("\r\n")).toHaveLength(1203);
  expect(undisturbed.upload).toBeUndefined();
});

/** The calls of one worker: it asks, opens twice, sends and ends; there are fewer than these. */
const calls = Array.from({ length: 12 }, (_, at) => ({ at }));

describe.each(calls)("an import whose worker, at call $at,", ({ at }) => {
  const disturbedBy = async (fault: Fault, world: World) =>
    new Worker(fault).run(() => runImport(importingOf(world), id));

  test.each([true, false])("dies, the call taking effect: %s, is the same after the next attempt", (sent) =>
    inWorld(async (world) => {
      await disturbedBy({ kind: "dies", at, sent }, world);
      await runImport(importingOf(world), id);
      expect(await endOf(world)).toEqual(undisturbed);
    }),
  );

  test("stands still until another has done it all, is the same", () =>
    inWorld(async (world) => {
      const worker = new Worker({ kind: "stalls", at, sent: false });
      const ended = worker.run(() => runImport(importingOf(world), id));
      await Promise.race([worker.stalled, ended]);
      await runImport(importingOf(world), id);
      worker.release();
      await ended;
      expect(await endOf(world)).toEqual(undisturbed);
    }));
});

test("a file that was uploaded again since the start is not taken for the one that was started", () =>
  inWorld(async (world) => {
    await putFile(world.files, uploadKey(id), "Email\nother@example.com\n", "text/csv");
    await runImport(importingOf(world), id);
    expect((await readImport(world.table, id))?.outcome).toMatchObject({
      accepted: 0,
      problem: { code: "file_changed" },
    });
  }));
