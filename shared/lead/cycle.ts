import { type Evaluation, evaluate } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import type { Contact, Person } from "../timeline/contact.ts";
import type { PersonPartition } from "../timeline/partition.ts";
import { compareText, type TimelineTouch } from "../timeline/timeline.ts";
import { type DealVersion, dealsOf, endOf, endOfAtLatest } from "./deal.ts";
import { type Answer, foldFeedback } from "./feedback.ts";
import type { LeadPointer, LedgerEntry } from "./ledger.ts";

/** The cycle that every contact begins in. */
export const firstCycle = "first";

/** What opens another cycle. */
export const openings = ["rejected", "recycled", "lost", "withdrawn", "go-live"] as const;
export type Opening = (typeof openings)[number];

/** Where a contact stands between two leads: a lead is one of a cycle, and a contact is at most one lead in each. */
export interface Cycle {
  id: string;
  /** Touches at or before it belong to what came before; null where all count. */
  start: string | null;
  /** When the contact may be a lead, ISO 8601; null where at once. */
  opensAt: string | null;
  /** What opened it; null in the first cycle, and where the contact is a lead of it. */
  after: Opening | null;
  /** The lead that the contact is in this cycle and that sales has, or had before the policy went live. */
  lead: LedgerEntry | null;
}

const strongIds = ({ identity }: Person): Set<string> =>
  new Set(identity.strong.map(({ identifierId }) => identifierId));

/**
 * The partitions of a person's strong identifiers: there stand their leads, and what is said of these. Where nobody knows any more
 * what an identifier was, since all else was too old to be kept, its partition is.
 */
export const ownPartitions = (person: Person): PersonPartition[] => {
  const strong = strongIds(person);
  return person.partitions.filter(({ identifierId }) => strong.size === 0 || strong.has(identifierId));
};

const compareEntries = (a: LedgerEntry, b: LedgerEntry): number =>
  compareText(a.qualifiedAt, b.qualifiedAt) || compareText(a.leadId, b.leadId);

/** The entries of a cycle in the partitions of a person's strong identifiers, the earliest qualified first. */
export const ownEntries = (person: Person, cycle: string): LedgerEntry[] =>
  ownPartitions(person)
    .flatMap(({ ledger }) => ledger.filter((entry) => entry.cycle === cycle))
    .sort(compareEntries);

/** What sales said of the person in a cycle: of whichever of their leads, where they turned out to be one person. */
export const answerOf = (person: Person, cycle: string): Answer =>
  foldFeedback(
    ownPartitions(person).flatMap(({ ledger, feedback }) => {
      const leads = new Set(ledger.filter((entry) => entry.cycle === cycle).map(({ leadId }) => leadId));
      return feedback.filter(({ leadId }) => leads.has(leadId));
    }),
  );

/** Leads that sales has, or that were leads before the policy went live, but for those that stand as another's duplicate. */
function handedOver(person: Person): LedgerEntry[] {
  const entries = ownPartitions(person)
    .flatMap(({ ledger }) => ledger)
    .filter(({ run, baseline }) => run !== undefined || baseline !== undefined);
  const ids = new Set(entries.map(({ leadId }) => leadId));
  return entries.filter(({ withdrawal }) => !(withdrawal?.of !== undefined && ids.has(withdrawal.of)));
}

const day = 24 * 60 * 60 * 1000;
const daysAfter = (time: string, days: number): string =>
  new Date(Date.parse(time) + days * day).toISOString();

type Ended = Cycle & { at: string };

/**
 * The cycle a person is in. It ends with what ends their latest lead: a rejection, a recycling, a deal that is lost after it, that
 * it was withdrawn, and for what was a lead before the policy went live that moment; the latest of them. A deal that is lost keeps
 * also whoever never was a lead from being one for a while.
 */
export function currentCycle(
  person: Person,
  { requalifyAfterDays }: Pick<Policy, "requalifyAfterDays">,
): Cycle {
  const lost = dealsOf(
    ownPartitions(person).flatMap(({ deals }) => deals),
    strongIds(person),
  )
    .filter(({ status }) => status === "lost")
    .map((deal) => ({ deal, ended: endedBy(deal, requalifyAfterDays) }));
  const leads = handedOver(person).sort(
    (a, b) =>
      compareText(a.exportedAt ?? a.qualifiedAt, b.exportedAt ?? b.qualifiedAt) || compareEntries(a, b),
  );
  const endOfLead = (lead: LedgerEntry): Ended | undefined =>
    endOfAll(lead, [
      ...endings(person, lead, requalifyAfterDays),
      ...lost.flatMap(({ deal, ended }) => endOfLeadBy(lead, deal, ended)),
    ]);
  // One whose end has led to another is over, also where that other qualified long before, as one of before the go-live may.
  const cycles = new Set(leads.map(({ cycle }) => cycle));
  const left = leads.filter((lead) => !cycles.has(endOfLead(lead)?.id ?? ""));
  // One that was withdrawn opens nothing for somebody of whom sales has another.
  const latest = left.findLast(({ withdrawal }) => !withdrawal) ?? left.at(-1) ?? leads.at(-1);
  const ended = latest ? endOfLead(latest) : latestOf(lost.map(({ ended }) => ended));
  if (!ended)
    return latest
      ? { id: latest.cycle, start: latest.cycleStart ?? null, opensAt: null, after: null, lead: latest }
      : { id: firstCycle, start: null, opensAt: null, after: null, lead: null };
  const { at: _, ...cycle } = ended;
  return latest ? cycle : { ...cycle, id: firstCycle };
}

function endedBy(deal: DealVersion, requalifyAfterDays: number): Ended {
  const at = endOf(deal);
  const opensAt = daysAfter(at, requalifyAfterDays);
  return { at, id: deal.dealId, start: at, opensAt, after: "lost", lead: null };
}

/** What a lost deal ends of a lead: nothing where it was lost before that qualified. */
function endOfLeadBy(lead: LedgerEntry, deal: DealVersion, ended: Ended): Ended[] {
  const { at } = ended;
  // One that was taken up again, and lost again, opens another cycle than the one that it opened before.
  if (lead.cycle.startsWith(deal.dealId))
    return at > lead.qualifiedAt ? [{ ...ended, id: `${deal.dealId}-${secondOf(at)}` }] : [];
  // Nor a lead of what came after it, on the same day, where only the day is known.
  if (at <= (lead.cycleStart ?? "") || endOfAtLatest(deal) <= lead.qualifiedAt) return [];
  return [{ ...ended, start: at > lead.qualifiedAt ? at : lead.qualifiedAt }];
}

/** A time as it may stand in the id of a cycle. */
const secondOf = (time: string): string => time.slice(0, 19).replace(/[-:]/g, "").toLowerCase();

const latestOf = (ended: readonly Ended[]): Ended | undefined =>
  ended.toSorted((a, b) => compareText(a.at, b.at) || compareText(a.id, b.id)).at(-1);

/** The end of a lead, of what ended it. What opens another cycle at once cuts short no time for which the contact is left alone. */
function endOfAll({ withdrawal, cycleStart }: LedgerEntry, all: readonly Ended[]): Ended | undefined {
  const latest = latestOf(all);
  // Whom sales has sent back comes again when they said, and so does whose deal was lost, also where the lead turned out to be none.
  if (!latest && withdrawal) {
    // What counted is not spent: it made no lead.
    const { at, run } = withdrawal;
    const start = cycleStart ?? null;
    return { at, id: `withdrawn-${run}`, start, opensAt: null, after: "withdrawn", lead: null };
  }
  if (latest?.opensAt !== null) return latest;
  const longer = all
    .flatMap(({ opensAt, after }) => (opensAt !== null && opensAt > latest.at ? [{ opensAt, after }] : []))
    .sort((a, b) => compareText(a.opensAt, b.opensAt) || compareText(a.after ?? "", b.after ?? ""))
    .at(-1);
  return { ...latest, ...longer };
}

function endings(person: Person, lead: LedgerEntry, requalifyAfterDays: number): Ended[] {
  const ended: Ended[] = [];
  const { current } = answerOf(person, lead.cycle);
  if (current?.outcome === "rejected" || current?.outcome === "recycled") {
    const { feedbackId: id, outcome: after, occurredAt: at, until } = current;
    const opensAt = after === "rejected" ? daysAfter(at, requalifyAfterDays) : (until ?? at);
    // One that was found between two nights can be answered before what it is exported with.
    const start = at > lead.qualifiedAt ? at : lead.qualifiedAt;
    ended.push({ at, id, start, opensAt, after, lead: null });
  }
  if (lead.baseline !== undefined) {
    const id = `go-live-${secondOf(lead.baseline)}`;
    ended.push({ at: lead.baseline, id, start: lead.baseline, opensAt: null, after: "go-live", lead: null });
  }
  return ended;
}

/**
 * Which touches are spent: they stand in an exported lead, not withdrawn since, of somebody whom these identifiers belonged to then
 * and do not belong to now. Of a strong identifier all up to that lead, of a browser those that counted: the others there were
 * perhaps never that person's.
 */
function spentIn(person: Person): (touch: TimelineTouch) => boolean {
  const strong = strongIds(person);
  const foreign = new Map<string, LeadPointer[]>();
  for (const { identifierId, pointers } of person.partitions) {
    const withdrawn = new Set(pointers.flatMap((one) => (one.withdrawn === undefined ? [] : [one.leadId])));
    const others = pointers.filter(({ home, leadId }) => !strong.has(home) && !withdrawn.has(leadId));
    if (others.length > 0) foreign.set(identifierId, others);
  }
  return ({ identifierId, touchId, occurredAt }) =>
    foreign
      .get(identifierId)
      ?.some(({ qualifiedAt, touchIds }) =>
        touchIds ? touchIds.includes(touchId) : occurredAt <= qualifiedAt,
      ) ?? false;
}

/**
 * A person's touches, those marked that somebody else's lead has spent: they are `earlier_cycle`. Whoever shows what counts marks them
 * before, as the night does.
 */
export function withSpent(person: Person, touches: readonly TimelineTouch[]): readonly TimelineTouch[] {
  if (person.partitions.every(({ pointers }) => pointers.length === 0)) return touches;
  const isSpent = spentIn(person);
  return touches.map(
    (touch): TimelineTouch => (isSpent(touch) ? { ...touch, exclusion: "earlier_cycle" } : touch),
  );
}

/** What counts for a person's lead of a cycle, as `evaluate` tells it; what an earlier lead has spent does not. */
export const evaluateCycle = (
  person: Person,
  contact: Pick<Contact, "touches" | "person">,
  policy: Policy,
  now: string | number,
  { start }: Pick<Cycle, "start">,
): Evaluation => evaluate(withSpent(person, contact.touches), policy, now, contact.person, start);

/**
 * What counts for a lead of the ledger, as of the moment it qualified, by what is known of the person. That somebody unsubscribed after
 * sales had the lead unmakes none.
 */
export function evaluateEntry(
  person: Person,
  contact: Pick<Contact, "touches" | "person">,
  policy: Policy,
  { qualifiedAt, cycleStart, exportedAt }: LedgerEntry,
): Evaluation {
  const facts = exportedAt === undefined ? contact.person : { ...contact.person, unsubscribed: false };
  const { touches } = contact;
  return evaluateCycle(person, { touches, person: facts }, policy, qualifiedAt, {
    start: cycleStart ?? null,
  });
}
