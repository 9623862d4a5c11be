import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fault } from "../laws/worker.ts";
import { ClockedProduct, startReceiver } from "./clocked-product.ts";
import type { Json } from "./product.ts";
import { type Outcome, Quarter } from "./quarter.ts";
import { start } from "./quarter-people.ts";

/*
 * A quarter of sales and marketing at Acme, told once and written down before it is run. Sales defines the lead, marketing brings
 * people, nights hand them over, sales answers late, early and in the wrong order, deals are won and lost, the definition changes
 * half way; and everything that happens comes in through the API alone.
 */
const story = `
who   | what happens                                                          | lead since | policy | ends as
Otto  | was one before the policy went live                                   | 30 Dec     |      1 | baseline
Ann   | answered within two hours, told in the wrong order; buys in March     | 08 Jan     |      1 | accepted
Ben   | answered late: no budget; comes back sixty days later                 | 08 Jan     |      1 | rejected
Cleo  | not now; asked to be called again in February, and is                 | 08 Jan     |      1 | recycled
Eli   | two of his touches were a colleague's tests                           | 08 Jan     |      1 | withdrawn
Dev   | asks for a demo: sales hears it at once and calls                     | 20 Jan     |      1 | contacted
Fay   | held until her company is known; nobody answers                       | 28 Jan     |      1 | exported
Cleo  | again                                                                 | 05 Feb     |      1 | accepted
Hal   | a lead under the new definition only                                  | 10 Feb     |      2 | rejected
Ben   | again                                                                 | 04 Mar     |      2 | accepted
Ivy   | just handed over                                                      | 02 Apr     |      2 | exported
Gus   | is a customer already                                                 |            |        |
`;

const weeks = `
week     | handed over | in time | late | overdue | not yet due | withdrawn | rate | accepted | rejected | recycled
2026-W02 |           4 |       2 |    1 |       0 |           0 |         1 | 0.667 |       1 |        1 |        1
2026-W04 |           1 |       1 |    0 |       0 |           0 |         0 | 1    |        0 |        0 |        0
2026-W06 |           1 |       0 |    0 |       1 |           0 |         0 | 0    |        0 |        0 |        0
2026-W08 |           2 |       2 |    0 |       0 |           0 |         0 | 1    |        1 |        1 |        0
2026-W12 |           1 |       1 |    0 |       0 |           0 |         0 | 1    |        1 |        0 |        0
2026-W14 |           1 |       0 |    0 |       0 |           1 |         0 | null |        0 |        0 |        0
`;

const owners = `
owner | handed over | in time | late | overdue | not yet due | withdrawn | accepted | rejected | recycled | won
dana  |           6 |       4 |    1 |       0 |           0 |         1 |        3 |        1 |        1 |   1
kenji |           4 |       2 |    0 |       1 |           1 |         0 |        0 |        1 |        0 |   0
`;

const rowsOf = (table: string): string[][] =>
  table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()));

/** A quarter whose workers meet with faults, in a world of its own. */
async function playedWith(faults: readonly Fault[]): Promise<Outcome> {
  const receiver = await startReceiver();
  try {
    return await new Quarter(await ClockedProduct.open(start, faults), receiver).play();
  } finally {
    await receiver.close();
  }
}

const dayText = (time: string): string =>
  `${time.slice(8, 10)} ${["Jan", "Feb", "Mar", "Apr"][Number(time.slice(5, 7)) - 1] ?? "Dec"}`;

type Figures = { handedOver: number; marketing: Json; sales: Json };
const counted = ({ handedOver, sales }: Figures): unknown[] => [
  handedOver,
  ...["inTime", "late", "overdue", "notYetDue", "withdrawn"].map((name) => sales[name]),
];

test("a quarter ends in the figures that were written down", { timeout: 120_000 }, async () => {
  const { ledger, handOff, leads, changes, announced } = await playedWith([]);
  const told = rowsOf(story).filter(([, , since]) => since);
  expect(
    ledger.map(({ who, qualifiedAt, policyVersion, status }) => [
      who,
      dayText(qualifiedAt),
      String(policyVersion),
      status,
    ]),
  ).toEqual(told.map(([who, , ...rest]) => [who, ...rest]));

  const decided = ({ marketing: { accepted, rejected, recycled } }: Figures) => [
    accepted,
    rejected,
    recycled,
  ];
  const byWeek = (handOff.weeks as (Figures & Json)[]).map((group) =>
    [group.week, ...counted(group), group.sales.inTimeRate, ...decided(group)].map(String),
  );
  expect(byWeek).toEqual(rowsOf(weeks));
  const byOwner = (handOff.owners as (Figures & Json)[]).map((group) =>
    [group.owner, ...counted(group), ...decided(group), group.marketing.won].map(String),
  );
  expect(byOwner).toEqual(rowsOf(owners));
  expect(handOff.total).toMatchObject({ handedOver: 10, sales: { inTimeRate: 0.75 } });
  expect(handOff.waiting).toMatchObject([
    { state: "overdue", owner: "kenji" },
    { state: "not_yet_due", owner: "kenji" },
  ]);

  // Each lead was handed over once and told once, and so was the one that turned out to be none.
  expect(leads).toEqual([0, 4, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1]);
  expect(announced).toBe(10);
  expect(changes).toEqual([expect.arrayContaining(["withdrawn", "verdict", "000002"])]);
});

/** Deaths and outages at random calls of one worker after another, some of which get away. */
const faults = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("dies" as const), at: fc.nat(60), sent: fc.boolean() }),
    fc.record({
      kind: fc.constant("outage" as const),
      at: fc.nat(30),
      calls: fc.integer({ min: 1, max: 9 }),
      sent: fc.boolean(),
    }),
  ),
  { minLength: 600, maxLength: 600 },
);

test("a quarter whose nights, what-if and deliveries are killed at random ends the same", {
  timeout: 240_000,
}, async () => {
  const undisturbed = await playedWith([]);
  await fc.assert(
    fc.asyncProperty(faults, async (sequence) => {
      expect(await playedWith(sequence)).toEqual(undisturbed);
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 5), endOnFailure: true },
  );
});
