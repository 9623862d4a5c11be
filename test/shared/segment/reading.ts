import { expect } from "vitest";
import { type SegmentReading, segmentFindings } from "../../../shared/segment/findings.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../../shared/touchpoint/accept-person-fact.ts";
import type { Finding } from "../../../shared/touchpoint/finding.ts";
import type { Reception } from "../../../shared/touchpoint/reception.ts";

export const receivedAt = "2026-11-21T10:00:00.000Z";
export const server: SegmentReading = { receivedAt, sourceType: "server" };
export const website: SegmentReading = { receivedAt, sourceType: "public" };

const reception = (sourceType: "public" | "server"): Reception => ({
  source: "s",
  sourceType,
  route: "segment",
  scope: "",
  receivedAt,
  namespace: "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d",
  freshId: "fresh",
});

/** What becomes of a finding, as ingest decides it: the facts in short, or why there are none. */
export function outcome(finding: Finding, sourceType: "public" | "server" = "server") {
  if ("ignored" in finding) return "ignored";
  if ("refusal" in finding) return finding.refusal.code;
  if (!("facts" in finding)) return "look-up";
  for (const input of finding.facts) {
    const result =
      "touch" in input
        ? acceptTouchpoint(finding.item, input.touch, reception(sourceType))
        : acceptPersonFact(finding.item, input.person, reception(sourceType));
    if ("refusal" in result) return result.refusal.code;
  }
  return "taken";
}

/** The finding of a body that has one message. */
export const only = (body: unknown, reading: SegmentReading = server): Finding => {
  const findings = segmentFindings(body, reading);
  expect(findings).toHaveLength(1);
  return findings[0]!;
};

/** The touch of a message that must make one. */
export function touchOf(body: unknown, reading: SegmentReading = server) {
  const finding = only(body, reading);
  expect(outcome(finding, reading.sourceType)).toBe("taken");
  const [fact] = "facts" in finding ? finding.facts : [];
  if (!fact || !("touch" in fact)) throw new Error("no touch");
  return fact.touch;
}

/** The facts about a person of a message that must make some. */
export function personFacts(body: unknown, reading: SegmentReading = server) {
  const finding = only(body, reading);
  expect(outcome(finding, reading.sourceType)).toBe("taken");
  return "facts" in finding ? finding.facts.map((fact) => ("person" in fact ? fact.person : undefined)) : [];
}

/** A track with what the test is about. */
export const track = (more: object) => ({
  type: "track",
  messageId: "m-1",
  userId: "u-1",
  event: "Form Submitted",
  ...more,
});
