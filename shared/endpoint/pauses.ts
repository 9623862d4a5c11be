/**
 * Seconds between the attempts of a delivery, some 27 hours in all: short ones for a receiver that is just being restarted, long ones for
 * one that nobody looks at over night. Close to what Standard Webhooks proposes
 * (github.com/standard-webhooks/standard-webhooks, "Deliverability and reliability").
 */
export const pauses: readonly number[] = [10, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 9 * 3600, 10 * 3600];

/** How often a delivery is attempted before it is given up. */
export const attemptsInAll = pauses.length + 1;

/** How much of a pause chance takes away at most: receivers that failed together are not all asked at one instant. */
const jitter = 0.2;

/**
 * The pause after an attempt that failed, in whole seconds; undefined after the last one. Never over eleven hours: SQS hides a message for
 * twelve at most, counted from when it was received.
 * @param attempt how many there were, from 1
 * @param chance from 0 to under 1
 */
export function pauseAfter(attempt: number, chance: number): number | undefined {
  const pause = pauses[attempt - 1];
  return pause === undefined ? undefined : Math.max(1, Math.round(pause * (1 - jitter * chance)));
}
