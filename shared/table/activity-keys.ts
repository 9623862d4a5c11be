import { type Key, partitions } from "./keys.ts";

/** The keys of what came from each source. */

/** What a source's figures are kept under; refusals apart, so that the last item is found by one read. */
export const activityPrefixes = { heard: "heard#", kept: "kept#", refused: "refused#" } as const;

export const activityPartition = (source: string): string => `${partitions.activity}${source}`;
/** @param stretch ten minutes, `2026-11-22T03:10`; `~` is behind every one of them */
export const activityRange = (kind: keyof typeof activityPrefixes, stretch = ""): string =>
  `${activityPrefixes[kind]}${stretch}`;
/** @param process names the process that counted */
export const activityKey = (
  source: string,
  kind: keyof typeof activityPrefixes,
  stretch: string,
  process: string,
): Key => ({ pk: activityPartition(source), sk: `${activityRange(kind, stretch)}#${process}` });
