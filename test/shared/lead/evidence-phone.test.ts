import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evidencePage } from "../../../shared/lead/evidence-page.ts";
import type { LeadRecord } from "../../../shared/lead/lead.ts";
import { launchBrowser } from "../browser.ts";
import { leadOf, surrounded } from "./leads.ts";

/** A small phone, upright. */
const phone = { width: 360, height: 740 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function onPhone(lead: LeadRecord, colorScheme: "light" | "dark" = "light") {
  const page = await browser.newPage({ viewport: phone, colorScheme });
  await page.setContent(
    evidencePage(lead, {
      generatedAt: "2026-11-13T04:00:00.000Z",
      status: "exported",
      laterTouches: [],
      corrections: [],
    }),
  );
  return page;
}

const traits = { firstName: "Ada", lastName: "Lovelace", company: "Buyer", phone: "+49 30 1234567" };
const usual = leadOf(undefined, { ...surrounded, traits, owner: "Sam" });
const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(3);
const extreme = leadOf(undefined, {
  ...surrounded,
  traits: { firstName: long, lastName: long, company: long, jobTitle: long, phone: "1".repeat(60) },
  emails: [`${"a".repeat(64)}@${"b".repeat(60)}.example`],
  segments: [long],
});

describe("the evidence page on a phone", () => {
  test.each([
    ["as leads are", usual],
    ["where everything is too long", extreme],
  ])("is never wider than the phone: %s", async (_, lead) => {
    const page = await onPhone(lead);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(phone.width);
    await page.close();
  });

  test("has name, ways to reach them and the reason on its first screen, what counted by the end of its second", async () => {
    const page = await onPhone(usual);
    const bottomOf = async (selector: string) => {
      const box = await page.locator(selector).first().boundingBox();
      return box!.y + box!.height;
    };
    for (const selector of ["h1", 'a[href^="mailto:"]', 'a[href^="tel:"]', ".why"])
      expect(await bottomOf(selector)).toBeLessThan(phone.height);
    expect(await bottomOf(".timeline")).toBeLessThan(2 * phone.height);
    expect((await page.locator('a[href^="tel:"]').boundingBox())!.height).toBeGreaterThanOrEqual(40);
    await page.close();
  });

  test.each(["light", "dark"] as const)("can be read in %s", async (scheme) => {
    const page = await onPhone(usual, scheme);
    const ratios = await page.evaluate<[string, number][]>(contrasts);
    expect(ratios.length).toBeGreaterThan(20);
    expect(ratios.filter(([, ratio]) => ratio < 4.5)).toEqual([]);
    await page.close();
  });
});

/** Run in the page: the contrast of each text with what is behind it, as WCAG 2 reckons it. */
const contrasts = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (text === "") continue;
    const element = walker.currentNode.parentElement;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    found.push([text, (a + 0.05) / (b + 0.05)]);
  }
  return found;
})()`;
