import { escapeHtml } from "../http/html.ts";
import type { Correction } from "./corrections.ts";
import {
  colleaguesSection,
  isolated,
  laterSection,
  mailLink,
  messageSection,
  notCountedSection,
  originSection,
  salesSection,
  section,
  time,
  timeline,
} from "./evidence-sections.ts";
import { evidenceStyle } from "./evidence-style.ts";
import type { KnownLead, LeadRecord } from "./lead.ts";
import type { LeadTouch } from "./lead-touch.ts";
import type { LeadStatus } from "./ledger.ts";
import { plural, reasonTexts, statusTexts, touchText, withdrawalTexts } from "./wording.ts";

/** What the page says beside the lead. */
export interface EvidencePageExtra {
  /** ISO 8601. */
  generatedAt: string;
  status: LeadStatus;
  /** What the person did after becoming a lead, oldest first. */
  laterTouches: readonly LeadTouch[];
  /** What has changed in the evidence since the lead was handed over. */
  corrections: readonly Correction[];
}

const isMade = (lead: LeadRecord | KnownLead): lead is LeadRecord => "whyNow" in lead;

/**
 * The proof of a lead for a salesperson on a phone: who, why now, what counted, what did not. A whole HTML document that
 * loads nothing and runs nothing, so that it can be opened from a file as well. Of a lead that the facts no longer make it tells who it
 * is and what became of it.
 */
export function evidencePage(lead: LeadRecord | KnownLead, extra: EvidencePageExtra): string {
  const name =
    [lead.firstName, lead.lastName].filter(Boolean).join(" ") || lead.email || lead.company || "Unnamed lead";
  const title = isMade(lead) ? "why this is a lead" : "no longer a lead";
  const proof = isMade(lead) ? why(lead, extra.status) : whyNot(lead);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(name)}: ${title}</title>
<style>${evidenceStyle}</style>
</head>
<body>
<main>
${[
  who(lead, name),
  proof,
  changed("Changed since", lead, extra.corrections.filter(isOfTheWhole)),
  messageSection(lead),
  isMade(lead) && lead.touches.length > 0
    ? section(`What counted (${lead.countedTouches})`, timeline(lead.touches, lead))
    : "",
  changed(
    "Corrected since",
    lead,
    extra.corrections.filter((one) => !isOfTheWhole(one)),
  ),
  laterSection(extra.laterTouches, lead),
  salesSection(lead),
  colleaguesSection(lead),
  notCountedSection(lead),
  isMade(lead) ? originSection(lead) : "",
]
  .filter(Boolean)
  .join("\n")}
</main>
<footer><p>Rules of version ${lead.policyVersion}, days in ${escapeHtml(lead.timeZone)}. Made ${time(extra.generatedAt, lead.timeZone)}.</p></footer>
</body>
</html>
`;
}

function who(lead: KnownLead, name: string): string {
  const work = [lead.jobTitle, lead.company, lead.country].filter((part) => part !== null).map(isolated);
  const dialled = lead.phone?.replace(/(x|ext).*$/i, "").replace(/[^\d+]/g, "");
  const ways = [
    lead.email ? mailLink(lead.email) : "",
    lead.phone
      ? dialled
        ? `<a href="tel:${dialled}">${escapeHtml(lead.phone)}</a>`
        : isolated(lead.phone)
      : "",
  ].filter(Boolean);
  return `<header>
<h1>${isolated(name)}</h1>
${work.length > 0 ? `<p>${work.join(" · ")}</p>` : ""}
${ways.length > 0 ? `<p class="ways">${ways.join(" ")}</p>` : ""}
${lead.emailOptOut ? '<p class="warning"><strong>No marketing e-mail:</strong> this person has unsubscribed.</p>' : ""}
</header>`;
}

function why(lead: LeadRecord, status: LeadStatus): string {
  const points = lead.points === lead.countedTouches ? "" : ` (${plural(lead.points, "point")})`;
  const needed = lead.fastTrack === null ? `; ${lead.threshold} needed` : "";
  const counted = `${plural(lead.countedTouches, "touch", "touches")}${points} counted${needed}.`;
  const owner = lead.owner === null ? "" : ` Owner: ${isolated(lead.owner)}.`;
  return `<section class="why" aria-label="Why now"><p>${isolated(lead.whyNow)}</p>
<p class="quiet">${counted} A lead since ${time(lead.qualifiedAt, lead.timeZone)}.</p>
<p class="quiet">${statusTexts[status]}.${owner}</p></section>`;
}

const whyNot = (lead: KnownLead): string =>
  `<section class="warning" aria-label="No longer a lead"><p><strong>No longer a lead.</strong> It became one on ${time(lead.qualifiedAt, lead.timeZone)}; nothing that is known today makes it one.</p></section>`;

/** What bears on the lead as a whole comes before the proof, what bears on a touch behind it. */
const isOfTheWhole = ({ code }: Correction): boolean => code === "withdrawn" || code === "falls_short";

function changed(title: string, lead: KnownLead, corrections: readonly Correction[]): string {
  if (corrections.length === 0) return "";
  const items = corrections.map((correction) => `<li>${correctionText(correction, lead)}</li>`);
  return `<section class="warning"><h2>${title}</h2>\n<ul>${items.join("")}</ul></section>`;
}

function correctionText(correction: Correction, { timeZone }: KnownLead): string {
  const sentence = (touch: LeadTouch): string => {
    const what = touchText(touch);
    return `${isolated(`${what[0]?.toUpperCase()}${what.slice(1)}`)} on ${time(touch.occurredAt, timeZone)}`;
  };
  switch (correction.code) {
    case "withdrawn":
      return `Withdrawn on ${time(correction.at, timeZone)}: ${withdrawalTexts[correction.reason]}.`;
    case "no_longer_counts":
      return `${sentence(correction.touch)} counted and no longer does. ${escapeHtml(reasonTexts[correction.reason])}.`;
    case "counts_now":
      return `${sentence(correction.touch)} counts too, which was not known then.`;
    case "told_apart":
      return `On ${time(correction.at, timeZone)} somebody else was told apart: what they did is no longer here.`;
    case "falls_short":
      return correction.points < correction.threshold
        ? `By what is known today it stands at ${correction.points} of ${correction.threshold}; it became a lead by what was known then.`
        : "By what is known today the rules would not make it a lead; it became one by what was known then.";
  }
}
