import { isTimeZone } from "../policy/calendar.ts";

/** A zone as a cell or a header names it. */
export type NamedZone =
  | { offset: number }
  | { name: string }
  /** An abbreviation, with the offsets in minutes that it is used for: it names a zone only beside one. */
  | { abbreviation: string; offsets: readonly number[] };

const hour = 60;

/**
 * What abbreviations of zones stand for, as offsets in minutes. Few stand for one thing: CST is Chicago's and
 * Shanghai's, IST Dublin's, Tel Aviv's and Delhi's. ET and the like stand for both halves of the year.
 */
const abbreviations = new Map<string, number[]>(
  Object.entries({
    est: [-5, 10],
    edt: [-4, 11],
    et: [-5, -4],
    cst: [-6, 8],
    cdt: [-5],
    ct: [-6, -5],
    mst: [-7],
    mdt: [-6],
    mt: [-7, -6],
    pst: [-8, 8],
    pdt: [-7],
    pt: [-8, -7],
    wet: [0],
    west: [1],
    bst: [1, 6],
    ist: [1, 2, 5.5],
    cet: [1],
    cest: [2],
    mez: [1],
    mesz: [2],
    eet: [2],
    eest: [3],
    msk: [3],
    gst: [4],
    sgt: [8],
    hkt: [8],
    jst: [9],
    kst: [9],
    aest: [10],
    aedt: [11],
    nzst: [12],
    nzdt: [13],
  }).map(([name, hours]) => [name, hours.map((one) => one * hour)]),
);

const offsetPattern = /^(?:utc|gmt)? ?([+-]) ?(\d{1,2})(?::?(\d{2}))?$/;

/** Reads a zone: `UTC`, `GMT+1`, `+01:00`, `Europe/Berlin`, or an abbreviation; undefined where it is none. */
export function readZone(text: string): NamedZone | undefined {
  const bare = text.trim();
  const key = bare.toLowerCase();
  if (/^(utc|gmt|z)$/.test(key)) return { offset: 0 };
  const [, sign, hours = "", minutes = "0"] = offsetPattern.exec(key) ?? [];
  if (sign) {
    const offset = Number(hours) * hour + Number(minutes);
    return offset <= 14 * hour && Number(minutes) < 60
      ? { offset: sign === "-" ? -offset : offset }
      : undefined;
  }
  if (/^[a-z]+\/[a-z_/+-]+$/.test(key)) return isTimeZone(bare) ? { name: bare } : undefined;
  const offsets = abbreviations.get(key);
  return offsets && { abbreviation: bare.toUpperCase(), offsets };
}

// A bare offset is one only behind a clock: the end of 21-11-2026 is none.
const zoneAtEnd =
  /(?:(?<=:\d\d(?:[.,]\d{1,9})?(?: ?[ap]\.?m\.?)?) ?([+-]\d{1,2}(?::?\d{2})?|z)|[ ([]((?:utc|gmt) ?[+-] ?\d{1,2}(?::?\d{2})?|[a-z]+\/[a-z_/+-]+|[a-z]{1,4}))[)\]]*$/i;

/** Parts a text from the zone at its end: `14:30 (UTC)`, `14:30 +01:00`, `14:30 Europe/Berlin`. */
export function splitZone(text: string): { text: string; zone?: NamedZone } {
  const match = zoneAtEnd.exec(text);
  const zone = match ? readZone(match[1] ?? match[2] ?? "") : undefined;
  return zone ? { text: text.slice(0, match?.index).trimEnd(), zone } : { text };
}

/** The zone that a header names for its column: `Scan Time (UTC)`, `Check-in [Europe/Berlin]`, `Joined at UTC`. */
export function zoneOfHeader(header: string): NamedZone | undefined {
  if (header.length > 200) return undefined;
  const inBrackets = /[([]([^()[\]]*)[)\]]\s*$/.exec(header)?.[1];
  if (inBrackets !== undefined) return readZone(inBrackets);
  return /\s(?:utc|gmt)$/i.test(header) ? { offset: 0 } : undefined;
}
