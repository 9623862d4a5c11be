import type { HandOffFigures } from "../../../shared/lead/hand-off-report.ts";
import { columns, type Row } from "./columns.ts";
import type { LocalInstance } from "./local-instance.ts";
import type { SalesResult } from "./sales.ts";

/** Of `GET /v1/handoff`, what is printed. */
export interface HandOffReport {
  total: HandOffFigures;
  owners: ({ owner: string | null } & HandOffFigures)[];
  waitingTotal: number;
  waiting: { leadId: string; dueAt: string | null }[];
}

/** Reads who answered of all that was handed over in the quarter, and when. */
export const readHandOff = (instance: LocalInstance): Promise<HandOffReport> =>
  instance.json<HandOffReport>("/v1/handoff", { key: "local-sales-key" });

const percent = (share: number | null): string => (share === null ? "-" : `${Math.round(share * 100)} %`);

const row = (name: string, { handedOver, marketing, sales }: HandOffFigures): Row => [
  name,
  handedOver,
  sales.inTime,
  sales.late,
  sales.overdue,
  sales.notYetDue,
  marketing.accepted,
  marketing.rejected,
  marketing.recycled,
  marketing.undecided,
  marketing.won,
];

const heading: Row = [
  "owner",
  "handed over",
  "in time",
  "late",
  "overdue",
  "not yet due",
  "accepted",
  "rejected",
  "recycled",
  "undecided",
  "won",
];

/** What sales did with this night's leads, and how both teams stand. */
export function handOffLines(
  sales: SalesResult,
  { total, owners, waiting, waitingTotal }: HandOffReport,
): string[] {
  const { oneByOne, listed, silent, deals } = sales;
  const reasons = Object.entries(total.marketing.reasons).map(([reason, count]) => `${count} ${reason}`);
  const [first] = waiting;
  const delay = total.system.delayHours.median;
  return [
    oneByOne + listed + silent === 0
      ? "Sales had nothing new to answer."
      : `Sales answered ${oneByOne} of them one by one, ${listed} more by the list that its CRM exports (${silent} in it said nothing yet), ` +
        `and told of deals: ${deals.open} open, ${deals.won} won, ${deals.lost} lost.`,
    "",
    "Who answered, and when, of all that was handed over in thirteen weeks:",
    ...columns([
      heading,
      ...owners.map((figures) => row(figures.owner ?? "nobody yet", figures)),
      row("all", total),
    ]),
    `  In time: ${percent(total.sales.inTimeRate)} of what was due. Accepted: ${percent(total.marketing.acceptanceRate)} of what was decided` +
      `${reasons.length > 0 ? `; rejected: ${reasons.join(", ")}` : ""}.`,
    ...(first?.dueAt
      ? [
          `  ${waitingTotal} wait for an answer, the longest until ${first.dueAt.slice(0, 16).replace("T", " ")} UTC: lead ${first.leadId}`,
        ]
      : []),
    ...(delay === null
      ? []
      : [
          `  Half were handed over ${Math.round(delay)} hours or more after they qualified: the demo sends a quarter's touches in one go.`,
        ]),
    "",
  ];
}
