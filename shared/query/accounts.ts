import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { stageOf } from "../lead/stage.ts";
import { accountReached, accountSum } from "../policy/account.ts";
import { type AccountMember, mostAddresses, readMembers } from "../store/account-members.ts";
import { readAccount } from "../store/accounts.ts";
import { compareText } from "../timeline/timeline.ts";
import { campaignKey, campaignLabel } from "../touchpoint/campaign.ts";
import { companyDomain, companyDomainOf } from "../touchpoint/company-domain.ts";
import { registrableDomain } from "../touchpoint/registrable-domain.ts";
import type { Api } from "./api.ts";
import { entryView } from "./leads.ts";
import { pathParameter, validQuery } from "./request.ts";
import { touchView } from "./timeline.ts";

export const accountQuery = z.strictObject(pagingSchema);

const touchesShown = 100;
const campaignsShown = 20;

/**
 * `GET /v1/accounts/{domain}`: a company's contacts, page by page, with what all of them did together. The sums, the touches and
 * the leads are of the whole company, on every page; `complete` is false where it has more than a thousand addresses, for then they are
 * of a thousand of them.
 */
export async function getAccount(api: Api, event: HttpEvent): Promise<Answer> {
  const domain = accountDomain(pathParameter(event, "domain"));
  const query = validQuery(accountQuery, event);
  const limit = query.limit ?? defaultLimit;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1)[0];
  const [{ version, policy }, all, page] = await Promise.all([
    api.policy.get(api.clock().getTime()),
    readAccount(api.table, domain, { limit: mostAddresses }),
    readAccount(api.table, domain, { after, limit }),
  ]);
  const now = api.clock().toISOString();
  // The contacts of the page whole: their names may be years old. Of the others what counts is enough.
  const whole = new Set(page.ids);
  const ids = [...new Set([...all.ids, ...page.ids])];
  const read = await readMembers(api.table, domain, ids, { policy, now, whole });
  if (read.length === 0) throw notFound("account");

  const summed = new Set(all.ids);
  const members = read.filter(({ addresses }) => addresses.some((id) => summed.has(id)));
  const sum = accountSum(
    members.map(({ contact: { contactId }, evaluation: { count, points } }) => ({
      contactId,
      count,
      points,
    })),
  );
  return json(200, {
    domain,
    policyVersion: version,
    engaged: sum.contacts,
    counted: sum.count,
    points: sum.points,
    complete: !all.more,
    reach: policy.account && { ...policy.account, reached: accountReached(policy.account, sum) },
    contacts: {
      items: shownOn(page.ids, read, domain),
      next: page.more ? encodeCursor([page.ids.at(-1)!]) : null,
    },
    campaigns: campaignsOf(members),
    touches: latestTouches(members),
    leads: leadsOf(members),
  });
}

/**
 * The company that is asked for by its domain or a host below it.
 * @throws Problem 400 where it is no domain, 404 where it is a provider of mailboxes
 */
export function accountDomain(asked: string): string {
  if (/[@/:\s]/.test(asked) || registrableDomain(asked) === undefined)
    throw badRequest(
      "invalid_domain",
      "domain",
      "a domain such as acme.example is needed, no address and no URL",
    );
  const domain = companyDomainOf(asked);
  if (domain === undefined)
    throw new Problem({
      status: 404,
      code: "no_account",
      field: "domain",
      detail: "anybody can have a mailbox there: its people are no company, so it is no account",
    });
  return domain;
}

/** The contacts of a page. One with several addresses at the company stands where the first of them does. */
function shownOn(ids: readonly string[], members: readonly AccountMember[], domain: string) {
  const first = new Map(members.map((member) => [member.addresses[0]!, member]));
  return ids.flatMap((id) => {
    const member = first.get(id);
    return member ? [memberView(member, domain)] : [];
  });
}

function memberView({ person, contact, cycle, evaluation, ...judged }: AccountMember, domain: string) {
  const { firstName, lastName, jobTitle } = contact.traits;
  return {
    id: contact.contactId,
    email: contact.emails.find((email) => companyDomain(email) === domain) ?? null,
    name: [firstName, lastName].filter(Boolean).join(" ") || null,
    jobTitle: jobTitle ?? null,
    count: evaluation.count,
    points: evaluation.points,
    lifecycle: stageOf(person, contact, cycle),
    segments: contact.segments,
    firstTouchAt: judged.firstTouchAt,
    lastTouchAt: judged.lastTouchAt,
  };
}

/** Which campaigns reached the company, by what counts: those with the most touches first. */
function campaignsOf(members: readonly AccountMember[]) {
  const campaigns = new Map<string, { campaign: string; counted: number; contacts: Set<string> }>();
  for (const { contact, evaluation } of members) {
    for (const { touch, counted } of evaluation.touches) {
      const key = counted ? campaignKey(touch) : "";
      if (key === "") continue;
      const campaign = campaigns.get(key) ?? {
        campaign: campaignLabel(touch),
        counted: 0,
        contacts: new Set(),
      };
      campaign.counted++;
      campaign.contacts.add(contact.contactId);
      campaigns.set(key, campaign);
    }
  }
  return [...campaigns.values()]
    .sort((a, b) => b.counted - a.counted || compareText(a.campaign, b.campaign))
    .slice(0, campaignsShown)
    .map(({ contacts, ...campaign }) => ({ ...campaign, contacts: contacts.size }));
}

/** What all of them did last, newest first. */
function latestTouches(members: readonly AccountMember[]) {
  return members
    .flatMap(({ contact: { contactId }, evaluation }) =>
      evaluation.touches.slice(-touchesShown).map((evaluated) => ({ contactId, evaluated })),
    )
    .sort(
      (a, b) =>
        compareText(b.evaluated.touch.occurredAt, a.evaluated.touch.occurredAt) ||
        compareText(b.evaluated.touch.touchId, a.evaluated.touch.touchId),
    )
    .slice(0, touchesShown)
    .map(({ contactId, evaluated }) => ({ ...touchView(evaluated), contactId }));
}

/** The leads of all of them, newest first. */
function leadsOf(members: readonly AccountMember[]) {
  return members
    .flatMap(({ contact }) =>
      contact.ledger.map((entry) => ({ ...entryView(entry), contactId: contact.contactId })),
    )
    .sort((a, b) => compareText(b.qualifiedAt, a.qualifiedAt) || compareText(b.leadId, a.leadId));
}
