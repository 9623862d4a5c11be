import {
  $and,
  $eq,
  $exists,
  $gt,
  $gte,
  $in,
  $lt,
  $lte,
  $ne,
  $nin,
  $nor,
  $not,
  $or,
  createEqualsOperation,
  createQueryTester,
} from "sift/es/index.js";
import { accountsOf } from "../touchpoint/company-domain.ts";
import type { Traits } from "../touchpoint/touch.ts";
import type { Segments } from "./segments.ts";

/** What segments are told by. */
export interface SegmentFacts {
  traits: Traits;
  /** The registrable domain of the person's company; none where no address tells one. */
  domain: string | undefined;
}

/** An operation of our own on text; nothing of what a rule says is ever run. */
const onText =
  (holds: (value: string, asked: string) => boolean) =>
  (asked: string, query: unknown, options: Parameters<typeof createEqualsOperation>[2]) =>
    createEqualsOperation(
      (value: unknown) => typeof value === "string" && holds(value, asked),
      query,
      options,
    );

/** All that a rule can do. sift knows more, `$where` and `$regex` among it, which run what a rule says. */
const operations = {
  $eq,
  $ne,
  $in,
  $nin,
  $gt,
  $gte,
  $lt,
  $lte,
  $exists,
  $and,
  $or,
  $nor,
  $not,
  $contains: onText((value, asked) => value.includes(asked)),
  $startsWith: onText((value, asked) => value.startsWith(asked)),
};

/** Texts that differ in case and surrounding space only are one. Lower case first: of `ẞ` alone upper case makes no `SS`. */
const folded = (text: string): string => text.trim().toLowerCase().toUpperCase().normalize("NFC");

function foldedRule(rule: unknown): unknown {
  if (typeof rule === "string") return folded(rule);
  if (Array.isArray(rule)) return rule.map(foldedRule);
  if (typeof rule !== "object" || rule === null) return rule;
  return Object.fromEntries(Object.entries(rule).map(([name, value]) => [name, foldedRule(value)]));
}

type Tester = (subject: Record<string, string>) => boolean;

/** The rules of a policy, made ready once: a night asks them of everybody. */
const ready = new WeakMap<Segments, [name: string, holds: Tester][]>();

function testersOf(segments: Segments): [string, Tester][] {
  const known = ready.get(segments);
  if (known) return known;
  const testers = Object.entries(segments).map(([name, rule]): [string, Tester] => [
    name,
    createQueryTester(foldedRule(rule), { operations }),
  ]);
  ready.set(segments, testers);
  return testers;
}

/**
 * The segments that a person belongs to, sorted. As in MongoDB, what says not (`$ne`, `$nin`, `$not`, `$nor`) also holds where
 * nothing is known.
 * @param segments as `segmentsSchema` takes them
 */
export function segmentsOf(segments: Segments, { traits, domain }: SegmentFacts): string[] {
  const subject: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...traits, domain }))
    if (value?.trim()) subject[name] = folded(value);
  return testersOf(segments)
    .filter(([, holds]) => holds(subject))
    .map(([name]) => name)
    .sort();
}

/**
 * The segments of a contact.
 * @param emails normalised, the best first: the domain is that of the first company's address
 */
export const segmentsOfContact = (
  segments: Segments,
  { traits, emails }: { traits: Traits; emails: readonly string[] },
): string[] => segmentsOf(segments, { traits, domain: accountsOf(emails)[0] });
