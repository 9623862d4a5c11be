import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClickTrace, sharedClicks, traceOf } from "../../../shared/timeline/shared-address.ts";
import { aTouch } from "../policy/touches.ts";

const start = Date.parse("2026-11-21T10:00:00Z");
const trace = (recipient: number, s: number, group = "g", id = `${recipient}-${s}`): ClickTrace => ({
  group,
  identifierId: `p${recipient}`,
  touchId: id,
  occurredAt: new Date(start + s * 1000).toISOString(),
});
const thresholds = { recipients: 3, withinSeconds: 600 };
const found = (traces: ClickTrace[]) =>
  sharedClicks(traces, thresholds)
    .map(({ touchId }) => touchId)
    .sort();

describe("one address for many recipients", () => {
  test.each<[string, ClickTrace[], string[]]>([
    ["enough of them", [trace(1, 0), trace(2, 300), trace(3, 600)], ["1-0", "2-300", "3-600"]],
    ["too few", [trace(1, 0), trace(2, 1), trace(2, 2), trace(2, 3)], []],
    ["over too long a time", [trace(1, 0), trace(2, 300), trace(3, 601)], []],
    ["of two mailings", [trace(1, 0), trace(2, 1), trace(3, 2, "h")], []],
    [
      "all their clicks in that time, and none after it",
      [trace(1, 0), trace(1, 1), trace(2, 2), trace(3, 3), trace(1, 3000)],
      ["1-0", "1-1", "2-2", "3-3"],
    ],
  ])("%s", (_, traces, expected) => expect(found(traces)).toEqual(expected));

  test("is what comparing each with each finds, in any order", () => {
    const arbitrary = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2000 }), fc.constantFrom("g", "h"))
        .map(([recipient, s, group]) => trace(recipient, s, group, `${recipient}-${s}-${group}`)),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(arbitrary, (traces) => {
        const time = ({ occurredAt }: ClickTrace) => Date.parse(occurredAt);
        const inStretch = (one: ClickTrace, from: number) =>
          time(one) >= from && time(one) <= from + thresholds.withinSeconds * 1000;
        const expected = traces.filter((one) =>
          traces.some((first) => {
            const stretch = traces.filter((it) => it.group === one.group && inStretch(it, time(first)));
            return stretch.includes(one) && new Set(stretch.map((it) => it.identifierId)).size >= 3;
          }),
        );
        const ids = [...new Set(expected.map(({ touchId }) => touchId))].sort();
        expect(found(traces)).toEqual(ids);
        expect(found([...traces, ...traces].reverse())).toEqual(ids);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a click's trace", () => {
  const click = (facts: Parameters<typeof aTouch>[2]) =>
    traceOf(
      aTouch("t", "2026-11-21T10:00:00Z", {
        channel: "email_click",
        client: { ip: "192.0.2.1" },
        campaign: undefined,
        ...facts,
      }),
      "salt",
    )?.group;
  const may = click({ campaign: { id: "may" } });

  test("is the same for recipients of one mailing from one address, whatever they clicked", () => {
    expect(may).toMatch(/^[0-9a-f]{32}$/);
    const other = { identifierId: "other", asset: { id: "m", url: "https://www.example.com/b" } };
    expect(click({ campaign: { id: "may" }, ...other })).toBe(may);
    expect(click({ campaign: { id: "may" }, client: { ip: "192.0.2.2" } })).not.toBe(may);
    expect(click({ campaign: { id: "june" } })).not.toBe(may);
    expect(
      traceOf(
        aTouch("t", "2026-11-21T10:00:00Z", {
          channel: "email_click",
          client: { ip: "192.0.2.1" },
          campaign: { id: "may" },
        }),
        "pepper",
      )?.group,
    ).not.toBe(may);
  });

  test("without a campaign is by the mailing, and by the link where each recipient's message has a name of its own", () => {
    const own = (message: string, url: string) =>
      click({ asset: { id: message, url }, properties: { message } });
    expect(own("m1", "https://www.example.com/a")).toBe(own("m2", "https://www.example.com/a"));
    expect(own("m1", "https://www.example.com/a")).not.toBe(own("m1", "https://www.example.com/b"));
    const mailing = (message: string) => click({ asset: { id: "newsletter" }, properties: { message } });
    expect(mailing("m1")).toBe(mailing("m2"));
  });

  test("is none without an address or a mailing, or of another channel", () => {
    expect(click({ client: {}, campaign: { id: "may" } })).toBeUndefined();
    expect(click({})).toBeUndefined();
    expect(click({ channel: "form", campaign: { id: "may" } })).toBeUndefined();
  });

  test.each([
    ["127.0.0.1", false],
    ["10.1.2.3", false],
    ["172.16.0.1", false],
    ["192.168.1.1", false],
    ["::1", false],
    ["fd00:1::2", false],
    ["::ffff:10.0.0.1", false],
    ["172.32.0.1", true],
    ["100.1.2.3", true],
    ["2001:db8::1", true],
  ])("of %s tells an address: %s", (ip, told) => {
    expect(click({ campaign: { id: "may" }, client: { ip } }) !== undefined).toBe(told);
  });
});
