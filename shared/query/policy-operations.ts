import * as z from "zod/mini";
import type { RouteKey } from "../http/routes.ts";
import { policySchema } from "../policy/policy.ts";
import { policyStates } from "../policy/policy-life.ts";
import { listOf } from "./answers.ts";
import type { Operation } from "./openapi.ts";
import { approvalSchema, policiesQuery } from "./policies.ts";

const nullableTime = z.nullable(z.string());

/** The policy in force: its fields, and which version it is. */
export const policyAnswerSchema = z.looseObject({
  version: z.int(),
  from: nullableTime,
  /** What comes into force next, where something is scheduled. */
  next: z.nullable(z.strictObject({ version: z.int(), from: z.string() })),
});

const life = {
  version: z.int(),
  state: z.enum(policyStates),
  madeAt: nullableTime,
  /** The id of the key that made it. */
  madeBy: z.nullable(z.string()),
  approvals: z.array(
    z.strictObject({
      /** The id of the key that approved. */
      by: z.nullable(z.string()),
      at: z.string(),
      comment: z.nullable(z.string()),
      from: z.string(),
    }),
  ),
  inForce: z.array(z.strictObject({ from: nullableTime, until: nullableTime })),
};

export const policyLifeSchema = z.strictObject(life);
/** With the fields of the policy. */
export const policyVersionSchema = z.looseObject(life);

const body = { "application/json": policySchema };

/** What OpenAPI says of the policy and its versions. */
export const policyOperations: Partial<Record<RouteKey, Operation>> = {
  "GET /v1/policy": {
    summary: "The policy in force, and what comes into force next.",
    answer: [200, policyAnswerSchema],
  },
  "PUT /v1/policy": {
    summary: "A new version of the policy, in force now. What is left out has its default.",
    body,
    answer: [200, policyAnswerSchema],
  },
  "POST /v1/policies": {
    summary: "A new version of the policy as a draft. It changes nothing until it is approved.",
    body,
    answer: [201, policyVersionSchema],
  },
  "GET /v1/policies": {
    summary:
      "Every version of the policy there ever was, newest first: who made and who approved it, and when it was in force.",
    query: policiesQuery,
    answer: [200, listOf(policyLifeSchema)],
  },
  "GET /v1/policies/{version}": {
    summary: "A version of the policy, and what became of it.",
    answer: [200, policyVersionSchema],
  },
  "POST /v1/policies/{version}/approve": {
    summary:
      "Puts a version of the policy in force, now or from a date to come. A version approved again is the way back to it.",
    body: { "application/json": approvalSchema },
    answer: [200, policyLifeSchema],
  },
};
