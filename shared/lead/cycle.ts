import { type Evaluation, evaluate } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import type { Contact, Person } from "../timeline/contact.ts";
import { compareText, type TimelineTouch } from "../timeline/timeline.ts";
import type { LeadPointer, LedgerEntry } from "./ledger.ts";

/** The cycle that every contact begins in. */
export const firstCycle = "first";

const strongIds = ({ identity }: Person): Set<string> =>
  new Set(identity.strong.map(({ identifierId }) => identifierId));

/** The entries of a cycle in the partitions of a person's strong identifiers, the earliest qualified first. */
export function ownEntries(person: Person, cycle: string): LedgerEntry[] {
  const strong = strongIds(person);
  return person.partitions
    .filter(({ identifierId }) => strong.has(identifierId))
    .flatMap(({ ledger }) => ledger.filter((entry) => entry.cycle === cycle))
    .sort((a, b) => compareText(a.qualifiedAt, b.qualifiedAt) || compareText(a.leadId, b.leadId));
}

/**
 * Which touches are spent in a cycle: they stand in an exported lead of somebody whom these identifiers belonged to then and do
 * not belong to now. Of a strong identifier all up to that lead, of a browser those that counted: the others there
 * were perhaps never that person's.
 */
function spentIn(person: Person, cycle: string): (touch: TimelineTouch) => boolean {
  const strong = strongIds(person);
  const foreign = new Map<string, LeadPointer[]>();
  for (const { identifierId, pointers } of person.partitions) {
    const others = pointers.filter((pointer) => pointer.cycle === cycle && !strong.has(pointer.home));
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
 * A person's touches, those marked that an earlier lead has spent: they are `earlier_cycle`. Whoever shows what counts marks them
 * before, as the night does.
 */
export function withSpent(
  person: Person,
  touches: readonly TimelineTouch[],
  cycle: string,
): readonly TimelineTouch[] {
  if (person.partitions.every(({ pointers }) => pointers.length === 0)) return touches;
  const isSpent = spentIn(person, cycle);
  return touches.map(
    (touch): TimelineTouch => (isSpent(touch) ? { ...touch, exclusion: "earlier_cycle" } : touch),
  );
}

/** What counts for a person's lead of a cycle, as `evaluate` tells it; what an earlier lead has spent does not. */
export function evaluateCycle(
  person: Person,
  contact: Contact,
  policy: Policy,
  now: string | number,
  cycle: string,
): Evaluation {
  return evaluate(withSpent(person, contact.touches, cycle), policy, now, contact.person);
}
