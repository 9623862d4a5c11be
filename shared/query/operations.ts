import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, page } from "../http/answer.ts";
import { notFound } from "../http/problem.ts";
import type { RouteKeyOf } from "../http/routes.ts";
import { getAccount } from "./accounts.ts";
import type { Api } from "./api.ts";
import { findContact, getContact } from "./contacts.ts";
import { getDeal, postDeals, putDeal } from "./deals.ts";
import { eraseContact, getErasure, listErasures } from "./erasures.ts";
import { getExport, getExportFile, listExports, startExport } from "./exports.ts";
import { giveFeedback } from "./feedback.ts";
import { giveFeedbackList } from "./feedback-list.ts";
import { getHandOff } from "./hand-off.ts";
import { beginImport, createImport, getImport, getImportResults, listImports } from "./imports.ts";
import { getEvidencePage, getLead } from "./lead.ts";
import { listLeads } from "./leads.ts";
import { createLinks, createLinkTokens } from "./links.ts";
import { openApiDocument } from "./openapi.ts";
import { approve, draftPolicy, getPolicy, getPolicyVersion, listPolicies, setPolicy } from "./policies.ts";
import { exportContact } from "./portability.ts";
import { getSettings, setSettings } from "./product-settings.ts";
import { getQuarantine, listQuarantine, removeQuarantine } from "./quarantine.ts";
import { replayQuarantine } from "./quarantine-replay.ts";
import { type Caller, callerOf } from "./request.ts";
import { rejoin, separate } from "./separations.ts";
import { createKey, listKeys, revokeKey } from "./settings.ts";
import { getSnippet } from "./snippet.ts";
import { changeSource, createSource, deleteSource, getSource, listSources } from "./sources.ts";
import { getEvidence, getTimeline } from "./timeline.ts";
import { giveVerdict } from "./verdicts.ts";
import { listAttempts, retryEvent, sendTest } from "./webhook-attempts.ts";
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
} from "./webhook-endpoints.ts";
import { welcomePage } from "./welcome-page.ts";
import { getWhatIf, startWhatIf } from "./what-if.ts";

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
  "POST /v1/leads/{id}/feedback": giveFeedback,
  "POST /v1/feedback": giveFeedbackList,
  "GET /v1/handoff": getHandOff,
  "POST /v1/deals": postDeals,
  "PUT /v1/deals/{id}": putDeal,
  "GET /v1/deals/{id}": getDeal,
  "POST /v1/exports": startExport,
  "GET /v1/exports": listExports,
  "GET /v1/exports/{runId}": getExport,
  "GET /v1/exports/{runId}/files/{name}": getExportFile,
  "GET /v1/policy": getPolicy,
  "PUT /v1/policy": setPolicy,
  "POST /v1/policies": draftPolicy,
  "GET /v1/policies": listPolicies,
  "GET /v1/policies/{version}": getPolicyVersion,
  "POST /v1/policies/{version}/approve": approve,
  "POST /v1/policies/{version}/what-if": startWhatIf,
  "GET /v1/policies/{version}/what-if": getWhatIf,
  "GET /v1/settings": getSettings,
  "PUT /v1/settings": setSettings,
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
  "POST /v1/webhook-endpoints": createEndpoint,
  "GET /v1/webhook-endpoints": listEndpoints,
  "GET /v1/webhook-endpoints/{id}": getEndpoint,
  "PATCH /v1/webhook-endpoints/{id}": changeEndpoint,
  "DELETE /v1/webhook-endpoints/{id}": deleteEndpoint,
  "POST /v1/webhook-endpoints/{id}/test": sendTest,
  "GET /v1/webhook-endpoints/{id}/attempts": listAttempts,
  "POST /v1/webhook-endpoints/{id}/attempts/{eventId}/retry": retryEvent,
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

/**
 * Answers one question, whatever it is.
 * @throws Problem where it cannot be answered
 */
export async function answer(api: Api, event: HttpEvent): Promise<Answer> {
  const operation = operations[event.routeKey as RouteKeyOf<"api">];
  if (!operation) throw notFound("route");
  return operation(api, event, callerOf(event));
}
