import { describe, expect, test } from "vitest";
import { evidencePage } from "../../../shared/lead/evidence-page.ts";
import { type LeadRecord, leadTouchOf } from "../../../shared/lead/lead.ts";
import { aTouch } from "../policy/touches.ts";
import { leadOf, story } from "./leads.ts";

const page = (lead: LeadRecord, extra: Partial<Parameters<typeof evidencePage>[1]> = {}) =>
  evidencePage(lead, {
    generatedAt: "2026-11-13T04:00:00.000Z",
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
      page(leadOf(), { laterTouches: [later], corrections: ["One click turned out to be a machine’s."] }),
    );
    expect(shown).toContain("Since then (1) 20 Nov 2026 Meeting");
    expect(shown).toContain("Changed since One click turned out to be a machine’s.");
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
      },
    );
    const html = page(lead, {
      corrections: [evil],
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
