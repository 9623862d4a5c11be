const iso =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?(?:Z|UTC|GMT|([+-])(\d{2})(?::?(\d{2}))?)$/i;

const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2101, 0, 1) - 1;

const withinRange = (milliseconds: number): string | undefined =>
  milliseconds >= earliest && milliseconds <= latest ? new Date(milliseconds).toISOString() : undefined;

/** Seconds and milliseconds of the years allowed do not overlap, so the size alone tells which it is. */
const fromEpoch = (value: number): string | undefined =>
  withinRange(Math.floor(value)) ?? withinRange(Math.round(value * 1000));

/**
 * A moment in ISO 8601 UTC with milliseconds. Taken: ISO 8601 (RFC 3339's profile, also with a space for the T, without
 * seconds, with `+0100`, `+01`, `UTC` or `GMT`, or with more than three decimals, which are cut), and epoch seconds or milliseconds as a
 * number or as 10 or 13 digits.
 * @returns undefined for a time without zone, a day that no calendar has, and years outside 2000 to 2100
 */
export function parseTime(value: string | number): string | undefined {
  if (typeof value === "number") return fromEpoch(value);
  const text = value.trim();
  if (/^(\d{10}(\.\d+)?|\d{13})$/.test(text)) return fromEpoch(Number(text));
  const match = iso.exec(text);
  if (!match) return undefined;
  const number = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHours = number(9);
  const offsetMinutes = number(10);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 14 || offsetMinutes > 59) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  // A day that the month does not have rolls over into another month.
  if (date.getUTCMonth() !== month - 1) return undefined;
  const millisecond = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offset = (match[8] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
  return withinRange(date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millisecond);
}
