import fc from "fast-check";
import { expect } from "vitest";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../../shared/touchpoint/accept-person-fact.ts";
import type { Finding } from "../../../shared/touchpoint/finding.ts";
import type { WebhookAdapter } from "../../../shared/webhook/adapter.ts";

const reception = {
  source: "mail",
  sourceType: "server" as const,
  route: "webhooks/x",
  scope: "",
  receivedAt: "2026-11-22T12:00:00.000Z",
  namespace: "0b7f5f0e-6a52-4a8e-9b0f-3f6f0a1d2c3b",
  freshId: "fresh",
};

/** What becomes of a finding: its facts accepted as they would be, or the code of the refusal, or what was ignored. */
export function outcome(finding: Finding): unknown[] {
  if ("ignored" in finding) return [{ ignored: finding.ignored }];
  if ("refusal" in finding) return [{ refused: finding.refusal.code }];
  if ("lookUp" in finding) return [{ lookUp: true }];
  return finding.facts.map((input) => {
    const result =
      "touch" in input
        ? acceptTouchpoint(finding.item, input.touch, reception)
        : acceptPersonFact(finding.item, input.person, reception);
    if ("refusal" in result) return { refused: result.refusal.code };
    return result.fact.kind === "touch" ? result.fact.touch : result.fact.fact;
  });
}

/** What an adapter's findings of a body become, one after the other. */
export const outcomes = (adapter: WebhookAdapter, value: unknown, headers: Record<string, string> = {}) =>
  adapter.findings(value, { headers }, {}).flatMap(outcome);

/** A copy of a value with another one in one place of it. */
function replaced(value: unknown, place: number, by: unknown): unknown {
  const members = typeof value === "object" && value !== null ? Object.keys(value) : [];
  if (members.length === 0 || place % (members.length + 1) === members.length) return by;
  const name = members[place % (members.length + 1)] as string;
  const inner = replaced(
    (value as Record<string, unknown>)[name],
    Math.floor(place / (members.length + 1)),
    by,
  );
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === name ? inner : item));
  return { ...(value as object), [name]: inner };
}

const isList = (item: unknown): boolean =>
  Array.isArray(item) || Array.isArray((item as { data?: unknown } | null)?.data);

/** The laws of every adapter, over its own samples with any JSON in any place of them, and over any JSON. */
export function expectLaws(adapter: WebhookAdapter, samples: readonly unknown[]): void {
  const spoilt = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(), fc.jsonValue()), { maxLength: 3 }))
    .map(([sample, changes]) =>
      changes.reduce<unknown>((value, [place, by]) => replaced(value, place, by), sample),
    );
  const headers = { "webhook-id": "msg_1" };
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.jsonValue()), (value) => {
      const findings = adapter.findings(value, { headers }, {});
      // Nothing is lost on the way: each item is one finding.
      if (!isList(value)) expect(findings).toHaveLength(1);
      for (const finding of findings) {
        outcome(finding);
        if (!("item" in finding) || isList(finding.item)) continue;
        // An item reads the same alone as among its neighbours, so that quarantine can give it back.
        expect(adapter.findings(finding.item, { headers }, {})).toEqual([finding]);
      }
    }),
    { numRuns: 300 },
  );
}
