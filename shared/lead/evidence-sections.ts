import { escapeHtml } from "../http/html.ts";
import { campaignLabel } from "../touchpoint/campaign.ts";
import type { KnownLead, LeadRecord } from "./lead.ts";
import { assetLabel, type LeadTouch } from "./lead-touch.ts";
import { channelNames, dateText, plural, reasonTexts, statusTexts, traitTexts } from "./wording.ts";

/** The parts of the evidence page below its head. Each is empty where there is nothing to say. */

/** Text from outside, kept from turning the direction of what stands around it. */
export const isolated = (text: string): string => `<bdi>${escapeHtml(text)}</bdi>`;

export const section = (title: string, content: string): string =>
  `<section><h2>${title}</h2>\n${content}</section>`;

export const time = (at: string, timeZone: string): string =>
  `<time datetime="${escapeHtml(at)}">${escapeHtml(dateText(at, timeZone))}</time>`;

const list = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `\n<li>${item}</li>`).join("")}\n</ul>`;

/** A way to write to somebody. */
export const mailLink = (email: string): string =>
  `<a href="mailto:${escapeHtml(encodeURIComponent(email))}">${escapeHtml(email)}</a>`;

export function timeline(touches: readonly LeadTouch[], lead: KnownLead): string {
  return `<ol class="timeline">${touches.map((touch) => `\n${touchItem(touch, lead)}`).join("")}\n</ol>`;
}

function touchItem(touch: LeadTouch, lead: KnownLead, note = ""): string {
  const asset = assetLabel(touch);
  const campaign = campaignLabel({ campaign: touch.campaign ?? undefined, asset: undefined });
  const kind = channelNames[touch.channel];
  const worth = touch.points === 0 || touch.points === 1 ? "" : ` · ${plural(touch.points, "point")}`;
  const what = `<strong>${kind[0]?.toUpperCase()}${kind.slice(1)}</strong>${asset && ` · ${isolated(asset)}`}${worth}`;
  const details = [campaign && `Campaign “${isolated(campaign)}”`, note && escapeHtml(note)];
  return `<li>${time(touch.occurredAt, lead.timeZone)} ${what}${details
    .filter(Boolean)
    .map((detail) => `<span>${detail}</span>`)
    .join("")}</li>`;
}

const shownLaterTouches = 50;

export function laterSection(touches: readonly LeadTouch[], lead: KnownLead): string {
  if (touches.length === 0) return "";
  const shown = touches.slice(-shownLaterTouches);
  const cut =
    shown.length < touches.length ? `<p class="quiet">The latest ${shown.length} of them:</p>\n` : "";
  return section(`Since then (${touches.length})`, `${cut}${timeline(shown, lead)}`);
}

export function notCountedSection(lead: KnownLead): string {
  const total = Object.values(lead.notCountedTotals).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "";
  const summary = Object.entries(lead.notCountedTotals).map(
    ([reason, count]) => `${count} × ${escapeHtml(reasonTexts[reason as keyof typeof reasonTexts])}`,
  );
  const items = lead.notCounted
    .map((touch) => `\n${touchItem(touch, lead, reasonTexts[touch.reason])}`)
    .join("");
  const which = lead.notCounted.length < total ? `Show the latest ${lead.notCounted.length}` : "Show each";
  return section(
    `What did not count (${total})`,
    `${list(summary)}\n<details><summary>${which}</summary><ol class="timeline">${items}\n</ol></details>`,
  );
}

export const messageSection = ({ lastMessage }: KnownLead): string =>
  lastMessage === null ? "" : section("What they wrote", `<blockquote>${isolated(lastMessage)}</blockquote>`);

const inWords = (name: string): string => escapeHtml(name.replaceAll("_", " "));

/** What sales said, of this lead and of those before it, and the person's deals. */
export function salesSection({ feedback, earlierLeads, deals, timeZone }: KnownLead): string {
  const said = feedback.map(
    ({ outcome, reason, by, until, note, occurredAt, applied }) =>
      `${time(occurredAt, timeZone)} <strong>${statusTexts[outcome]}</strong>${reason ? `: ${inWords(reason)}` : ""}${
        until ? ` until ${time(until, timeZone)}` : ""
      }${by ? ` · ${isolated(by)}` : ""}${applied ? "" : " · changed nothing"}${note ? `<span>${isolated(note)}</span>` : ""}`,
  );
  const before = earlierLeads.map(
    ({ qualifiedAt, status, reason }) =>
      `A lead before, of ${time(qualifiedAt, timeZone)}: ${statusTexts[status].toLowerCase()}${reason ? `, ${inWords(reason)}` : ""}`,
  );
  const dealt = deals.map(
    ({ stage, status, amount, currency, owner }) =>
      `Deal, ${status}: ${isolated(stage)}${amount ? ` · ${escapeHtml([amount, currency].filter(Boolean).join(" "))}` : ""}${
        owner ? ` · ${isolated(owner)}` : ""
      }`,
  );
  const all = [...said, ...before, ...dealt];
  return all.length === 0 ? "" : section("What sales knows", list(all));
}

/** Others at the company, by name where they are known by it. */
export function colleaguesSection({ colleagues, account, timeZone }: KnownLead): string {
  if (!colleagues || colleagues.length === 0) return "";
  const items = colleagues.map(({ name, email, jobTitle, lastTouchAt, lead }) => {
    const who = [name && isolated(name), email && mailLink(email)].filter(Boolean).join(" ") || "Somebody";
    const more = [
      jobTitle && isolated(jobTitle),
      lead && `lead: ${statusTexts[lead].toLowerCase()}`,
      lastTouchAt && `last here ${time(lastTouchAt, timeZone)}`,
    ].filter(Boolean);
    return `${who}${more.length > 0 ? `<span class="quiet">${more.join(" · ")}</span>` : ""}`;
  });
  return section(`Colleagues${account ? ` at ${isolated(account)}` : ""}`, list(items));
}

export function originSection(lead: LeadRecord): string {
  const { traits, segments } = lead.required;
  const asked = [...traits.map((name) => traitTexts[name] ?? name), ...segments].join(", ");
  const rows: [string, string | null][] = [
    ["First touch", time(lead.firstTouchAt, lead.timeZone)],
    ["Source", isolated(lead.leadSource)],
    ["First campaign", lead.firstCampaign && isolated(lead.firstCampaign)],
    ["Deciding campaign", lead.decidingCampaign && isolated(lead.decidingCampaign)],
    ["Last touch", time(lead.lastTouchAt, lead.timeZone)],
    ["Last asset", lead.lastAsset && isolated(lead.lastAsset)],
    ["Company domain", lead.account && isolated(lead.account)],
    ["Segments", lead.segments.length > 0 ? isolated(lead.segments.join(", ")) : null],
    ["Also required", asked && isolated(asked)],
  ];
  const shown = rows.map(([term, value]) => (value ? `<div><dt>${term}</dt><dd>${value}</dd></div>` : ""));
  return section("Where they came from", `<dl>${shown.join("")}</dl>`);
}
