import { csvLine } from "../../../shared/lead/csv-text.ts";
import { DemoFailed, type LocalInstance } from "./local-instance.ts";
import type { DemoLead } from "./night.ts";
import type { Person } from "./people.ts";
import type { OnProgress } from "./send.ts";

/** What came of the leads of a night, as sales told it. */
export interface SalesResult {
  /** Answers that were sent by themselves. */
  oneByOne: number;
  /** Rows of the list that were answers, and those that said nothing yet. */
  listed: number;
  silent: number;
  deals: { open: number; won: number; lost: number };
}

type Stage = "Negotiation" | "Closed Won" | "Closed Lost";

/** What becomes of a lead: with an `outcome` sales answers itself; a `status` is what its CRM has, and goes in the list. */
type Fate = { by: string; deal?: Stage } & (
  | { outcome: "accepted" | "contacted" }
  | { outcome: "rejected"; reason: string }
  | { status: string; reason?: string; recycleDays?: number }
);

/** One lead after the other, the oldest first, and from the beginning again; a deal comes with the first of each only. */
const fates: readonly Fate[] = [
  { by: "Ada", outcome: "accepted", deal: "Negotiation" },
  { by: "Sam", status: "Closed - Converted", deal: "Closed Won" },
  { by: "Ada", outcome: "accepted", deal: "Closed Lost" },
  { by: "Ada", outcome: "rejected", reason: "no_budget" },
  { by: "Sam", status: "Working - Contacted" },
  { by: "Sam", status: "Open - Not Contacted" },
  { by: "Sam", status: "Closed - Not Converted", reason: "Not a fit" },
  { by: "Ada", outcome: "contacted" },
  { by: "Sam", status: "Nurturing", recycleDays: 60 },
];

interface Deal {
  id: string;
  stage: Stage;
  amount: string;
  currency: string;
  createdAt: string;
  closedAt: string;
  updatedAt: string;
  owner: string;
  contacts: { email: string; role: string }[];
}

const day = 24 * 60 * 60 * 1000;
const daysAfter = (time: string, days: number): string =>
  new Date(Date.parse(time) + days * day).toISOString();

/**
 * Lets sales live with the leads that a night handed over: it answers some, exports others from its CRM, and has deals with a few.
 * @param quarter when it began and ended, ISO 8601, and somebody who bought in it and never was a lead
 * @throws DemoFailed where something is refused
 */
export async function liveWithLeads(
  instance: LocalInstance,
  leads: readonly DemoLead[],
  quarter: { begin: string; end: string; customer: Person | undefined },
  onProgress: OnProgress,
): Promise<SalesResult> {
  const taken = leads.map((lead, index) => ({ lead, fate: fates[index % fates.length]! }));
  const told = taken.flatMap(({ lead, fate }) => ("outcome" in fate ? [{ lead, fate }] : []));
  for (const [index, { lead, fate }] of told.entries()) {
    const { deal: _, ...body } = fate;
    const sending = { key: "local-sales-key", body: { id: `demo-${lead.leadId}`, ...body } } as const;
    await instance.json(`/v1/leads/${lead.leadId}/feedback`, sending);
    onProgress("answers of sales", index + 1, told.length);
  }
  const listed = taken.flatMap(({ lead, fate }) => ("status" in fate ? [{ lead, fate }] : []));
  const { accepted, ignored } = await sendList(instance, crmList(listed, quarter.end));
  const deals = [...customerDeal(quarter), ...dealsWith(taken.slice(0, fates.length), quarter.end)];
  if (deals.length > 0) expectAll(await instance.json("/v1/deals", { key: "local-sales-key", body: deals }));
  const staged = (stage: Stage): number => deals.filter((deal) => deal.stage === stage).length;
  return {
    oneByOne: told.length,
    listed: accepted,
    silent: ignored,
    deals: { open: staged("Negotiation"), won: staged("Closed Won"), lost: staged("Closed Lost") },
  };
}

/** Leads as a report of Salesforce has them, with two columns that its users add. */
function crmList(
  listed: readonly { lead: DemoLead; fate: Extract<Fate, { status: string }> }[],
  end: string,
): string {
  const header = [
    "First Name",
    "Last Name",
    "Email",
    "Company / Account",
    "Lead Owner",
    "Lead Status",
    "Unqualified Reason",
    "Recycle Until",
  ];
  const rows = listed.map(({ lead, fate }) => [
    lead.firstName ?? "",
    lead.lastName ?? "",
    lead.email ?? "",
    lead.company ?? "",
    fate.by,
    fate.status,
    fate.reason ?? "",
    fate.recycleDays ? daysAfter(end, fate.recycleDays).slice(0, 10) : "",
  ]);
  return rows.length === 0 ? "" : [header, ...rows].map((cells) => csvLine(cells)).join("");
}

async function sendList(
  instance: LocalInstance,
  list: string,
): Promise<{ accepted: number; ignored: number }> {
  if (list === "") return { accepted: 0, ignored: 0 };
  const sending = { key: "local-sales-key", contentType: "text/csv", body: list } as const;
  const answer = await instance.json<{ accepted: number; ignored: number; rejected: Refused }>(
    "/v1/feedback",
    sending,
  );
  expectAll(answer);
  return answer;
}

type Refused = { detail: string }[];

function expectAll({ rejected: [refused] }: { rejected: Refused }): void {
  if (refused) throw new DemoFailed(`what sales said was refused: ${refused.detail}`);
}

/** Leads with whom there is a deal: it began today, and has ended today unless it is still open. */
function dealsWith(taken: readonly { lead: DemoLead; fate: Fate }[], end: string): Deal[] {
  return taken.flatMap(({ lead, fate: { by, deal: stage } }, index) =>
    stage === undefined || lead.email === null
      ? []
      : [
          {
            id: `demo-${lead.contactId}`,
            stage,
            amount: `${(index + 2) * 6400}.00`,
            currency: "EUR",
            createdAt: end,
            closedAt: stage === "Negotiation" ? daysAfter(end, 45) : end,
            updatedAt: end,
            owner: by,
            contacts: [{ email: lead.email, role: "Decision maker" }],
          },
        ],
  );
}

/** Most deals never were leads: this one follows from the quarter alone, so that sending it again changes nothing. */
function customerDeal({ begin, customer }: { begin: string; customer: Person | undefined }): Deal[] {
  if (!customer) return [];
  const closedAt = daysAfter(begin, 30);
  return [
    {
      id: `demo-${customer.company.domain}`,
      stage: "Closed Won",
      amount: "48000.00",
      currency: "EUR",
      createdAt: begin,
      closedAt,
      updatedAt: closedAt,
      owner: "Sam",
      contacts: [{ email: customer.email, role: "User" }],
    },
  ];
}
