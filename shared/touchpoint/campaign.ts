import type { Touch } from "./touch.ts";

/**
 * A campaign's name lower-cased with spaces and underscores as hyphens: marketers spell `Spring Sale`, `spring_sale` and
 * `spring-sale` in one week.
 */
export const campaignSpelling = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, "-");

/**
 * What makes two touches of one campaign: the campaign's id, else its name in one spelling, else the asset's id.
 * Empty where a touch has none of them.
 */
export function campaignKey(touch: Pick<Touch, "campaign" | "asset">): string {
  const id = touch.campaign?.id?.trim();
  if (id) return id;
  const name = campaignSpelling(touch.campaign?.name ?? "");
  if (name) return name;
  return touch.asset?.id?.trim() ?? "";
}

/** What a person calls the campaign of a touch: its name, else its id, else the asset. */
export const campaignLabel = (touch: Pick<Touch, "campaign" | "asset">): string =>
  touch.campaign?.name?.trim() ||
  touch.campaign?.id?.trim() ||
  touch.asset?.name?.trim() ||
  touch.asset?.id?.trim() ||
  "";
