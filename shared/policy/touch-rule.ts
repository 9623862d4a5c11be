import * as z from "zod/mini";
import type { TimelineTouch } from "../timeline/timeline.ts";
import { channels, type Touch } from "../touchpoint/touch.ts";

const mostRules = 100;
const mostAlternatives = 100;

const pattern = z.string().check(z.trim(), z.minLength(1), z.maxLength(500));
/** One of several, or one. */
const anyOf = <Schema extends z.ZodMiniType<string>>(one: Schema) =>
  z.union([one, z.array(one).check(z.minLength(1), z.maxLength(mostAlternatives))]);

/**
 * Which touches a rule is about: those that fit in all that it names. A text fits whatever the case and surrounding space; a `*` stands
 * for any text. An asset and a campaign fit by id, by name or (the asset) by URL.
 */
const conditions = {
  channel: z.optional(anyOf(z.enum(channels))),
  asset: z.optional(anyOf(pattern)),
  campaign: z.optional(anyOf(pattern)),
  /** The id of the source. */
  source: z.optional(anyOf(pattern)),
};

/** A rule that names nothing would be about every touch, which nobody means. */
const namesSomething = z.refine<Record<string, unknown>>(
  (rule) => ["channel", "asset", "campaign", "source"].some((name) => rule[name] !== undefined),
  { error: "must name at least one of channel, asset, campaign, source" },
);

export interface TouchRule {
  channel?: Touch["channel"] | Touch["channel"][] | undefined;
  asset?: string | string[] | undefined;
  campaign?: string | string[] | undefined;
  source?: string | string[] | undefined;
}

const points = z.number().check(
  z.minimum(0),
  z.maximum(1000),
  z.refine<number>((value) => Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6, {
    error: "must have at most three decimals",
  }),
);

/** What touches are worth, by the first rule that fits. */
export const weightsSchema = z
  .array(z.strictObject({ ...conditions, points }).check(namesSomething))
  .check(z.maxLength(mostRules));

/** Which touches qualify at once, and what the evidence calls the rule. */
export const fastTrackSchema = z
  .array(
    z
      .strictObject({
        name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)),
        ...conditions,
      })
      .check(namesSomething),
  )
  .check(z.maxLength(mostRules));

type Subject = Pick<TimelineTouch, "channel" | "asset" | "campaign" | "source">;

const folded = (text: string): string => text.trim().toLowerCase();

/** The parts of a pattern between its stars, each looked for behind the one before: linear, whatever the pattern. */
function fits(pattern: string, text: string): boolean {
  const parts = folded(pattern).split("*");
  const subject = folded(text);
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return subject === first;
  if (!subject.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = subject.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return subject.length - last.length >= from && subject.endsWith(last);
}

const listOf = (asked: string | readonly string[]): readonly string[] =>
  typeof asked === "string" ? [asked] : asked;

const anyFits = (asked: string | readonly string[] | undefined, texts: readonly (string | undefined)[]) =>
  asked === undefined ||
  texts.some((text) => text !== undefined && listOf(asked).some((pattern) => fits(pattern, text)));

/** Whether a rule is about a touch. */
export const ruleFits = (rule: TouchRule, { channel, asset, campaign, source }: Subject): boolean =>
  (rule.channel === undefined || listOf(rule.channel).includes(channel)) &&
  anyFits(rule.asset, [asset?.id, asset?.name, asset?.url]) &&
  anyFits(rule.campaign, [campaign?.id, campaign?.name]) &&
  anyFits(rule.source, [source]);

/** What a touch is worth when it counts: by the first weight that fits, else by its channel. */
export const worthOf = (
  { weights, channels: worth }: { weights: readonly (TouchRule & { points: number })[]; channels: Record<Touch["channel"], number> },
  touch: Subject,
): number => weights.find((rule) => ruleFits(rule, touch))?.points ?? worth[touch.channel];

/** The name of the first rule by which a touch qualifies at once; null where it does not. */
export const fastTrackOf = (
  { fastTrack }: { fastTrack: readonly (TouchRule & { name: string })[] },
  touch: Subject,
): string | null => fastTrack.find((rule) => ruleFits(rule, touch))?.name ?? null;
