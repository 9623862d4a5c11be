import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { compareDeals, type DealVersion, dealIdOf, dealStatuses, foldDeals } from "../lead/deal.ts";
import { type AcceptedDeal, acceptDeal } from "../lead/deal-version.ts";
import { isTimeZone } from "../policy/calendar.ts";
import { bodyBytes, parseBody } from "../request/body.ts";
import { dealsFromCsv } from "../request/deal-csv.ts";
import { bulkDealSchema, dealFrom, dealSchema, normaliseDealId, type SaidDeal } from "../request/deals.ts";
import type { Refusal } from "../request/refusal.ts";
import { dateOrders } from "../request/wall-time.ts";
import { putDeals, readDeal } from "../store/deals.ts";
import { readValues } from "../store/person.ts";
import { readSettings } from "../store/product-settings.ts";
import { receiptSchema } from "./answers.ts";
import type { Api } from "./api.ts";
import { dealFields } from "./contact-answer.ts";
import type { Operation } from "./openapi.ts";
import { type Caller, pathParameter, validQuery } from "./request.ts";

/** Deals in one request. */
const mostDeals = 2_000;
/** People named in them, each of whom gets a row with all of the deal: more are not written in the time that a request has. */
const mostNamed = 10_000;

export const dealListQuery = z.strictObject({
  /** Of times in a CSV that name no zone: an IANA name; without it the policy's. */
  timeZone: z.optional(
    z.string().check(z.refine(isTimeZone, { error: "must be an IANA time zone such as Europe/Berlin" })),
  ),
  dateOrder: z.optional(z.enum(dateOrders)),
  /** Whose ids the contacts' are, where a CSV's headers do not tell: `salesforce`, `hubspot`. */
  crm: z.optional(z.string().check(z.toLowerCase(), z.regex(/^[a-z][a-z0-9_-]{0,40}$/))),
});

/** `PUT /v1/deals/{id}`: what a deal is now, or was at `updatedAt`. Answers the deal as it stands. */
export async function putDeal(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const body = parseBody(bodyBytes(event), "application/json");
  if (body.kind !== "json") throw badRequest("not_json", "", "the body must be JSON");
  const read = dealFrom(body.value, api.clock(), { id: pathParameter(event, "id") });
  if ("refusal" in read) {
    const { code, field, detail } = read.refusal;
    throw badRequest(code, field, detail);
  }
  await keep(api, [read.deal], caller);
  return json(200, await dealOf(api, read.deal.id));
}

/** `POST /v1/deals`: many deals, as a JSON array or as a CRM exports them. One that is refused stops no other. */
export async function postDeals(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const query = validQuery(dealListQuery, event);
  const now = api.clock();
  const body = parseBody(bodyBytes(event), event.headers["content-type"]);
  let read: ({ deal: SaidDeal } | { refusal: Refusal } | undefined)[];
  if (body.kind === "csv") {
    const { policy } = await api.policy.get(now.getTime());
    read = dealsFromCsv(body.text, { ...query, timeZone: query.timeZone ?? policy.timeZone }, now);
  } else if (body.kind === "json") {
    const items = Array.isArray(body.value) ? body.value : [body.value];
    read = items.map((item) => dealFrom(item, now));
  } else throw badRequest("not_json_or_csv", "", "deals come as JSON or as text/csv");

  const deals = read.flatMap((one) => (one && "deal" in one ? [one.deal] : []));
  if (deals.length > mostDeals) {
    throw new Problem({
      status: 413,
      code: "too_many_items",
      detail: `a request may have ${mostDeals} deals at most: split it and send the parts one by one`,
    });
  }
  if (deals.reduce((sum, { contacts }) => sum + contacts.length, 0) > mostNamed) {
    throw new Problem({
      status: 413,
      code: "too_many_items",
      detail: `the deals of a request may have ${mostNamed} contacts at most: split it and send the parts one by one`,
    });
  }
  await keep(api, deals, caller);
  return json(200, {
    accepted: deals.length,
    ids: deals.map(({ id }) => id),
    rejected: read.flatMap((one, index) => (one && "refusal" in one ? [{ index, ...one.refusal }] : [])),
  });
}

async function keep(api: Api, said: readonly SaidDeal[], caller: Caller | undefined): Promise<void> {
  const now = api.clock();
  const [namespace, { identifierIds: suppressed }, { settings }] = await Promise.all([
    api.secrets.namespace(),
    api.suppressed.get(now.getTime()),
    readSettings(api.table),
  ]);
  const reception = {
    namespace,
    suppressed,
    stages: settings.deals,
    receivedAt: now.toISOString(),
    who: caller?.keyId ?? "",
  };
  const accepted: AcceptedDeal[] = said.map((deal) => acceptDeal(deal, reception));
  if (await putDeals(api.table, accepted, suppressed, now)) return;
  throw new Problem({
    status: 503,
    code: "unavailable",
    detail: "not everything could be kept; send it again",
    retryAfter: 5,
  });
}

/** `GET /v1/deals/{id}`: a deal as it stands, whom it names, and what was said of it before. */
export const getDeal = async (api: Api, event: HttpEvent): Promise<Answer> =>
  json(200, await dealOf(api, normaliseDealId(pathParameter(event, "id"))));

const historyShown = 100;

async function dealOf(api: Api, id: string) {
  const versions = await readDeal(api.table, dealIdOf(id));
  const [deal] = foldDeals(versions);
  if (!deal) throw notFound("deal");
  const values = await readValues(api.table, [
    ...new Set(deal.contacts.flatMap(({ identifierIds }) => identifierIds)),
  ]);
  return {
    ...dealView(deal),
    contacts: deal.contacts.map(({ identifierIds, role }) => ({
      id: identifierIds[0] ?? null,
      role: role ?? null,
      identifiers: identifierIds.map((one) => ({ id: one, value: values.get(one) ?? null })),
    })),
    receivedAt: deal.receivedAt,
    history: versions
      .toSorted((a, b) => compareDeals(b, a))
      .slice(0, historyShown)
      .map(({ stage, status, amount, currency, closedAt, owner, updatedAt, receivedAt }) => ({
        updatedAt,
        stage,
        status,
        amount: amount ?? null,
        currency: currency ?? null,
        closedAt: closedAt ?? null,
        owner: owner ?? null,
        receivedAt,
      })),
  };
}

/** A deal as the API shows it, without whom it names. */
export const dealView = (deal: DealVersion) => ({
  id: deal.id,
  stage: deal.stage,
  status: deal.status,
  amount: deal.amount ?? null,
  currency: deal.currency ?? null,
  createdAt: deal.createdAt ?? null,
  closedAt: deal.closedAt ?? null,
  owner: deal.owner ?? null,
  updatedAt: deal.updatedAt,
});

const nullable = z.nullable(z.string());
const status = z.enum(dealStatuses);

const dealAnswer = z.strictObject({
  ...dealFields,
  /** By the ids of their identifiers; the value where it is held. */
  contacts: z.array(
    z.strictObject({
      id: nullable,
      role: nullable,
      identifiers: z.array(z.strictObject({ id: z.string(), value: nullable })),
    }),
  ),
  receivedAt: z.string(),
  /** What was said of it, the latest first: a hundred at most. */
  history: z.array(
    z.strictObject({
      updatedAt: z.string(),
      stage: z.string(),
      status,
      amount: nullable,
      currency: nullable,
      closedAt: nullable,
      owner: nullable,
      receivedAt: z.string(),
    }),
  ),
});

/** Deals, as OpenAPI has them. */
export const dealOperations = {
  "PUT /v1/deals/{id}": {
    summary: "What a deal is now, or was at updatedAt: of several words the latest holds.",
    body: { "application/json": dealSchema },
    answer: [200, dealAnswer],
  },
  "POST /v1/deals": {
    summary:
      "Many deals: an array, or a list as CSV as Salesforce and HubSpot export it, with a row for each contact of a deal.",
    query: dealListQuery,
    body: { "application/json": z.union([bulkDealSchema, z.array(bulkDealSchema)]), "text/csv": null },
    answer: [200, receiptSchema],
  },
  "GET /v1/deals/{id}": {
    summary: "A deal as it stands, whom it names, and what was said of it before.",
    answer: [200, dealAnswer],
  },
} as const satisfies Record<string, Operation>;
