import { describe, expect, test } from "vitest";
import { evidencePage } from "../../../shared/lead/evidence-page.ts";
import { type KnownLead, knownLead, type LeadRecord } from "../../../shared/lead/lead.ts";
import { leadTouchOf } from "../../../shared/lead/lead-touch.ts";
import { aPolicy, aTouch } from "../policy/touches.ts";
import { inputOf, leadOf, story, surrounded } from "./leads.ts";

const page = (lead: LeadRecord | KnownLead, extra: Partial<Parameters<typeof evidencePage>[1]> = {}) =>
  evidencePage(lead, {
    generatedAt: "2026-11-13T04:00:00.000Z",
    status: "exported",
    laterTouches: [],
    corrections: [],
    ...extra,
  });

/** What a reader sees. */
const text = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ");

describe("the evidence page", () => {
  test("tells who, why, what counted and where it began", () => {
    const shown = text(page(leadOf()));
    expect(shown).toContain("Ada Lovelace");
    expect(shown).toContain("8 touches in 41 days over 3 channels");
    expect(shown).toContain("8 touches counted; 8 needed. A lead since 12 Nov 2026 .");
    expect(shown).toContain("What counted (8)");
    expect(shown).toContain("We need this by January.");
    expect(shown).toContain("Data Expo");
    expect(shown).toContain("linkedin/paid-social");
    expect(shown).toContain("Segments dach, enterprise");
    expect(shown).not.toContain("What did not count");
    expect(shown).not.toContain("Since then");
    expect(shown).not.toContain("Changed since");
    expect(shown).not.toMatch(/null|undefined|NaN/);
  });

  test("tells what did not count in plain words", () => {
    const scan = aTouch("scan", "2026-11-01T00:00:00Z", { channel: "email_click", exclusion: "machine" });
    const shown = text(
      page(leadOf([...story, scan, aTouch("p", "2026-11-02T00:00:00Z", { channel: "page" })])),
    );
    expect(shown).toContain("What did not count (2)");
    expect(shown).toContain("1 × Probably opened by a security scanner, not by a person");
    expect(shown).toContain("1 × This kind of touch is not counted");
    expect(shown).not.toMatch(/channel_weight_zero|machine/);
  });

  test("tells what came later and what has changed", () => {
    const later = leadTouchOf(aTouch("later", "2026-11-20T00:00:00Z", { channel: "meeting" }), 0);
    const shown = text(
      page(leadOf(), {
        laterTouches: [later],
        corrections: [
          { code: "withdrawn", at: "2026-11-21T04:00:00.000Z", reason: "verdict", of: null },
          { code: "no_longer_counts", touch: leadTouchOf(story[3]!, 0), reason: "machine" },
          { code: "counts_now", touch: leadTouchOf(story[5]!, 1) },
          { code: "told_apart", at: "2026-11-20T00:00:00.000Z", reason: "another Ada" },
          { code: "falls_short", points: 7, threshold: 8 },
        ],
      }),
    );
    expect(shown).toContain("Since then (1) 20 Nov 2026 Meeting");
    expect(shown).toContain(
      "Changed since Withdrawn on 21 Nov 2026 : what counted turned out to be a machine’s, not a person’s.",
    );
    expect(shown).toContain(
      "An e-mail click (“Newsletter”) of campaign “Campaign of 2026-10-10-000” on 10 Oct 2026 counted and no longer does. Probably opened by a security scanner, not by a person.",
    );
    expect(shown).toContain(
      "An event check-in at “Data Expo” of campaign “Campaign of 2026-11-02-000” on 2 Nov 2026 counts too, which was not known then.",
    );
    expect(shown).toContain("On 20 Nov 2026 somebody else was told apart");
    expect(shown).toContain("By what is known today it stands at 7 of 8");
  });

  test("does not say that a lead has too few points where something else is missing", () => {
    const shown = text(page(leadOf(), { corrections: [{ code: "falls_short", points: 9, threshold: 8 }] }));
    expect(shown).toContain("By what is known today the rules would not make it a lead");
    expect(shown).not.toContain("9 of 8");
  });

  test("warns where marketing e-mail must not be sent, and links address and number", () => {
    const html = page(leadOf(undefined, { emailOptOut: true, emails: ["a+b&c@buyer.example"] }));
    expect(text(html)).toContain("No marketing e-mail:");
    expect(html).toContain('href="mailto:a%2Bb%26c%40buyer.example"');
    expect(html).toContain('href="tel:+49301234567"');
  });

  test("stands where hardly anything is known", () => {
    const html = page(
      leadOf(
        story.map((touch) => ({ ...touch, campaign: undefined, asset: undefined, properties: {} })),
        {
          traits: {},
          emails: [],
          segments: [],
        },
      ),
    );
    expect(text(html)).toContain("Unnamed lead");
    expect(text(html)).not.toMatch(/null|undefined|NaN|What they wrote|First campaign|Segments/);
  });

  test("tells of a lead made at once by which touch, rule and beside what", () => {
    const policy = aPolicy({ fastTrack: [{ name: "demo", channel: "form", asset: "demo-request" }] });
    const lead = leadOf([...story.slice(0, 2), story[7]!], { owner: "Sam" }, policy);
    const shown = text(page(lead, { status: "contacted" }));
    expect(lead.fastTrack).toBe("demo");
    expect(shown).toContain(
      "A demo-request form of campaign “Autumn Webinar” on 12 Nov 2026: qualifies at once by the rule “demo”, after 2 other touches that count.",
    );
    expect(shown).toContain("3 touches counted. A lead since 12 Nov 2026 . Contacted. Owner: Sam .");
    expect(shown).not.toContain("needed");
  });

  test("tells what sales said, the deals, the leads before, the colleagues and what was required", () => {
    const shown = text(page(leadOf(undefined, surrounded)));
    expect(shown).toContain("13 Nov 2026 Contacted · Sam");
    expect(shown).toContain("14 Nov 2026 Put off : no budget until 1 Mar 2027 · Sam Ask again in spring");
    expect(shown).toContain("12 Nov 2026 Contacted · Kim · changed nothing");
    expect(shown).toContain("A lead before, of 1 Feb 2026 : rejected, timing");
    expect(shown).toContain("Deal, open: Proposal · 12000.50 EUR · Lee");
    expect(shown).toContain(
      "Colleagues at buyer.example Grace Hopper grace@buyer.example Admiral · lead: accepted · last here 9 Nov 2026 alan@buyer.example last here 8 Nov 2026",
    );
    expect(shown).toContain("Also required company, job title, enterprise");
  });

  test("of a lead that nothing makes any more tells who it was and why, and invents nothing", () => {
    const machine = story.map((touch) => ({ ...touch, exclusion: "machine" as const }));
    const { evaluation, ...rest } = inputOf(machine, surrounded);
    const lead = knownLead({ ...rest, evaluation, qualifiedAt: "2026-11-12T15:00:00.000Z" });
    const shown = text(
      page(lead, {
        status: "withdrawn",
        corrections: [{ code: "withdrawn", at: "2026-11-21T04:00:00.000Z", reason: "verdict", of: null }],
      }),
    );
    expect(shown).toContain("Ada Lovelace: no longer a lead");
    expect(shown).toContain("No longer a lead. It became one on 12 Nov 2026 ; nothing that is known today");
    expect(shown).toContain("Withdrawn on 21 Nov 2026 : what counted turned out to be a machine’s");
    expect(shown).toContain("8 × Probably opened by a security scanner");
    expect(shown).toContain("Deal, open: Proposal");
    expect(shown).not.toMatch(/null|undefined|NaN|What counted \(|needed|touches in/);
  });

  test("lets nothing from outside become markup", () => {
    const evil = `"><script>alert('1')</script><img src=x onerror=alert(1)>&`;
    const touches = story.map((touch) => ({
      ...touch,
      campaign: { ...touch.campaign, name: evil, source: evil },
      asset: { name: evil },
      properties: { message: evil },
    }));
    const traits = {
      firstName: evil,
      lastName: evil,
      company: evil,
      jobTitle: evil,
      phone: evil,
      country: evil,
    };
    const lead = leadOf(
      [...touches, aTouch("p", "2026-11-02T00:00:00Z", { channel: "page", asset: { name: evil } })],
      {
        traits,
        emails: [evil],
        account: evil,
        owner: evil,
        segments: [evil],
        required: { traits: [evil], segments: [evil] },
        colleagues: surrounded.colleagues!.map((one) => ({
          ...one,
          name: evil,
          email: evil,
          jobTitle: evil,
        })),
        surroundings: {
          deals: [{ ...surrounded.surroundings!.deals[0]!, stage: evil, amount: evil, owner: evil }],
          feedback: [{ ...surrounded.surroundings!.feedback[0]!, reason: evil, by: evil, note: evil }],
          earlierLeads: [{ ...surrounded.surroundings!.earlierLeads[0]!, reason: evil }],
        },
      },
      aPolicy({ fastTrack: [{ name: evil, channel: "form" }] }),
    );
    const html = page(lead, {
      corrections: [{ code: "counts_now", touch: lead.touches[0]! }],
      status: "contacted",
      laterTouches: lead.touches,
      generatedAt: "2026-11-13T04:00:00.000Z",
    });
    expect(html).not.toMatch(/<(script|img)|onerror=alert\(1\)>|"><s/);
    expect(html).toContain("&#60;script&#62;");
  });

  test("loads nothing and runs nothing", () => {
    const html = page(leadOf());
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|@import|url\(/);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain('name="viewport"');
  });
});
