import { describe, expect, test } from "vitest";
import type { Message } from "../../../shared/segment/message.ts";
import { occurredAtOf } from "../../../shared/segment/time.ts";
import { only, outcome, receivedAt, track } from "./reading.ts";

describe("when it happened", () => {
  const at = (more: object) => occurredAtOf({ type: "track", ...more } as Message, receivedAt);
  const early = "2026-11-21T09:00:00.000Z";
  test.each<[string, object, string | undefined]>([
    ["nothing said", {}, undefined],
    ["nulls", { timestamp: null, originalTimestamp: null, sentAt: null }, undefined],
    ["no sentAt", { timestamp: early }, early],
    ["only originalTimestamp", { originalTimestamp: early }, early],
    ["a clock that agrees", { timestamp: early, sentAt: "2026-11-21T09:59:01.000Z" }, early],
    ["one a little ahead", { timestamp: early, sentAt: "2026-11-21T10:01:00.000Z" }, early],
    ["one an hour behind", { timestamp: early, sentAt: "2026-11-21T09:00:00.000Z" }, receivedAt],
    [
      "one a day ahead",
      { originalTimestamp: "2026-11-22T09:30:00.000Z", sentAt: "2026-11-22T10:00:00.000Z" },
      "2026-11-21T09:30:00.000Z",
    ],
    [
      "set on purpose beside the library's own",
      { timestamp: "2024-05-01T00:00:00Z", originalTimestamp: early, sentAt: early },
      "2024-05-01T00:00:00.000Z",
    ],
    [
      "forwarded, and set right before",
      {
        timestamp: "2015-12-10T04:08:31.905Z",
        sentAt: "2015-12-10T04:08:31.581Z",
        receivedAt: "2015-12-10T04:08:31.909Z",
      },
      "2015-12-10T04:08:31.905Z",
    ],
    ["epoch milliseconds", { timestamp: 1795251600000 }, "2026-11-21T09:00:00.000Z"],
    ["no time where one stands", { timestamp: "yesterday" }, "yesterday"],
  ])("%s", (_, message, expected) => {
    expect(at(message)).toBe(expected);
  });

  test.each([["yesterday"], ["+099999-01-01T00:00:00Z"], [{}], ["2026-01-01T00:00:00"]])(
    "%j goes to quarantine",
    (timestamp) => {
      expect(outcome(only(track({ timestamp })))).toBe("invalid_time");
    },
  );
});
