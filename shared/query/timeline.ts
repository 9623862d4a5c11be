import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest } from "../http/problem.ts";
import { evaluateCycle } from "../lead/cycle.ts";
import { Accounts } from "../night/account-reach.ts";
import { type EvaluatedTouch, readFrom } from "../policy/evaluate.ts";
import { parseTime } from "../request/time.ts";
import { behind, placeOf } from "../store/timeline.ts";
import { consentItems } from "../timeline/consents.ts";
import { compareText } from "../timeline/timeline.ts";
import { campaignKey } from "../touchpoint/campaign.ts";
import { channels } from "../touchpoint/touch.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { consentView } from "./consent-view.ts";
import { deepContactOfPath, judgeTouches, readWindows } from "./deep-contact.ts";
import { validQuery } from "./request.ts";

export const timelineQuery = z.strictObject({
  ...pagingSchema,
  channel: z.optional(z.enum(channels)),
  campaign: z.optional(z.string()),
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  counted: z.optional(z.enum(["true", "false"])),
});

/** Rows read for one answer, about; of touches that no filter lets through there may be any number, and `next` leads on. */
const mostRows = 4_000;

/** Touches read at once, at least: most contacts have no more. */
const leastRead = 100;

/**
 * `GET /v1/contacts/{id}/timeline`: touches and consents, newest first; of a touch its verdict under the policy in force. Reads
 * the touches of the page and those that bear on their verdicts.
 */
export async function getTimeline(api: Api, event: HttpEvent): Promise<Answer> {
  const query = validQuery(timelineQuery, event);
  const limit = query.limit ?? defaultLimit;
  const least = instant(query.from, "from", "T00:00:00Z") ?? "";
  const to = instant(query.to, "to", "T23:59:59.999Z");
  const cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1)[0];
  const now = api.clock();
  const ends = [
    behind(now.toISOString()),
    ...(to === undefined ? [] : [behind(to)]),
    ...(cursor ? [cursor] : []),
  ];
  let before = ends.reduce((a, b) => (a < b ? a : b));
  const deep = await deepContactOfPath(api, event, before);
  const consents = query.channel || query.campaign || query.counted ? [] : consentItems(deep.contact.facts);
  const found: { place: string; item: object }[] = [];
  const count = Math.max(limit + 1, leastRead);
  for (let rows = 0; found.length <= limit && rows < mostRows && before > least; ) {
    const newest = await deep.touches.newest(before, least, count);
    const evaluated = await judgeTouches(deep, newest.touches, now);
    const items = [
      ...evaluated
        .filter((one) => matches(one, query))
        .map((one) => ({ place: placeOf(one.touch), item: touchItem(one) })),
      ...consents
        .map((fact) => ({
          place: `${fact.occurredAt}#${fact.factId}#${fact.hash16}`,
          item: consentView(fact),
        }))
        .filter(({ place }) => place >= newest.low && place < before),
    ];
    found.push(...items.sort((a, b) => compareText(b.place, a.place)));
    rows += newest.rows;
    before = newest.low;
  }
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1)!.place : before > least ? before : null;
  return json(200, {
    items: page.map(({ item }) => item),
    next: next === null ? null : encodeCursor([next]),
  });
}

const matches = ({ touch, counted }: EvaluatedTouch, query: z.output<typeof timelineQuery>): boolean =>
  (query.channel === undefined || touch.channel === query.channel) &&
  (query.campaign === undefined || matchesCampaign(touch, query.campaign)) &&
  (query.counted === undefined || String(counted) === query.counted);

export const evidenceQuery = z.strictObject(pagingSchema);

/** Touches on a page of evidence where nobody says how many: as text at most half of what a function may answer. */
const evidencePage = 1_000;
const evidenceCharacters = 2_500_000;

/**
 * `GET /v1/contacts/{id}/evidence`: every touch that can matter now, with whether it counted and why not: of the window that ends
 * now, and of those that end within it. The sums are of all of them, also where the touches are a page.
 */
export async function getEvidence(api: Api, event: HttpEvent): Promise<Answer> {
  const query = validQuery(evidenceQuery, event);
  const cursor = query.cursor === undefined ? "" : decodeCursor(query.cursor, 1)[0]!;
  const now = api.clock();
  const deep = await deepContactOfPath(api, event, behind(now.toISOString()));
  const { policy, cycle } = deep;
  const from = readFrom(policy.policy, now.getTime());
  const contact = await readWindows(deep, from, now);
  const evaluation = evaluateCycle(deep.person, contact, policy.policy, now.getTime(), cycle);
  const accounts = new Accounts(api.table, policy.policy, now.toISOString());
  const accountReach = await accounts.reachOf(contact);
  const qualifiedAt = accountReach?.reached === false ? null : evaluation.qualifiedAt;
  const left = evaluation.touches.filter(({ touch }) => placeOf(touch) > cursor);
  const page = pageOf(left.map(touchView), query.limit ?? evidencePage);
  const last = page.length < left.length ? left[page.length - 1] : undefined;
  return json(200, {
    contactId: contact.contactId,
    count: evaluation.count,
    points: evaluation.points,
    threshold: evaluation.threshold,
    policyVersion: policy.version,
    qualifiedAt: contact.ledger.at(-1)?.qualifiedAt ?? qualifiedAt,
    accountReach,
    from,
    touches: page,
    next: last ? encodeCursor([placeOf(last.touch)]) : null,
  });
}

/** As many as may be on a page and fit into an answer, at least one. */
function pageOf<View>(views: readonly View[], limit: number): View[] {
  let characters = 0;
  const page: View[] = [];
  for (const view of views.slice(0, limit)) {
    characters += JSON.stringify(view).length;
    if (page.length > 0 && characters > evidenceCharacters) break;
    page.push(view);
  }
  return page;
}

/** A touch as timelines and evidence show it. */
export function touchView({ touch, counted, points, reason }: EvaluatedTouch) {
  return {
    id: publicTouchId(touch.identifierId, touch.touchId),
    channel: touch.channel,
    direction: touch.direction,
    occurredAt: touch.occurredAt,
    receivedAt: touch.receivedAt,
    source: touch.source,
    campaign: touch.campaign ?? null,
    asset: touch.asset ?? null,
    counted,
    points,
    reason,
    ...(touch.machine && { machine: touch.machine }),
    ...(touch.overruled && { overruled: touch.overruled }),
  };
}

const touchItem = (one: EvaluatedTouch) => {
  const { id, ...view } = touchView(one);
  return { id, type: "touch" as const, ...view };
};

const matchesCampaign = (touch: EvaluatedTouch["touch"], wanted: string): boolean =>
  campaignKey(touch) === wanted || touch.campaign?.id === wanted || touch.campaign?.name === wanted;

/** @param clock what a date alone is completed with: its beginning or its end, in UTC */
function instant(text: string | undefined, field: string, clock: string): string | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? text + clock : text);
  if (time === undefined)
    throw badRequest("invalid_time", field, "a date or ISO 8601 with a time zone is needed");
  return time;
}
