import * as answers from "./answers.ts";
import { erasuresQuery } from "./erasures.ts";
import type { Operation } from "./openapi.ts";
import { quarantineQuery } from "./quarantine.ts";
import { replaySchema } from "./quarantine-replay.ts";
import { newKeySchema } from "./settings.ts";
import { createSourceSchema, sourceChangeSchema } from "./sources.ts";

/** What administrators do: senders, keys and the quarantine. */
export const administrationOperations = {
  "GET /v1/quarantine": {
    summary:
      "What was received and could not be used, newest first. A page may be empty and yet not the last.",
    query: quarantineQuery,
    answer: [200, answers.listOf(answers.quarantineEntrySchema)],
  },
  "GET /v1/quarantine/{id}": {
    summary: "An entry of the quarantine with its raw bytes.",
    answer: [200, answers.quarantineAnswerSchema],
  },
  "DELETE /v1/quarantine/{id}": {
    summary: "Takes an entry out of the quarantine for good.",
    answer: [204, null, "Gone"],
  },
  "POST /v1/quarantine/replay": {
    summary: "Puts entries of the quarantine through what reads them now, oldest first.",
    body: { "application/json": replaySchema },
    answer: [200, answers.replayAnswerSchema],
  },
  "GET /v1/erasures": {
    summary: "The people who were erased, by ids, newest first.",
    query: erasuresQuery,
    answer: [200, answers.listOf(answers.erasureSchema)],
  },
  "GET /v1/erasures/{id}": {
    summary: "How far an erasure is, and which exports had included the person.",
    answer: [200, answers.erasureSchema],
  },
  "GET /v1/sources": {
    summary: "The senders, and what came from each in the last 24 hours.",
    answer: [200, answers.listOf(answers.sourceSchema)],
  },
  "GET /v1/sources/{id}": { summary: "A sender.", answer: [200, answers.sourceSchema] },
  "POST /v1/sources": {
    summary:
      "A new sender. Its write key is shown once; for a provider also the URL to give it, which holds the key.",
    body: { "application/json": createSourceSchema },
    answer: [201, answers.sourceSchema],
  },
  "PATCH /v1/sources/{id}": {
    summary: "Changes a sender, sets its credentials, or rotates its key.",
    body: { "application/json": sourceChangeSchema },
    answer: [200, answers.sourceSchema],
  },
  "DELETE /v1/sources/{id}": { summary: "Ends a sender; what it sent stays.", answer: [204, null, "Ended"] },
  "GET /v1/keys": {
    summary: "API keys, by their public ids.",
    answer: [200, answers.listOf(answers.apiKeySchema)],
  },
  "POST /v1/keys": {
    summary: "A new API key, shown once.",
    body: { "application/json": newKeySchema },
    answer: [201, answers.newApiKeySchema],
  },
  "DELETE /v1/keys/{id}": { summary: "Revokes an API key, within a minute.", answer: [204, null, "Revoked"] },
} as const satisfies Record<string, Operation>;
