import "../../laws/quiet.ts";
import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, test } from "vitest";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import { announceOverdue } from "../../../shared/query/overdue.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { enterLead, markExported } from "../../../shared/store/ledger.ts";
import { addPolicy } from "../../../shared/store/policies.ts";
import { putAll, type Table } from "../../../shared/store/table.ts";
import { partitions } from "../../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import { leadIdOf } from "../../../shared/touchpoint/touch-id.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const email = "ada@example.com";
const home = identifierId(namespace, "email", email);
/** A Wednesday, four hours before sales begins: due at 17:00. */
const exportedAt = "2026-11-18T04:00:00.000Z";

let world: MemoryWorld;
beforeEach(async () => {
  world = await openMemoryWorld(exportedAt);
});

async function touched(channel: string, occurredAt: string, direction?: "outbound"): Promise<void> {
  const input = { id: `${channel} ${occurredAt}`, channel, occurredAt, identifiers: { email } };
  const item = direction ? { ...input, direction } : input;
  const accepted = acceptTouchpoint(item, item, {
    source: "website",
    sourceType: "server",
    route: "touchpoints",
    scope: "",
    receivedAt: "2026-12-01T00:00:00.000Z",
    namespace,
    freshId: "",
  });
  if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
  expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
}

async function lead(fields: Partial<LedgerEntry> = {}): Promise<void> {
  await touched("form", "2026-11-17T10:00:00.000Z");
  const entry: LedgerEntry = {
    v: 1,
    leadId: leadIdOf(home, "first"),
    identifierId: home,
    cycle: "first",
    qualifiedAt: "2026-11-17T10:00:00.000Z",
    decidingTouchId: "t",
    policyVersion: 0,
    foundIn: 1,
    ...fields,
  };
  await enterLead(world.table, entry);
  await markExported(world.table, entry, 1, exportedAt);
}

/** Looks once. @returns how many it told of, and how many reads of people that took */
async function look(now: string, reach?: "all" | "near"): Promise<{ overdue: number; reads: number }> {
  let reads = 0;
  const send = (command: object) => {
    const values = command instanceof QueryCommand ? command.input.ExpressionAttributeValues : {};
    if (values?.[":pk"]?.S?.startsWith(partitions.person)) reads++;
    return world.table.client.send(command as QueryCommand);
  };
  const table: Table = { ...world.table, client: { send } as unknown as Table["client"] };
  return { overdue: await announceOverdue({ ...world, table }, new Date(now), reach), reads };
}

describe("a look every quarter of an hour", () => {
  test("reads nobody before their clock can have run out", async () => {
    await lead();
    expect(await look("2026-11-18T17:00:00.000Z", "near")).toEqual({ overdue: 0, reads: 0 });
    expect(await look("2026-11-18T17:00:00.001Z", "near")).toMatchObject({ overdue: 1 });
    expect(await look("2026-11-18T17:15:00.000Z", "near")).toEqual({ overdue: 0, reads: 0 });
  });

  test("reads one between two nights, whom a webhook may have brought before the export", async () => {
    await lead({ fastTrack: "Demo", foundIn: 0 });
    expect((await look("2026-11-18T10:00:00.000Z", "near")).reads).toBeGreaterThan(0);
  });

  test("reads whoever was called, and never answered for, for a week; once a day they are looked at all the same", async () => {
    await lead();
    await touched("call", "2026-11-18T10:00:00.000Z", "outbound");
    expect((await look("2026-11-24T12:00:00.000Z", "near")).reads).toBeGreaterThan(0);
    expect(await look("2026-11-27T12:00:00.000Z", "near")).toEqual({ overdue: 0, reads: 0 });
    expect((await look("2026-11-27T12:00:00.000Z")).reads).toBeGreaterThan(0);
  });

  test("leaves those who qualified long before they were handed over to that of the day", async () => {
    await lead({ qualifiedAt: "2026-06-01T10:00:00.000Z" });
    expect(await look("2026-11-19T12:00:00.000Z", "near")).toEqual({ overdue: 0, reads: 0 });
    expect(await look("2026-11-19T12:00:00.000Z")).toMatchObject({ overdue: 1 });
  });
});

test("where nobody measures, nobody is read", async () => {
  const { version } = await addPolicy(world.table, aPolicy({ serviceLevel: null }), world.clock());
  await lead({ policyVersion: version });
  expect(await look("2026-11-19T12:00:00.000Z")).toEqual({ overdue: 0, reads: 0 });
});
