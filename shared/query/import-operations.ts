import * as z from "zod/mini";
import type { RouteKey } from "../http/routes.ts";
import { listOf } from "./answers.ts";
import { importsQuery, newImportSchema } from "./imports.ts";
import type { Operation } from "./openapi.ts";

const nullableTime = z.nullable(z.string());

const fields = {
  importId: z.string(),
  name: z.nullable(z.string()),
  source: z.string(),
  dryRun: z.boolean(),
  state: z.enum(["awaiting_upload", "running", "completed", "failed"]),
  createdAt: z.string(),
  startedAt: nullableTime,
  completedAt: nullableTime,
  counts: z.nullable(z.strictObject({ rows: z.int(), accepted: z.int(), refused: z.int() })),
  /** Refused rows by code. */
  refusals: z.nullable(z.record(z.string(), z.int())),
  /** Why the file could not be read, or not to its end; what was read before is taken in. */
  problem: z.nullable(z.strictObject({ code: z.string(), detail: z.string() })),
  results: z.nullable(z.string()),
};

export const importSchema = z.strictObject(fields);

/** With where to put the file: shown once. */
export const newImportAnswerSchema = z.strictObject({
  ...fields,
  upload: z.strictObject({
    method: z.literal("PUT"),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
  }),
});

/** What OpenAPI says of imports. */
export const importOperations: Partial<Record<RouteKey, Operation>> = {
  "POST /v1/imports": {
    summary:
      "A list of check-ins too large for one request: answers where to put the file (CSV, gzip or not), within an hour.",
    body: { "application/json": newImportSchema },
    answer: [201, newImportAnswerSchema],
  },
  "POST /v1/imports/{id}/start": {
    summary: "The file is there: take it in. Once started, it changes nothing.",
    answer: [202, importSchema],
  },
  "GET /v1/imports": {
    summary: "Imports, newest first.",
    query: importsQuery,
    answer: [200, listOf(importSchema)],
  },
  "GET /v1/imports/{id}": { summary: "An import.", answer: [200, importSchema] },
  "GET /v1/imports/{id}/results": {
    summary: "What became of each row, as CSV.",
    answer: [302, null, "On to a link good for five minutes"],
  },
};
