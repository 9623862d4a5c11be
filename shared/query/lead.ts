import { readEvidenceToken } from "../access/token.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json, page } from "../http/answer.ts";
import { notFound } from "../http/problem.ts";
import { laterTouches } from "../lead/corrections.ts";
import { evidencePage } from "../lead/evidence-page.ts";
import type { LedgerEntry } from "../lead/ledger.ts";
import { firstReceipt } from "../lead/receipt.ts";
import { statusOf } from "../lead/stage.ts";
import { formErrorPage } from "../request/form-page.ts";
import { Colleagues } from "../store/colleagues.ts";
import { evidenceUrl, type LeadProof, proofOf, readLeadReading } from "../store/lead-record.ts";
import { readLead } from "../store/ledger.ts";
import { readRunReceipts } from "../store/receipts.ts";
import type { Person } from "../timeline/contact.ts";
import { parseLeadId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { answeredView } from "./feedback.ts";
import { entryView } from "./leads.ts";
import { pathParameter } from "./request.ts";

/** What came later, as the API answers it: the latest. */
const mostLaterTouches = 50;

/** All that is known of a lead now; undefined where nothing is known of its person any more. */
async function readProof(api: Api, entry: LedgerEntry) {
  const now = api.clock();
  const [reading, key, { policy }] = await Promise.all([
    readLeadReading(api.table, entry),
    api.secrets.signingKey(),
    api.policy.get(now.getTime()),
  ]);
  if (!reading) return undefined;
  const { person, contact } = reading;
  const colleagues = await new Colleagues(api.table, policy, now.toISOString(), true).of(
    contact.accounts[0] ?? null,
    contact.contactId,
  );
  const url = evidenceUrl(api.publicUrl, key, entry.leadId, now.toISOString());
  const proof: LeadProof = proofOf(entry, reading, url, colleagues);
  return {
    ...proof,
    status: statusOf(person, entry),
    answered: answeredView(person, entry),
    receivedAt: await firstReceivedAt(api, person, entry),
    laterTouches: laterTouches(contact.touches, entry.qualifiedAt),
  };
}

/** When sales first got a lead: by a webhook, or with a file of its export. */
async function firstReceivedAt(
  { table }: Api,
  person: Person,
  { identifierId, cycle, run }: LedgerEntry,
): Promise<string | null> {
  const stands = person.partitions.find((one) => one.identifierId === identifierId);
  const own = stands?.receipts.filter((one) => one.cycle === cycle) ?? [];
  const ofRun = run === undefined ? [] : await readRunReceipts(table, run);
  return firstReceipt([...own, ...ofRun])?.at ?? null;
}

/** `GET /v1/leads/{id}`: a lead with its proof, and what has changed in that since it was handed over. */
export async function getLead(api: Api, event: HttpEvent): Promise<Answer> {
  const parts = parseLeadId(pathParameter(event, "id"));
  const entry = parts && (await readLead(api.table, parts.identifierId, parts.cycle));
  if (!entry) throw notFound("lead");
  const proof = await readProof(api, entry);
  if (!proof) return json(200, { ...entryView(entry), corrections: [], laterTouches: [] });
  const { lead, status, answered, receivedAt, corrections } = proof;
  const laterTouches = proof.laterTouches.slice(-mostLaterTouches);
  // The contact as it is now; the entry names it as it was found, which leads to it for ever.
  const { contactId } = lead;
  const line = { ...entryView(entry), contactId, status };
  return json(200, { ...lead, ...line, receivedAt, ...answered, corrections, laterTouches });
}

const sorry = (status: number, title: string, detail: string): Answer =>
  page(status, formErrorPage({ title, detail }));

/** `GET /e/{token}`: the readable page behind a lead's signed link. */
export async function getEvidencePage(api: Api, event: HttpEvent): Promise<Answer> {
  const ticket = readEvidenceToken(await api.secrets.signingKeys(), pathParameter(event, "token"));
  const parts = ticket && parseLeadId(ticket.leadId);
  if (!ticket || !parts)
    return sorry(404, "There is no such page", "The link is not complete, or not one of ours.");
  const now = api.clock();
  if (ticket.expires * 1000 < now.getTime()) {
    return sorry(
      410,
      "This link has expired",
      "Evidence links are good for 90 days. A new one is in the lead itself.",
    );
  }
  const entry = await readLead(api.table, parts.identifierId, parts.cycle);
  const proof = entry && (await readProof(api, entry));
  if (!proof) return sorry(410, "This lead is gone", "The evidence behind it is no longer held.");
  const { lead, status, corrections, laterTouches } = proof;
  const generatedAt = now.toISOString();
  return page(200, evidencePage(lead, { generatedAt, status, corrections, laterTouches }));
}
