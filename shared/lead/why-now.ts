import { dayNumber } from "../policy/calendar.ts";
import type { Evaluation } from "../policy/evaluate.ts";
import type { TimelineTouch } from "../timeline/timeline.ts";
import { dateText, plural, touchText } from "./wording.ts";

/**
 * Why a contact is a lead, in one sentence that needs no knowledge of the rules:
 * `8 touches in 41 days over 3 channels; the last, a demo-request form of campaign “Autumn Webinar”, on 12 Nov 2026.`
 * @param evaluation as of the moment it qualified
 * @param first the first touch that counted
 * @param deciding the touch at which it qualified
 * @param channelsUsed how many channels the counted touches came over
 */
export function whyNowOf(
  evaluation: Evaluation,
  first: TimelineTouch,
  deciding: TimelineTouch,
  channelsUsed: number,
): string {
  const { count, points, timeZone } = evaluation;
  const day = (touch: TimelineTouch): number => dayNumber(Date.parse(touch.occurredAt), timeZone);
  const days = day(deciding) - day(first) + 1;
  const worth = points === count ? "" : ` worth ${plural(points, "point")}`;
  const span = days <= 1 ? "on one day" : `in ${days} days`;
  const over = `over ${plural(channelsUsed, "channel")}`;
  const when = dateText(deciding.occurredAt, timeZone);
  const which = count === 1 ? "it was" : "the last,";
  const end = count === 1 ? `${touchText(deciding)} on ${when}` : `${touchText(deciding)}, on ${when}`;
  return `${plural(count, "touch", "touches")}${worth} ${span} ${over}; ${which} ${end}.`;
}

/**
 * The same of a contact that a touch made a lead at once:
 * `A demo-request form on 12 Nov 2026: qualifies at once by the rule “demo”, after 3 other touches that count.`
 * @param others how many touches counted beside it
 */
export function whyAtOnce(rule: string, deciding: TimelineTouch, others: number, timeZone: string): string {
  const what = touchText(deciding);
  const begins = `${what[0]?.toUpperCase()}${what.slice(1)} on ${dateText(deciding.occurredAt, timeZone)}`;
  const beside =
    others === 0 ? "" : `, after ${plural(others, "other touch that counts", "other touches that count")}`;
  return `${begins}: qualifies at once by the rule “${rule}”${beside}.`;
}
