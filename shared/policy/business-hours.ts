import { DateTime } from "luxon";
import { dayNumber } from "./calendar.ts";
import type { BusinessCalendar } from "./hand-off.ts";

/** Days looked through for an opening: a calendar that has none for so long has none. */
const mostDays = 3_660;
const dayLength = 24 * 60 * 60 * 1000;

/** A span in which a calendar is open, in milliseconds. */
interface Opening {
  start: number;
  end: number;
}

/** What a calendar opens on each day asked for, by the day's number; null where it stays closed. */
interface Openings {
  days: ReadonlySet<number>;
  holidays: ReadonlySet<string>;
  known: Map<number, Opening | null>;
}

/**
 * Kept with each calendar: a report asks for the same days of thousands of leads, and a time zone's answer for one of them costs as
 * much as a thousand look-ups.
 */
const kept = new WeakMap<BusinessCalendar, Openings>();

function openingsOf(calendar: BusinessCalendar): Openings {
  let openings = kept.get(calendar);
  if (!openings) {
    openings = { days: new Set(calendar.days), holidays: new Set(calendar.holidays), known: new Map() };
    kept.set(calendar, openings);
  }
  return openings;
}

/**
 * The spans in which a calendar is open, from an instant on, in order. Times of day are the zone's own, so that a working day keeps
 * its hours when the clocks change.
 */
function* openings(calendar: BusinessCalendar, from: number): Generator<Opening> {
  const { days, holidays, known } = openingsOf(calendar);
  const first = dayNumber(from, calendar.timeZone);
  for (let day = first; day < first + mostDays; day++) {
    let opening = known.get(day);
    if (opening === undefined) {
      opening = openingOn(calendar, day, days, holidays);
      known.set(day, opening);
    }
    if (opening && opening.end > from) yield { start: Math.max(opening.start, from), end: opening.end };
  }
}

/** @param day its number, counted from 1 January 1970 */
function openingOn(
  calendar: BusinessCalendar,
  day: number,
  days: Openings["days"],
  holidays: Openings["holidays"],
): Opening | null {
  const date = DateTime.fromMillis(day * dayLength, { zone: "utc" });
  if (!days.has(date.weekday) || holidays.has(date.toISODate() ?? "")) return null;
  const { timeZone, from, to } = calendar;
  const [start, end] = [at(date, from, timeZone), at(date, to, timeZone)];
  return start < end ? { start, end } : null;
}

/** Of the next day's midnight where it is 24:00; of a time that the clocks leave out, the one as long after midnight. */
function at(date: DateTime, time: string, zone: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const { year, month, day } = date.plus({ days: hour === 24 ? 1 : 0 });
  return DateTime.fromObject({ year, month, day, hour: hour % 24, minute }, { zone }).toMillis();
}

/** The business time between two instants, in milliseconds; 0 where the second is not later. Times are ISO 8601. */
export function businessTimeBetween(calendar: BusinessCalendar, from: string, to: string): number {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  let sum = 0;
  for (const opening of openings(calendar, start)) {
    if (opening.start >= end) break;
    sum += Math.min(opening.end, end) - opening.start;
  }
  return sum;
}

/**
 * When so much business time is over, counted from an instant on; ISO 8601.
 * @param duration milliseconds, more than 0
 * @returns null where the calendar does not open for so long within ten years
 */
export function afterBusinessTime(calendar: BusinessCalendar, from: string, duration: number): string | null {
  let left = duration;
  for (const { start, end } of openings(calendar, Date.parse(from))) {
    if (end - start >= left) return new Date(start + left).toISOString();
    left -= end - start;
  }
  return null;
}

/** The ISO 8601 week of an instant in a time zone: `2026-W47`. */
export const isoWeek = (time: string, timeZone: string): string =>
  DateTime.fromISO(time, { zone: timeZone }).toFormat("kkkk-'W'WW");
