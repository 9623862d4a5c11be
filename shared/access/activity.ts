import type { Fact } from "../touchpoint/message.ts";
import type { Source } from "./source.ts";

/** What became of a source's items. */
export interface ItemCounts {
  /** Items that became touches or facts about people. */
  accepted: number;
  /** Items, and requests as a whole, that their sender was told are refused. */
  rejected: number;
  /** Items kept in quarantine. */
  quarantined: number;
  /** Items that are known and not wanted, such as opens. */
  ignored: number;
}

/** The last that a source was refused, and the code it was told. */
export interface LastRefusal {
  at: string;
  code: string;
}

/** What one process counted of one source's usable items, of one stretch of ten minutes. */
export type Heard = Pick<ItemCounts, "accepted" | "ignored"> & { lastItemAt: string };

/** The same of what went to quarantine: apart, because a source all of whose items end there is not connected. */
export type Kept = Pick<ItemCounts, "quarantined"> & { lastItemAt: string };

/** The same of refusals. */
export interface Refused {
  rejected: number;
  lastRefusal: LastRefusal;
}

/** What one message tells of one source. */
export interface Happening extends ItemCounts {
  source: string;
  /** When the items came, ISO 8601 UTC. */
  at: string;
  /** The code of the last refusal. */
  code?: string;
}

const none: ItemCounts = { accepted: 0, rejected: 0, quarantined: 0, ignored: 0 };
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d/;

/**
 * What the facts of a message tell of sources. An item that became several facts is one: they have its hash in common. (Facts of
 * one item that were packed into two messages count as two.)
 */
export function happeningsOf(facts: readonly Fact[]): Happening[] {
  const seen = new Set<string>();
  const accepted = ({
    source,
    hash16,
    receivedAt,
  }: {
    source: string;
    hash16: string;
    receivedAt: string;
  }) => {
    const item = `${source} ${hash16} ${receivedAt}`;
    if (seen.has(item)) return [];
    seen.add(item);
    return [{ ...none, source, at: receivedAt, accepted: 1 }];
  };
  const happeningOf = (fact: Fact): Happening[] => {
    switch (fact.kind) {
      case "touch":
        return accepted(fact.touch);
      case "person":
        return accepted(fact.fact);
      case "quarantine":
        return [{ ...none, source: fact.source, at: fact.receivedAt, quarantined: 1 }];
      case "tally": {
        const { source, at, rejected, ignored, reason } = fact;
        return [
          { ...none, source, at, rejected, ignored, ...(reason === undefined ? {} : { code: reason }) },
        ];
      }
    }
  };
  // A message of an older sender may lack what figures need; that is no reason not to store its facts.
  return facts.flatMap(happeningOf).filter(({ source, at }) => source && time.test(at));
}

/** The stretch of ten minutes that a time lies in: `2026-11-22T03:10`. */
export const stretchOf = (at: string): string => `${at.slice(0, 15)}0`;

/** What is known of a source's connection. */
export interface Activity {
  /** When the last item came that was not refused; null where none is remembered. */
  lastItemAt: string | null;
  /** When the last one came that could be used. */
  lastUsableAt: string | null;
  last24Hours: ItemCounts;
  lastRefusal?: LastRefusal;
}

/** The figures of some stretches. */
export interface Figures {
  heard: readonly Heard[];
  kept: readonly Kept[];
  refused: readonly Refused[];
}

const latest = (rows: readonly { lastItemAt: string }[]): string | undefined =>
  rows
    .map(({ lastItemAt }) => lastItemAt)
    .toSorted()
    .at(-1);

const latestRefusal = (refused: readonly Refused[]): LastRefusal | undefined =>
  refused
    .map(({ lastRefusal }) => lastRefusal)
    .toSorted((one, other) => (one.at < other.at ? -1 : 1))
    .at(-1);

const sum = <Name extends string>(rows: readonly Record<Name, number>[], name: Name): number =>
  rows.reduce((total, row) => total + row[name], 0);

/** @param before the last figures before these stretches, for where they are empty */
export function foldActivity({ heard, kept, refused }: Figures, before: Partial<Figures> = {}): Activity {
  const lastUsableAt = latest(heard) ?? latest(before.heard ?? []);
  const lastKeptAt = latest(kept) ?? latest(before.kept ?? []);
  const lastRefusal = latestRefusal(refused) ?? latestRefusal(before.refused ?? []);
  return {
    lastItemAt:
      [lastUsableAt, lastKeptAt]
        .filter((at) => at !== undefined)
        .toSorted()
        .at(-1) ?? null,
    lastUsableAt: lastUsableAt ?? null,
    last24Hours: {
      accepted: sum(heard, "accepted"),
      rejected: sum(refused, "rejected"),
      quarantined: sum(kept, "quarantined"),
      ignored: sum(heard, "ignored"),
    },
    ...(lastRefusal ? { lastRefusal } : {}),
  };
}

/**
 * Since when a source has sent nothing that could be used, where that is longer than its `silentAfterHours`. One that was never
 * heard is silent since it was made.
 */
export function silentSince(
  { silentAfterHours, createdAt }: Pick<Source, "silentAfterHours" | "createdAt">,
  lastUsableAt: string | null | undefined,
  now: Date,
): string | undefined {
  if (!silentAfterHours) return undefined;
  const since = lastUsableAt ?? createdAt;
  return now.getTime() - Date.parse(since) > silentAfterHours * 60 * 60 * 1000 ? since : undefined;
}
