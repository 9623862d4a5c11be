import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest, notFound } from "../http/problem.ts";
import type { RefusedLink } from "../identity/identity.ts";
import type { Link } from "../identity/join.ts";
import { ownEntries } from "../lead/cycle.ts";
import { type Hold, holdsOf } from "../lead/hold.ts";
import { ownerOf, ownersOf } from "../lead/owner.ts";
import { stageOf } from "../lead/stage.ts";
import { Accounts } from "../night/account-reach.ts";
import { readContact } from "../store/contact.ts";
import {
  type JudgedContact as Judged,
  judgePerson,
  judgeWhole,
  readShallow,
} from "../store/judged-contact.ts";
import { readValues } from "../store/person.ts";
import type { PolicyVersion } from "../store/policies.ts";
import type { Person } from "../timeline/contact.ts";
import { type IdentifierType, identifierId, normaliseIdentifier } from "../touchpoint/identifier.ts";
import type { PersonFact } from "../touchpoint/person-fact.ts";
import { isIdentifierId, publicTouchId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { dealView } from "./deals.ts";
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
  const contact = await readJudged(api, identifierId(await api.secrets.namespace(), type, value));
  return json(200, { items: contact ? [contactView(contact)] : [], next: null });
}

/** `GET /v1/contacts/{id}` */
export const getContact = async (api: Api, event: HttpEvent): Promise<Answer> =>
  json(200, contactView(await contactOfPath(api, event)));

/** A contact as it stands under the policy in force. */
export interface JudgedContact extends Judged {
  policy: PolicyVersion;
  /** What keeps it from being a lead though its touches qualify; empty where they do not, and where it is one. */
  held: Hold[];
  /** What its refused links lead to, by id, of the first of them. */
  refusedValues: ReadonlyMap<string, string>;
}

/** @param consistent sees what was just put */
export async function readJudged(
  api: Api,
  id: string,
  consistent = false,
): Promise<JudgedContact | undefined> {
  const now = api.clock();
  const [policy, person] = await Promise.all([
    api.policy.get(now.getTime()),
    readShallow(api.table, id, consistent),
  ]);
  if (!person) return undefined;
  const judged = await judgePerson(api.table, person, { policy: policy.policy, now, consistent });
  return { ...judged, ...(await readAround(api, judged, policy, now)) };
}

/** What is shown of a contact beside what its facts say. */
async function readAround(api: Api, judged: Judged, policy: PolicyVersion, now: Date) {
  const [held, refusedValues] = await Promise.all([
    readHolds(api, judged, policy, now.toISOString()),
    readRefused(api, judged.person),
  ]);
  return { policy, held, refusedValues };
}

/** As the night would find it; a company is asked for only where nothing else holds its contact. */
async function readHolds(
  { table }: Api,
  { person, contact, cycle, evaluation }: Judged,
  { policy }: PolicyVersion,
  now: string,
): Promise<Hold[]> {
  const isLead = cycle.lead !== null || ownEntries(person, cycle.id).length > 0;
  if (isLead || evaluation.qualifiedAt === null || person.identity.strong.length === 0) return [];
  const holds = holdsOf(contact, cycle, policy, now);
  if (holds.length > 0) return holds;
  const reach = await new Accounts(table, policy, now).reachOf(contact);
  return reach?.reached === false ? [{ code: "account_reach" }] : [];
}

/** A separation is taken back by the value, and others are understood by it. */
const readRefused = (api: Api, { identity }: Person): Promise<Map<string, string>> =>
  readValues(api.table, [
    ...new Set(identity.refused.slice(0, refusedNamed).map(({ other }) => other.identifierId)),
  ]);
const refusedNamed = 50;

/** The contact that a path names by any of its identifiers' ids, or a Problem 404. */
export const contactOfPath = (api: Api, event: HttpEvent): Promise<JudgedContact> =>
  ofPath(event, (id) => readJudged(api, id));

/** The same with every touch there is, however many. */
export const wholeContactOfPath = (api: Api, event: HttpEvent): Promise<JudgedContact> =>
  ofPath(event, async (id) => {
    const now = api.clock();
    const [policy, person] = await Promise.all([api.policy.get(now.getTime()), readContact(api.table, id)]);
    if (!person) return undefined;
    const judged = judgeWhole(person, policy.policy, now);
    return { ...judged, ...(await readAround(api, judged, policy, now)) };
  });

async function ofPath(
  event: HttpEvent,
  read: (id: string) => Promise<JudgedContact | undefined>,
): Promise<JudgedContact> {
  const id = pathParameter(event, "id");
  const contact = isIdentifierId(id) ? await read(id) : undefined;
  if (!contact) throw notFound("contact");
  return contact;
}

/** A contact as the API shows it. */
export function contactView({
  person,
  contact,
  policy,
  cycle,
  evaluation,
  held,
  refusedValues,
  ...judged
}: JudgedContact) {
  const { identity } = person;
  return {
    id: contact.contactId,
    identifiers: contact.identifiers.map(({ identifierId, type, value }) => ({
      id: identifierId,
      type,
      value,
      shared: identity.weak.some(
        (device) => device.identifierId === identifierId && isShared(person, device),
      ),
    })),
    traits: contact.traits,
    profile: contact.profile,
    segments: contact.segments,
    account: contact.accounts[0] ?? null,
    lifecycle: stageOf(person, contact, cycle),
    held,
    cycle: { id: cycle.id, start: cycle.start, opensAt: cycle.opensAt, after: cycle.after },
    owner: ownerOf(person, contact, policy.policy),
    owners: ownersOf(person, contact, policy.policy),
    deals: contact.deals.map(dealView),
    count: evaluation.count,
    points: evaluation.points,
    threshold: evaluation.threshold,
    policyVersion: policy.version,
    qualifiedAt: contact.ledger.at(-1)?.qualifiedAt ?? evaluation.qualifiedAt,
    touches: judged.touches,
    firstTouchAt: judged.firstTouchAt,
    lastTouchAt: judged.lastTouchAt,
    leads: contact.ledger.map(({ leadId, cycle, qualifiedAt, run }) => ({
      leadId,
      cycle,
      qualifiedAt,
      exported: run !== undefined,
    })),
    links: [...identity.applied, ...identity.weak.flatMap(({ links }) => links)].map(linkView),
    refusedLinks: identity.refused
      .slice(0, refusedShown)
      .map((link) => refusedView(person, link, refusedValues.get(link.other.identifierId))),
    emailOptOut: contact.person.unsubscribed,
    facts: contact.facts.slice(-factsShown).reverse().map(factView),
  };
}

/** Of refused links the first: who was seen with thousands is told so by some of them. */
const refusedShown = 200;

/** Whether others were seen with a browser as well, or so many that it is nobody's. */
function isShared(
  { identity }: Person,
  { identifierId: device, claims }: Person["identity"]["weak"][number],
): boolean {
  const crowded = identity.refused.some(
    ({ reason, ids }) => reason === "too_many_links" && ids.includes(device),
  );
  if (crowded) return true;
  const own = new Set(identity.strong.map(({ identifierId }) => identifierId));
  return claims.some(({ identifierId }) => !own.has(identifierId));
}

/** Sightings are kept by the hour. */
const hourText = (hour: string): string => `${hour}:00:00.000Z`;

const linkView = ({ ids, firstSeen, lastSeen, sources }: Link) => ({
  identifiers: ids,
  firstSeen: hourText(firstSeen),
  lastSeen: hourText(lastSeen),
  sources: sources.filter((source) => source !== ""),
});

/** @returns the link, which of its ends is not the contact's, and what a person said about it */
function refusedView(
  { identity }: Person,
  { reason, hand, other, ...link }: RefusedLink,
  value: string | undefined,
) {
  const own = new Set([...identity.strong, ...identity.weak].map(({ identifierId }) => identifierId));
  return {
    ...linkView(link),
    contactId: link.ids.find((id) => !own.has(id)) ?? null,
    identifier: { id: other.identifierId, type: other.type, value: value ?? null },
    reason,
    ...(hand && { separated: { at: hand.at, by: hand.who, reason: hand.reason } }),
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
