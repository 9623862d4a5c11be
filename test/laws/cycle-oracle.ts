import { type DealVersion, dealsOf } from "../../shared/lead/deal.ts";
import { type Feedback, foldFeedback } from "../../shared/lead/feedback.ts";
import type { LeadPointer, LedgerEntry } from "../../shared/lead/ledger.ts";
import type { Policy } from "../../shared/policy/policy.ts";
import { ledgerEntryOf } from "../../shared/store/person.ts";
import type { Item } from "../../shared/store/table.ts";
import { contactDealPrefix, feedbackPrefix, leadPrefix, personPartition } from "../../shared/table/keys.ts";
import type { TimelineTouch } from "../../shared/timeline/timeline.ts";
import { oracleEvaluate } from "../shared/policy/oracle.ts";
import { type KnownFacts, knownFrom, People } from "./people-oracle.ts";

/*
 * Which cycle a contact is in, who is to be a lead of it and which leads are none any more, written a second time from the words alone
 * over all that a table holds.
 */

const day = 86_400_000;
const bodyOf = <Body>({ body }: Item): Body => JSON.parse(String(body)) as Body;

/** Every line of the ledger, in a fixed order. */
export const leadsIn = (items: readonly Item[]): LedgerEntry[] =>
  items
    .filter(
      ({ pk, sk }) =>
        pk.startsWith(personPartition("")) && sk.startsWith(leadPrefix) && sk.split("#").length === 2,
    )
    .map(ledgerEntryOf)
    .sort((a, b) => (a.leadId < b.leadId ? -1 : 1));

interface End {
  at: string;
  cycle: string;
  start: string | null;
  opensAt: string | null;
}

interface Standing {
  cycle: string;
  start: string | null;
  opensAt: string | null;
  isLead: boolean;
}

const isLater = (a: LedgerEntry, b: LedgerEntry): number => {
  const order = ({ exportedAt, qualifiedAt, leadId }: LedgerEntry) =>
    `${exportedAt ?? qualifiedAt} ${qualifiedAt} ${leadId}`;
  return order(a) < order(b) ? -1 : 1;
};

/** All that a table tells of leads. */
export class Handed {
  readonly people: People;
  readonly ledger: LedgerEntry[];
  readonly #known: KnownFacts;
  readonly #feedback: Feedback[];
  readonly #deals: DealVersion[];
  readonly #pointers: (LeadPointer & { at: string })[];

  /** @param entered further lines of the ledger */
  constructor(items: readonly Item[], entered: readonly LedgerEntry[] = []) {
    this.#known = knownFrom(items);
    this.people = new People(this.#known);
    const stored = leadsIn(items);
    const ids = new Set(stored.map(({ leadId }) => leadId));
    this.ledger = [...stored, ...entered.filter(({ leadId }) => !ids.has(leadId))];
    const rows = (prefix: string) => items.filter(({ sk }) => sk.startsWith(prefix));
    this.#feedback = rows(feedbackPrefix).map(bodyOf<Feedback>);
    this.#deals = rows(contactDealPrefix).map(bodyOf<DealVersion>);
    this.#pointers = rows(leadPrefix)
      .filter(({ sk }) => sk.split("#").length > 2)
      .map((row) => ({ ...bodyOf<LeadPointer>(row), at: row.pk.slice(personPartition("").length) }));
  }

  /** Leads that stand with a contact. */
  leadsOf(contactId: string): LedgerEntry[] {
    return this.ledger.filter(({ identifierId }) => this.people.contactOf(identifierId) === contactId);
  }

  #answers(leads: readonly LedgerEntry[]): Feedback | null {
    const ids = leads.map(({ leadId }) => leadId);
    return foldFeedback(this.#feedback.filter(({ leadId }) => ids.includes(leadId))).current;
  }

  #dealsOf = (contactId: string): DealVersion[] =>
    dealsOf(this.#deals, new Set(this.people.groupOf(contactId)));

  standingOf(contactId: string, { requalifyAfterDays }: Policy): Standing {
    const after = (time: string) => new Date(Date.parse(time) + requalifyAfterDays * day).toISOString();
    const own = this.leadsOf(contactId);
    const handed = own.filter(({ run, baseline }) => run !== undefined || baseline !== undefined);
    const leads = handed
      .filter(({ withdrawal }) => !handed.some(({ leadId }) => leadId === withdrawal?.of))
      .sort(isLater)
      .map((lead) => ({ lead, end: this.#endOf(contactId, lead, own, after) }));
    // Whoever has had a lead in the cycle that another's end has opened is past that other.
    const left = leads.filter(({ end }) => !leads.some(({ lead }) => lead.cycle === end?.cycle));
    // One that was withdrawn counts only where no other stands.
    const latest = left.findLast(({ lead }) => !lead.withdrawal) ?? left.at(-1) ?? leads.at(-1);
    const end = latest ? latest.end : this.#endOf(contactId, undefined, own, after);
    if (end) return { cycle: end.cycle, start: end.start, opensAt: end.opensAt, isLead: false };
    return {
      cycle: latest?.lead.cycle ?? "first",
      start: latest?.lead.cycleStart ?? null,
      opensAt: null,
      isLead: !!latest,
    };
  }

  #endOf(
    contactId: string,
    latest: LedgerEntry | undefined,
    own: readonly LedgerEntry[],
    after: (time: string) => string,
  ): End | undefined {
    const ends: End[] = [];
    const answer = latest && this.#answers(own.filter(({ cycle }) => cycle === latest.cycle));
    if (answer?.outcome === "rejected" || answer?.outcome === "recycled") {
      const at = answer.occurredAt;
      const opensAt = answer.outcome === "rejected" ? after(at) : answer.until!;
      const begin = [at, latest!.qualifiedAt].sort()[1]!;
      ends.push({ at, cycle: answer.feedbackId, start: begin, opensAt });
    }
    if (latest?.baseline) {
      const at = latest.baseline;
      ends.push({
        at,
        cycle: `go-live-${at.slice(0, 19).replaceAll(/\W/g, "").toLowerCase()}`,
        start: at,
        opensAt: null,
      });
    }
    for (const { dealId, status, updatedAt: at } of this.#dealsOf(contactId)) {
      if (status !== "lost" || (latest && at <= latest.qualifiedAt)) continue;
      // Lost once more, it opens another cycle than the one it opened first.
      const again = latest?.cycle.startsWith(dealId)
        ? `-${at.slice(0, 19).replaceAll(/[-:]/g, "").toLowerCase()}`
        : "";
      ends.push({ at, cycle: latest ? dealId + again : "first", start: at, opensAt: after(at) });
    }
    if (latest?.withdrawal && ends.length === 0) {
      const { at, run } = latest.withdrawal;
      ends.push({ at, cycle: `withdrawn-${run}`, start: latest.cycleStart ?? null, opensAt: null });
    }
    const end = ends.sort((a, b) => (`${a.at} ${a.cycle}` < `${b.at} ${b.cycle}` ? -1 : 1)).at(-1);
    // A go-live lets nobody come before the day on which they may.
    const days = ends.flatMap(({ opensAt }) =>
      opensAt !== null && end && opensAt > end.at ? [opensAt] : [],
    );
    return end?.opensAt === null && days.length > 0 ? { ...end, opensAt: days.sort().at(-1)! } : end;
  }

  /** Touches that somebody else's lead has spent do not count. */
  #timeline(contactId: string): TimelineTouch[] {
    const withdrawn = this.#pointers.filter((one) => one.withdrawn !== undefined);
    return this.people.timelineOf(contactId).map((touch): TimelineTouch => {
      const isSpent = this.#pointers.some(
        ({ at, leadId, home, qualifiedAt }) =>
          at === touch.identifierId &&
          this.people.contactOf(home) !== contactId &&
          touch.occurredAt <= qualifiedAt &&
          !withdrawn.some((one) => one.at === at && one.leadId === leadId),
      );
      return isSpent ? { ...touch, exclusion: "earlier_cycle" } : touch;
    });
  }

  evaluate(contactId: string, policy: Policy, now: string, begin: string | null) {
    const person = { emails: this.people.emailsOf(contactId), unsubscribed: false, doNotContact: false };
    return oracleEvaluate(this.#timeline(contactId), policy, now, person, begin);
  }

  /** Whether an entry's facts make it a lead, as of the moment it qualified. */
  isMade(contactId: string, { qualifiedAt, cycleStart }: LedgerEntry, policy: Policy): boolean {
    return this.evaluate(contactId, policy, qualifiedAt, cycleStart ?? null).reached;
  }

  /** Whether a contact buys or has bought, or its time has not come. */
  isPutOff(contactId: string, { opensAt }: Standing, now: string): boolean {
    const buys = this.#dealsOf(contactId).some(({ status }) => status !== "lost");
    return buys || (opensAt !== null && opensAt > now);
  }

  /** Whom a night that sees all this has to hand over, under a policy. @returns why, for who reads a failure */
  isDue(
    contactId: string,
    policy: Policy,
    now: string,
    policies: ReadonlyMap<number, Policy>,
  ): string | null {
    const standing = this.standingOf(contactId, policy);
    if (standing.isLead || this.isPutOff(contactId, standing, now)) return null;
    const entry = this.leadsOf(contactId)
      .filter(({ cycle }) => cycle === standing.cycle)
      .sort((a, b) => (`${a.qualifiedAt} ${a.leadId}` < `${b.qualifiedAt} ${b.leadId}` ? -1 : 1))[0];
    const isSame = entry && (entry.cycleStart ?? null) === standing.start;
    if (isSame && this.isMade(contactId, entry, policies.get(entry.policyVersion)!)) return "found before";
    const isKnown = policy.require.traits.length === 0 || this.people.emailsOf(contactId).length > 0;
    const { qualifiedAt } = this.evaluate(contactId, policy, now, standing.start);
    if (qualifiedAt === null) return null;
    const isBaseline = policy.goLive !== null && qualifiedAt < policy.goLive;
    if (isBaseline && !entry) return "baseline";
    if (!isKnown) return null;
    if (!isBaseline) return "qualifies";
    return this.evaluate(contactId, policy, now, policy.goLive).qualifiedAt === null ? null : "since go-live";
  }

  /** Why a lead that sales has is none; null where it is one. */
  changeOf(lead: LedgerEntry, policies: ReadonlyMap<number, Policy>): { reason: string; of?: string } | null {
    const contactId = this.people.contactOf(lead.identifierId);
    const standing: LedgerEntry[] = [];
    for (const entry of this.leadsOf(contactId).sort(isLater)) {
      if (entry.run === undefined || entry.withdrawal) continue;
      const policy = policies.get(entry.policyVersion)!;
      const isAccepted = this.#answers([entry])?.outcome === "accepted";
      const earlier = standing.find(({ qualifiedAt }) => (entry.cycleStart ?? "") < qualifiedAt);
      let change: { reason: string; of?: string } | null = null;
      if (!isAccepted && !this.isMade(contactId, entry, policy)) {
        const believing = { ...policy, exclude: { ...policy.exclude, machine: false } };
        const separated = this.#known.hands.some(
          ({ ids, at, act }) =>
            act === "separated" &&
            at > entry.exportedAt! &&
            ids.filter((id) => this.people.contactOf(id) === contactId).length === 1,
        );
        const isVerdict = this.isMade(contactId, entry, believing);
        change = { reason: isVerdict ? "verdict" : separated ? "separation" : "evidence" };
      } else if (!isAccepted && earlier) change = { reason: "duplicate", of: earlier.leadId };
      else standing.push(entry);
      if (entry.leadId === lead.leadId) return change;
    }
    return null;
  }
}
