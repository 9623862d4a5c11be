import * as z from "zod/mini";
import type { TimelineTouch } from "../timeline/timeline.ts";
import { campaignSpelling } from "../touchpoint/campaign.ts";
import { channels, type Touch } from "../touchpoint/touch.ts";
import { pointsBetween } from "./points.ts";

const mostRules = 100;
const mostAlternatives = 100;

const pattern = z.string().check(z.trim(), z.minLength(1), z.maxLength(500));
/** One of several, or one. */
const anyOf = <Schema extends z.ZodMiniType<string>>(one: Schema) =>
  z.union([one, z.array(one).check(z.minLength(1), z.maxLength(mostAlternatives))]);

const subjects = ["channel", "asset", "campaign", "source"] as const;

/**
 * Which touches a rule is about: those that fit in all that it names. A text fits whatever the case and surrounding space; a `*` stands
 * for any text. An asset and a campaign fit by id, by name or (the asset) by URL; a campaign as it is spelt in any of the ways that make
 * it one campaign.
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
  (rule) => subjects.some((name) => rule[name] !== undefined),
  { error: `must name at least one of ${subjects.join(", ")}` },
);

export interface TouchRule {
  channel?: Touch["channel"] | Touch["channel"][] | undefined;
  asset?: string | string[] | undefined;
  campaign?: string | string[] | undefined;
  source?: string | string[] | undefined;
}
export type Weight = TouchRule & { points: number };
export type FastTrack = TouchRule & { name: string };

/** What touches are worth, by the first rule that fits. */
export const weightsSchema = z
  .array(z.strictObject({ ...conditions, points: pointsBetween(0, 1000) }).check(namesSomething))
  .check(z.maxLength(mostRules));

/** Which touches qualify at once, and what the evidence calls the rule. */
export const fastTrackSchema = z
  .array(
    z
      .strictObject({ name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)), ...conditions })
      .check(namesSomething),
  )
  .check(z.maxLength(mostRules));

type Subject = Pick<TimelineTouch, "channel" | "asset" | "campaign" | "source">;
type Spelling = (text: string) => string;

const plain: Spelling = (text) => text.trim().toLowerCase().normalize("NFC");
const asCampaign: Spelling = (text) => plain(campaignSpelling(text));

const listOf = <One extends string>(asked: One | readonly One[]): readonly One[] =>
  typeof asked === "string" ? [asked] : asked;

/** The parts of a pattern between its stars, each looked for behind the one before: linear, whatever the pattern. */
function fits([first = "", ...rest]: readonly string[], text: string): boolean {
  const last = rest.at(-1);
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest.slice(0, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

type Texts = readonly (string | undefined)[];

/** Whether any text fits any of the patterns, which are split once; true where none is asked for. */
function patternTest(asked: string | readonly string[] | undefined, spelling: Spelling) {
  if (asked === undefined) return () => true;
  const patterns = listOf(asked).map((one) => spelling(one).split("*"));
  return (texts: Texts): boolean =>
    texts.some((text) => {
      if (text === undefined) return false;
      const spelt = spelling(text);
      return patterns.some((parts) => fits(parts, spelt));
    });
}

/** Rules made ready once: a night asks them of every touch. */
const ready = new WeakMap<TouchRule, (touch: Subject) => boolean>();

function makeReady(rule: TouchRule): (touch: Subject) => boolean {
  const named = rule.channel === undefined ? undefined : listOf(rule.channel);
  const ofAsset = patternTest(rule.asset, plain);
  const ofCampaign = patternTest(rule.campaign, asCampaign);
  const ofSource = patternTest(rule.source, plain);
  return ({ channel, asset, campaign, source }) =>
    (named === undefined || named.includes(channel)) &&
    ofAsset([asset?.id, asset?.name, asset?.url]) &&
    ofCampaign([campaign?.id, campaign?.name]) &&
    ofSource([source]);
}

/** Whether a rule, as a policy has it, is about a touch. */
export function ruleFits(rule: TouchRule, touch: Subject): boolean {
  let test = ready.get(rule);
  if (!test) {
    test = makeReady(rule);
    ready.set(rule, test);
  }
  return test(touch);
}

interface Worth {
  weights: readonly Weight[];
  channels: Record<Touch["channel"], number>;
}

/** What a touch is worth when it counts: by the first weight that fits, else by its channel. */
export const worthOf = ({ weights, channels: worth }: Worth, touch: Subject): number =>
  weights.find((rule) => ruleFits(rule, touch))?.points ?? worth[touch.channel];

/** The channels of which some touch may be worth something: neither by a weight nor by itself is another worth any. */
export const earningChannels = ({ weights, channels: worth }: Worth): Touch["channel"][] =>
  channels.filter((channel) => {
    const rules = weights.filter(
      (rule) => rule.channel === undefined || listOf(rule.channel).includes(channel),
    );
    // Behind a rule about the whole channel no other is ever asked.
    const whole = rules.findIndex((rule) =>
      subjects.every((name) => name === "channel" || rule[name] === undefined),
    );
    const asked = whole < 0 ? rules : rules.slice(0, whole + 1);
    return asked.some(({ points }) => points > 0) || (whole < 0 && worth[channel] > 0);
  });

/** The name of the first rule by which a touch qualifies at once; null where it does not. */
export const fastTrackOf = (
  { fastTrack }: { fastTrack: readonly FastTrack[] },
  touch: Subject,
): string | null => fastTrack.find((rule) => ruleFits(rule, touch))?.name ?? null;
