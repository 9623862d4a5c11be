/** Days that a policy may have facts kept at most, unless it keeps them for ever. */
export const longestRetention = 3650;

const day = 24 * 60 * 60 * 1000;

/**
 * What happened before this instant is no longer held: the beginning of a day in UTC, so that a whole day goes at once. At the least
 * two windows a policy may have, it is before everything that an evaluation reads (see `readFrom`).
 * @param now milliseconds since 1970
 */
export const retentionCutoff = (retentionDays: number, now: number): string =>
  `${new Date(now - retentionDays * day).toISOString().slice(0, 10)}T00:00:00.000Z`;
