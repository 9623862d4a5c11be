import { afterBusinessTime, businessTimeBetween } from "../policy/business-hours.ts";
import type { BusinessCalendar, ServiceLevel } from "../policy/hand-off.ts";
import { compareText, type TimelineTouch } from "../timeline/timeline.ts";
import type { Answer } from "./feedback.ts";
import type { LedgerEntry } from "./ledger.ts";
import { firstReceipt, type Receipt } from "./receipt.ts";

/**
 * How a lead that was handed over stands against the clock: `in_time` and `late` were answered, `overdue` and `not_yet_due` were not,
 * `withdrawn` turned out to be none before anybody answered, `unmeasured` has no service level.
 */
export const handOffStates = [
  "in_time",
  "late",
  "overdue",
  "not_yet_due",
  "withdrawn",
  "unmeasured",
] as const;
export type HandOffState = (typeof handOffStates)[number];

/** One lead's way from marketing to sales. Times are ISO 8601 UTC. */
export interface HandOff {
  leadId: string;
  /** The contact's id as the ledger has it. */
  contactId: string;
  owner: string | null;
  /** The campaign of the touch that made it a lead. */
  campaign: string | null;
  /** When it could have been handed over, and when it was: the system's own delay lies between. */
  readyAt: string;
  handedOverAt: string;
  /** The first receipt by sales. */
  receivedAt: string | null;
  /** When the clock starts: at the receipt, else at the export. */
  startsAt: string;
  dueAt: string | null;
  /** The first answer or outbound touch after it was handed over. */
  answeredAt: string | null;
  answeredBy: "feedback" | "touch" | null;
  state: HandOffState;
  /** Business time from the start to the answer, or to now, in milliseconds; null where nobody measures. */
  businessTime: number | null;
  outcome: Answer["current"];
  withdrawn: boolean;
  /** Whether a deal with the contact was won after it became a lead. */
  won: boolean;
}

/** What a hand-off follows from. */
export interface HandOffInput {
  entry: LedgerEntry;
  answer: Answer;
  /** The lead's own and those of its run. */
  receipts: readonly Receipt[];
  /** The contact's, at least from `qualifiedAt` on. */
  touches: readonly TimelineTouch[];
  campaign: string | null;
  won: boolean;
  /** Of the policy it qualified under. */
  serviceLevel: ServiceLevel | null;
  /** ISO 8601. */
  now: string;
}

/** By what sales is heard to act: whatever they do outward beside answering. */
const outboundChannels = new Set(["call", "direct_mail", "meeting"]);

/**
 * How one lead was handed over and answered.
 * @returns undefined where it has not been handed over: no export has had it, and nobody received it
 */
export function handOffOf(input: HandOffInput): HandOff | undefined {
  const { entry, answer, receipts, serviceLevel, now } = input;
  const received = firstReceipt(receipts)?.at ?? null;
  const handedOverAt = earliest([entry.exportedAt ?? null, received]);
  if (handedOverAt === null) return undefined;
  const owner = entry.owner ?? answer.first?.by ?? null;
  const answered = firstAnswer(input, handedOverAt);
  // Whoever answers has received it, whatever they downloaded afterwards.
  const startsAt = earliest([received ?? handedOverAt, answered?.at ?? null])!;
  const calendar = serviceLevel && calendarOf(serviceLevel, owner);
  const withdrawnAt = entry.withdrawal?.at;
  const until = answered?.at ?? withdrawnAt ?? now;
  const dueAt = serviceLevel && calendar && afterBusinessTime(calendar, startsAt, serviceLevel.hours * hour);
  const state = (): HandOffState => {
    if (!answered && withdrawnAt !== undefined) return "withdrawn";
    if (!calendar) return "unmeasured";
    const isWithin = dueAt === null || until <= dueAt || (answered?.since ?? "~") <= dueAt;
    if (answered) return isWithin ? "in_time" : "late";
    return isWithin ? "not_yet_due" : "overdue";
  };
  return {
    leadId: entry.leadId,
    contactId: entry.identifierId,
    owner,
    campaign: input.campaign,
    readyAt: entry.readyAt ?? entry.qualifiedAt,
    handedOverAt,
    receivedAt: received,
    startsAt,
    dueAt,
    answeredAt: answered?.at ?? null,
    answeredBy: answered?.by ?? null,
    state: state(),
    businessTime: calendar && businessTimeBetween(calendar, startsAt, until),
    outcome: answer.current,
    withdrawn: withdrawnAt !== undefined,
    won: input.won,
  };
}

/** An owner may be called as what every object has. */
const calendarOf = ({ calendars, calendar }: ServiceLevel, owner: string | null): BusinessCalendar =>
  (owner !== null && Object.hasOwn(calendars, owner) && calendars[owner]) || calendar;

const hour = 60 * 60 * 1000;

/**
 * When the clock of a lead that nobody answers can run out, by its line in the ledger alone: a receipt that comes before it has starts it
 * anew. Both ISO 8601; null where it never does.
 * @returns undefined where the line does not tell: there is no export yet
 */
export function runsOutBetween(
  { exportedAt, fastTrack, owner }: Pick<LedgerEntry, "exportedAt" | "fastTrack" | "owner">,
  serviceLevel: ServiceLevel,
): { earliest: string | null; latest: string | null } | undefined {
  if (exportedAt === undefined) return undefined;
  const calendar = calendarOf(serviceLevel, owner ?? null);
  const after = (hours: number) => afterBusinessTime(calendar, exportedAt, hours * hour);
  // One found between two nights may have been received before its export.
  const earliest = fastTrack === undefined ? after(serviceLevel.hours) : exportedAt;
  return { earliest, latest: after(2 * serviceLevel.hours) };
}

const earliest = (times: readonly (string | null)[]): string | null =>
  times.filter((time) => time !== null).sort(compareText)[0] ?? null;

/** An answer that is said to have come before the lead did is one at once. */
function firstAnswer(
  { answer, touches }: HandOffInput,
  handedOverAt: string,
): { at: string; since?: string | undefined; by: "feedback" | "touch" } | undefined {
  const said = answer.first && {
    at: answer.first.occurredAt < handedOverAt ? handedOverAt : answer.first.occurredAt,
    // Of an answer of which only the day is known nobody can say that it came too late on that day.
    since: answer.first.since,
    by: "feedback" as const,
  };
  const touch = touches.find(
    ({ direction, channel, occurredAt, conflict, exclusion }) =>
      direction === "outbound" &&
      outboundChannels.has(channel) &&
      occurredAt >= handedOverAt &&
      !conflict &&
      exclusion === undefined,
  );
  const acted = touch && { at: touch.occurredAt, by: "touch" as const };
  if (said && acted) return said.at <= acted.at ? said : acted;
  return said ?? acted;
}
