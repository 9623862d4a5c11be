import fc from "fast-check";
import { expect, test } from "vitest";
import { consentItems, currentConsents, isEmailPurpose } from "../../../shared/timeline/consents.ts";
import type { ConsentFact } from "../../../shared/touchpoint/person-fact.ts";

const consent = (purpose: string, status: ConsentFact["status"], occurredAt: string): ConsentFact => ({
  type: "consent",
  purpose,
  status,
  occurredAt,
  receivedAt: occurredAt,
  identifierId: "6f0d3c3e-54f1-4b8e-9a4e-2f1d5f5f7c11",
  factId: `${purpose} ${status} ${occurredAt}`,
  hash16: "0123456789abcdef",
  source: "site",
  identifiers: {},
});
const [monday, tuesday, friday] = ["2026-11-16", "2026-11-17", "2026-11-20"].map(
  (day) => `${day}T10:00:00.000Z`,
) as [string, string, string];

const facts = [
  consent("newsletter", "granted", monday),
  consent("newsletter", "withdrawn", friday),
  consent("calls", "withdrawn", monday),
  consent("calls", "granted", tuesday),
  consent("ads", "granted", tuesday),
  consent("ads", "withdrawn", tuesday),
];

test("the latest word on each purpose holds, of two at once the one that says no, in whatever order they are read", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(facts, { minLength: facts.length }), (shuffled) => {
      expect(currentConsents(shuffled).map(({ purpose, status }) => `${purpose} ${status}`)).toEqual([
        "ads withdrawn",
        "calls granted",
        "newsletter withdrawn",
      ]);
    }),
  );
});

test("a timeline has them newest first, from and to inclusive", () => {
  const times = (span: Parameters<typeof consentItems>[1]) =>
    consentItems(facts, span).map(({ occurredAt }) => occurredAt);
  expect(times({})).toEqual([friday, tuesday, tuesday, tuesday, monday, monday]);
  expect(times({ from: tuesday, to: tuesday })).toEqual([tuesday, tuesday, tuesday]);
});

test.each([
  ["email newsletter marketing_email email_marketing", true],
  ["calls profiling contact terms sms", false],
])("%s is about e-mail: %s", (purposes, about) => {
  for (const purpose of purposes.split(" ")) expect(isEmailPurpose(purpose)).toBe(about);
});
