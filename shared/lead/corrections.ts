import * as z from "zod/mini";
import type { EvaluatedTouch, Evaluation } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { reasons } from "../policy/reason.ts";
import { foldContact, type Person } from "../timeline/contact.ts";
import { evaluateEntry } from "./cycle.ts";
import { isOwnAct, type LeadTouch, leadTouchOf, leadTouchSchema } from "./lead-touch.ts";
import { type LedgerEntry, withdrawalReasons } from "./ledger.ts";

/** What has changed in a lead's proof since it was handed over. */
export const correctionSchema = z.discriminatedUnion("code", [
  z.strictObject({
    code: z.literal("withdrawn"),
    at: z.string(),
    reason: z.enum(withdrawalReasons),
    /** Of a duplicate: the lead that stands. */
    of: z.nullable(z.string()),
  }),
  /** It counted then; now it does not. */
  z.strictObject({
    code: z.literal("no_longer_counts"),
    touch: leadTouchSchema,
    reason: z.enum(reasons),
  }),
  /** It is of that time and counts: it came late, or was held back wrongly. */
  z.strictObject({ code: z.literal("counts_now"), touch: leadTouchSchema }),
  /** An identifier was told apart from this person: what was done under it is somebody else's. */
  z.strictObject({ code: z.literal("told_apart"), at: z.string(), reason: z.string() }),
  /** What is known today no longer adds up to a lead of that time. */
  z.strictObject({ code: z.literal("falls_short"), points: z.number(), threshold: z.number() }),
]);
export type Correction = z.infer<typeof correctionSchema>;

/** A person by what had arrived and been said of their touches up to an instant. */
const knownBy = (person: Person, at: string): Person => ({
  ...person,
  partitions: person.partitions.map((partition) => ({
    ...partition,
    touches: partition.touches.filter(({ receivedAt }) => receivedAt <= at),
    facts: partition.facts.filter(({ receivedAt }) => receivedAt <= at),
    verdicts: partition.verdicts.filter((verdict) => verdict.at <= at),
  })),
});

const keyOf = ({ touch }: EvaluatedTouch): string => `${touch.touchId}#${touch.hash16}`;

/**
 * What has changed in the proof of a lead since it was handed over, by comparing what was known then with what is known now, both as of
 * the moment it qualified. What was taken out of the facts for good (too old, or erased) cannot be compared.
 * @param today as of the moment it qualified, by the facts of today
 */
export function correctionsOf(
  person: Person,
  entry: LedgerEntry,
  policy: Policy,
  today: Evaluation,
): Correction[] {
  const corrections: Correction[] = [];
  const { withdrawal, exportedAt } = entry;
  if (withdrawal) {
    const { at, reason, of = null } = withdrawal;
    corrections.push({ code: "withdrawn", at, reason, of });
  }
  if (exportedAt !== undefined) {
    const before = knownBy(person, exportedAt);
    const then = evaluateEntry(before, foldContact(before, policy), policy, entry);
    const counted = new Map(then.touches.map((touch) => [keyOf(touch), touch.counted]));
    for (const touch of today.touches) {
      const counts = counted.get(keyOf(touch)) ?? false;
      if (counts && touch.reason !== null)
        corrections.push({
          code: "no_longer_counts",
          touch: leadTouchOf(touch.touch, 0),
          reason: touch.reason,
        });
      if (!counts && touch.counted)
        corrections.push({ code: "counts_now", touch: leadTouchOf(touch.touch, touch.points) });
    }
    corrections.push(...separations(person, exportedAt));
  }
  if (!today.reached)
    corrections.push({ code: "falls_short", points: today.points, threshold: today.threshold });
  return corrections;
}

/** Words by hand since an instant that still hold, each once: they stand with both that they are of. */
function separations(person: Person, since: string): Correction[] {
  const latest = new Map<string, { act: string; at: string; reason: string }>();
  const own = new Set(person.identity.strong.map(({ identifierId }) => identifierId));
  for (const { identifierId, hands } of person.partitions) {
    if (!own.has(identifierId)) continue;
    for (const { other, act, at, reason } of hands) {
      const pair = [identifierId, other].sort().join(" ");
      if (at > since && at >= (latest.get(pair)?.at ?? "")) latest.set(pair, { act, at, reason });
    }
  }
  return [...latest.values()].flatMap(({ act, at, reason }) =>
    act === "separated" ? [{ code: "told_apart" as const, at, reason }] : [],
  );
}

/** What the person did after the lead qualified, oldest first. */
export const laterTouches = (
  touches: Parameters<typeof leadTouchOf>[0][],
  qualifiedAt: string,
): LeadTouch[] =>
  touches
    .filter((touch) => touch.occurredAt > qualifiedAt && isOwnAct(touch))
    .map((touch) => leadTouchOf(touch, 0));
