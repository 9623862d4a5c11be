import { digestKey, digestPrefixes, lateKey, personPartition } from "../table/keys.ts";
import { notesOf } from "../table/touch-item.ts";
import { eachOf } from "./each-of.ts";
import { type Item, putAll, queryAll, type Table } from "./table.ts";
import { readRows, type TouchRow, touchPlace } from "./touch-rows.ts";

/**
 * What can be told of a stretch of a partition without reading it: which touch ids stand in it, how many touches these are, and which
 * traits they tell, without any value. A cache: deleted, it is made again.
 */
export interface Stretch {
  /** The place of the last touch before it (`2026-11-21T10:00:00.000Z#touchId#hash16`); empty for the first. */
  after: string;
  /** The place of its last touch. */
  to: string;
  /** The place of its first touch; empty where it has none. */
  first: string;
  /** The first 32 bits of each row's touchId: where they are equal the touches themselves have to be read. */
  ids: Uint32Array;
  /** How many different touches these rows are: one that was sent again stands there twice and is one. */
  touches: number;
  /** Which fields stand in its touches: `notesOf` all of them. */
  notes: number;
  /** When it was read, ISO 8601. */
  at: string;
}

/** A partition's touches before a place: the stretches that are kept, and the rows behind the last of them. */
export interface Digest {
  stretches: Stretch[];
  /** Oldest first. */
  rest: TouchRow[];
}

/** Touches in a stretch that is kept. */
const stretchLength = 250;

const hour = 60 * 60 * 1000;
const day = 24 * hour;
/** Touches that are kept later than this after they happened leave a row that says so, in milliseconds. */
const lateAfter = day;
/** Only what happened so long ago is in a stretch that is kept: later than any clock's fault, what comes to it has come late. */
const settledAfter = lateAfter + hour;
/** How much the clocks of those who write and those who read may differ, in milliseconds. */
const skew = 5_000;
/** A stretch is read anew when it is older; the rows that tell of late touches are kept for longer. */
const longestKept = 300 * day;
const lateKept = 400 * day;

/**
 * What tells readers that touches came to stretches that may have been read before; undefined where one came in time. One row for all
 * of a partition that come in an hour and happened in a year, so that an import of somebody's past leaves few.
 */
export function lateItem(identifierId: string, occurredAt: string, now: Date): Item | undefined {
  if (Date.parse(occurredAt) > now.getTime() - lateAfter) return undefined;
  return {
    ...lateKey(identifierId, now.toISOString().slice(0, 13), occurredAt.slice(0, 4)),
    expiresAt: Math.floor((now.getTime() + lateKept) / 1000),
  };
}

/** @param touchId a UUID that is a hash, so that its first digits are as good as random */
export const shortId = (touchId: string): number => Number.parseInt(touchId.slice(0, 8), 16);

/**
 * What is known of a partition's touches before a place, of every one of them. What is missing or may be stale is read from the touches,
 * and kept where nothing is expected to come to it any more. The last stretch may reach beyond the place.
 * @param before exclusive
 * @param length touches in a stretch that is kept
 */
export async function readDigest(
  table: Table,
  identifierId: string,
  before: string,
  now: Date,
  length = stretchLength,
): Promise<Digest> {
  const { kept, late } = await readKept(table, identifierId);
  const isFresh = (stretch: Stretch) => !isStale(stretch, late, now);
  const pieces = piecesOf(kept, before, isFresh);
  const made: Stretch[] = [];
  let rest: TouchRow[] = [];
  const stretches: Stretch[][] = [];
  await eachOf([...pieces.entries()], piecesAtOnce, async ([index, piece]) => {
    if ("at" in piece) {
      stretches[index] = [piece];
      return;
    }
    const read = await digest(table, identifierId, piece, now, length);
    stretches[index] = read.stretches;
    rest = read.rest.length > 0 ? read.rest : rest;
    made.push(...read.stretches);
  });
  // What is made while more may come to it would be stale when it is read.
  await putAll(
    table,
    made.filter(isFresh).map((stretch) => itemOf(identifierId, stretch)),
  );
  // What was made anew is read again by the next, from where it is kept.
  if (pieces.some((piece) => !("at" in piece) && piece.whole))
    remembered.get(table.client)?.delete(identifierId);
  return { stretches: stretches.flat(), rest };
}

/** A range of touches that no fresh stretch tells of. */
interface Unread {
  after: string;
  to: string;
  /** Whether it ends where a stretch does. */
  whole: boolean;
}

/** Unread ranges worked on at once, and the parts of one. */
const piecesAtOnce = 4;

/** From the first touch on, one behind the other without a gap or an overlap: what is kept, and what has to be read. */
function piecesOf(
  kept: readonly Stretch[],
  before: string,
  isFresh: (stretch: Stretch) => boolean,
): (Stretch | Unread)[] {
  // Of two that begin at one place the longer.
  const byBeginning = new Map(kept.map((stretch) => [stretch.after, stretch]));
  const beginnings = [...byBeginning.keys()].sort();
  const pieces: (Stretch | Unread)[] = [];
  let covered = "";
  let index = 0;
  while (covered < before) {
    const stretch = byBeginning.get(covered);
    while (index < beginnings.length && beginnings[index]! <= covered) index++;
    const to = stretch ? stretch.to : beginnings[index];
    if (stretch && isFresh(stretch)) pieces.push(stretch);
    else if (to !== undefined && (stretch || to < before)) pieces.push({ after: covered, to, whole: true });
    else pieces.push({ after: covered, to: before, whole: false });
    covered = to === undefined ? before : to;
  }
  return pieces;
}

interface Late {
  hour: string;
  year: string;
}

/** Partitions of which this process remembers what is kept: of one with a hundred thousand touches half a megabyte. */
const rememberedPartitions = 40;
const remembered = new WeakMap<Table["client"], Map<string, Stretch[]>>();

/**
 * In order of their ends. A stretch that was read once is not read again: whether it is stale is judged by when it was made, so
 * that to have an old one costs a reading and no truth.
 */
async function readKept(table: Table, identifierId: string): Promise<{ kept: Stretch[]; late: Late[] }> {
  const pk = personPartition(identifierId);
  const memory = remembered.get(table.client) ?? new Map<string, Stretch[]>();
  remembered.set(table.client, memory);
  const known = memory.get(identifierId) ?? [];
  const from = `${digestPrefixes.stretch}${known.at(-1)?.to ?? ""}$`;
  const [further, late] = await Promise.all([
    queryAll(
      table,
      pk,
      known.length > 0 ? { from, to: `${digestPrefixes.stretch}~` } : { beginsWith: digestPrefixes.stretch },
    ),
    queryAll(table, pk, { beginsWith: digestPrefixes.late }),
  ]);
  const kept = [...known, ...further.flatMap(stretchOf)];
  memory.delete(identifierId);
  if (kept.length > 0) memory.set(identifierId, kept);
  for (const eldest of memory.keys()) {
    if (memory.size <= rememberedPartitions) break;
    memory.delete(eldest);
  }
  return {
    kept,
    late: late.map(({ sk }) => {
      const [hour = "", year = ""] = sk.slice(digestPrefixes.late.length).split("#");
      return { hour, year };
    }),
  };
}

/** Whether touches may have come to a stretch after it was read: in a later hour, or in the same one. */
function isStale({ after, to, at }: Stretch, late: readonly Late[], now: Date): boolean {
  const read = Date.parse(at);
  if (read < now.getTime() - longestKept) return true;
  const since = new Date(read - skew).toISOString().slice(0, 13);
  return late.some(({ hour, year }) => hour >= since && year >= after.slice(0, 4) && year <= to.slice(0, 4));
}

/** Reads a range from the touches themselves, and cuts of it the stretches that are whole and settled. */
async function digest(
  table: Table,
  identifierId: string,
  { after, to, whole }: Unread,
  now: Date,
  length: number,
): Promise<Digest> {
  const at = now.toISOString();
  const settled = new Date(now.getTime() - settledAfter).toISOString();
  const rows = (await readRows(table, identifierId, after, to)).filter(({ sk }) => touchPlace(sk) > after);
  const stretches: Stretch[] = [];
  let [from, start] = [after, 0];
  for (let end = length; end <= rows.length; end += length) {
    const last = touchPlace(rows[end - 1]!.sk);
    if (!whole && last >= settled) break;
    stretches.push(stretchFrom(rows.slice(start, end), from, last, at));
    [from, start] = [last, end];
  }
  const rest = rows.slice(start);
  if (!whole) return { stretches, rest };
  if (from < to) stretches.push(stretchFrom(rest, from, to, at));
  return { stretches, rest: [] };
}

/** What rows that are in a range tell of it. @param at when they were read */
export function stretchFrom(rows: readonly TouchRow[], after: string, to: string, at: string): Stretch {
  const places = rows.map(({ sk }) => touchPlace(sk));
  return {
    after,
    to,
    first: places[0] ?? "",
    ids: Uint32Array.from(places, idOfPlace),
    // The touchId and the hash: with both equal it is one touch.
    touches: new Set(places.map((place) => place.slice(place.indexOf("#")))).size,
    notes: rows.reduce((bits, { body }) => bits | notesOf(body), 0),
    at,
  };
}

const idOfPlace = (place: string): number => shortId(place.slice(place.indexOf("#") + 1));

/** What another release has kept in another way is not read. */
const version = 2;

interface StretchBody {
  v: number;
  after: string;
  first: string;
  touches: number;
  notes: number;
  at: string;
  ids: string;
}

function itemOf(identifierId: string, { after, to, ids, ...told }: Stretch): Item {
  const packed = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("base64");
  const body: StretchBody = { v: version, after, ...told, ids: packed };
  return {
    ...digestKey(identifierId, to),
    body: JSON.stringify(body),
    // Of no use any more: what it is about may be gone by then.
    expiresAt: Math.floor((Date.parse(told.at) + longestKept) / 1000),
  };
}

function stretchOf({ sk, body }: Item): Stretch[] {
  const { v, ids, ...told } = JSON.parse(String(body)) as StretchBody;
  if (v !== version) return [];
  const bytes = Buffer.from(ids, "base64");
  return [
    {
      ...told,
      to: sk.slice(digestPrefixes.stretch.length),
      // Copied, because numbers of four bytes have to begin at a multiple of four.
      ids: new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
    },
  ];
}
