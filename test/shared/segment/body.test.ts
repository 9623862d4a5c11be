import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { segmentFindings } from "../../../shared/segment/findings.ts";
import { type MessageType, messageTypes } from "../../../shared/segment/message.ts";
import { hash16Of } from "../../../shared/touchpoint/touch-id.ts";
import { anyText } from "../request/any-text.ts";
import { only, outcome, receivedAt, server, touchOf, track, website } from "./reading.ts";

describe("a body", () => {
  test("a batch's messages are judged one by one, with what stands around them", () => {
    const batch = [
      track({}),
      { type: "rename" },
      7,
      null,
      { userId: "u-1" },
      track({ event: undefined }),
      { ...track({}), type: "TRACK" },
    ];
    const context = { campaign: { name: "Around" }, ip: "192.0.2.1" };
    const findings = segmentFindings({ batch, context, sentAt: receivedAt, writeKey: "secret" }, server);
    expect(findings.map((finding) => outcome(finding))).toEqual([
      "taken",
      "unknown_type",
      "not_an_object",
      "not_an_object",
      "unknown_type",
      "missing_event",
      "taken",
    ]);
    const touch = touchOf({ batch: [track({ context: { ip: "192.0.2.2" } })], context });
    expect(touch).toMatchObject({ campaign: { name: "Around" }, client: { ip: "192.0.2.2" } });
    expect(segmentFindings(batch, server)).toHaveLength(batch.length);
    expect(segmentFindings({ batch: [] }, server)).toEqual([]);
  });

  test("the address says the type of a single message; others name it, also as `action`", () => {
    const { type: _, ...typeless } = track({});
    expect(touchOf(typeless, { ...server, type: "page" }).channel).toBe("page");
    expect(touchOf({ ...typeless, action: "track" }).channel).toBe("form");
    expect(outcome(only(typeless))).toBe("unknown_type");
    expect(outcome(only({ batch: 7 }))).toBe("unknown_type");
  });

  test("a message kept alone says all that it said in its batch, and no key", () => {
    const message = {
      ...track({ timestamp: "2026-11-20T10:00:00.000Z" }),
      writeKey: "secret",
      _metadata: { retryCount: 1 },
    };
    const sentAt = "2026-11-20T10:00:05.000Z";
    const [inBatch] = segmentFindings(
      { batch: [message], sentAt, context: { campaign: { name: "A" } } },
      server,
    );
    const kept = inBatch && "item" in inBatch ? inBatch.item : undefined;
    expect(segmentFindings(JSON.parse(JSON.stringify(kept)), server)).toEqual([inBatch]);
    expect(JSON.stringify(kept)).not.toContain("secret");
  });

  test("sent again, alone or in a batch, it is the same item", () => {
    const message = { ...track({}), context: { library: { name: "analytics.js" } }, writeKey: "w" };
    const hashes = [
      { ...message, sentAt: "2026-11-21T09:59:00.000Z", context: { ...message.context, ip: "192.0.2.1" } },
      { ...message, sentAt: "2026-11-21T09:59:30.000Z", _metadata: { bundled: ["A"], retryCount: 3 } },
      { batch: [message], sentAt: "2026-11-21T10:00:00.000Z" },
    ].map((body) => {
      const finding = only(body);
      return "item" in finding ? hash16Of(finding.item) : "";
    });
    expect(new Set(hashes).size).toBe(1);
    const other = only({ ...message, event: "Other" });
    expect("item" in other && hash16Of(other.item)).not.toBe(hashes[0]);
  });
});

const anyType = fc.oneof(fc.constantFrom<MessageType>(...messageTypes), anyText);
const anyJson = fc.jsonValue({ maxDepth: 4 });
const anyRecord = fc.dictionary(
  fc.oneof(
    fc.constantFrom("email", "name", "title", "company", "url", "form_id", "direction", "campaign"),
    anyText,
  ),
  fc.oneof(anyText, anyJson),
  { maxKeys: 6 },
);
const anyMessage = fc.record(
  {
    type: anyType,
    event: fc.oneof(fc.constantFrom("Form Submitted", "Email Opened", "Email Bounced"), anyText, anyJson),
    messageId: fc.oneof(anyText, anyJson),
    userId: fc.oneof(anyText, anyJson),
    anonymousId: fc.oneof(anyText, anyJson),
    previousId: fc.oneof(anyText, anyJson),
    name: fc.oneof(anyText, anyJson),
    timestamp: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      anyText,
      anyJson,
    ),
    originalTimestamp: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      anyJson,
    ),
    sentAt: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.double(),
      anyJson,
    ),
    traits: fc.oneof(anyRecord, anyJson),
    properties: fc.oneof(anyRecord, anyJson),
    context: fc.oneof(
      fc.record({ traits: anyRecord, campaign: anyRecord, page: anyRecord, userAgent: anyText, ip: anyText }),
      anyJson,
    ),
  },
  { requiredKeys: [] },
);

describe("whatever is sent", () => {
  test("each message ends in one place, and nothing is thrown", () => {
    const bodies = fc.oneof(
      anyJson,
      anyMessage,
      fc.record({
        batch: fc.array(fc.oneof(anyMessage, anyJson), { maxLength: 4 }),
        context: anyJson,
        sentAt: anyJson,
      }),
    );
    fc.assert(
      fc.property(bodies, fc.constantFrom(server, website), (body, reading) => {
        const findings = segmentFindings(body, reading);
        const batch = Array.isArray(body) ? body : (body as { batch?: unknown } | null)?.batch;
        expect(findings).toHaveLength(Array.isArray(batch) ? batch.length : 1);
        for (const finding of findings) {
          const result = outcome(finding, reading.sourceType);
          // What a web page may not say is left out or ignored, never refused: no setting would make it usable.
          expect(result).not.toMatch(/^forbidden/);
          expect(result).not.toBe("look-up");
        }
      }),
      { numRuns: 400 },
    );
  });

  test("a message reads the same from quarantine", () => {
    fc.assert(
      fc.property(anyMessage, fc.constantFrom(server, website), (message, reading) => {
        const [finding] = segmentFindings(message, { ...reading, type: "track" });
        if (!finding || !("item" in finding)) return;
        expect(segmentFindings(finding.item, reading)).toEqual([finding]);
      }),
      { numRuns: 200 },
    );
  });
});
