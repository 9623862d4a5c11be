import { isoWeek } from "../policy/business-hours.ts";
import { sha256Hex } from "../table/keys.ts";
import { compareText } from "../timeline/timeline.ts";
import { campaignKey, campaignLabel } from "../touchpoint/campaign.ts";
import {
  setOf,
  tellingOf,
  type WhatIfContact,
  type WhatIfSet,
  whatIfSentence,
  whatIfSets,
} from "./what-if.ts";

/** How many contacts of the three sets, in the order of `whatIfSets`. */
export type Split = [gained: number, lost: number, both: number];

/** What is known of a set's contacts. */
export interface SetSums {
  contacts: number;
  accepted: number;
  rejected: number;
  won: number;
  /** None of whose deals was won, and one of them lost. */
  lost: number;
}

export interface WhatIfExample {
  contactId: string;
  /** When it would have been a lead; ISO 8601. */
  at: string;
  sentence: string;
}

/**
 * What a part of the contacts adds up to. Sums of parts add up to the sums of the whole, in whatever parts they were counted and in
 * whatever order these are added. Lists rather than objects, since a campaign may be called like anything.
 */
export interface WhatIfSums {
  v: 1;
  contacts: number;
  /** Contacts that could not be judged. */
  failed: number;
  sets: Record<WhatIfSet, SetSums>;
  channels: [channel: string, ...Split][];
  campaigns: [campaign: string, name: string, ...Split][];
  /** ISO 8601 weeks, and how many would have become leads in each under the draft and under the policy in force. */
  weeks: [week: string, draft: number, inForce: number][];
  examples: Record<WhatIfSet, WhatIfExample[]>;
}

/** Of each set. Ids are random, so those of the smallest ids are a sample, and the same however the contacts are divided. */
export const mostExamples = 5;

/** What a campaign is told by, cut so that the sums of a part always fit into one row. */
const longestName = 60;

const forEachSet = <Value>(value: (set: WhatIfSet) => Value): Record<WhatIfSet, Value> =>
  Object.fromEntries(whatIfSets.map((set) => [set, value(set)])) as Record<WhatIfSet, Value>;

/** A campaign's key; of one that is very long its beginning and what tells it from others that begin alike. */
const shortKey = (key: string): string =>
  key.length <= longestName ? key : `${key.slice(0, longestName - 9)}~${sha256Hex(key).slice(0, 8)}`;

/** Adds up contacts, and what parts of them added up to. */
export class WhatIfTally {
  readonly #timeZone: string;
  #contacts = 0;
  #failed = 0;
  readonly #sets = forEachSet(() => ({ contacts: 0, accepted: 0, rejected: 0, won: 0, lost: 0 }));
  readonly #channels = new Map<string, Split>();
  readonly #campaigns = new Map<string, { name: string; split: Split }>();
  readonly #weeks = new Map<string, [draft: number, inForce: number]>();
  readonly #examples = forEachSet((): WhatIfExample[] => []);

  /** @param timeZone in which a week is a week: the draft's, for both policies */
  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  /** Counts a contact. Each is to be counted once. */
  add(contact: WhatIfContact): void {
    this.#contacts += 1;
    const { draft, inForce, accepted, won, contactId } = contact;
    if (draft.isLead && draft.met) this.#countWeek(this.#weekOf(draft.met.touch.occurredAt), 1, 0);
    if (inForce.isLead && inForce.met) this.#countWeek(this.#weekOf(inForce.met.touch.occurredAt), 0, 1);
    const set = setOf(contact);
    const touch = set && tellingOf(contact, set).met?.touch;
    if (!set || !touch) return;
    addTo(this.#sets[set], {
      contacts: 1,
      accepted: accepted === true ? 1 : 0,
      rejected: accepted === false ? 1 : 0,
      won: won === true ? 1 : 0,
      lost: won === false ? 1 : 0,
    });
    const one = whatIfSets.map((other) => (other === set ? 1 : 0)) as Split;
    this.#countChannel(touch.channel, one);
    this.#countCampaign(shortKey(campaignKey(touch)), campaignLabel(touch).slice(0, longestName), one);
    if (this.#isShown(set, contactId))
      this.#show(set, [{ contactId, at: touch.occurredAt, sentence: whatIfSentence(contact, set) }]);
  }

  /** Notes that a contact could not be judged. */
  addFailed(): void {
    this.#failed += 1;
  }

  /** Adds the sums of other contacts. */
  merge(sums: WhatIfSums): void {
    this.#contacts += sums.contacts;
    this.#failed += sums.failed;
    for (const set of whatIfSets) {
      addTo(this.#sets[set], sums.sets[set]);
      this.#show(set, sums.examples[set]);
    }
    for (const [channel, ...split] of sums.channels) this.#countChannel(channel, split);
    for (const [campaign, name, ...split] of sums.campaigns) this.#countCampaign(campaign, name, split);
    for (const [week, draft, inForce] of sums.weeks) this.#countWeek(week, draft, inForce);
  }

  /** What was added so far. */
  get sums(): WhatIfSums {
    const sorted = <Value>(map: Map<string, Value>): [string, Value][] =>
      [...map].sort(([a], [b]) => compareText(a, b));
    return {
      v: 1,
      contacts: this.#contacts,
      failed: this.#failed,
      sets: forEachSet((set) => ({ ...this.#sets[set] })),
      channels: sorted(this.#channels).map(([channel, split]) => [channel, ...split]),
      campaigns: sorted(this.#campaigns).map(([campaign, { name, split }]) => [campaign, name, ...split]),
      weeks: sorted(this.#weeks).map(([week, counts]) => [week, ...counts]),
      examples: forEachSet((set) => [...this.#examples[set]]),
    };
  }

  #weekOf(time: string): string {
    return isoWeek(time, this.#timeZone);
  }

  #countWeek(week: string, draft: number, inForce: number): void {
    const [d, f] = this.#weeks.get(week) ?? [0, 0];
    this.#weeks.set(week, [d + draft, f + inForce]);
  }

  #countChannel(channel: string, split: Split): void {
    this.#channels.set(channel, added(this.#channels.get(channel), split));
  }

  #countCampaign(campaign: string, name: string, split: Split): void {
    const known = this.#campaigns.get(campaign);
    // One campaign may be written in several ways: whichever comes first as text, whoever was counted first.
    const first = known && compareText(known.name, name) < 0 ? known.name : name;
    this.#campaigns.set(campaign, { name: first, split: added(known?.split, split) });
  }

  #isShown(set: WhatIfSet, contactId: string): boolean {
    const shown = this.#examples[set];
    return shown.length < mostExamples || contactId < shown.at(-1)!.contactId;
  }

  #show(set: WhatIfSet, examples: readonly WhatIfExample[]): void {
    this.#examples[set] = [...this.#examples[set], ...examples]
      .sort((a, b) => compareText(a.contactId, b.contactId))
      .slice(0, mostExamples);
  }
}

const added = (one: Split = [0, 0, 0], other: Split): Split => [
  one[0] + other[0],
  one[1] + other[1],
  one[2] + other[2],
];

function addTo(sums: SetSums, other: SetSums): void {
  for (const name of Object.keys(sums) as (keyof SetSums)[]) sums[name] += other[name];
}
