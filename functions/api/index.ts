import { type HttpEvent, httpHandler } from "../../shared/edge/http-handler.ts";
import { type Answer, json, page } from "../../shared/http/answer.ts";
import { notFound } from "../../shared/http/problem.ts";
import type { RouteKeyOf } from "../../shared/http/routes.ts";
import { getAccount } from "../../shared/query/accounts.ts";
import { type Api, openApi } from "../../shared/query/api.ts";
import { findContact, getContact } from "../../shared/query/contacts.ts";
import { eraseContact, getErasure, listErasures } from "../../shared/query/erasures.ts";
import { getExport, getExportFile, listExports, startExport } from "../../shared/query/exports.ts";
import {
  beginImport,
  createImport,
  getImport,
  getImportResults,
  listImports,
} from "../../shared/query/imports.ts";
import { getEvidencePage, getLead, listLeads } from "../../shared/query/leads.ts";
import { createLinks, createLinkTokens } from "../../shared/query/links.ts";
import { openApiDocument } from "../../shared/query/openapi.ts";
import { exportContact } from "../../shared/query/portability.ts";
import { getQuarantine, listQuarantine, removeQuarantine } from "../../shared/query/quarantine.ts";
import { replayQuarantine } from "../../shared/query/quarantine-replay.ts";
import { type Caller, callerOf } from "../../shared/query/request.ts";
import { rejoin, separate } from "../../shared/query/separations.ts";
import { createKey, getPolicy, listKeys, revokeKey, setPolicy } from "../../shared/query/settings.ts";
import { getSnippet } from "../../shared/query/snippet.ts";
import {
  changeSource,
  createSource,
  deleteSource,
  getSource,
  listSources,
} from "../../shared/query/sources.ts";
import { getEvidence, getTimeline } from "../../shared/query/timeline.ts";
import { giveVerdict } from "../../shared/query/verdicts.ts";
import { welcomePage } from "../../shared/query/welcome-page.ts";

type Operation = (api: Api, event: HttpEvent, caller: Caller | undefined) => Promise<Answer> | Answer;

const operations: Record<RouteKeyOf<"api">, Operation> = {
  "POST /v1/links": createLinks,
  "POST /v1/link-tokens": createLinkTokens,
  "POST /v1/touchpoints/{id}/verdict": giveVerdict,
  "GET /v1/contacts": findContact,
  "GET /v1/contacts/{id}": getContact,
  "DELETE /v1/contacts/{id}": eraseContact,
  "GET /v1/contacts/{id}/timeline": getTimeline,
  "GET /v1/contacts/{id}/evidence": getEvidence,
  "GET /v1/contacts/{id}/export": exportContact,
  "POST /v1/contacts/{id}/unlink": separate,
  "DELETE /v1/contacts/{id}/unlink": rejoin,
  "GET /v1/accounts/{domain}": getAccount,
  "GET /v1/leads": listLeads,
  "GET /v1/leads/{id}": getLead,
  "POST /v1/exports": startExport,
  "GET /v1/exports": listExports,
  "GET /v1/exports/{runId}": getExport,
  "GET /v1/exports/{runId}/files/{name}": getExportFile,
  "GET /v1/policy": getPolicy,
  "PUT /v1/policy": setPolicy,
  "GET /v1/quarantine": listQuarantine,
  "GET /v1/quarantine/{id}": getQuarantine,
  "DELETE /v1/quarantine/{id}": removeQuarantine,
  "POST /v1/quarantine/replay": replayQuarantine,
  "POST /v1/imports": createImport,
  "GET /v1/imports": listImports,
  "GET /v1/imports/{id}": getImport,
  "POST /v1/imports/{id}/start": beginImport,
  "GET /v1/imports/{id}/results": getImportResults,
  "GET /v1/erasures": listErasures,
  "GET /v1/erasures/{id}": getErasure,
  "GET /v1/sources": listSources,
  "GET /v1/sources/{id}": getSource,
  "POST /v1/sources": createSource,
  "PATCH /v1/sources/{id}": changeSource,
  "DELETE /v1/sources/{id}": deleteSource,
  "GET /v1/keys": listKeys,
  "POST /v1/keys": createKey,
  "DELETE /v1/keys/{id}": revokeKey,
  "GET /v1/me": (_, __, caller) => json(200, caller),
  "GET /e/{token}": getEvidencePage,
  "GET /touchline.js": (_, event) => getSnippet(event),
  "GET /healthz": () => json(200, { status: "ok" }),
  "GET /openapi.json": (api) => json(200, openApiDocument(api.publicUrl)),
  "GET /": (api) => page(200, welcomePage(api.publicUrl)),
};

const api = openApi();

/** Every question that can be asked. */
export const handler = httpHandler(async (event) => {
  const operation = operations[event.routeKey as RouteKeyOf<"api">];
  if (!operation) throw notFound("route");
  return operation(api, event, callerOf(event));
});
