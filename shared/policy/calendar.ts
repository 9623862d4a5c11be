const dayLength = 86_400_000;

/** Names under which the offset is always nothing, so that no calendar is asked. */
const utcNames = new Set(["UTC", "Etc/UTC", "GMT", "Etc/GMT"]);

/** One UTC day of a time zone: the offset holds `before` until the instant `change`, `after` from then on. */
interface OffsetDay {
  before: number;
  after: number;
  change: number;
}

/** Above any real span of a contact's touches, below what memory would notice. */
const rememberedDays = 8192;

/** A time zone's offsets, asked of Intl once per UTC day: one such question costs as much as a thousand look-ups. */
class Zone {
  private readonly formatter: Intl.DateTimeFormat;
  private readonly days = new Map<number, OffsetDay>();

  constructor(timeZone: string) {
    this.formatter = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  private askOffset(timeMs: number): number {
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = (
      this.formatter.format(timeMs).match(/\d+/g) ?? []
    ).map(Number);
    const local = new Date(0);
    local.setUTCFullYear(year, month - 1, day);
    return local.setUTCHours(hour, minute, second) - Math.floor(timeMs / 1000) * 1000;
  }

  /** No zone has ever changed its offset twice within one UTC day, so equal ends mean one offset. */
  offsetDay(utcDay: number): OffsetDay {
    const known = this.days.get(utcDay);
    if (known) return known;
    const start = utcDay * dayLength;
    const end = start + dayLength;
    const before = this.askOffset(start);
    const after = this.askOffset(end);
    let [low, change] = before === after ? [end, end] : [start, end];
    while (change - low > 1) {
      const middle = Math.floor((low + change) / 2);
      if (this.askOffset(middle) === before) low = middle;
      else change = middle;
    }
    if (this.days.size >= rememberedDays) this.days.clear();
    const found = { before, after, change };
    this.days.set(utcDay, found);
    return found;
  }

  offset(timeMs: number): number {
    const { before, after, change } = this.offsetDay(Math.floor(timeMs / dayLength));
    return timeMs < change ? before : after;
  }
}

const zones = new Map<string, Zone>();

function zoneOf(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (!zone) {
    zone = new Zone(timeZone);
    zones.set(timeZone, zone);
  }
  return zone;
}

/**
 * Which local calendar day an instant falls on, as days since 1 January 1970.
 * @param timeMs milliseconds since the epoch
 * @param timeZone an IANA name
 * @throws RangeError for a time zone that does not exist, or a time that is none
 */
export function dayNumber(timeMs: number, timeZone: string): number {
  if (utcNames.has(timeZone)) return Math.floor(timeMs / dayLength);
  return Math.floor((timeMs + zoneOf(timeZone).offset(timeMs)) / dayLength);
}

/**
 * The first instant that falls on a local day or a later one, in milliseconds since the epoch: local midnight, or
 * the moment to which the clocks jump where midnight does not exist (Beirut in spring, Apia's skipped 30 December 2011).
 * @param day days since 1 January 1970, as `dayNumber` gives it
 * @throws RangeError for a time zone that does not exist
 */
export function startOfDay(day: number, timeZone: string): number {
  const midnight = day * dayLength;
  if (utcNames.has(timeZone)) return midnight;
  const zone = zoneOf(timeZone);
  // A day begins at midnight by an offset in force around it, or where the offset changes. Offsets stay below a day.
  const instants = [day - 1, day, day + 1].flatMap((utcDay) => {
    const { before, after, change } = zone.offsetDay(utcDay);
    return [midnight - before, midnight - after, change];
  });
  return Math.min(...instants.filter((instant) => dayNumber(instant, timeZone) >= day));
}

/** A day number as `YYYY-MM-DD`. */
export const dayText = (day: number): string => new Date(day * dayLength).toISOString().slice(0, 10);

/**
 * The instants at which a zone's clocks show a local time, the earlier first: none where they jump over it in spring, two where
 * they show it twice in autumn.
 * @param local what the clocks show, in milliseconds since the epoch as if it were UTC
 * @throws RangeError for a time zone that does not exist
 */
export function instantsOf(local: number, timeZone: string): number[] {
  if (utcNames.has(timeZone)) return [local];
  const zone = zoneOf(timeZone);
  const utcDay = Math.floor(local / dayLength);
  const offsets = new Set(
    [utcDay - 1, utcDay, utcDay + 1].flatMap((day) => {
      const { before, after } = zone.offsetDay(day);
      return [before, after];
    }),
  );
  return [...offsets]
    .map((offset) => local - offset)
    .filter((instant) => instant + zone.offset(instant) === local)
    .sort((a, b) => a - b);
}

/** Names that were found; to ask the runtime takes longer than to read the whole policy that names one. */
const knownZones = new Set<string>();

/** Whether the runtime's time zone data knows a name. Bare offsets are none: they have no daylight saving. */
export function isTimeZone(name: string): boolean {
  if (knownZones.has(name)) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    // As many as there are zones, in every spelling: few are ever used.
    if (knownZones.size < 1_000) knownZones.add(name);
    return true;
  } catch {
    return false;
  }
}
