import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { downloadLink } from "../files/links.ts";
import { type Answer, json, redirect } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { firstReceipt, type Receipt } from "../lead/receipt.ts";
import { type Run, runFolder, runIdOf, runNumberOf, runState } from "../lead/run.ts";
import { beginRun } from "../night/begin.ts";
import { retentionCutoff } from "../policy/retention.ts";
import { parseTime } from "../request/time.ts";
import { putRunReceipt, readRunReceipts } from "../store/receipts.ts";
import { readLatestRun, readRun } from "../store/runs.ts";
import type { Api } from "./api.ts";
import { type Caller, pathParameter, validBody, validQuery } from "./request.ts";

export const newExportSchema = z.strictObject({ asOf: z.optional(z.string()) });
export const exportsQuery = z.strictObject(pagingSchema);

/** `POST /v1/exports`: the night, now. A run that is on its way is answered rather than doubled. */
export async function startExport(api: Api, event: HttpEvent): Promise<Answer> {
  const { asOf: sent } = await validBody(newExportSchema, event);
  const asOf = sent === undefined ? undefined : parseTime(sent);
  if (sent !== undefined && asOf === undefined) {
    throw badRequest("invalid_time", "asOf", "ISO 8601 with a time zone is needed");
  }
  const { run, begun } = await beginRun(api, `request:${crypto.randomUUID()}`, asOf);
  if (!begun && asOf !== undefined) {
    throw new Problem({
      status: 409,
      code: "run_in_progress",
      detail: "a run is on its way; ask again when it has completed",
      more: { runId: runIdOf(run.number) },
    });
  }
  return json(202, { runId: runIdOf(run.number), state: runState(run, api.clock()), begun });
}

function runView(run: Run, now: Date) {
  const { plan, outcome } = run;
  const runId = runIdOf(run.number);
  return {
    runId,
    state: runState(run, now),
    startedAt: run.startedAt,
    completedAt: outcome?.completedAt ?? null,
    asOf: run.asOf ?? null,
    policyVersion: plan?.policyVersion ?? null,
    window: plan ? { from: plan.fromDay, to: plan.toDay } : null,
    erased: outcome?.erased ?? null,
    counts: outcome
      ? {
          leads: outcome.leads,
          waiting: outcome.waiting ?? 0,
          changes: outcome.changes ?? 0,
          contacts: outcome.contacts,
          failed: outcome.failed,
          tooManyLinks: outcome.tooManyLinks ?? 0,
        }
      : null,
    tooManyLinks: outcome?.tooManyLinksIds ?? [],
    files: (outcome?.files ?? []).map((file) => ({
      ...file,
      url: `/v1/exports/${runId}/files/${file.name}`,
    })),
  };
}

/** `GET /v1/exports`: runs, newest first. */
export async function listExports(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor } = validQuery(exportsQuery, event);
  const latest = (await readLatestRun(api.table))?.number ?? 0;
  const first = cursor === undefined ? latest : Math.min(latest, Number(decodeCursor(cursor, 1)[0]) || 0);
  const numbers = Array.from({ length: Math.min(limit, first) }, (_, i) => first - i);
  const runs = await Promise.all(numbers.map((number) => readRun(api.table, number)));
  const next = first - numbers.length;
  return json(200, {
    items: runs.flatMap((run) => (run ? [runView(run, api.clock())] : [])),
    next: next > 0 ? encodeCursor([String(next)]) : null,
  });
}

/** The run of a path; `latest` is the one begun last. */
async function runOfPath(api: Api, event: HttpEvent): Promise<Run> {
  const runId = pathParameter(event, "runId");
  const number = runNumberOf(runId);
  const run =
    runId === "latest"
      ? await readLatestRun(api.table)
      : number === undefined
        ? undefined
        : await readRun(api.table, number);
  if (!run) throw notFound("export");
  return run;
}

/** Receipts shown of a run, at most. */
const mostReceipts = 100;

/** `GET /v1/exports/{runId}`: a run, and who fetched its leads; the first receipt by sales starts their clock. */
export async function getExport(api: Api, event: HttpEvent): Promise<Answer> {
  const run = await runOfPath(api, event);
  const receipts = await readRunReceipts(api.table, run.number);
  return json(200, {
    ...runView(run, api.clock()),
    receipts: {
      firstBySales: receiptView(firstReceipt(receipts)),
      total: receipts.length,
      items: receipts.slice(0, mostReceipts).map(receiptView),
    },
  });
}

const receiptView = (receipt: Receipt | undefined) =>
  receipt
    ? { at: receipt.at, key: receipt.who, role: receipt.role ?? null, file: receipt.file ?? null }
    : null;

/** Files of a run that hold leads: all but what tells of the run, and of leads that are none any more. */
const holdsLeads = (name: string): boolean => !/^(manifest\.json|changes\.csv)$/.test(name);

/**
 * `GET /v1/exports/{runId}/files/{name}`: on to a short-lived link to the file itself. That a file with leads is fetched is their
 * receipt, and noted before the link is given.
 */
export async function getExportFile(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const run = await runOfPath(api, event);
  const name = pathParameter(event, "name");
  const file = run.outcome?.files.find((one) => one.name === name);
  if (!file) throw notFound("file");
  const now = api.clock().getTime();
  const { retentionDays } = (await api.policy.get(now)).policy;
  if (retentionDays !== null && run.startedAt < retentionCutoff(retentionDays, now)) {
    const detail = "this file is older than the policy keeps what is known of people (retentionDays)";
    throw new Problem({ status: 410, code: "expired", detail });
  }
  const savedAs = `touchline-${runIdOf(run.number)}-${file.name}`;
  const key = runFolder(run.number) + file.name;
  if (caller && holdsLeads(file.name)) {
    const at = new Date(now).toISOString();
    const receipt: Receipt = { by: "download", at, who: caller.keyId, role: caller.role, file: file.name };
    await putRunReceipt(api.table, run.number, receipt);
  }
  return redirect(302, await downloadLink(api.files, key, savedAs, file.contentType));
}
