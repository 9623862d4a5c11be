import { DateTime } from "luxon";
import type { BusinessCalendar } from "./hand-off.ts";

/** Days looked through for an opening: a calendar that has none for so long has none. */
const mostDays = 3_660;

/**
 * The spans in which a calendar is open, from an instant on, in order. Times of day are the zone's own, so that a working day keeps
 * its hours when the clocks change.
 */
function* openings(calendar: BusinessCalendar, from: number): Generator<{ start: number; end: number }> {
  const [days, holidays] = [new Set(calendar.days), new Set(calendar.holidays)];
  let day = DateTime.fromMillis(from, { zone: calendar.timeZone }).startOf("day");
  for (let looked = 0; looked < mostDays; looked++) {
    if (days.has(day.weekday) && !holidays.has(day.toISODate() ?? "")) {
      const [start, end] = [at(day, calendar.from), at(day, calendar.to)];
      if (end > from && start < end) yield { start: Math.max(start, from), end };
    }
    // By the calendar, not by 24 hours: two days a year have 23 and 25.
    day = day.plus({ days: 1 }).startOf("day");
  }
}

function at(day: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return hour === 24 ? day.plus({ days: 1 }).startOf("day").toMillis() : day.set({ hour, minute }).toMillis();
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
