import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../shared/policy/evaluate.ts";
import { defaultMachineClicks, type MachineClicks } from "../../../shared/policy/machine-clicks.ts";
import { judgeClicks, machineReasons } from "../../../shared/timeline/machine.ts";
import { isScannerAgent } from "../../../shared/timeline/scanner.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import type { TouchVerdict } from "../../../shared/timeline/verdict.ts";
import type { PersonFact } from "../../../shared/touchpoint/person-fact.ts";
import { aPolicy, aTouch, somebody } from "../policy/touches.ts";

const browser =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
const start = Date.parse("2026-11-21T10:00:00Z");
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

interface Click {
  /** Seconds after ten. */
  s: number;
  message?: string;
  link?: string;
  agent?: string;
  ip?: string;
  method?: string;
  honeypot?: boolean;
  to?: string;
}

const aClick = (id: string, { s, message, link, agent, ip, method, honeypot, to }: Click): TimelineTouch =>
  aTouch(id, at(s), {
    channel: "email_click",
    identifierId: to ?? "9f0c6a52-0000-5000-8000-000000000001",
    campaign: { id: "may" },
    asset: { id: "mailing", url: `https://www.example.com/${link ?? "a"}` },
    client: { userAgent: agent ?? browser, ip: ip ?? "192.0.2.1" },
    properties: {
      message: message ?? "m1",
      ...(method && { method }),
      ...(honeypot && { honeypot }),
    },
  });

const delivered = (s: number, message = "m1"): PersonFact => ({
  type: "delivery",
  status: "delivered",
  message,
  identifierId: "9f0c6a52-0000-5000-8000-000000000001",
  factId: `d${s}${message}`,
  hash16: "00000000000000bb",
  occurredAt: at(s),
  receivedAt: at(s),
  source: "mails",
  identifiers: { email: "ada@buyer.example" },
});

const said = (
  touchId: string,
  verdict: "human" | "machine",
  by: "night" | "person" = "person",
  s = 100,
): TouchVerdict => ({ touchId, verdict, by, reason: "so", at: at(s), id: `${s}` });

/** What is said of each click, in short: the reason, `human` where one was overruled. */
function judged(
  clicks: Record<string, Click>,
  {
    facts = [],
    verdicts = [],
    thresholds = {},
  }: { facts?: PersonFact[]; verdicts?: TouchVerdict[]; thresholds?: Partial<MachineClicks> } = {},
): Record<string, string> {
  const touches = Object.entries(clicks).map(([id, click]) => aClick(id, click));
  const judgements = judgeClicks(touches, facts, verdicts, { ...defaultMachineClicks(), ...thresholds });
  return Object.fromEntries(
    [...judgements].map(([id, { machine, overruled }]) => [
      id,
      machine ? `${machine.reason} by ${machine.by}` : `human, not ${overruled}`,
    ]),
  );
}

describe("a click's client", () => {
  test.each([
    ["curl/8.5.0", true],
    ["python-requests/2.31", true],
    ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true],
    ["Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2) Barracuda Sentinel (EE)", true],
    [`${browser} Proofpoint`, true],
    ["Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36", true],
    [browser, false],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", false],
    ["Mozilla/4.0 (compatible; ms-office; MSOffice 16)", false],
    ["Mozilla/5.0 (Linux; Android 6.0.1; CUBOT) AppleWebKit/537.36 Chrome/91 Mobile Safari/537.36", false],
    ["", false],
    ["  ", false],
  ])("%s is a scanner: %s", (agent, expected) => {
    expect(isScannerAgent(agent)).toBe(expected);
    expect(judged({ a: { s: 0, agent } })).toEqual(expected ? { a: "scanner_agent by rule" } : {});
  });
});

describe("signs", () => {
  const head = { s: 0, method: "HEAD" };
  test.each<[string, Parameters<typeof judged>, Record<string, string>]>([
    ["a click", [{ a: { s: 0 } }], {}],
    ["a look before the click", [{ a: head, b: { s: 0, method: "GET" } }], { a: "head_request by rule" }],
    [
      "a look at all links, and a click on one",
      [{ a: head, b: { ...head, link: "b" }, c: { s: 1, link: "c" } }],
      { a: "head_request by rule", b: "head_request by rule" },
    ],
    [
      "a scanner while the reader clicks another link",
      [{ a: { s: 0, agent: "curl/8" }, b: { s: 1, link: "b" } }],
      { a: "scanner_agent by rule" },
    ],
    ["a double click on one link", [{ a: { s: 0 }, b: { s: 0 }, c: { s: 1 } }], {}],
    [
      "two links at once",
      [{ a: { s: 0 }, b: { s: 3, link: "b" } }],
      { a: "burst by rule", b: "burst by rule" },
    ],
    ["two links, one after the other", [{ a: { s: 0 }, b: { s: 3.001, link: "b" } }], {}],
    [
      "a burst, and a click later",
      [{ a: { s: 0 }, b: { s: 1, link: "b" }, c: { s: 60 } }],
      { a: "burst by rule", b: "burst by rule" },
    ],
    [
      "a row of clicks of which each is near the next",
      [{ a: { s: 0 }, b: { s: 2, link: "b" }, c: { s: 4 }, d: { s: 9 } }],
      { a: "burst by rule", b: "burst by rule", c: "burst by rule" },
    ],
    ["links of two messages", [{ a: { s: 0 }, b: { s: 0, link: "b", message: "m2" } }], {}],
    ["links of two recipients", [{ a: { s: 0 }, b: { s: 0, link: "b", to: "other" } }], {}],
    ["three links wanted", [{ a: { s: 0 }, b: { s: 0, link: "b" } }, { thresholds: { burstLinks: 3 } }], {}],
    [
      "a click at the delivery",
      [{ a: { s: 10 }, b: { s: 11 } }, { facts: [delivered(0)] }],
      { a: "at_delivery by rule" },
    ],
    ["a click just before it", [{ a: { s: -5 } }, { facts: [delivered(0)] }], { a: "at_delivery by rule" }],
    ["another message's delivery", [{ a: { s: 1 } }, { facts: [delivered(0, "m2")] }], {}],
    ["a bounce", [{ a: { s: 1 } }, { facts: [{ ...delivered(0), status: "bounced" } as PersonFact] }], {}],
    [
      "a honeypot, and what the same client did around it",
      [
        {
          pot: { s: 0, honeypot: true },
          address: { s: 50, agent: "Mozilla/5.0 (Macintosh) Version/17 Safari/605" },
          agent: { s: -50, ip: "192.0.2.9" },
          later: { s: 61 },
          other: { s: 20, ip: "192.0.2.9", agent: "Mozilla/5.0 (Macintosh) Version/17 Safari/605" },
          elsewhere: { s: 20, message: "m2" },
        },
      ],
      { pot: "honeypot by rule", address: "honeypot by rule", agent: "honeypot by rule" },
    ],
    [
      "the first of several signs",
      [{ a: { s: 0, agent: "curl/8", method: "HEAD", honeypot: true } }, { facts: [delivered(0)] }],
      { a: "scanner_agent by rule" },
    ],
    [
      "the night's word",
      [{ a: { s: 0 } }, { verdicts: [said("a", "machine", "night")] }],
      { a: "shared_address by night" },
    ],
  ])("%s", (_, args, expected) => expect(judged(...args)).toEqual(expected));

  test.each<[string, Partial<MachineClicks>, Record<string, Click>]>([
    ["scanner_agent", { scannerAgents: false }, { a: { s: 500, agent: "curl/8" } }],
    ["head_request", { headRequests: false }, { a: { s: 500, method: "HEAD" } }],
    ["honeypot", { honeypotSeconds: null }, { a: { s: 500, honeypot: true }, b: { s: 501 } }],
    ["at_delivery", { atDeliverySeconds: null }, { a: { s: 0 } }],
    ["burst", { burstSeconds: null }, { a: { s: 500 }, b: { s: 501, link: "b" } }],
    ["shared_address", { sharedAddress: null }, { n: { s: 500 } }],
  ])("%s can be switched off", (reason, thresholds, clicks) => {
    const facts = [delivered(0)];
    const verdicts = [said("n", "machine", "night")];
    expect(Object.values(judged(clicks, { facts, verdicts })).join()).toContain(reason);
    expect(judged(clicks, { facts, verdicts, thresholds })).toEqual({});
  });

  test("a tracked link's click is told by its mailing, and by the campaign", () => {
    const tracked = (id: string, s: number, link: string, campaign: string) => ({
      ...aClick(id, { s, link }),
      campaign: { id: campaign },
      properties: { method: "GET" },
    });
    const touches = [tracked("a", 0, "a", "may"), tracked("b", 0, "b", "may"), tracked("c", 0, "c", "june")];
    expect([...judgeClicks(touches, [], [], defaultMachineClicks()).keys()]).toEqual(["a", "b"]);
    const facts = [delivered(-5, "mailing")];
    expect(judgeClicks(touches.slice(2), facts, [], defaultMachineClicks()).get("c")).toEqual({
      machine: { reason: "at_delivery", by: "rule" },
    });
  });
});

describe("a person's word", () => {
  test.each<[string, Record<string, Click>, TouchVerdict[], Record<string, string>]>([
    ["makes a machine's", { a: { s: 0 } }, [said("a", "machine")], { a: "by_hand by person" }],
    [
      "overrules a sign",
      { a: { s: 0, agent: "curl/8" } },
      [said("a", "human")],
      { a: "human, not scanner_agent" },
    ],
    [
      "overrules the night",
      { a: { s: 0 } },
      [said("a", "machine", "night"), said("a", "human")],
      { a: "human, not shared_address" },
    ],
    ["says nothing new of a human's", { a: { s: 0 } }, [said("a", "human")], {}],
    [
      "changes: the latest holds",
      { a: { s: 0, method: "HEAD" } },
      [said("a", "human", "person", 5), said("a", "machine", "person", 9), said("a", "human", "person", 7)],
      { a: "by_hand by person" },
    ],
    [
      "takes a proof away from the others",
      { a: { s: 0 }, b: { s: 1, link: "b" } },
      [said("a", "human")],
      { a: "human, not burst" },
    ],
    [
      "but not where they prove each other",
      { a: { s: 0 }, b: { s: 1, link: "b" }, c: { s: 1, link: "c" } },
      [said("a", "human")],
      { a: "human, not burst", b: "burst by rule", c: "burst by rule" },
    ],
    ["is of no touch that is not there", { a: { s: 0 } }, [said("x", "machine")], {}],
  ])("%s", (_, clicks, verdicts, expected) => expect(judged(clicks, { verdicts })).toEqual(expected));

  test("may be of a touch of any channel; the night's is of clicks", () => {
    const form = aTouch("f", at(0));
    const judge = (verdict: TouchVerdict) =>
      judgeClicks([form], [], [verdict], defaultMachineClicks()).get("f");
    expect(judge(said("f", "machine"))).toEqual({ machine: { reason: "by_hand", by: "person" } });
    expect(judge(said("f", "machine", "night"))).toBeUndefined();
  });
});

const arbitraryClick: fc.Arbitrary<Click> = fc.record({
  s: fc.integer({ min: 0, max: 40 }),
  message: fc.constantFrom("m1", "m2"),
  link: fc.constantFrom("a", "b", "c"),
  agent: fc.constantFrom(browser, "curl/8", "Mozilla/5.0 (Macintosh) Version/17 Safari/605"),
  ip: fc.constantFrom("192.0.2.1", "192.0.2.2"),
  method: fc.constantFrom("GET", "GET", "HEAD"),
  honeypot: fc.constantFrom(false, false, false, true),
});
const arbitraryClicks = fc
  .array(arbitraryClick, { maxLength: 12 })
  .map((clicks) => clicks.map((click, index) => aClick(`t${index}`, click)));
const arbitraryFacts = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom("m1", "m2")).map((one) => delivered(...one)),
  { maxLength: 2 },
);
const arbitraryVerdicts = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: 11 }).map((index) => `t${index}`),
      fc.constantFrom("human" as const, "machine" as const),
      fc.integer({ min: 0, max: 3 }),
    )
    .chain(([touchId, verdict, s]) =>
      fc.constantFrom(said(touchId, verdict, "person", s), said(touchId, "machine", "night", s)),
    ),
  { maxLength: 4 },
);
const shuffled = <T>(values: readonly T[]) =>
  fc.shuffledSubarray([...values, ...values], { minLength: values.length * 2 });

describe("laws", () => {
  test("any order and any repetition say the same", () => {
    const reordered = fc
      .tuple(arbitraryClicks, arbitraryFacts, arbitraryVerdicts)
      .chain(([clicks, facts, verdicts]) =>
        fc.tuple(
          fc.constant([clicks, facts, verdicts] as const),
          fc.tuple(shuffled(clicks), shuffled(facts), shuffled(verdicts)),
        ),
      );
    fc.assert(
      fc.property(reordered, ([first, second]) => {
        const [one, other] = [first, second].map(
          (facts) => new Map([...judgeClicks(...facts, defaultMachineClicks())].sort()),
        );
        expect(other).toEqual(one);
        for (const { machine } of one!.values())
          if (machine) expect(machineReasons).toContain(machine.reason);
      }),
      { numRuns: 500 },
    );
  });

  test("a scanner's click never makes the human's a repeat, nor any other of it", () => {
    const policy = aPolicy({ oncePer: ["channel", "campaign", "day"] });
    const now = at(3600);
    const folded = (clicks: readonly TimelineTouch[]) => {
      const judgements = judgeClicks(clicks, [], [], policy.machineClicks);
      const touches = clicks.map(
        (click): TimelineTouch =>
          judgements.get(click.touchId)?.machine ? { ...click, exclusion: "machine" } : click,
      );
      return evaluate(touches, policy, now, somebody).touches;
    };
    const human = fc.integer({ min: 0, max: 40 }).map((s) => aClick("human", { s, ip: "198.51.100.7" }));
    const machines = fc.array(arbitraryClick, { maxLength: 8 }).map((clicks) =>
      clicks.map((click, index) =>
        // Whatever it does, its name tells on it.
        aClick(`scanner-${index}`, { ...click, agent: "curl/8" }),
      ),
    );
    fc.assert(
      fc.property(human, machines, (click, scanned) => {
        const verdicts = folded([click, ...scanned]);
        const [mine] = verdicts.filter(({ touch }) => touch.touchId === "human");
        expect(mine).toMatchObject({ counted: true, reason: null });
        expect(verdicts.filter(({ counted }) => counted)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});
