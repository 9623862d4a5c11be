import { parse } from "csv-parse/sync";
import { expect } from "vitest";
import { readFile } from "../../shared/files/files.ts";
import type { LeadRecord } from "../../shared/lead/lead.ts";
import type { LedgerEntry } from "../../shared/lead/ledger.ts";
import { type Run, runFolder, runIdOf } from "../../shared/lead/run.ts";
import type { Policy } from "../../shared/policy/policy.ts";
import { ledgerEntryOf } from "../../shared/store/person.ts";
import { readPolicyVersion } from "../../shared/store/policies.ts";
import { readRun } from "../../shared/store/runs.ts";
import type { Item } from "../../shared/store/table.ts";
import { leadPrefix, partitions, sha256Hex } from "../../shared/table/keys.ts";
import { identifierIds } from "../../shared/touchpoint/identifier.ts";
import { oracleEvaluate } from "../shared/policy/oracle.ts";
import type { Nights } from "./night-history.ts";
import { type KnownFacts, knownFrom, People } from "./people-oracle.ts";
import { namespace, scanTable, type World } from "./world.ts";

/** A run with what it exported and the rules it went by. */
interface Export {
  run: Run;
  policy: Policy;
  leads: LeadRecord[];
}

/**
 * Holds the nights of a history, of which the last was quiet, to a brute-force fold over the whole table.
 *
 * What a run must and may export depends on which of the facts that came in during it each of its reads saw. So each run is held
 * to two bounds, both exact: who qualifies by the facts that were acknowledged before it began is exported by it or was
 * before; and whom it exports qualifies, under the policy and at the moment of the run that found the lead, by facts that
 * had been sent when the exporting run was complete. Where nothing came in between, as in the last run, the two are one. Under
 * a changed policy a lead stays a lead, which is why the bounds are taken run by run and not once at the end.
 */
export async function expectNightsAsFolded(nights: Nights): Promise<void> {
  const { world } = nights;
  const items = await scanTable(world);
  const known = knownFrom(items);
  const { touches } = known;
  const people = new People(known);
  const isEntry = ({ sk }: Item) => sk.startsWith(leadPrefix) && sk.split("#").length === 2;
  const ledger = items.filter(isEntry).map(ledgerEntryOf);
  const exports = await Promise.all(nights.runs.map((_, index) => readExport(world, index + 1)));

  expect(new Set(touches.map(({ touchId }) => touchId))).toEqual(nights.acknowledged());
  const waiting = items.filter(({ pk }) => pk === partitions.outbox).map(({ sk }) => sk);
  expectEachLeadInOneExport(exports, ledger, waiting);
  expectAnnounced(nights, exports);
  expectOneRunAtATime(exports);

  const exported = new Set<string>();
  for (const [index, { run, policy, leads }] of exports.entries()) {
    const { before, after } = nights.runs[index]!;
    for (const { contactId } of leads) exported.add(people.contactOf(contactId));
    const must = qualified(known, before, policy, run.plan!.now);
    expect([...must.keys()].filter((id) => !exported.has(people.contactOf(id)))).toEqual([]);

    for (const lead of leads) {
      const { foundIn, policyVersion, qualifiedAt } = ledger.find(({ leadId }) => leadId === lead.leadId)!;
      const finder = exports[foundIn - 1]!;
      expect(policyVersion).toBe(finder.run.plan!.policyVersion);
      const may = qualified(known, after!, finder.policy, finder.run.plan!.now);
      // Who is one contact in the end may have been two when the lead was found.
      const theirs = [...may]
        .filter(([id]) => id === lead.contactId || people.contactOf(id) === people.contactOf(lead.contactId))
        .map(([, earliest]) => earliest);
      expect(theirs).toSatisfy((all: string[]) => all.some((earliest) => earliest <= qualifiedAt));
      expect(lead).toMatchObject({ qualifiedAt, policyVersion, threshold: finder.policy.threshold });
      expect(lead.points).toBeGreaterThanOrEqual(lead.threshold);
      expect(lead.touches).toHaveLength(lead.countedTouches);
    }
  }
}

/** When each contact that qualifies by a set of touches did so; who it is, those touches tell. */
function qualified(
  known: KnownFacts,
  touchIds: ReadonlySet<string>,
  policy: Policy,
  now: string,
): Map<string, string> {
  const touches = known.touches.filter(({ touchId }) => touchIds.has(touchId));
  const seen = touches.flatMap(({ identifiers, occurredAt }) => {
    const ids = identifierIds(namespace, identifiers).map(([, id]) => id);
    return ids.flatMap((a) =>
      ids.filter((b) => a < b).map((b) => ({ ids: [a, b], hour: occurredAt.slice(0, 13) })),
    );
  });
  const people = new People({ ...known, touches, seen });
  const result = new Map<string, string>();
  for (const id of people.contacts()) {
    const person = { emails: people.emailsOf(id), unsubscribed: false, doNotContact: false };
    const { qualifiedAt } = oracleEvaluate(people.timelineOf(id), policy, now, person);
    if (qualifiedAt !== null) result.set(id, qualifiedAt);
  }
  return result;
}

/** Reads a completed run's files, and holds them to each other and to their checksums. */
async function readExport(world: World, number: number): Promise<Export> {
  const run = (await readRun(world.table, number))!;
  const text = async (name: string) => (await readFile(world.files, runFolder(number) + name)) ?? "";
  expect(run.outcome?.files.map(({ name }) => name)).toEqual([
    "leads.csv",
    "leads.jsonl",
    "changes.csv",
    "manifest.json",
  ]);
  for (const { name, bytes, sha256 } of run.outcome!.files) {
    const body = await text(name);
    expect({ name, bytes: Buffer.byteLength(body), sha256: sha256Hex(body) }).toEqual({
      name,
      bytes,
      sha256,
    });
  }
  const leads = (await text("leads.jsonl"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LeadRecord);
  const rows = parse(await text("leads.csv"), { columns: true }) as Record<string, string>[];
  expect(rows.map(({ leadId, countedTouches }) => [leadId, countedTouches])).toEqual(
    leads.map(({ leadId, countedTouches }) => [leadId, String(countedTouches)]),
  );
  expect(JSON.parse(await text("manifest.json"))).toMatchObject({
    runId: runIdOf(number),
    leads: leads.length,
    policyVersion: run.plan!.policyVersion,
    files: run.outcome!.files.filter(({ name }) => name !== "manifest.json"),
  });
  expect(run.outcome).toMatchObject({ leads: leads.length, failed: 0 });
  const { policy } = await readPolicyVersion(world.table, run.plan!.policyVersion);
  return { run, policy, leads };
}

/** Each contact and cycle in exactly one completed export, the one that its entry names; and no entry without. */
function expectEachLeadInOneExport(
  exports: readonly Export[],
  ledger: readonly LedgerEntry[],
  waiting: readonly string[],
): void {
  const cycles = exports.flatMap(({ leads }) => leads.map(({ contactId, cycle }) => `${contactId} ${cycle}`));
  expect(cycles.filter((cycle, index) => cycles.indexOf(cycle) !== index)).toEqual([]);
  // A lead waits only where its contact was joined with one whose lead was exported.
  expect(waiting.filter((leadId) => ledger.some((entry) => entry.leadId === leadId && entry.run))).toEqual(
    [],
  );
  const exported = ledger.filter(({ run }) => run !== undefined);
  expect(exported.length).toBeGreaterThanOrEqual(ledger.length - waiting.length);
  const byEntry = exported.map(({ leadId, run }) => `${leadId} in ${run}`).sort();
  const byFile = exports
    .flatMap(({ run, leads }) => leads.map(({ leadId }) => `${leadId} in ${run.number}`))
    .sort();
  expect(byFile).toEqual(byEntry);
}

/** Whatever died, others were told of each export and of each lead, and of nothing else. */
function expectAnnounced({ announced }: Nights, exports: readonly Export[]): void {
  const told = announced.map(({ type, leadId, run }) => `${type} ${leadId ?? run}`);
  const happened = exports.flatMap(({ run, leads }) => [
    `export.completed ${run.number}`,
    ...leads.map(({ leadId }) => `lead.created ${leadId}`),
  ]);
  expect([...new Set(told)].sort()).toEqual(happened.sort());
  // However often it was told, it is one event.
  expect(new Set(announced.map(({ id }) => id)).size).toBe(happened.length);
}

/** One run after another, and none twice for one trigger within the time in which that may be delivered again. */
function expectOneRunAtATime(exports: readonly Export[]): void {
  for (const [index, { run }] of exports.entries()) {
    const earlier = exports.slice(0, index).map((one) => one.run);
    const completedAt = earlier.at(-1)?.outcome?.completedAt;
    if (completedAt !== undefined) expect(run.startedAt >= completedAt).toBe(true);
    const since = Date.parse(run.startedAt) - 24 * 60 * 60 * 1000;
    const same = earlier.filter((one) => one.trigger === run.trigger && Date.parse(one.startedAt) >= since);
    expect(same).toEqual([]);
  }
}
