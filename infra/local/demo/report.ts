import type { Reason } from "../../../shared/policy/reason.ts";
import { columns, number } from "./columns.ts";
import type { DemoResult } from "./fill.ts";
import { handOffLines } from "./hand-off.ts";
import type { DemoLead } from "./night.ts";

const meanings: Record<Reason, string> = {
  repeat: "the same channel and campaign on one day",
  conflict: "another item came under the same id",
  machine: "no person clicked",
  out_of_window: "longer ago than the policy looks back",
  outbound: "we did it, not the person",
  channel_weight_zero: "the policy gives this channel no points",
  capped: "beyond the most that one campaign or channel may earn",
  excluded_domain: "from a domain that the policy leaves out",
  internal: "a colleague",
  role_address: "from a mailbox that is nobody's own",
  unsubscribed: "the person unsubscribed",
  do_not_contact: "the person wants no contact",
  cancelled: "it was cancelled",
  earlier_cycle: "spent on an earlier lead",
};

const date = (time: string): string => time.slice(0, 10);
const of = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** What the demo did and what came of it, line by line. */
export function reportOf(result: DemoResult): string[] {
  const { sent, tally, begin, end, policyVersion } = result;
  const heading = ["channel", "over", "sent", "accepted", "rejected"];
  const lines = sent.deliveries.map((line) => [
    line.channel,
    line.way,
    line.sent,
    line.accepted,
    line.rejected,
  ]);
  const accepted = sent.deliveries.reduce((sum, line) => sum + line.accepted, 0);
  const rejected = sent.deliveries.reduce((sum, line) => sum + line.rejected, 0);
  return [
    `A quarter of marketing, ${date(begin)} to ${date(end)}, under the starter policy (version ${policyVersion})`,
    "",
    ...columns([heading, ...lines, ["", "all", accepted + rejected, accepted, rejected]]),
    "",
    `Where it is: ${of(tally.touches, "touch", "touches")} in the timelines of ${of(tally.contacts, "contact")}, and ` +
      `${of(result.caught, "submission")} of a bot in quarantine.`,
    `Of the touches ${number(tally.counted)} count. The others do not, because:`,
    ...columns(tally.notCounted.map(([reason, count]) => [count, reason, meanings[reason]])),
    "",
    "Three who are no leads, and why:",
    ...columns(
      result.examples.map(({ who, email, touches, counted, reasons }) => [
        who,
        email,
        `${counted} of ${of(touches, "touch", "touches")} ${counted === 1 ? "counts" : "count"}: ${reasons.join(", ")}`,
      ]),
    ),
    "",
    ...leadLines(result),
    ...handOffLines(result.sales, result.handOff),
    ...nextSteps(result),
  ];
}

const shown = 5;

const nameOf = ({ firstName, lastName, email }: DemoLead): string =>
  [firstName, lastName].filter(Boolean).join(" ") || email || "without a name";

function leadLines({ night }: DemoResult): string[] {
  const { exported, latest, handedOver, runId } = night;
  const before = handedOver - exported.length;
  const headline =
    exported.length > 0
      ? `The night (export ${runId}) handed ${of(exported.length, "new lead")} to sales.${before > 0 ? ` ${of(before, "lead")} of earlier nights did not come again.` : ""}`
      : `The night (export ${runId}) handed nobody to sales: no new lead, and nobody of the ${number(handedOver)} before comes twice.`;
  const leads = (exported.length > 0 ? exported : latest).slice(0, shown);
  if (leads.length === 0) return [headline, ""];
  return [
    headline,
    `${exported.length > 0 ? "The first" : "The latest"} ${leads.length}:`,
    ...leads.flatMap((lead) => [
      `  ${nameOf(lead)}, ${lead.company ?? "company unknown"}`,
      `    ${lead.whyNow}`,
    ]),
    "",
  ];
}

function nextSteps({ url, night }: DemoResult): string[] {
  const curl = `curl -s -H 'Authorization: Bearer local-sales-key'`;
  const [lead] = night.exported.length > 0 ? night.exported : night.latest;
  return [
    "Go on with:",
    "  # the leads as sales gets them",
    `  ${curl} -L ${url}/v1/exports/${lead?.runId ?? night.runId}/files/leads.csv`,
    ...(lead
      ? [
          `  # all that ${nameOf(lead)} did, newest first, and what of it counted`,
          `  ${curl} ${url}/v1/contacts/${lead.contactId}/timeline`,
          "  # the proof, and what sales said of it, to open in a browser",
          `  ${lead.evidenceUrl ?? `${url}/v1/contacts/${lead.contactId}/evidence`}`,
        ]
      : []),
    "  # who answered, and when: also by week and campaign, with what each figure means",
    `  ${curl} ${url}/v1/handoff`,
    "  # what could not be used",
    `  curl -s -H 'Authorization: Bearer local-admin-key' ${url}/v1/quarantine`,
  ];
}
