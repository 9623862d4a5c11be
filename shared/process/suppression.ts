import type { Sought } from "../touchpoint/mentions.ts";
import type { Fact, TallyFact } from "../touchpoint/message.ts";
import { withoutSuppressed } from "../touchpoint/suppression.ts";

/** What is left of a message's facts after people were erased. */
export interface Unsuppressed {
  kept: Fact[];
  /** Facts of which nothing may be kept. */
  dropped: number;
  /** The same for the figures of their sources: items that are known and not wanted. */
  ignored: TallyFact[];
}

/** Takes erased people out of facts. What is dropped is counted, by item: an item may be several facts. */
export function unsuppressed(facts: readonly Fact[], sought: Sought): Unsuppressed {
  const kept: Fact[] = [];
  const gone: Fact[] = [];
  for (const fact of facts) {
    const left = withoutSuppressed(fact, sought);
    if (left) kept.push(left);
    else gone.push(fact);
  }
  const items = new Map(gone.flatMap((fact) => itemOf(fact) ?? []));
  for (const fact of kept) for (const [item] of itemOf(fact) ?? []) items.delete(item);
  return { kept, dropped: gone.length, ignored: [...items.values()] };
}

/** The item that a fact is of, and what its source's figures say of it where it is dropped. */
function itemOf(fact: Fact): [item: string, tally: TallyFact][] | undefined {
  if (fact.kind === "tally") return undefined;
  const { source, receivedAt, id } = partsOf(fact);
  const tally: TallyFact = { kind: "tally", source, at: receivedAt, rejected: 0, ignored: 1 };
  return [[`${source} ${id} ${receivedAt}`, tally]];
}

function partsOf(fact: Exclude<Fact, TallyFact>): { source: string; receivedAt: string; id: string } {
  if (fact.kind === "quarantine") return fact;
  const { source, receivedAt, hash16 } = fact.kind === "touch" ? fact.touch : fact.fact;
  return { source, receivedAt, id: hash16 };
}
