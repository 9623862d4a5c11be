import type { Campaign } from "../touchpoint/touch.ts";
import { cleanText } from "./text.ts";

/** The parameters that advertising networks add to the address of a page they send somebody to. */
const clickIds =
  "gclid gbraid wbraid gclsrc dclid fbclid msclkid li_fat_id ttclid twclid yclid rdt_cid epik sccid irclickid".split(
    " ",
  );

/** What the address of a page says about how somebody came there. */
export interface PageCampaign {
  campaign: Campaign;
  clickIds: Record<string, string>;
}

/** Whether a text is an absolute http(s) address. */
export const isPageUrl = (text: string): boolean => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);

/** The campaign (`utm_…`) and the click ids in the query of a page's address; also of one without a host. */
export function readPageUrl(text: string): PageCampaign {
  const query = text.split("#", 1)[0]?.split("?").slice(1).join("?") ?? "";
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const cleaned = cleanText(value);
    if (cleaned !== "" && cleaned.length <= 300) parameters.set(name.toLowerCase(), cleaned);
  }
  const campaign: Campaign = {};
  for (const [part, name] of [
    ["id", "utm_id"],
    ["name", "utm_campaign"],
    ["source", "utm_source"],
    ["medium", "utm_medium"],
    ["term", "utm_term"],
    ["content", "utm_content"],
  ] as const) {
    const value = parameters.get(name);
    if (value !== undefined) campaign[part] = value;
  }
  const found: Record<string, string> = {};
  for (const name of clickIds) {
    const value = parameters.get(name);
    if (value !== undefined) found[name] = value;
  }
  return { campaign, clickIds: found };
}
