import { instantsOf, startOfDay } from "../policy/calendar.ts";
import type { Refusal } from "./refusal.ts";
import { parseTime } from "./time.ts";
import type { NamedZone } from "./time-zone.ts";
import { type DateOrder, readWallTime, type UnreadTime, type WallTime } from "./wall-time.ts";

/** How the times of a list are to be read where they do not say it themselves. */
export interface TimeReading {
  /** An IANA name. */
  timeZone?: string | undefined;
  dateOrder?: DateOrder | undefined;
}

/** A cell of a column of times, with the zone that its header names. */
export interface TimeCell {
  text: string;
  zone?: NamedZone | undefined;
}

/** The cells of a row that say when: both in one, or a date and a clock, each of which may hold the other too. */
export interface TimeCells {
  both?: TimeCell | undefined;
  date?: TimeCell | undefined;
  clock?: TimeCell | undefined;
}

const refuse = (code: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field: "checkedInAt", detail },
});

/**
 * When the cells of a row say it was: ISO 8601 UTC with milliseconds, undefined where they are empty. A zone in the cell
 * goes before the one of its header, and that before the list's. A day without a clock is its first moment; of a local time
 * that an autumn has twice the earlier is taken; one that a spring leaves out is refused.
 */
export function readListTime(
  { both, date, clock }: TimeCells,
  reading: TimeReading,
): { time: string | undefined } | { refusal: Refusal } {
  const wall: WallTime = {};
  // A clock's own cell goes before the midnight that spreadsheets write behind a date.
  for (const [cell, part] of [
    [both, undefined],
    [clock, "clock"],
    [date, "day"],
  ] as const) {
    if (!cell || (part === undefined ? false : wall.day !== undefined && wall.clock !== undefined)) continue;
    const instant = parseTime(cell.text);
    if (instant !== undefined && !(wall.clock !== undefined && instant.endsWith("T00:00:00.000Z"))) {
      return { time: instant };
    }
    const read = readWallTime(cell.text, reading.dateOrder);
    if ("unread" in read) return refuseUnread(read, reading);
    wall.day ??= read.day;
    wall.clock ??= read.clock;
    wall.zone ??= read.zone ?? cell.zone;
  }
  if (wall.day === undefined && wall.clock === undefined) return { time: undefined };
  return resolve(wall, reading);
}

function refuseUnread({ unread }: UnreadTime, { dateOrder }: TimeReading): { refusal: Refusal } {
  if (unread === "ambiguous_date") {
    return refuse(unread, "the date can be read in two ways: add ?dateOrder=DMY, MDY or YMD to the address");
  }
  return refuse(
    unread,
    dateOrder
      ? `this is no time that can be read, or not with dateOrder=${dateOrder}`
      : "this is no time that can be read; ISO 8601 always is, for example 2026-11-21T10:00:00+01:00",
  );
}

function resolve(
  { day, clock, zone }: WallTime,
  { timeZone }: TimeReading,
): { time: string } | { refusal: Refusal } {
  if (day === undefined) return refuse("ambiguous_time", "there is a clock time and no date beside it");
  const local = day * 86_400_000 + (clock ?? 0);
  const named = zone && "name" in zone ? zone.name : timeZone;
  if (zone && "offset" in zone) return { time: isoOf(local - zone.offset * 60_000) };
  if (named === undefined) {
    return refuse(
      "ambiguous_time",
      zone && "abbreviation" in zone
        ? `${zone.abbreviation} is no unambiguous time zone: add ?timeZone= to the address, for example Europe/Berlin`
        : "the time names no time zone: add ?timeZone= to the address, for example Europe/Berlin",
    );
  }
  const instants = clock === undefined ? [startOfDay(day, named)] : instantsOf(local, named);
  const fitting =
    zone && "abbreviation" in zone
      ? instants.filter((instant) => zone.offsets.includes((local - instant) / 60_000))
      : instants;
  if (fitting[0] !== undefined) return { time: isoOf(fitting[0]) };
  return instants.length > 0
    ? refuse("ambiguous_time", `the time is said to be in another time zone than ${named}`)
    : refuse("invalid_time", `the clocks of ${named} jump over this time`);
}

const isoOf = (instant: number): string => new Date(instant).toISOString();
