import { ownsTouch } from "../identity/identity.ts";
import { personPartition, touchPrefix } from "../table/keys.ts";
import { type NotedField, noteOf, unpackTouch } from "../table/touch-item.ts";
import type { Person } from "../timeline/contact.ts";
import type { Touch } from "../touchpoint/touch.ts";
import { eachOf } from "./each-of.ts";
import { readDigest, type Stretch, shortId } from "./id-digest.ts";
import { queryPage, type Table } from "./table.ts";
import { readRows, type TouchRow, touchPlace } from "./touch-rows.ts";

/** A stretch whose touches are all the person's, and are not read. */
interface Unread {
  identifierId: string;
  stretch: Stretch;
}

/** Stretches read at once. */
const concurrency = 8;

/**
 * The touches of a person who has very many: from a place on all of them, of those before what is kept of their stretches, and such
 * stretches as are read for a reason. Of every touch that is read its twins are read too, those with its id, so that to fold what is
 * read says of each what to fold all would.
 */
export class DeepTouches {
  readonly #table: Table;
  readonly #person: Person;
  #read: Touch[] = [];
  #unread: Unread[] = [];
  /** How many different touches are in more than one stretch, or in one and among those read: how often too often. */
  #counted = 0;

  private constructor(table: Table, person: Person) {
    this.#table = table;
    this.#person = person;
  }

  /**
   * @param person read without the touches of the partitions that are deep
   * @param from a place from which on all is read
   * @param length touches in a stretch that is kept
   */
  static async open(
    table: Table,
    person: Person,
    options: { from: string; now: Date; consistent?: boolean | undefined; length?: number | undefined },
  ): Promise<DeepTouches> {
    const touches = new DeepTouches(table, person);
    await eachOf(person.partitions, concurrency, async ({ identifierId, deep, touches: whole }) => {
      if (deep) await touches.#openPartition(identifierId, options);
      else touches.#take(whole);
    });
    await touches.#readTwins();
    return touches;
  }

  /** Those that were read, in no order. */
  get read(): readonly Touch[] {
    return this.#read;
  }

  /** How many different touches the person has. */
  get count(): number {
    return this.#counted;
  }

  /** When the first touch happened, ISO 8601; undefined where there is none. */
  get first(): string | undefined {
    const firsts = [
      ...this.#read.map(({ occurredAt }) => occurredAt),
      ...this.#unread.map(({ stretch }) => stretch.first.split("#", 1)[0]!),
    ];
    return firsts.reduce<string | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
  }

  /**
   * Reads on, where that could tell more: of each question the newest stretch that may hold an answer.
   * @returns whether there was anything to read
   */
  async readFor(questions: readonly Question[]): Promise<boolean> {
    const wanted = new Set<Unread>();
    for (const { field, than, identifierId } of questions) {
      const note = field === undefined ? 0 : noteOf(field);
      let newest: Unread | undefined;
      for (const one of this.#unread) {
        if (identifierId !== undefined && one.identifierId !== identifierId) continue;
        if (note !== 0 && (one.stretch.notes & note) === 0) continue;
        if (one.stretch.to > than && one.stretch.to > (newest?.stretch.to ?? "")) newest = one;
      }
      if (newest) wanted.add(newest);
    }
    await this.#readStretches(wanted);
    return wanted.size > 0;
  }

  async #openPartition(
    identifierId: string,
    { from, now, consistent, length }: Parameters<typeof DeepTouches.open>[2],
  ): Promise<void> {
    const [{ stretches, rest }, newer, first] = await Promise.all([
      readDigest(this.#table, identifierId, from, now, length),
      readRows(this.#table, identifierId, from, "~", consistent),
      this.#firstPlace(identifierId),
    ]);
    this.#takeRows(identifierId, [...rest, ...newer]);
    const toRead: Stretch[] = [];
    for (const stretch of stretches) {
      if (first === undefined || stretch.to < first || stretch.first === "") continue;
      // Whose beginning is no longer held, or which reaches into what is read anyway.
      const isCut = stretch.first < first || stretch.to >= from;
      const owner = isCut ? "several" : this.#ownerOf(identifierId, stretch);
      if (owner === "several") toRead.push(stretch);
      else if (owner === "person") this.#unread.push({ identifierId, stretch });
    }
    await eachOf(toRead, concurrency, async (stretch) => {
      const rows = await this.#rowsOf(identifierId, stretch);
      // From there on they are read already.
      this.#takeRows(
        identifierId,
        rows.filter(({ sk }) => touchPlace(sk) < from),
      );
    });
  }

  async #firstPlace(identifierId: string): Promise<string | undefined> {
    const range = { beginsWith: touchPrefix, limit: 1, attributes: ["sk"] };
    const [first] = (await queryPage(this.#table, personPartition(identifierId), range)).items;
    return first && touchPlace(first.sk);
  }

  /** Whose the touches of a stretch are: in a shared browser they may be of several. */
  #ownerOf(identifierId: string, { first, to }: Stretch): "person" | "nobody" | "several" {
    const { identity } = this.#person;
    const device = identity.weak.find((one) => one.identifierId === identifierId);
    const [begin, end] = [first, to].map((place) => place.split("#", 1)[0]!) as [string, string];
    const between = device?.claims.filter(
      ({ hour }) => hour >= begin.slice(0, 13) && hour <= end.slice(0, 13),
    );
    const times = [begin, end, ...(between ?? []).map(({ hour }) => `${hour}:00:00.000Z`)];
    const owners = new Set(times.map((time) => ownsTouch(identity, identifierId, time)));
    if (owners.size > 1) return "several";
    return owners.has(true) ? "person" : "nobody";
  }

  async #rowsOf(identifierId: string, { after, to }: Stretch): Promise<TouchRow[]> {
    const rows = await readRows(this.#table, identifierId, after, to);
    return rows.filter(({ sk }) => touchPlace(sk) > after);
  }

  #takeRows(identifierId: string, rows: readonly TouchRow[]): void {
    this.#take(rows.map(({ sk, body }) => unpackTouch(identifierId, sk, body)));
  }

  #take(touches: readonly Touch[]): void {
    const { identity } = this.#person;
    for (const touch of touches)
      if (ownsTouch(identity, touch.identifierId, touch.occurredAt)) this.#read.push(touch);
  }

  async #readStretches(wanted: ReadonlySet<Unread>): Promise<void> {
    this.#unread = this.#unread.filter((one) => !wanted.has(one));
    await eachOf([...wanted], concurrency, async ({ identifierId, stretch }) =>
      this.#takeRows(identifierId, await this.#rowsOf(identifierId, stretch)),
    );
  }

  /**
   * Reads the stretches in which an id stands that stands elsewhere as well, and counts. After it whatever is read has its twins
   * read, and what is not read has none.
   */
  async #readTwins(): Promise<void> {
    const seen = new Set(this.#read.map(({ touchId }) => shortId(touchId)));
    const twice = new Set<number>();
    for (const { stretch } of this.#unread) {
      const own = new Set(stretch.ids);
      for (const id of own) if (seen.has(id)) twice.add(id);
      for (const id of own) seen.add(id);
    }
    if (twice.size > 0)
      await this.#readStretches(
        new Set(this.#unread.filter(({ stretch }) => stretch.ids.some((id) => twice.has(id)))),
      );
    const read = new Set(this.#read.map(({ touchId, hash16 }) => `${touchId}#${hash16}`)).size;
    this.#counted = this.#unread.reduce((sum, { stretch }) => sum + stretch.touches, read);
  }
}

/** What older touches might tell. */
export interface Question {
  /** A field that is sought; undefined where any touch would do. */
  field?: NotedField;
  /** The place, or the time, that what is known of it has: only newer touches would tell more. */
  than: string;
  /** In whose partition alone it can stand. */
  identifierId?: string;
}
