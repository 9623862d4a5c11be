import { parse } from "csv-parse/sync";
import { expect } from "vitest";
import { readFile } from "../../shared/files/files.ts";
import type { LeadRecord } from "../../shared/lead/lead.ts";
import { type Run, runFolder, runIdOf } from "../../shared/lead/run.ts";
import { membersFile } from "../../shared/night/export-files.ts";
import type { Members } from "../../shared/night/members.ts";
import type { Policy } from "../../shared/policy/policy.ts";
import { readPolicyVersion } from "../../shared/store/policies.ts";
import { readLatestRun, readRun } from "../../shared/store/runs.ts";
import { sha256Hex } from "../../shared/table/keys.ts";
import { Handed } from "./cycle-oracle.ts";
import type { Cycles } from "./cycle-play.ts";

interface Told {
  run: Run;
  members: Members;
  leads: LeadRecord[];
  changes: { leadId: string; reason: string; of: string; exportedIn: string }[];
}

/**
 * Holds the exports of a history, of which the last had nothing to tell, to what brute force finds over the whole table: whoever was
 * handed over or withdrawn was so by what the table held at some moment before the export was frozen; in the end nobody is left who
 * should be handed over, and no lead that is none; and each was told once.
 */
export async function expectCyclesAsFolded({ world, states, frozen }: Cycles): Promise<void> {
  const number = (await readLatestRun(world.table))!.number;
  const told = await Promise.all(Array.from({ length: number }, (_, index) => readTold(world, index + 1)));
  const end = new Handed(world.items());
  const policies = new Map<number, Policy>();
  for (const version of [
    ...told.map(({ run }) => run.plan!.policyVersion),
    ...end.ledger.map((one) => one.policyVersion),
  ])
    policies.set(version, (await readPolicyVersion(world.table, version)).policy);

  expectToldOnce(told, end);
  const moments = new Map<string, Handed>();
  const momentsOf = (run: number) =>
    Array.from({ length: frozen.get(run)! }, (_, index) => frozen.get(run)! - 1 - index).map((index) => {
      const key = `${run} ${index}`;
      // What qualified before the go-live a run enters and goes past in one step.
      const entered = end.ledger.filter(({ foundIn, baseline }) => foundIn === run && baseline !== undefined);
      const known = moments.get(key) ?? new Handed(states[index]!, entered);
      moments.set(key, known);
      return known;
    });
  for (const { run, members } of told) {
    const policy = policies.get(run.plan!.policyVersion)!;
    const most = policy.maxLeadsPerExport ?? Number.POSITIVE_INFINITY;
    expect(members.members.length).toBeLessThanOrEqual(most);
    if (members.waiting) expect(members.members.length).toBe(most);
    for (const { entry, record } of members.members) {
      const isSo = momentsOf(run.number).some((moment) => {
        const contactId = moment.people.contactOf(entry.identifierId);
        const standing = moment.standingOf(contactId, policy);
        return (
          contactId === record.contactId &&
          standing.cycle === entry.cycle &&
          !standing.isLead &&
          !moment.isPutOff(contactId, standing, run.plan!.now) &&
          moment.isMade(contactId, entry, policies.get(entry.policyVersion)!)
        );
      });
      expect({ run: run.number, entry, isSo }).toEqual({ run: run.number, entry, isSo: true });
    }
    for (const { leadId, reason, of } of members.changes ?? []) {
      const isSo = momentsOf(run.number).some((moment) => {
        const lead = moment.ledger.find((entry) => entry.leadId === leadId);
        const change = lead?.run === undefined ? null : moment.changeOf(lead, policies);
        return change?.reason === reason && change.of === of;
      });
      expect({ run: run.number, leadId, reason, isSo }).toEqual({
        run: run.number,
        leadId,
        reason,
        isSo: true,
      });
    }
  }

  const last = told.at(-1)!.run.plan!;
  const policy = policies.get(last.policyVersion)!;
  const due = end.people
    .contacts()
    .map((contactId) => ({ contactId, due: end.isDue(contactId, policy, last.now, policies) }));
  expect(due.filter((one) => one.due !== null)).toEqual([]);
  const changed = end.ledger
    .filter(({ run, withdrawal }) => run !== undefined && !withdrawal)
    .map((lead) => ({ leadId: lead.leadId, change: end.changeOf(lead, policies) }));
  expect(changed.filter(({ change }) => change !== null)).toEqual([]);
}

/** Each lead in the one export that its entry names, each withdrawal in one `changes.csv` after that, no lead of before go-live in any. */
function expectToldOnce(told: readonly Told[], { ledger }: Handed): void {
  const byFile = told.flatMap(({ run, leads }) => leads.map(({ leadId }) => `${leadId} in ${run.number}`));
  const exported = ledger.filter(({ run }) => run !== undefined);
  expect(byFile.sort()).toEqual(exported.map(({ leadId, run }) => `${leadId} in ${run}`).sort());
  expect(exported.filter(({ baseline }) => baseline !== undefined)).toEqual([]);
  const changes = told.flatMap(({ run, changes }) =>
    changes.map(({ leadId, reason, of, exportedIn }) => ({
      leadId,
      reason,
      of,
      exportedIn,
      toldIn: run.number,
    })),
  );
  const withdrawn = ledger.flatMap(({ leadId, run, withdrawal }) =>
    withdrawal
      ? [
          {
            leadId,
            reason: withdrawal.reason as string,
            of: withdrawal.of ?? "",
            exportedIn: runIdOf(run!),
            toldIn: withdrawal.run,
          },
        ]
      : [],
  );
  const inOrder = <One extends { leadId: string }>(all: One[]) =>
    all.sort((a, b) => (a.leadId < b.leadId ? -1 : 1));
  expect(inOrder(changes)).toEqual(inOrder(withdrawn));
  for (const { exportedIn, toldIn } of changes) expect(Number(exportedIn)).toBeLessThan(toldIn);
}

async function readTold(world: Cycles["world"], number: number): Promise<Told> {
  const run = (await readRun(world.table, number))!;
  const text = async (name: string) => (await readFile(world.files, runFolder(number) + name))!;
  for (const { name, sha256 } of run.outcome!.files) expect(sha256Hex(await text(name))).toBe(sha256);
  const leads = (await text("leads.jsonl"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LeadRecord);
  const changes = parse(await text("changes.csv"), { columns: true }) as Told["changes"];
  expect(JSON.parse(await text("manifest.json"))).toMatchObject({
    leads: leads.length,
    changes: changes.length,
  });
  const members = JSON.parse((await readFile(world.files, membersFile(number)))!) as Members;
  expect(run.outcome).toMatchObject({ leads: leads.length, changes: changes.length, failed: 0 });
  return { run, members, leads, changes };
}
