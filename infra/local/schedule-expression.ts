/** A schedule expression that EventBridge Scheduler, or the local runtime, does not take. */
export class InvalidSchedule extends Error {
  constructor(expression: string, problem: string) {
    super(`schedule ${expression}: ${problem}`);
    this.name = "InvalidSchedule";
  }
}

/** When a schedule is due next: the first time after `after`, both in milliseconds since 1970; undefined if never. */
export type NextDue = (after: number) => number | undefined;

const minute = 60_000;
const units: Record<string, number> = { minute, hour: 60 * minute, day: 1_440 * minute };
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/** A cron expression that matches no day of so many never will: no leap day is further away. */
const daysSearched = 366 * 9;

/**
 * Reads `rate(15 minutes)` or `cron(minutes hours day-of-month month day-of-week year)` as EventBridge Scheduler does:
 * rates count from the start; on the day on which clocks go forward a time that does not exist is skipped, and on
 * the day on which they go back a time that exists twice is due once, at the first.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 *
 * @param timeZone IANA name in which a cron expression is read
 * @param startedAt milliseconds since 1970, from which a rate counts
 * @throws InvalidSchedule, also for L, W and # in cron expressions, which are not known here
 */
export function schedule(expression: string, timeZone: string, startedAt: number): NextDue {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) {
    const period = Number(rate[1]) * units[rate[2]!]!;
    if (period === 0) throw new InvalidSchedule(expression, "the period is zero");
    return (after) => startedAt + Math.max(1, Math.floor((after - startedAt) / period) + 1) * period;
  }
  const cron = /^cron\((.+)\)$/.exec(expression);
  const fields = (cron?.[1] ?? "").trim().split(/\s+/);
  if (fields.length !== 6)
    throw new InvalidSchedule(expression, "is neither rate(…) nor cron(…) with six fields");
  return cronSchedule(expression, fields, timeZone);
}

function cronSchedule(expression: string, fields: string[], timeZone: string): NextDue {
  const field = (index: number, low: number, high: number, names: string[] = [], firstName = 0) =>
    values(expression, fields[index]!, low, high, names, firstName);
  const [minutes, hours, daysOfMonth, months, daysOfWeek, years] = [
    field(0, 0, 59),
    field(1, 0, 23),
    field(2, 1, 31),
    field(3, 1, 12, monthNames, 1),
    field(4, 1, 7, weekdays, 1),
    field(5, 1970, 2199),
  ];
  const zone = wallClock(timeZone);
  return (after) => {
    const today = zone.dayOf(after);
    for (let days = 0; days < daysSearched; days++) {
      const day = new Date(today + days * units.day!);
      const matches =
        years.has(day.getUTCFullYear()) &&
        months.has(day.getUTCMonth() + 1) &&
        daysOfMonth.has(day.getUTCDate()) &&
        daysOfWeek.has(day.getUTCDay() + 1);
      if (!matches) continue;
      for (const hour of hours) {
        for (const past of minutes) {
          const due = zone.instantOf(day.getTime() + hour * units.hour! + past * minute);
          if (due !== undefined && due > after) return due;
        }
      }
    }
    return undefined;
  };
}

/** The numbers a cron field stands for, ascending. */
function values(
  expression: string,
  field: string,
  low: number,
  high: number,
  names: string[],
  firstName: number,
): Set<number> {
  const numberOf = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + firstName : /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw new InvalidSchedule(expression, `${text} is not known`);
    return value;
  };
  const found = new Set<number>();
  for (const part of field.split(",")) {
    const [range = "", step] = part.split("/");
    const [first, last] =
      range === "*" || range === "?"
        ? [low, high]
        : range.includes("-")
          ? (range.split("-").map(numberOf) as [number, number])
          : [numberOf(range), step === undefined ? numberOf(range) : high];
    const increment = step === undefined ? 1 : Number(step);
    if (!(increment >= 1)) throw new InvalidSchedule(expression, `${part} is not known`);
    for (let value = first; value <= last; value += increment) found.add(value);
  }
  return new Set([...found].sort((a, b) => a - b));
}

/** A zone's wall clock, written as the UTC milliseconds at which a clock in UTC would show the same. */
function wallClock(timeZone: string): {
  dayOf(instant: number): number;
  instantOf(wall: number): number | undefined;
} {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const wallAt = (instant: number): number => {
    const parts = Object.fromEntries(
      format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
    );
    return Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  };
  const offsetAt = (instant: number) => wallAt(instant) - Math.floor(instant / 1_000) * 1_000;
  return {
    dayOf: (instant) => Math.floor(wallAt(instant) / units.day!) * units.day!,
    instantOf: (wall) => {
      // The offset in force is one of those a day before and a day after; the larger gives the earlier instant.
      const offsets = [offsetAt(wall - units.day!), offsetAt(wall + units.day!)].sort((a, b) => b - a);
      return offsets.map((offset) => wall - offset).find((instant) => wallAt(instant) === wall);
    },
  };
}
