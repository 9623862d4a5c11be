import { ownsTouch } from "../identity/identity.ts";
import { personPartition, touchPrefix } from "../table/keys.ts";
import { unpackTouch } from "../table/touch-item.ts";
import type { Person } from "../timeline/contact.ts";
import { compareText } from "../timeline/timeline.ts";
import type { Touch } from "../touchpoint/touch.ts";
import { readDigest, type Stretch, shortId, stretchFrom } from "./id-digest.ts";
import { type Page, queryAll, queryPage, type Table } from "./table.ts";
import { touchPlace } from "./touch-rows.ts";

/** Where a touch stands in time; places of touches sort as their keys do. */
export const placeOf = ({ occurredAt, touchId, hash16 }: Pick<Touch, "occurredAt" | "touchId" | "hash16">) =>
  `${occurredAt}#${touchId}#${hash16}`;

/** Behind every touch of an instant. @param time ISO 8601 UTC with milliseconds */
export const behind = (time: string): string => `${time}$`;

/** Newest touches of a person, whole down to a place. */
export interface Newest {
  touches: Touch[];
  /** Every touch of the person from here on is read. */
  low: string;
  /** Rows that were read for it, also those of others who used the same browser. */
  rows: number;
}

/**
 * The touches of a person by time, of all partitions together, read as far as they are asked for and once: what a page costs does not
 * grow with the touches that lie before it, but for the digest of their ids.
 */
export class PersonTouches {
  readonly #person: Person;
  readonly #partitions: PartitionTouches[];

  /**
   * @param person read without touches
   * @param start where to begin reading back, a place, exclusive
   * @param whole by identifierId, the touches of partitions that were read whole
   * @param stretch touches in a stretch of ids that is kept
   */
  constructor(
    table: Table,
    person: Person,
    start: string,
    now: Date,
    whole: ReadonlyMap<string, readonly Touch[]> = new Map(),
    stretch?: number,
  ) {
    this.#person = person;
    this.#partitions = person.partitions
      .filter(({ erased }) => !erased)
      .map(
        ({ identifierId }) =>
          new PartitionTouches(table, identifierId, start, now, whole.get(identifierId), stretch),
      );
  }

  /**
   * The newest touches that this did not give before, about as many as asked for, at least one unless there is none.
   * @param least the place below which nobody asks, inclusive
   */
  async newest(before: string, least: string, count: number): Promise<Newest> {
    await Promise.all(this.#partitions.map((one) => one.older(before, least, count)));
    const low = this.#partitions.reduce((found, one) => (one.low > found ? one.low : found), least);
    return {
      touches: this.#own(low, before),
      low,
      rows: this.#partitions.reduce((sum, one) => sum + one.between(low, before).length, 0),
    };
  }

  /** When the first touch at or after a place happened, that of another in the same browser too; undefined where there is none. */
  async firstFrom(from: string): Promise<string | undefined> {
    const first = await Promise.all(this.#partitions.map((one) => one.firstFrom(from)));
    return first.filter((time) => time !== undefined).sort()[0];
  }

  /** Every touch between two places, `from` inclusive. */
  async between(from: string, to: string): Promise<Touch[]> {
    await Promise.all(this.#partitions.map((one) => one.reach(from, to)));
    return this.#own(from, to);
  }

  /** Touches before a place that have the touchId of one of these, however long before. */
  async twinsOf(touches: readonly Touch[], before: string): Promise<Touch[]> {
    const ids = new Set(touches.map(({ touchId }) => touchId));
    const twins = await Promise.all(this.#partitions.map((one) => one.olderWith(ids, before)));
    return twins.flat().filter((touch) => this.#isOwn(touch));
  }

  #own(from: string, to: string): Touch[] {
    return this.#partitions.flatMap((one) => one.between(from, to).filter((touch) => this.#isOwn(touch)));
  }

  #isOwn({ identifierId, occurredAt }: Touch): boolean {
    return ownsTouch(this.#person.identity, identifierId, occurredAt);
  }
}

/** The touches of one partition: all between two places are known, and read further to either side when they are asked for. */
class PartitionTouches {
  /** All touches from here on, up to `high`, are known. */
  low: string;
  #high: string;
  /** The newest first. */
  #known: { place: string; touch: Touch }[] = [];
  readonly #table: Table;
  readonly #id: string;
  readonly #now: Date;
  readonly #stretch: number | undefined;
  readonly #isWhole: boolean;
  #stretches: Stretch[] | undefined;

  constructor(
    table: Table,
    id: string,
    start: string,
    now: Date,
    whole: readonly Touch[] | undefined,
    stretch?: number,
  ) {
    this.#stretch = stretch;
    this.#table = table;
    this.#id = id;
    this.low = this.#high = start;
    this.#now = now;
    this.#isWhole = whole !== undefined;
    if (!whole) return;
    this.#known = whole.map((touch) => ({ place: placeOf(touch), touch }));
    this.#known.sort((a, b) => compareText(b.place, a.place));
    this.low = "";
  }

  between(from: string, to: string): Touch[] {
    return this.#known.filter(({ place }) => place >= from && place < to).map(({ touch }) => touch);
  }

  /** Knows so many touches before a place, if there are as many. */
  async older(before: string, least: string, count: number): Promise<void> {
    const has = this.between(this.low, before).length;
    if (has >= count || this.low <= least) return;
    const start = this.low;
    let last: Page["last"];
    do {
      const page = await queryPage(this.#table, personPartition(this.#id), {
        from: touchPrefix + least,
        to: touchPrefix + start,
        descending: true,
        // One more, because the place itself is not asked for and may be a touch's.
        limit: count - has + 1,
        after: last,
      });
      last = page.last;
      this.#known = this.#known.concat(this.#unpacked(page.items).filter(({ place }) => place < start));
      this.low = last ? touchPlace(String(last.sk)) : least;
    } while (this.low === start);
  }

  async reach(from: string, to: string): Promise<void> {
    if (this.#isWhole) return;
    if (from < this.low) {
      const items = await this.#read(from, this.low);
      const older = this.#unpacked(items.reverse()).filter(({ place }) => place < this.low);
      this.#known = this.#known.concat(older);
      this.low = from;
    }
    if (to > this.#high) {
      const items = await this.#read(this.#high, to);
      const newer = this.#unpacked(items.reverse());
      this.#known = newer.filter(({ place }) => place >= this.#high && place < to).concat(this.#known);
      this.#high = to;
    }
  }

  async firstFrom(from: string): Promise<string | undefined> {
    const range = { from: touchPrefix + from, to: touchPrefix + this.#high, limit: 1 };
    if (from > this.#high) return undefined;
    if (this.#isWhole) return this.between(from, this.#high).at(-1)?.occurredAt;
    const [item] = (await queryPage(this.#table, personPartition(this.#id), range)).items;
    return item && touchPlace(item.sk).split("#", 1)[0];
  }

  /** The touches before a place that have one of some ids. */
  async olderWith(ids: ReadonlySet<string>, before: string): Promise<Touch[]> {
    const known = this.between("", before).filter(({ touchId }) => ids.has(touchId));
    return this.low === "" ? known : [...known, ...(await this.#unknownWith(ids))];
  }

  async #unknownWith(ids: ReadonlySet<string>): Promise<Touch[]> {
    this.#stretches ??= await this.#readStretches();
    const found: Touch[] = [];
    for (const { after, to } of stretchesWith(this.#stretches, ids, this.low, this.#known)) {
      const items = await this.#read(after, to < this.low ? to : this.low);
      for (const { place, touch } of this.#unpacked(items))
        if (place > after && place < this.low && ids.has(touch.touchId)) found.push(touch);
    }
    return found;
  }

  /** Of all touches that are not known. */
  async #readStretches(): Promise<Stretch[]> {
    const { stretches, rest } = await readDigest(this.#table, this.#id, this.low, this.#now, this.#stretch);
    const last = rest.at(-1);
    if (!last) return stretches;
    const at = this.#now.toISOString();
    return [...stretches, stretchFrom(rest, stretches.at(-1)?.to ?? "", touchPlace(last.sk), at)];
  }

  #read(from: string, to: string) {
    const range = { from: touchPrefix + from, to: touchPrefix + to };
    return queryAll(this.#table, personPartition(this.#id), range);
  }

  #unpacked(items: readonly { sk: string; body?: string | number }[]): { place: string; touch: Touch }[] {
    return items.map(({ sk, body }) => ({
      place: touchPlace(sk),
      touch: unpackTouch(this.#id, sk, String(body)),
    }));
  }
}

/** The stretches in which a touch below a place may have one of some ids. */
function stretchesWith(
  stretches: readonly Stretch[],
  ids: ReadonlySet<string>,
  low: string,
  known: readonly { place: string; touch: Touch }[],
): Stretch[] {
  const wanted = new Set([...ids].map(shortId));
  return stretches.filter((stretch) => {
    if (stretch.after >= low) return false;
    const left = stretch.ids.filter((id) => wanted.has(id));
    if (left.length === 0 || stretch.to < low) return left.length > 0;
    // What of it is known already is no news.
    const within = known.filter(({ place }) => place > stretch.after && place <= stretch.to);
    const counted = within.filter(({ touch }) => wanted.has(shortId(touch.touchId)));
    return left.length > counted.length;
  });
}
