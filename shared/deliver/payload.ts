import type { SentEvent } from "../endpoint/endpoint.ts";
import { foldFeedback } from "../lead/feedback.ts";
import { LeadUnmade } from "../lead/lead.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { runIdOf } from "../lead/run.ts";
import { Colleagues } from "../store/colleagues.ts";
import { readSources } from "../store/config.ts";
import { HandOffs } from "../store/hand-off.ts";
import { evidenceUrl, readLeadRecord } from "../store/lead-record.ts";
import { readLead } from "../store/ledger.ts";
import { readPerson } from "../store/person.ts";
import { readPolicy } from "../store/policies.ts";
import { readRun } from "../store/runs.ts";
import type { Secrets } from "../store/secrets.ts";
import { readSuppression } from "../store/suppressions.ts";
import type { Table } from "../store/table.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";

/** What a payload is made of. */
export interface PayloadSources {
  table: Table;
  secrets: Secrets;
  publicUrl: string;
}

/** What an endpoint is sent, and the lead it got with it. */
export interface Payload {
  /** JSON after Standard Webhooks: `{"type", "timestamp", "data"}`. */
  body: string;
  lead?: LedgerEntry;
}

/**
 * What is to be told of an event, by what is held now: a person who was erased meanwhile, or a lead that was withdrawn, is nobody's
 * business any more.
 * @returns undefined where there is nothing to tell any more, `not_yet` where there will be
 */
export async function payloadOf(
  sources: PayloadSources,
  event: SentEvent,
  now: Date,
): Promise<Payload | "not_yet" | undefined> {
  const told = await dataOf(sources, event, now);
  if (told === undefined || told === "not_yet") return told;
  return {
    body: JSON.stringify({ type: event.type, timestamp: event.at, data: told.data }),
    ...(told.lead && { lead: told.lead }),
  };
}

interface Told {
  data: object;
  lead?: LedgerEntry;
}

async function dataOf(
  sources: PayloadSources,
  event: SentEvent,
  now: Date,
): Promise<Told | "not_yet" | undefined> {
  const { table } = sources;
  if (event.type === "webhook.test") return { data: { message: "This is a test." } };
  if (event.type === "export.completed") return exportData(sources, event.run ?? 0);
  if (event.type === "source.silent") return silenceData(table, event.source ?? "", event.since ?? event.at);
  const entry = await standingLead(table, event.leadId ?? "");
  if (!entry) return undefined;
  switch (event.type) {
    case "lead.created":
      return leadData(sources, entry, now);
    case "lead.answered":
      return answerData(table, entry, event.feedbackId ?? "");
    case "lead.overdue":
      return overdueData(table, entry, event.at, now);
  }
}

/** A lead that stands, of a person who was not erased. */
async function standingLead(table: Table, leadId: string): Promise<LedgerEntry | undefined> {
  const parts = parseLeadId(leadId);
  if (!parts) return undefined;
  const entry = await readLead(table, parts.identifierId, parts.cycle);
  if (!entry || entry.withdrawal) return undefined;
  return (await readSuppression(table, entry.identifierId)) ? undefined : entry;
}

/** The lead as a line of `leads.jsonl` has it. */
async function leadData(
  { table, secrets, publicUrl }: PayloadSources,
  entry: LedgerEntry,
  now: Date,
): Promise<Told | undefined> {
  const evidence = evidenceUrl(publicUrl, await secrets.signingKey(), entry.leadId, now.toISOString());
  try {
    const { record } = await readLeadRecord(table, entry, evidence);
    const { policy } = await readPolicy(table, now);
    const others = new Colleagues(table, policy, now.toISOString(), false);
    const colleagues = await others.of(record.account, record.contactId);
    return { data: { ...record, colleagues }, lead: entry };
  } catch (error) {
    if (error instanceof LeadUnmade) return undefined;
    throw error;
  }
}

async function answerData(table: Table, entry: LedgerEntry, feedbackId: string): Promise<Told | undefined> {
  const { feedback } = await readPerson(table, entry.identifierId, { consistent: true, only: "facts" });
  const { current, history } = foldFeedback(feedback.filter(({ leadId }) => leadId === entry.leadId));
  const one = history.find((answer) => answer.feedbackId === feedbackId);
  if (!one) return undefined;
  const { id, outcome, reason = null, until = null, note = null, occurredAt, by = null, applied } = one;
  return {
    data: {
      leadId: entry.leadId,
      contactId: entry.identifierId,
      status: current?.outcome ?? (entry.run === undefined ? "qualified" : "exported"),
      feedback: { id, outcome, reason, until, note, occurredAt, by, applied },
    },
  };
}

async function overdueData(
  table: Table,
  entry: LedgerEntry,
  dueAt: string,
  now: Date,
): Promise<Told | undefined> {
  const handOff = await new HandOffs(table, now.toISOString()).read(entry);
  return (
    handOff && {
      data: {
        leadId: entry.leadId,
        contactId: entry.identifierId,
        owner: handOff.owner,
        since: handOff.startsAt,
        dueAt,
        answeredAt: handOff.answeredAt,
      },
    }
  );
}

/** A run's end is announced just before it is noted; whoever announced it may die in between, and the run is ended later. */
async function exportData(
  { table, publicUrl }: PayloadSources,
  number: number,
): Promise<Told | "not_yet" | undefined> {
  const run = await readRun(table, number);
  if (!run?.outcome) return run && "not_yet";
  const { completedAt, leads, contacts, failed, files } = run.outcome;
  const runId = runIdOf(number);
  return {
    data: {
      runId,
      asOf: run.asOf ?? null,
      completedAt,
      policyVersion: run.plan?.policyVersion ?? null,
      counts: { leads, contacts, failed },
      files: files.map((file) => ({ ...file, url: `${publicUrl}/v1/exports/${runId}/files/${file.name}` })),
    },
  };
}

async function silenceData(table: Table, id: string, since: string): Promise<Told | undefined> {
  const source = (await readSources(table)).find((one) => one.id === id && one.deletedAt === undefined);
  const { kind = null, silentAfterHours = null } = source ?? {};
  return source && { data: { source: id, kind, since, silentAfterHours } };
}
