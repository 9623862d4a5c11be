import { type NamedZone, splitZone } from "./time-zone.ts";

/** In which order dates that are only numbers name day, month and year. */
export const dateOrders = ["DMY", "MDY", "YMD"] as const;
export type DateOrder = (typeof dateOrders)[number];

/** What a cell says of a time: a day (days since 1 January 1970), a clock (milliseconds of the day), a zone. */
export interface WallTime {
  day?: number;
  clock?: number;
  zone?: NamedZone;
}

/** A cell that says no time: one that could be read two ways, or none that can be read. */
export type UnreadTime = { unread: "ambiguous_date" | "invalid_time" };

const dayLength = 86_400_000;

/** Full names; each may be cut to three letters and more, as far as it stays one month. */
const monthNames = [
  "january januar janvier enero gennaio janeiro januari",
  "february februar fevrier febrero febbraio fevereiro februari",
  "march marz maerz mrz mars marzo marco maart",
  "april avril abril aprile",
  "may mai mayo maggio maio mei",
  "june juni juin junio giugno junho",
  "july juli juillet julio luglio julho",
  "august aout agosto augustus",
  "september septembre septiembre settembre setembro",
  "october oktober octobre octubre ottobre outubro",
  "november novembre noviembre novembro",
  "december dezember decembre diciembre dicembre dezembro",
].map((names) => names.split(" "));

const weekdays =
  "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo".split(
    " ",
  );

/** The number of a month by its name, cut or whole; undefined where it is none or could be two. */
function monthOf(word: string): number | undefined {
  if (word.length < 3) return undefined;
  const months = monthNames.flatMap((names, index) =>
    names.some((name) => name.startsWith(word)) ? [index + 1] : [],
  );
  return months.length === 1 ? months[0] : undefined;
}

const isWeekday = (word: string): boolean =>
  word.length > 1 && weekdays.some((weekday) => weekday.startsWith(word));

/** Days since 1970 of a day of the years 2000 to 2100; undefined where no calendar has it. */
function dayOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && year >= 2000 && year <= 2100 ? date.getTime() / dayLength : undefined;
}

const fullYear = (digits: string): number => Number(digits) + (digits.length === 2 ? 2000 : 0);

/**
 * The day of three numbers. With the year last and in four digits day and month may be either way round, with two digits any
 * order is possible; dots are written between day, month and year only (CLDR has no locale that puts dots behind a month that
 * stands first), unless the order asked for says otherwise.
 */
function numericDay(
  parts: readonly [string, string, string],
  separator: string,
  order: DateOrder | undefined,
): number | UnreadTime {
  const [a, b, c] = parts;
  const readings: Record<DateOrder, () => number | undefined> = {
    DMY: () => (a.length > 2 ? undefined : dayOf(fullYear(c), Number(b), Number(a))),
    MDY: () => (a.length > 2 ? undefined : dayOf(fullYear(c), Number(a), Number(b))),
    YMD: () => (c.length > 2 || a.length < 2 ? undefined : dayOf(fullYear(a), Number(b), Number(c))),
  };
  const isYearFirst = a.length === 4;
  const possible: readonly DateOrder[] = isYearFirst
    ? ["YMD"]
    : order !== undefined && !(order === "YMD" && c.length === 4)
      ? [order]
      : separator === "."
        ? ["DMY"]
        : dateOrders;
  const days = new Set(possible.flatMap((one) => readings[one]() ?? []));
  if (days.size === 1) return [...days][0]!;
  const elsewhere = order === undefined && dateOrders.some((one) => readings[one]() !== undefined);
  return { unread: days.size > 1 || elsewhere ? "ambiguous_date" : "invalid_time" };
}

// Behind a dot there may be a space.
const numeric =
  /^(\d{1,4})(?:(\/|-|\.)(?:(?<=\.) )?(\d{1,2})\2(?:(?<=\.) )?(\d{4}|\d{1,2})|(\d{2})(\d{2}))(?!\d)/;
const dayFirst =
  /^(\d{1,2})(?:st|nd|rd|th|er|\.)?[ /-]*(?:of |de |den )?([a-z]{3,10})\.?,?[ /-]*(?:de )?(\d{4}|\d{2})(?!\d)/;
const monthFirst = /^([a-z]{3,10})\.?[ -]*(\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})(?!\d)/;
const yearFirst = /^(\d{4})[ /-]+([a-z]{3,10})\.?[ /-]+(\d{1,2})(?!\d)/;

/** The day at the start of a text, and what follows it. */
function readDay(
  text: string,
  order: DateOrder | undefined,
): { day: number | UnreadTime; rest: string } | undefined {
  const found = (match: RegExpExecArray, day: number | UnreadTime | undefined) => ({
    day: day ?? { unread: "invalid_time" as const },
    rest: text.slice(match[0].length),
  });
  const byNumber = numeric.exec(text);
  if (byNumber) {
    const [, a = "", separator, b, c, month, day] = byNumber;
    if (separator !== undefined) return found(byNumber, numericDay([a, b!, c!], separator, order));
    // Eight digits in a row.
    if (a.length === 4) return found(byNumber, dayOf(Number(a), Number(month), Number(day)));
  }
  for (const [pattern, [year, month, day]] of [
    [dayFirst, [3, 2, 1]],
    [monthFirst, [3, 1, 2]],
    [yearFirst, [1, 2, 3]],
  ] as const) {
    const match = pattern.exec(text);
    const number = match ? monthOf(match[month]!) : undefined;
    if (match && number) return found(match, dayOf(fullYear(match[year]!), number, Number(match[day])));
  }
  return undefined;
}

const clockPattern =
  /^(\d{1,2})(?: ?[:h] ?(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?(?: ?([ap])\.? ?m\.?)?(?: ?(?:uhr|h))?(?![\d:])/;
const dottedClock = /^(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?: ?uhr)?$/;

/** The clock at the start of a text, and what follows it; undefined where there is none or no clock shows it. */
function readClock(text: string): { clock: number; rest: string } | undefined {
  const match = dottedClock.exec(text) ?? clockPattern.exec(text);
  if (!match) return undefined;
  const [whole, hours = "", minutes, seconds = "0", half] = match;
  // A number alone is no clock.
  if (minutes === undefined && !half && !/[h]/.test(whole)) return undefined;
  let hour = Number(hours);
  if (half && (hour < 1 || hour > 12)) {
    // `14:30 PM` and `0:15 AM` are written by apps that format twice; `0:30 PM` could be either half.
    if (half === "a" ? hour !== 0 : hour === 0) return undefined;
  } else if (half) hour = (hour % 12) + (half === "p" ? 12 : 0);
  const [minute, second] = [Number(minutes ?? 0), Number(seconds)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return { clock: ((hour * 60 + minute) * 60 + second) * 1000, rest: text.slice(whole.length) };
}

/**
 * A date of a spreadsheet that lost its format: days since 30 December 1899, as Excel for Windows and LibreOffice count them (right
 * from 1 March 1900 on), of the years 2000 to 2100; or the fraction of a day that a clock is.
 */
function readSerial(text: string): WallTime | undefined {
  const match = /^(\d{5})?(?:(?<=\d)[.,](\d+)|(?<!\d)0?[.,](\d+))?$/.exec(text);
  if (!match || text === "") return undefined;
  const [, days, ofDay, alone] = match;
  const fraction = Number(`0.${ofDay ?? alone ?? "0"}`);
  // Floating point makes 14:29:59.9999 of 14:30.
  const seconds = Math.round(fraction * 86_400);
  const clock = (seconds % 86_400) * 1000;
  if (days === undefined) return alone === undefined ? undefined : { clock };
  const day = Number(days) - 25_569 + Math.floor(seconds / 86_400);
  const year = new Date(day * dayLength).getUTCFullYear();
  if (year < 2000 || year > 2100) return undefined;
  return ofDay === undefined ? { day } : { day, clock };
}

/** No writing of a time is longer. */
const longest = 80;

/**
 * What a cell of a column of times says: a date in numbers or with a month's name (English, German, French, Spanish, Italian,
 * Portuguese, Dutch), a clock of 12 or 24 hours, both in either order, or a spreadsheet's serial number. A year of two
 * digits is one of 2000 to 2099.
 * @param order how dates of numbers alone are to be read, where somebody said so
 */
export function readWallTime(cell: string, order?: DateOrder): WallTime | UnreadTime {
  if (cell.length > longest) return { unread: "invalid_time" };
  const { text, zone } = splitZone(cell.replace(/\s+/g, " ").trim());
  const plain = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const word = /^([a-z]+)\.?,? /.exec(plain);
  const bare = word && isWeekday(word[1]!) && !monthOf(word[1]!) ? plain.slice(word[0].length) : plain;
  const read = readSerial(bare) ?? readDayAndClock(bare, order) ?? { unread: "invalid_time" };
  return "unread" in read || !zone ? read : { ...read, zone };
}

const between = /^(?:t(?=\d)|[ ,;]*(?:(?:um|at|a|a las|-|–) )?)/;

function readDayAndClock(text: string, order: DateOrder | undefined): WallTime | UnreadTime | undefined {
  const date = readDay(text, order);
  if (date) {
    const rest = date.rest.replace(between, "");
    const time = rest === "" ? undefined : readClock(rest);
    if (rest !== "" && time?.rest !== "") return undefined;
    if (typeof date.day !== "number") return date.day;
    return { day: date.day, ...(time && { clock: time.clock }) };
  }
  const time = readClock(text);
  if (!time) return undefined;
  const rest = time.rest.replace(between, "");
  if (rest === "") return { clock: time.clock };
  const behind = readDay(rest, order);
  if (behind?.rest !== "") return undefined;
  return typeof behind.day === "number" ? { day: behind.day, clock: time.clock } : behind.day;
}
