import { escapeHtml } from "../http/html.ts";
import { campaignLabel } from "../touchpoint/campaign.ts";
import { evidenceStyle } from "./evidence-style.ts";
import type { LeadRecord, LeadTouch } from "./lead.ts";
import { channelNames, dateText, plural, reasonTexts } from "./wording.ts";

/** What the page says beside the lead. */
export interface EvidencePageExtra {
  /** ISO 8601. */
  generatedAt: string;
  /** What the person did after becoming a lead, oldest first. */
  laterTouches: readonly LeadTouch[];
  /** Sentences on what has changed in the evidence since the lead was handed over. */
  corrections: readonly string[];
}

const shownLaterTouches = 50;

/** Text from outside, kept from turning the direction of what stands around it. */
const isolated = (text: string): string => `<bdi>${escapeHtml(text)}</bdi>`;

/**
 * The proof of a lead for a salesperson on a phone: who, why now, what counted, what did not. A whole HTML document that
 * loads nothing and runs nothing, so that it can be opened from a file as well.
 */
export function evidencePage(lead: LeadRecord, extra: EvidencePageExtra): string {
  const name =
    [lead.firstName, lead.lastName].filter(Boolean).join(" ") || lead.email || lead.company || "Unnamed lead";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(name)}: why this is a lead</title>
<style>${evidenceStyle}</style>
</head>
<body>
<main>
${[
  who(lead, name),
  why(lead, extra.corrections),
  lead.lastMessage === null
    ? ""
    : section("What they wrote", `<blockquote>${isolated(lead.lastMessage)}</blockquote>`),
  section(`What counted (${lead.countedTouches})`, timeline(lead.touches, lead)),
  later(extra.laterTouches, lead),
  notCounted(lead),
  section("Where they came from", origin(lead)),
]
  .filter(Boolean)
  .join("\n")}
</main>
<footer><p>Rules of version ${lead.policyVersion}, days in ${escapeHtml(lead.timeZone)}. Made ${time(extra.generatedAt, lead.timeZone)}.</p></footer>
</body>
</html>
`;
}

const section = (title: string, content: string): string =>
  `<section><h2>${title}</h2>\n${content}</section>`;

const time = (at: string, timeZone: string): string =>
  `<time datetime="${escapeHtml(at)}">${escapeHtml(dateText(at, timeZone))}</time>`;

function who(lead: LeadRecord, name: string): string {
  const work = [lead.jobTitle, lead.company, lead.country].filter((part) => part !== null).map(isolated);
  const dialled = lead.phone?.replace(/(x|ext).*$/i, "").replace(/[^\d+]/g, "");
  const ways = [
    lead.email
      ? `<a href="mailto:${escapeHtml(encodeURIComponent(lead.email))}">${escapeHtml(lead.email)}</a>`
      : "",
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

function why(lead: LeadRecord, corrections: readonly string[]): string {
  const points = lead.points === lead.countedTouches ? "" : ` (${plural(lead.points, "point")})`;
  const needed = `${plural(lead.countedTouches, "touch", "touches")}${points} counted; ${lead.threshold} needed.`;
  const changed = corrections.map((text) => `<li>${escapeHtml(text)}</li>`).join("");
  return `<section class="why" aria-label="Why now"><p>${isolated(lead.whyNow)}</p>
<p class="quiet">${needed} A lead since ${time(lead.qualifiedAt, lead.timeZone)}.</p></section>${
    changed ? `\n<section class="warning"><h2>Changed since</h2>\n<ul>${changed}</ul></section>` : ""
  }`;
}

const assetText = ({ asset }: LeadTouch): string =>
  asset?.name?.trim() || asset?.id?.trim() || asset?.url?.trim() || "";

function timeline(touches: readonly LeadTouch[], lead: LeadRecord): string {
  return `<ol class="timeline">${touches.map((touch) => `\n${touchItem(touch, lead)}`).join("")}\n</ol>`;
}

function touchItem(touch: LeadTouch, lead: LeadRecord, note = ""): string {
  const asset = assetText(touch);
  const campaign = campaignLabel({ campaign: touch.campaign ?? undefined, asset: undefined });
  const kind = channelNames[touch.channel];
  const worth = touch.points === 0 || touch.points === 1 ? "" : ` · ${plural(touch.points, "point")}`;
  const details = [
    asset && isolated(asset),
    campaign && `Campaign “${isolated(campaign)}”`,
    note && escapeHtml(note),
  ];
  return `<li>${time(touch.occurredAt, lead.timeZone)} <strong>${kind[0]?.toUpperCase()}${kind.slice(1)}</strong>${worth}${details
    .filter(Boolean)
    .map((detail) => `<span>${detail}</span>`)
    .join("")}</li>`;
}

function later(touches: readonly LeadTouch[], lead: LeadRecord): string {
  if (touches.length === 0) return "";
  const shown = touches.slice(-shownLaterTouches);
  const cut =
    shown.length < touches.length ? `<p class="quiet">The latest ${shown.length} of them:</p>\n` : "";
  return section(`Since then (${touches.length})`, `${cut}${timeline(shown, lead)}`);
}

function notCounted(lead: LeadRecord): string {
  const total = Object.values(lead.notCountedTotals).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "";
  const summary = Object.entries(lead.notCountedTotals)
    .map(
      ([reason, count]) =>
        `<li>${count} × ${escapeHtml(reasonTexts[reason as keyof typeof reasonTexts])}</li>`,
    )
    .join("");
  const items = lead.notCounted
    .map((touch) => `\n${touchItem(touch, lead, reasonTexts[touch.reason])}`)
    .join("");
  const which = lead.notCounted.length < total ? `Show the latest ${lead.notCounted.length}` : "Show each";
  return section(
    `What did not count (${total})`,
    `<ul>${summary}</ul>\n<details><summary>${which}</summary><ol class="timeline">${items}\n</ol></details>`,
  );
}

function origin(lead: LeadRecord): string {
  const rows: [string, string | null][] = [
    ["First touch", time(lead.firstTouchAt, lead.timeZone)],
    ["Source", isolated(lead.leadSource)],
    ["First campaign", lead.firstCampaign && isolated(lead.firstCampaign)],
    ["Deciding campaign", lead.decidingCampaign && isolated(lead.decidingCampaign)],
    ["Last touch", time(lead.lastTouchAt, lead.timeZone)],
    ["Segments", lead.segments.length > 0 ? isolated(lead.segments.join(", ")) : null],
  ];
  return `<dl>${rows.map(([term, value]) => (value ? `<div><dt>${term}</dt><dd>${value}</dd></div>` : "")).join("")}</dl>`;
}
