import { type Policy, starterPolicy } from "../../../shared/policy/policy.ts";
import type { Reason } from "../../../shared/policy/reason.ts";
import { DemoFailed, type LocalInstance } from "./local-instance.ts";

/** What is printed of a lead. */
export interface DemoLead {
  leadId: string;
  contactId: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  company: string | null;
  whyNow: string;
  evidenceUrl: string | null;
  /** The night that handed it over, where that is known. */
  runId?: string | null;
}

export interface NightResult {
  runId: string;
  /** Leads that this night handed over. */
  exported: DemoLead[];
  /** All that any night has handed over. */
  handedOver: number;
  /** Where this night had none: the latest of those before. */
  latest: DemoLead[];
}

/** What the timelines of some contacts hold. */
export interface Tally {
  contacts: number;
  touches: number;
  counted: number;
  /** How many touches did not count, by reason; the most frequent first. */
  notCounted: [Reason, number][];
}

const shown = 5;

/** Puts the starter policy in force, unless it is. @returns its version */
export async function useStarterPolicy(instance: LocalInstance): Promise<number> {
  const inForce = await instance.json<Policy & { version: number }>("/v1/policy", { key: "local-sales-key" });
  const same = Object.entries(starterPolicy).every(
    ([field, value]) =>
      JSON.stringify(sorted(inForce[field as keyof Policy])) === JSON.stringify(sorted(value)),
  );
  if (same) return inForce.version;
  const put = { method: "PUT", key: "local-sales-key", body: starterPolicy } as const;
  return (await instance.json<{ version: number }>("/v1/policy", put)).version;
}

/** The same value with the members of objects in the order of their names. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Runs a night of its own, after any that is on its way, and reads what it handed over. */
export async function runNight(instance: LocalInstance): Promise<NightResult> {
  const runId = await beginNight(instance);
  await instance.drain();
  const run = await instance.json<{ state: string }>(`/v1/exports/${runId}`, { key: "local-sales-key" });
  if (run.state !== "completed") throw new DemoFailed(`export ${runId} is ${run.state}, not completed`);
  const file = await instance.send(`/v1/exports/${runId}/files/leads.jsonl`, { key: "local-sales-key" });
  if (!file.ok) throw new DemoFailed(`leads.jsonl of export ${runId} answered ${file.status}`);
  const lines = (await file.text()).split("\n").filter((line) => line !== "");
  const exported = lines.map((line) => JSON.parse(line) as DemoLead);
  const ledger = await readLedger(instance);
  const latest: DemoLead[] = [];
  for (const leadId of exported.length > 0 ? [] : ledger.slice(0, shown)) {
    latest.push(await instance.json<DemoLead>(`/v1/leads/${leadId}`, { key: "local-sales-key" }));
  }
  return { runId, exported, handedOver: ledger.length, latest };
}

async function beginNight(instance: LocalInstance): Promise<string> {
  for (let tries = 0; tries < 3; tries++) {
    const begun = await instance.json<{ runId: string; begun: boolean }>("/v1/exports", {
      key: "local-admin-key",
      body: {},
    });
    if (begun.begun) return begun.runId;
    await instance.drain();
  }
  throw new DemoFailed("another export is on its way and does not complete");
}

/** Ids of the leads that were ever handed over, whatever became of them, newest first. */
async function readLedger(instance: LocalInstance): Promise<string[]> {
  const leads: string[] = [];
  let cursor = "";
  do {
    const page = await instance.json<{
      items: { leadId: string; runId: string | null }[];
      next: string | null;
    }>(`/v1/leads?limit=200${cursor}`, { key: "local-sales-key" });
    leads.push(...page.items.flatMap(({ leadId, runId }) => (runId === null ? [] : [leadId])));
    cursor = page.next === null ? "" : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== "");
  return leads;
}

/** Contacts read at once. */
const concurrency = 8;

/** Reads the evidence of contacts and adds it up. */
export async function tallyEvidence(instance: LocalInstance, contactIds: readonly string[]): Promise<Tally> {
  const reasons = new Map<Reason, number>();
  const waiting = [...contactIds];
  let touches = 0;
  let counted = 0;
  const reader = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const evidence = await instance.json<{ touches: { counted: boolean; reason: Reason | null }[] }>(
        `/v1/contacts/${id}/evidence`,
        { key: "local-sales-key" },
      );
      for (const { reason, counted: counts } of evidence.touches) {
        touches += 1;
        if (counts) counted += 1;
        if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, reader));
  const notCounted = [...reasons].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { contacts: contactIds.length, touches, counted, notCounted };
}

/** How many submissions of bots stand in quarantine. */
export async function countCaught(instance: LocalInstance): Promise<number> {
  let caught = 0;
  let cursor = "";
  do {
    const page = await instance.json<{ items: { reason: string }[]; next: string | null }>(
      `/v1/quarantine?limit=200${cursor}`,
      { key: "local-admin-key" },
    );
    caught += page.items.filter(({ reason }) => reason === "honeypot").length;
    cursor = page.next === null ? "" : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== "");
  return caught;
}
