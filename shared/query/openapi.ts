import * as z from "zod/mini";
import { type RouteKey, routeKey, routes } from "../http/routes.ts";
import { checkInSchema } from "../request/check-ins.ts";
import { dateOrders } from "../request/wall-time.ts";
import { touchpointSchema } from "../touchpoint/touch.ts";
import { accountSchema } from "./account-answer.ts";
import { accountQuery } from "./accounts.ts";
import { administrationOperations } from "./administration-operations.ts";
import * as answers from "./answers.ts";
import { contactSchema } from "./contact-answer.ts";
import { findContactQuery } from "./contacts.ts";
import { dealOperations } from "./deals.ts";
import { exportsQuery, newExportSchema } from "./exports.ts";
import { feedbackOperations } from "./feedback-operations.ts";
import { handOffQuery, handOffSchema } from "./hand-off.ts";
import { importOperations } from "./import-operations.ts";
import { leadAnswerSchema } from "./lead-answers.ts";
import { leadsQuery } from "./leads.ts";
import { linksSchema, linkTokensAnswerSchema, linkTokensSchema, newLinkSchema } from "./links.ts";
import { personalDataSchema, timelineItemSchema } from "./person-answers.ts";
import { policyOperations } from "./policy-operations.ts";
import { personalDataQuery } from "./portability.ts";
import { settingsOperations } from "./product-settings.ts";
import { segmentOperations } from "./segment-operations.ts";
import { separationSchema } from "./separations.ts";
import { evidenceQuery, timelineQuery } from "./timeline.ts";
import { newVerdictSchema, verdictAnswerSchema } from "./verdicts.ts";
import { webhookOperations } from "./webhook-operations.ts";
import { whatIfOperations } from "./what-if.ts";

type Schema = z.core.$ZodType;

/** What OpenAPI says of a route beside its path and its access. */
export interface Operation {
  summary: string;
  query?: Schema;
  /** Media types of the body and what they hold; null where it is free text. */
  body?: Record<string, Schema | null>;
  /** The successful answer's status and shape; null where it is no JSON. */
  answer: [status: number, schema: Schema | null, description?: string];
}

const oneOrMany = (schema: Schema): Schema => z.union([schema, z.array(schema)]);
const anything = z.record(z.string(), z.unknown());
const json = (schema: Schema): Record<string, Schema> => ({ "application/json": schema });

/** A handshake is answered in its provider's own words. */
const webhookReceiptSchema = z.looseObject({
  accepted: z.optional(z.int()),
  ignored: z.optional(z.int()),
  quarantined: z.optional(z.int()),
  rejected: z.optional(z.int()),
});

const operations: Partial<Record<RouteKey, Operation>> = {
  "POST /v1/forms/{formId}": {
    summary:
      "A website form, as a browser posts it or as JSON. A browser that navigates gets a page or a redirect.",
    body: {
      "application/x-www-form-urlencoded": anything,
      "multipart/form-data": anything,
      "application/json": anything,
    },
    answer: [202, answers.receiptSchema],
  },
  "POST /v1/check-ins": {
    summary: "Event check-ins: one, an array, or a list as CSV, whose event may stand in the URL.",
    query: z.strictObject({
      event: z.optional(z.string()),
      eventId: z.optional(z.string()),
      eventName: z.optional(z.string()),
      timeZone: z.optional(z.string()),
      dateOrder: z.optional(z.enum(dateOrders)),
      dryRun: z.optional(z.enum(["true", "false"])),
    }),
    body: { "application/json": oneOrMany(checkInSchema), "text/csv": null },
    answer: [202, answers.receiptSchema],
  },
  "POST /v1/touchpoints": {
    summary: "Touches of any channel, one or an array.",
    body: json(oneOrMany(touchpointSchema)),
    answer: [202, answers.receiptSchema],
  },
  "POST /v1/webhooks/{provider}": {
    summary:
      "What a provider sends: its signature is checked against the credentials of the write key's source.",
    body: json(z.unknown()),
    answer: [200, webhookReceiptSchema],
  },
  ...segmentOperations,
  ...importOperations,
  ...feedbackOperations,
  "GET /c/{token}": {
    summary: "A tracked link: the reader goes on to its target.",
    answer: [302, null, "On to the target"],
  },
  "POST /v1/links": {
    summary: "Tracked links for a message: one a recipient, or one with a place for a merge field.",
    body: json(newLinkSchema),
    answer: [200, linksSchema],
  },
  "POST /v1/link-tokens": {
    summary: "The person parts of tracked links, for a list of addresses. CSV is answered with CSV.",
    body: { "application/json": linkTokensSchema, "text/csv": null },
    answer: [200, linkTokensAnswerSchema],
  },
  "POST /v1/touchpoints/{id}/verdict": {
    summary:
      "Says whether a person or a machine made a touch, against what the rules found. The latest holds.",
    body: json(newVerdictSchema),
    answer: [201, verdictAnswerSchema],
  },
  "GET /v1/contacts": {
    summary: "The contact that has an identifier: none or one.",
    query: findContactQuery,
    answer: [200, answers.listOf(contactSchema)],
  },
  "GET /v1/contacts/{id}": { summary: "A contact.", answer: [200, contactSchema] },
  "DELETE /v1/contacts/{id}": {
    summary:
      "Erases a person for good, by any of their ids. Lists the exports that had included the person, for sales to delete.",
    answer: [202, answers.erasureSchema],
  },
  "GET /v1/contacts/{id}/timeline": {
    summary:
      "A contact's touches and consents, newest first; each touch counted or not, with the reason. A page may be short and lead on.",
    query: timelineQuery,
    answer: [200, answers.listOf(timelineItemSchema)],
  },
  "GET /v1/contacts/{id}/evidence": {
    summary: "Every touch of a contact that can matter now, against the policy in force.",
    query: evidenceQuery,
    answer: [200, answers.evidenceSchema],
  },
  "GET /v1/contacts/{id}/export": {
    summary:
      "All that is held of a person, as it is stored, to be handed to them. The first page says who they are.",
    query: personalDataQuery,
    answer: [200, personalDataSchema],
  },
  "POST /v1/contacts/{id}/unlink": {
    summary: "An identifier is somebody else's: it is told apart, and the next night counts both sides anew.",
    body: json(separationSchema),
    answer: [200, contactSchema],
  },
  "DELETE /v1/contacts/{id}/unlink": {
    summary: "Takes a separation back.",
    body: json(separationSchema),
    answer: [200, contactSchema],
  },
  "GET /v1/accounts/{domain}": {
    summary:
      "A company: its contacts, what all of them did together, and their leads. A freemail domain is no account.",
    query: accountQuery,
    answer: [200, accountSchema],
  },
  "GET /v1/leads": {
    summary: "The ledger of leads, newest first.",
    query: leadsQuery,
    answer: [200, answers.listOf(answers.leadEntrySchema)],
  },
  "GET /v1/leads/{id}": {
    summary: "A lead with its proof, and what has changed in that since it was handed over.",
    answer: [200, leadAnswerSchema],
  },
  "GET /v1/handoff": {
    summary:
      "What was handed over and what sales did with it, by week, owner and campaign, and who waits; each figure with its definition.",
    query: handOffQuery,
    answer: [200, handOffSchema],
  },
  ...dealOperations,
  "POST /v1/exports": {
    summary: "Runs the night now. A run that is on its way is answered rather than doubled.",
    body: json(newExportSchema),
    answer: [202, answers.runBegunSchema],
  },
  "GET /v1/exports": {
    summary: "Runs, newest first.",
    query: exportsQuery,
    answer: [200, answers.listOf(answers.runSchema)],
  },
  "GET /v1/exports/{runId}": {
    summary: "A run, and who fetched its leads.",
    answer: [200, answers.runAnswerSchema],
  },
  "GET /v1/exports/{runId}/files/{name}": {
    summary: "A file of a run. That a file with leads is fetched is noted as their receipt.",
    answer: [302, null, "On to a link good for five minutes"],
  },
  ...policyOperations,
  ...whatIfOperations,
  ...settingsOperations,
  ...administrationOperations,
  ...webhookOperations,
  "GET /v1/me": { summary: "Whose key this is.", answer: [200, answers.callerSchema] },
  "GET /e/{token}": {
    summary: "A lead's evidence as a page, by signed link.",
    answer: [200, null, "An HTML page"],
  },
  "GET /touchline.js": { summary: "The script for websites.", answer: [200, null, "JavaScript"] },
  "GET /healthz": { summary: "Alive.", answer: [200, z.strictObject({ status: z.string() })] },
};

const schemaOf = (schema: Schema, io: "input" | "output") => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
};

const content = (bodies: Record<string, Schema | null>, io: "input" | "output") =>
  Object.fromEntries(
    Object.entries(bodies).map(([type, schema]) => [
      type,
      { schema: schema ? schemaOf(schema, io) : { type: "string" } },
    ]),
  );

function parametersOf(path: string, query: Schema | undefined) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const properties = query ? (schemaOf(query, "input").properties ?? {}) : {};
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema,
  }));
  return [...inPath, ...inQuery];
}

function securityOf(access: (typeof routes)[number]["access"]) {
  if (access === "open") return [];
  return access === "write-key"
    ? [{ writeKey: [] }, { writeKeyHeader: [] }, { writeKeyQuery: [] }, { writeKeyBasic: [] }]
    : [{ apiKey: [] }];
}

/** The API as an OpenAPI 3.1 document, made from the schemas that validate. */
export function openApiDocument(serverUrl: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operation = operations[routeKey(route)];
    if (!operation) continue;
    const [status, schema, description] = operation.answer;
    const roles =
      typeof route.access === "object" ? ` Role ${[...new Set([...route.access, "admin"])].join(", ")}.` : "";
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = {
      operationId: `${route.method} ${route.path}`
        .toLowerCase()
        .replace(/[^a-z]+/g, "-")
        .replace(/-$/, ""),
      summary: operation.summary,
      description: `${operation.summary}${roles}`,
      tags: [route.access === "write-key" ? "Ingest" : route.access === "open" ? "Open" : "Query"],
      security: securityOf(route.access),
      parameters: parametersOf(route.path, operation.query),
      ...(operation.body
        ? { requestBody: { required: true, content: content(operation.body, "input") } }
        : {}),
      responses: {
        [status]: {
          description: description ?? "Done",
          ...(schema ? { content: content(json(schema), "output") } : {}),
        },
        default: {
          description: 'A problem (RFC 9457). The gateway\'s own refusals are {"message"} instead.',
          content: content({ "application/problem+json": answers.problemSchema }, "output"),
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Touchline",
      version: "1",
      summary: "Every touchpoint of every contact, and the leads that follow from them, with the proof.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key with a role" },
        writeKey: { type: "http", scheme: "bearer", description: "A source's write key" },
        writeKeyBasic: { type: "http", scheme: "basic", description: "A source's write key as user name" },
        writeKeyHeader: { type: "apiKey", in: "header", name: "X-Write-Key" },
        writeKeyQuery: { type: "apiKey", in: "query", name: "writeKey" },
      },
    },
  };
}
