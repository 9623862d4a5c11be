import { describe, expect, test } from "vitest";
import { standard } from "../../../shared/webhook/standard.ts";
import { expectLaws, outcomes } from "./email-laws.ts";

const touch = {
  channel: "meeting",
  identifiers: { email: "anna@example.com" },
  occurredAt: "2026-11-21T10:00:00Z",
};
const other = { ...touch, channel: "call" };
const headers = { "webhook-id": "msg_1" };
const accepted = (value: unknown) =>
  outcomes(standard, value, headers) as { channel: string; touchId: string; occurredAt: string }[];

describe("a payload", () => {
  test.each([
    ["a touch", touch, ["meeting"]],
    ["an array of touches", [touch, other], ["meeting", "call"]],
    ["a touch in an envelope", { type: "touch", data: touch }, ["meeting"]],
    ["touches in an envelope", { type: "touch", data: [touch, other] }, ["meeting", "call"]],
    ["envelopes", [{ type: "touch", data: touch }, { data: other }], ["meeting", "call"]],
  ])("of %s", (_, value, channels) => {
    expect(accepted(value).map(({ channel }) => channel)).toEqual(channels);
  });

  test.each([
    ["a touch with a field that no touch has", { ...touch, occuredAt: "x" }, "unknown_field"],
    ["a touch of no channel", { type: "touch", data: { identifiers: touch.identifiers } }, "invalid_field"],
    ["an event of something else", { type: "invoice.paid", data: { amount: 1 } }, "invalid_field"],
    ["a text", "touch", "invalid_field"],
    ["nothing", null, "invalid_field"],
    ["nothing in an envelope", { type: "touch", data: null }, "invalid_field"],
  ])("of %s goes to quarantine", (_, value, code) => {
    expect(accepted(value)).toEqual([{ refused: code }]);
  });

  test("of several loses none for one that cannot be used", () => {
    expect(accepted([touch, 1, other])).toMatchObject([
      { channel: "meeting" },
      { refused: "invalid_field" },
      { channel: "call" },
    ]);
  });
});

describe("the id of a touch", () => {
  const ids = (value: unknown, sent = headers) =>
    (outcomes(standard, value, sent) as { touchId: string }[]).map(({ touchId }) => touchId);

  test("is its own where it has one", () => {
    const own = { ...touch, id: "m-1" };
    expect(ids(own)).toEqual(ids(own, { "webhook-id": "msg_2" }));
    expect(ids(own)).not.toEqual(ids(touch));
  });

  test("is its message's, so that a resend is the same and another message is not", () => {
    const untimed = { channel: "meeting", identifiers: touch.identifiers };
    expect(ids(untimed)).toEqual(ids(untimed));
    expect(ids(untimed)).not.toEqual(ids(untimed, { "webhook-id": "msg_2" }));
  });

  test.each([
    ["an array", [touch, other]],
    ["an envelope", { type: "touch", timestamp: "2026-11-21T10:00:00Z", data: [touch, other] }],
  ])("differs between the touches of %s, and stays the same for each one read alone", (_, value) => {
    const [one, two] = ids(value);
    expect(one).not.toBe(two);
    const items = standard
      .findings(value, { headers }, {})
      .map((finding) => ("item" in finding ? finding.item : undefined));
    expect(items.map((item) => ids(item))).toEqual([[one], [two]]);
  });
});

test("a touch without time has that of its message", () => {
  const untimed = { ...touch, occurredAt: undefined };
  const enveloped = { type: "touch", timestamp: "2026-11-20T10:00:00Z" };
  expect(accepted({ ...enveloped, data: untimed })[0]?.occurredAt).toBe("2026-11-20T10:00:00.000Z");
  expect(accepted({ ...enveloped, data: touch })[0]?.occurredAt).toBe("2026-11-21T10:00:00.000Z");
  expect(accepted(untimed)[0]?.occurredAt).toBe("2026-11-22T12:00:00.000Z");
});

describe("of an envelope", () => {
  const untimed = { ...touch, occurredAt: undefined };
  const items = (envelope: object) =>
    standard
      .findings({ ...envelope, data: [untimed, other] }, { headers }, {})
      .map((finding) => ("item" in finding ? finding.item : undefined));

  test("each item keeps the type and the time, and nothing else", () => {
    const envelope = { type: "touch", timestamp: "2026-11-20T10:00:00Z" };
    expect(items({ ...envelope, attachments: "x".repeat(1000), org: { id: 1 } })).toEqual([
      { ...envelope, data: untimed },
      { ...envelope, data: other },
    ]);
    expect(items({ id: "x" })).toEqual([{ data: untimed }, { data: other }]);
  });

  test.each([["x".repeat(100_000)], [["x".repeat(100_000)]], [{ x: "x".repeat(100_000) }]])(
    "no item keeps a type or time that is none",
    (long) => {
      for (const item of items({ type: long, timestamp: long }))
        expect(JSON.stringify(item).length).toBeLessThan(1000);
    },
  );

  test("an item reads the same alone", () => {
    for (const timestamp of [
      "2026-11-20T10:00:00Z",
      "soon",
      " x".repeat(500),
      1_795_255_200,
      null,
      undefined,
      {},
    ]) {
      const value = { type: "touch", timestamp, org: "o", data: [untimed, other] };
      const findings = standard.findings(value, { headers }, {});
      for (const finding of findings) {
        const alone = "item" in finding ? finding.item : undefined;
        expect(standard.findings(alone, { headers }, {})).toEqual([finding]);
      }
    }
  });
});

test("no JSON is too strange", () => {
  expectLaws(standard, [touch, [touch, other], { type: "touch", data: [touch] }]);
});
