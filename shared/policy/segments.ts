import * as z from "zod/mini";
import { ruleIssues } from "./segment-rule.ts";

const mostSegments = 50;
/** A version of the policy is one item of the table, which holds 400 KB. */
const mostBytes = 100_000;
const segmentName = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,59}$/u;

/** A rule of conditions on traits and company domain, in the words of MongoDB's queries. */
export type SegmentRule = { [condition: string]: unknown };
/** Rules by the names of their segments. */
export type Segments = Record<string, SegmentRule>;

/**
 * Segments as a policy has them: `{"dach": {"country": {"$in": ["DE", "AT", "CH"]}}}`. What no rule can be is refused with the path
 * and the reason, since a rule that is silently none would look like an empty segment.
 */
export const segmentsSchema = z.record(z.string(), z.looseObject({})).check((context) => {
  const segments = context.value as Segments;
  const refuse = (path: (string | number)[], message: string) =>
    context.issues.push({ code: "custom", input: segments, path, message });
  const names = Object.keys(segments);
  const tooMany = names.length > mostSegments;
  const tooLarge = Buffer.byteLength(JSON.stringify(segments)) > mostBytes;
  if (tooMany) refuse([], `must have at most ${mostSegments} segments`);
  if (tooLarge) refuse([], `must have at most ${mostBytes} bytes as JSON`);
  for (const name of tooMany || tooLarge ? [] : names) {
    if (!segmentName.test(name))
      refuse([name], "must be named by up to 60 letters, digits, dots, hyphens and underscores");
    for (const { path, detail } of ruleIssues(segments[name])) refuse([name, ...path], detail);
  }
});
