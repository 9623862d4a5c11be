import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest, notFound } from "../http/problem.ts";
import { type EvaluatedTouch, type Evaluation, evaluate } from "../policy/evaluate.ts";
import { parseTime } from "../request/time.ts";
import { readPerson } from "../store/person.ts";
import type { PolicyVersion } from "../store/policies.ts";
import { type Contact, foldContact } from "../timeline/contact.ts";
import { campaignKey } from "../touchpoint/campaign.ts";
import { type IdentifierType, identifierId, normaliseIdentifier } from "../touchpoint/identifier.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import { channels } from "../touchpoint/touch.ts";
import { isIdentifierId, publicTouchId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { pathParameter, validQuery } from "./request.ts";

export const findContactQuery = z.strictObject({
  email: z.optional(z.string()),
  crm: z.optional(z.string()),
  user: z.optional(z.string()),
});

/** `GET /v1/contacts?email=`: the contact that has an identifier, if there is one. */
export async function findContact(api: Api, event: HttpEvent): Promise<Answer> {
  const query = Object.entries(validQuery(findContactQuery, event)).filter(([, value]) => value);
  const [first] = query;
  if (!first || query.length > 1)
    throw badRequest("one_identifier", "email", "ask by exactly one of email, crm, user");
  const [type, sent] = first as [IdentifierType, string];
  // A plus that was not encoded arrives as a space, which no identifier has inside.
  const value = normaliseIdentifier(type, type === "email" ? sent.trim().replaceAll(" ", "+") : sent);
  if (value === undefined) throw badRequest("invalid_identifier", type, `this is no ${type} identifier`);
  const contact = await readContact(api, identifierId(await api.secrets.namespace(), type, value));
  return json(200, { items: contact ? [contactView(contact)] : [], next: null });
}

/** `GET /v1/contacts/{id}` */
export const getContact = async (api: Api, event: HttpEvent): Promise<Answer> =>
  json(200, contactView(await contactOfPath(api, event)));

export const timelineQuery = z.strictObject({
  ...pagingSchema,
  channel: z.optional(z.enum(channels)),
  campaign: z.optional(z.string()),
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  counted: z.optional(z.enum(["true", "false"])),
});

/** `GET /v1/contacts/{id}/timeline`: touches, newest first, each with its verdict under the policy in force. */
export async function getTimeline(api: Api, event: HttpEvent): Promise<Answer> {
  const query = validQuery(timelineQuery, event);
  const limit = query.limit ?? defaultLimit;
  const from = instant(query.from, "from", "T00:00:00Z");
  const to = instant(query.to, "to", "T23:59:59.999Z");
  const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1)[0];
  const { evaluation } = await contactOfPath(api, event);
  const matching = evaluation.touches
    .toReversed()
    .filter(
      ({ touch, counted }) =>
        (query.channel === undefined || touch.channel === query.channel) &&
        (query.campaign === undefined || matchesCampaign(touch, query.campaign)) &&
        (from === undefined || touch.occurredAt >= from) &&
        (to === undefined || touch.occurredAt <= to) &&
        (query.counted === undefined || String(counted) === query.counted),
    );
  const start = before === undefined ? 0 : matching.findIndex((one) => position(one) < before);
  const page = start < 0 ? [] : matching.slice(start, start + limit);
  const more = start >= 0 && start + limit < matching.length;
  return json(200, {
    items: page.map(touchView),
    next: more ? encodeCursor([position(page.at(-1)!)]) : null,
  });
}

/** `GET /v1/contacts/{id}/evidence`: every touch with whether it counted and why not. */
export async function getEvidence(api: Api, event: HttpEvent): Promise<Answer> {
  const { evaluation, policy, contact } = await contactOfPath(api, event);
  const entry = contact.ledger.at(-1);
  return json(200, {
    contactId: contact.contactId,
    count: evaluation.count,
    points: evaluation.points,
    threshold: evaluation.threshold,
    policyVersion: policy.version,
    qualifiedAt: entry?.qualifiedAt ?? evaluation.qualifiedAt,
    touches: evaluation.touches.map(touchView),
  });
}

interface ContactReading {
  contact: Contact;
  policy: PolicyVersion;
  evaluation: Evaluation;
  links: { other: string; hour: string; type: string }[];
}

async function readContact(api: Api, id: string): Promise<ContactReading | undefined> {
  const [policy, partition] = await Promise.all([
    api.policy.get(api.clock().getTime()),
    readPerson(api.table, id),
  ]);
  const { touches, facts, identifier, links } = partition;
  if (touches.length === 0 && facts.length === 0 && !identifier && links.length === 0) return undefined;
  const contact = foldContact(partition);
  const evaluation = evaluate(contact.touches, policy.policy, api.clock().getTime(), contact.person);
  return { contact, policy, evaluation, links };
}

async function contactOfPath(api: Api, event: HttpEvent): Promise<ContactReading> {
  const id = pathParameter(event, "id");
  const contact = isIdentifierId(id) ? await readContact(api, id) : undefined;
  if (!contact) throw notFound("contact");
  return contact;
}

function contactView({ contact, policy, evaluation, links }: ContactReading) {
  const seen = new Map<string, { contactId: string; type: string; firstSeen: string; lastSeen: string }>();
  for (const { other, hour, type } of links) {
    const at = `${hour}:00:00.000Z`;
    const link = seen.get(other) ?? { contactId: other, type, firstSeen: at, lastSeen: at };
    seen.set(other, {
      ...link,
      firstSeen: at < link.firstSeen ? at : link.firstSeen,
      lastSeen: at > link.lastSeen ? at : link.lastSeen,
    });
  }
  return {
    id: contact.contactId,
    identifiers: contact.identifiers,
    traits: contact.traits,
    lifecycle: contact.ledger.length > 0 ? "qualified" : "engaged",
    count: evaluation.count,
    points: evaluation.points,
    threshold: evaluation.threshold,
    policyVersion: policy.version,
    qualifiedAt: contact.ledger.at(-1)?.qualifiedAt ?? evaluation.qualifiedAt,
    touches: contact.touches.length,
    firstTouchAt: contact.touches[0]?.occurredAt ?? null,
    lastTouchAt: contact.touches.at(-1)?.occurredAt ?? null,
    leads: contact.ledger.map(({ leadId, cycle, qualifiedAt, run }) => ({
      leadId,
      cycle,
      qualifiedAt,
      exported: run !== undefined,
    })),
    links: [...seen.values()],
    refusedLinks: [],
    emailOptOut: contact.person.unsubscribed,
    facts: contact.facts.slice(-factsShown).reverse().map(factView),
  };
}

/** Of a person's facts that are no touches, as many as a reader looks through. */
const factsShown = 100;

function factView(fact: PersonFact) {
  const { type, occurredAt, receivedAt, source } = fact;
  const base = { type, occurredAt, receivedAt, source };
  switch (fact.type) {
    case "delivery":
    case "consent": {
      const { status, message, campaign, detail } = fact;
      const purpose = fact.type === "consent" ? fact.purpose : undefined;
      return { ...base, status, purpose, message, campaign, detail };
    }
    case "traits":
      return { ...base, traits: fact.traits };
    case "cancellation":
      return { ...base, touch: publicTouchId(fact.identifierId, fact.touchId), detail: fact.detail };
    case "link":
      return base;
  }
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
  };
}

/** A touch's place in a timeline; of two conflicting ones each has its own. */
const position = ({ touch }: EvaluatedTouch): string =>
  `${touch.occurredAt}#${touch.touchId}#${touch.hash16}`;

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
