import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { dayNumber, startOfDay } from "../policy/calendar.ts";
import { type Policy, parsePolicy } from "../policy/policy.ts";
import { lifeOf, type PolicyLife, scheduledNext } from "../policy/policy-life.ts";
import { bodyBytes, parseBody } from "../request/body.ts";
import { parseTime } from "../request/time.ts";
import {
  addDraft,
  addPolicy,
  approvePolicy,
  findPolicyVersion,
  PolicyUnreadable,
  type PolicyVersion,
  readApprovals,
  readLatestVersion,
  readPolicy,
  readPolicyOrigin,
} from "../store/policies.ts";
import type { Api } from "./api.ts";
import { type Caller, pathParameter, validBody, validQuery } from "./request.ts";

export const policiesQuery = z.strictObject(pagingSchema);

export const approvalSchema = z.strictObject({
  /** Why. */
  comment: z.optional(z.nullable(z.string().check(z.trim(), z.maxLength(2_000)))),
  /** When it comes into force: an instant in ISO 8601, or a day, which begins in the version's own time zone. Now, where left out. */
  from: z.optional(z.nullable(z.string())),
});

/** The policy in force, with what is to follow it. */
async function inForceView(api: Api, { version, from, policy }: PolicyVersion, now: Date) {
  const next = scheduledNext(await readApprovals(api.table), now.toISOString());
  return { version, from, next, ...policy };
}

/** `GET /v1/policy`: the policy in force. */
export async function getPolicy(api: Api): Promise<Answer> {
  const now = api.clock();
  return json(200, await inForceView(api, await readPolicy(api.table, now), now));
}

/** `PUT /v1/policy`: a new version, in force now. What is left out has its default. */
export async function setPolicy(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const policy = policyOf(event);
  const now = api.clock();
  const added = await addPolicy(api.table, policy, now, caller?.keyId);
  api.policy.forget();
  return json(200, await inForceView(api, added, now));
}

/** `POST /v1/policies`: a new version as a draft. It changes nothing until it is approved. */
export async function draftPolicy(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const policy = policyOf(event);
  const { version } = await addDraft(api.table, policy, api.clock(), caller?.keyId ?? null);
  const [life] = await readLives(api, [version]);
  return json(201, { ...life, ...policy });
}

/** `GET /v1/policies`: every version there ever was, newest first, and what became of it. */
export async function listPolicies(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor } = validQuery(policiesQuery, event);
  const latest = await readLatestVersion(api.table);
  const first = cursor === undefined ? latest : Math.min(latest, versionOf(decodeCursor(cursor, 1)[0]) ?? 0);
  const versions = Array.from({ length: Math.min(limit, first + 1) }, (_, index) => first - index);
  const next = first - versions.length;
  return json(200, {
    items: await readLives(api, versions),
    next: next >= 0 ? encodeCursor([String(next)]) : null,
  });
}

/** `GET /v1/policies/{version}`: a whole version, and what became of it. */
export async function getPolicyVersion(api: Api, event: HttpEvent): Promise<Answer> {
  const { version, policy } = await versionOfPath(api, event);
  const [life] = await readLives(api, [version]);
  return json(200, { ...life, ...policy });
}

/** `POST /v1/policies/{version}/approve`: puts a version in force, now or from a date that is to come. */
export async function approve(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const { version, policy } = await versionOfPath(api, event);
  const { comment, from: asked } = await validBody(approvalSchema, event);
  const now = api.clock();
  const from = asked ? instantOf(asked, policy) : now;
  if (from < now)
    throw badRequest(
      "in_the_past",
      "from",
      "must not have passed: leave it out to put the version in force now",
    );
  await approvePolicy(api.table, { version, from, by: caller?.keyId ?? null, comment: comment || null }, now);
  api.policy.forget();
  const [life] = await readLives(api, [version]);
  return json(200, life);
}

/** The policy of a body, or a Problem 400 with all that is wrong with it. */
function policyOf(event: HttpEvent): Policy {
  const body = parseBody(bodyBytes(event), "application/json");
  const result = parsePolicy(body.kind === "json" ? policyPart(body.value) : undefined);
  if ("policy" in result) return result.policy;
  const { field, detail } = result.issues[0]!;
  throw new Problem({
    status: 400,
    code: "invalid_policy",
    field,
    detail,
    more: { issues: result.issues },
  });
}

/** What `GET` answered can be changed and sent back: what it tells of a version is not part of the policy. */
function policyPart(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const told = new Set(["from", "next", "version", "state", "madeAt", "madeBy", "approvals", "inForce"]);
  return Object.fromEntries(Object.entries(value).filter(([name]) => !told.has(name)));
}

const versionOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;

/** The version that a path names. @throws Problem 404 where there is none, 409 where this release cannot read it */
export async function versionOfPath(api: Api, event: HttpEvent): Promise<PolicyVersion> {
  const version = versionOf(pathParameter(event, "version"));
  try {
    const found = version === undefined ? undefined : await findPolicyVersion(api.table, version);
    if (!found) throw notFound("version of the policy");
    return found;
  } catch (error) {
    if (!(error instanceof PolicyUnreadable)) throw error;
    const detail =
      "this version was made by another release, and this one cannot judge by it; make a new one";
    throw new Problem({ status: 409, code: "unreadable_policy", detail }, { cause: error });
  }
}

/** @param versions one after the other, the newest first */
async function readLives(api: Api, versions: readonly number[]): Promise<PolicyLife[]> {
  const now = api.clock().toISOString();
  const [approvals, [after, ...origins]] = await Promise.all([
    readApprovals(api.table),
    Promise.all([versions[0]! + 1, ...versions].map((version) => readPolicyOrigin(api.table, version))),
  ]);
  return origins.flatMap((origin, index) =>
    origin ? [lifeOf(origin, index === 0 ? after : origins[index - 1], approvals, now)] : [],
  );
}

/** When a version is to come into force. A day begins where the policy's days begin. */
function instantOf(asked: string, { timeZone }: Policy): Date {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(asked);
  const time = parseTime(isDay ? `${asked}T00:00Z` : asked);
  if (time === undefined)
    throw badRequest(
      "invalid_time",
      "from",
      "ISO 8601 with a time zone is needed, or a day such as 2026-12-01",
    );
  return new Date(isDay ? startOfDay(dayNumber(Date.parse(time), "UTC"), timeZone) : time);
}
