import fc from "fast-check";
import { expect, test } from "vitest";
import { daysLeaving } from "../../../shared/lead/retention.ts";
import { readFrom } from "../../../shared/policy/evaluate.ts";
import { parsePolicy, policySchema } from "../../../shared/policy/policy.ts";
import { longestRetention, retentionCutoff } from "../../../shared/policy/retention.ts";

test.each([
  [{ retentionDays: null }, []],
  [{ windowDays: 90, retentionDays: 180 }, []],
  [
    { windowDays: 90, retentionDays: 179 },
    ["must be at least twice windowDays: a count looks back on two windows"],
  ],
  [{ retentionDays: 359 }, ["must be at least twice windowDays: a count looks back on two windows"]],
  [{ retentionDays: longestRetention + 1 }, [`must be at most ${longestRetention}`]],
  [{ windowDays: 1, retentionDays: 2.5 }, ["must be a whole number"]],
])("%j: %j", (policy, details) => {
  const result = parsePolicy(policy);
  const issues = "issues" in result ? result.issues : [];
  expect(issues.map(({ detail }) => detail)).toEqual(details);
  expect(issues.every(({ field }) => field === "retentionDays")).toBe(true);
});

test("whatever the window, the time zone and the hour, what goes is older than what an evaluation reads", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 730 }),
      fc.constantFrom("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Europe/Berlin"),
      fc.date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }),
      (windowDays, timeZone, now) => {
        const policy = policySchema.parse({ windowDays, timeZone, retentionDays: 2 * windowDays });
        const cutoff = retentionCutoff(2 * windowDays, now.getTime());
        expect(cutoff <= readFrom(policy, now.getTime())).toBe(true);
      },
    ),
  );
});

test.each<[cutoff: string | undefined, sweptTo: string, days: [string, string]]>([
  ["2026-11-20T00:00:00.000Z", "2026-11-10", ["2026-11-10", "2026-11-20"]],
  // A policy that keeps more, and one that keeps everything: what was swept stays swept.
  ["2026-11-01T00:00:00.000Z", "2026-11-10", ["2026-11-10", "2026-11-10"]],
  [undefined, "2026-11-10", ["2026-11-10", "2026-11-10"]],
])("cutoff %s after a sweep to %s: %j", (cutoff, sweptTo, [fromDay, toDay]) => {
  expect(daysLeaving(cutoff, sweptTo)).toEqual({ fromDay, toDay });
});
