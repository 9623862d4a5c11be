import type { WhatIfSet } from "./what-if.ts";
import { whatIfSets } from "./what-if.ts";
import type { SetSums, Split, WhatIfExample, WhatIfSums } from "./what-if-tally.ts";

/** Campaigns told by name; the others are told together. */
const mostCampaigns = 100;

type BySet = Record<WhatIfSet, number>;

/** How many of those of whom it is known; null where it is known of nobody. */
export interface KnownShare {
  known: number;
  count: number;
  share: number | null;
}

/** What a recount found. */
export interface WhatIfReport extends BySet {
  v: 1;
  /** Contacts that have touches. */
  contacts: number;
  /** Those that could not be judged. */
  failed: number;
  leads: { draft: number; inForce: number };
  outcomes: Record<WhatIfSet, { accepted: KnownShare; won: KnownShare }>;
  channels: ({ channel: string } & BySet)[];
  campaigns: ({ campaign: string; name: string } & BySet)[];
  /** Beyond the first hundred. */
  otherCampaigns: ({ campaigns: number } & BySet) | null;
  weeks: { week: string; draft: number; inForce: number }[];
  examples: Record<WhatIfSet, WhatIfExample[]>;
}

const bySet = ([gained, lost, both]: Split): BySet => ({ gained, lost, both });

const weightOf = ([gained, lost, both]: Split): number => gained + lost + both;

const shareOf = (count: number, others: number): KnownShare => {
  const known = count + others;
  return { known, count, share: known === 0 ? null : Math.round((count / known) * 10_000) / 10_000 };
};

const outcomesOf = ({ accepted, rejected, won, lost }: SetSums) => ({
  accepted: shareOf(accepted, rejected),
  won: shareOf(won, lost),
});

/** The report of a recount whose contacts add up to some sums. */
export function whatIfReport(sums: WhatIfSums): WhatIfReport {
  const { sets } = sums;
  const [gained, lost, both] = whatIfSets.map((set) => sets[set].contacts) as Split;
  // Those that make the most leads first; of two alike the order of their names, which they come in.
  const campaigns = sums.campaigns
    .map(([campaign, name, ...split]) => ({ campaign, name, split }))
    .sort((a, b) => weightOf(b.split) - weightOf(a.split));
  const others = campaigns.slice(mostCampaigns);
  const ofOthers = others.reduce<Split>(
    ([g, l, b], { split }) => [g + split[0], l + split[1], b + split[2]],
    [0, 0, 0],
  );
  return {
    v: 1,
    contacts: sums.contacts,
    failed: sums.failed,
    gained,
    lost,
    both,
    leads: { draft: gained + both, inForce: lost + both },
    outcomes: {
      gained: outcomesOf(sets.gained),
      lost: outcomesOf(sets.lost),
      both: outcomesOf(sets.both),
    },
    channels: sums.channels.map(([channel, ...split]) => ({ channel, ...bySet(split) })),
    campaigns: campaigns
      .slice(0, mostCampaigns)
      .map(({ campaign, name, split }) => ({ campaign, name, ...bySet(split) })),
    otherCampaigns: others.length === 0 ? null : { campaigns: others.length, ...bySet(ofOthers) },
    weeks: sums.weeks.map(([week, draft, inForce]) => ({ week, draft, inForce })),
    examples: sums.examples,
  };
}

/** What each figure of a report is, for who reads it. */
export const whatIfDefinitions = {
  gained: "contacts that would have been a lead under this version and not under the one in force",
  lost: "contacts that would have been a lead under the one in force and not under this version",
  both: "contacts that would have been a lead under either",
  lead: "a contact whose touches met the policy at some moment, had it always been in force, and of whom is known today what the policy requires (`require`); each contact once, as its identifiers belong together today",
  leftAside:
    "earlier leads and what sales said of them (cycles), deals, what a company has to have done (`account`), `goLive` and `maxLeadsPerExport`",
  channels:
    "of the touch at which the contact would have become a lead: under this version, and for `lost` under the one in force",
  campaigns:
    "of the same touch; one without a campaign goes by its asset, and by an empty text where it has none",
  weeks:
    "ISO 8601 weeks, in this version's time zone, in which contacts would have become leads; weeks without any are left out",
  accepted:
    "of the contacts for any of whose leads the current answer by sales is accepted or rejected (`known`), those for one of which it is accepted (`count`)",
  won: "of the contacts of deals that were won or lost (`known`), those of a deal that was won (`count`)",
  examples: "up to five of each, a sample by chance; kept for 30 days, and without whoever was erased since",
} as const;
