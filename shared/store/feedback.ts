import type { Feedback } from "../lead/feedback.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { feedbackKey } from "../table/keys.ts";
import { activeItem } from "./facts.ts";
import { type Item, keyText, putAll, type Table } from "./table.ts";

/** An answer, and the lead that it is to. */
export interface LeadFeedback {
  entry: Pick<LedgerEntry, "identifierId" | "cycle">;
  feedback: Feedback;
  /** It is there already: the night alone is told again, since whoever put it may have died before that. */
  isKept?: boolean;
}

const itemOf = ({ entry, feedback }: LeadFeedback): Item => ({
  ...feedbackKey(entry.identifierId, entry.cycle, feedback.occurredAt, feedback.feedbackId, feedback.hash16),
  body: JSON.stringify({ v: 1, ...feedback }),
});

/**
 * Puts what sales answered, then marks whom it concerns as active, so that the night looks at them. Under keys that follow from what was
 * said: again, it changes nothing. The leads are still listed as before: see `settleStatus`.
 * @returns those that are not durable
 */
export async function putFeedback(
  table: Table,
  answers: readonly LeadFeedback[],
  now: Date,
): Promise<LeadFeedback[]> {
  const news = answers.filter(({ isKept }) => !isKept);
  const items = new Map(news.map((answer) => [keyText(itemOf(answer)), itemOf(answer)]));
  const failed = await putAll(table, [...items.values()]);
  const markerOf = ({ entry }: LeadFeedback): Item => activeItem(entry.identifierId, now);
  const kept = answers.filter((answer) => !failed.has(keyText(itemOf(answer))));
  const markers = new Map(kept.map((answer) => [answer.entry.identifierId, markerOf(answer)]));
  const unmarked = await putAll(table, [...markers.values()]);
  return answers.filter(
    (answer) => failed.has(keyText(itemOf(answer))) || unmarked.has(keyText(markerOf(answer))),
  );
}
