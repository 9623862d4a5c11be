import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { notFound } from "../http/problem.ts";
import type { RouteKey } from "../http/routes.ts";
import { type WhatIf, whatIfSets, whatIfState } from "../lead/what-if.ts";
import { type WhatIfReport, whatIfDefinitions } from "../lead/what-if-report.ts";
import { readSuppression } from "../store/suppressions.ts";
import { readCounted, readLatestWhatIf, readLists, readReport } from "../store/what-ifs.ts";
import { shards } from "../table/keys.ts";
import { beginWhatIf } from "../what-if/begin.ts";
import type { Api } from "./api.ts";
import type { Operation } from "./openapi.ts";
import { versionOfPath } from "./policies.ts";

/** `POST /v1/policies/{version}/what-if`: counts all history anew under a version, in the background. One that is under way is answered. */
export async function startWhatIf(api: Api, event: HttpEvent): Promise<Answer> {
  const { version } = await versionOfPath(api, event);
  const { table, secrets, clock, whatIfs: queue } = api;
  const { whatIf, begun } = await beginWhatIf({ table, secrets, clock, queue }, version);
  return json(202, { ...headView(api, whatIf), begun });
}

/** `GET /v1/policies/{version}/what-if`: how far the latest recount is, and what it found. */
export async function getWhatIf(api: Api, event: HttpEvent): Promise<Answer> {
  const { version, policy } = await versionOfPath(api, event);
  const whatIf = await readLatestWhatIf(api.table, version);
  if (!whatIf) throw notFound("what-if of this version: begin one by POST");
  const report = whatIf.completedAt ? await readReport(api.table, whatIf) : undefined;
  if (!report)
    return json(200, { ...headView(api, whatIf), progress: await progressOf(api, whatIf), ...nothingYet });
  const { v: _, ...found } = await withoutErased(api, report);
  return json(200, {
    ...headView(api, whatIf),
    progress: null,
    ...found,
    timeZone: policy.timeZone,
    definitions: whatIfDefinitions,
  });
}

/** Whoever was erased since is an example no more. */
async function withoutErased({ table }: Api, report: WhatIfReport): Promise<WhatIfReport> {
  const examples = { ...report.examples };
  for (const set of whatIfSets) {
    const erased = await Promise.all(examples[set].map(({ contactId }) => readSuppression(table, contactId)));
    examples[set] = examples[set].filter((_, index) => erased[index] === undefined);
  }
  return { ...report, examples };
}

const headView = (api: Api, whatIf: WhatIf) => ({
  version: whatIf.version,
  against: whatIf.against,
  number: whatIf.number,
  state: whatIfState(whatIf, api.clock()),
  startedAt: whatIf.startedAt,
  completedAt: whatIf.completedAt ?? null,
});

/** How many parts are counted, and of how many; the latter is not known before everybody is listed. */
async function progressOf({ table }: Api, whatIf: WhatIf): Promise<{ counted: number; of: number | null }> {
  const [lists, counted] = [await readLists(table, whatIf), await readCounted(table, whatIf)];
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
  return {
    counted: sum([...counted.values()].map(({ size }) => size)),
    of: lists.size < shards.length ? null : sum([...lists.values()].map(({ chunks }) => chunks)),
  };
}

/** The fields of a report, before there is one. */
const nothingYet = {
  contacts: null,
  failed: null,
  gained: null,
  lost: null,
  both: null,
  leads: null,
  outcomes: null,
  channels: null,
  campaigns: null,
  otherCampaigns: null,
  weeks: null,
  examples: null,
  timeZone: null,
  definitions: null,
} as const;

const head = {
  version: z.int(),
  /** The version that was in force when it began. */
  against: z.int(),
  /** Of the recounts under this version. */
  number: z.int(),
  state: z.enum(["running", "completed", "failed"]),
  startedAt: z.string(),
  completedAt: z.nullable(z.string()),
};
const count = z.nullable(z.int());
const bySet = { gained: z.int(), lost: z.int(), both: z.int() };
const eachSet = <Schema extends z.core.$ZodType>(schema: Schema) =>
  z.nullable(z.strictObject({ gained: schema, lost: schema, both: schema }));
const share = z.strictObject({ known: z.int(), count: z.int(), share: z.nullable(z.number()) });

export const whatIfBegunSchema = z.strictObject({ ...head, begun: z.boolean() });

/** Of one that has not completed, how far it is; of the others what it found. */
export const whatIfAnswerSchema = z.strictObject({
  ...head,
  progress: z.nullable(z.strictObject({ counted: z.int(), of: count })),
  contacts: count,
  failed: count,
  gained: count,
  lost: count,
  both: count,
  leads: z.nullable(z.strictObject({ draft: z.int(), inForce: z.int() })),
  outcomes: eachSet(z.strictObject({ accepted: share, won: share })),
  channels: z.nullable(z.array(z.strictObject({ channel: z.string(), ...bySet }))),
  campaigns: z.nullable(z.array(z.strictObject({ campaign: z.string(), name: z.string(), ...bySet }))),
  otherCampaigns: z.nullable(z.strictObject({ campaigns: z.int(), ...bySet })),
  weeks: z.nullable(z.array(z.strictObject({ week: z.string(), draft: z.int(), inForce: z.int() }))),
  examples: eachSet(z.array(z.strictObject({ contactId: z.string(), at: z.string(), sentence: z.string() }))),
  timeZone: z.nullable(z.string()),
  definitions: z.nullable(z.record(z.string(), z.string())),
});

/** What OpenAPI says of recounts. */
export const whatIfOperations: Partial<Record<RouteKey, Operation>> = {
  "POST /v1/policies/{version}/what-if": {
    summary:
      "Counts all history anew under a version of the policy, beside the one in force, in the background. It changes nothing. One that is under way is answered rather than doubled.",
    answer: [202, whatIfBegunSchema],
  },
  "GET /v1/policies/{version}/what-if": {
    summary:
      "What the latest recount under a version found: who would have been a lead under it and not under the one in force, and the other way round; by channel, campaign and week, with what sales made of them as far as that is known.",
    answer: [200, whatIfAnswerSchema],
  },
};
