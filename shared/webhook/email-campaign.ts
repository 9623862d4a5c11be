import { readFieldMap } from "../request/field-map.ts";
import { fieldPath, recogniseField } from "../request/field-names.ts";
import { readPageUrl } from "../request/page-url.ts";
import type { Campaign } from "../touchpoint/touch.ts";
import { cut, isObject, present, text } from "./read.ts";

/** The most that a part of a campaign takes. */
const maximum = 300;

const parts = ["id", "name", "source", "medium", "term", "content"] as const;

const part = (value: string | undefined): string | undefined => cut(value, maximum);

/**
 * The campaign that a sender's own labels name (metadata, unique arguments, message tags): a label called `campaign`,
 * `campaign_id`, `utm_source` and the like, or what the source's field map sends to a part of a campaign. A label may be a list,
 * of which the first value counts. Any other label may mean anything, so it names no campaign.
 */
export function labelledCampaign(labels: unknown, fieldMap?: Record<string, string>): Campaign {
  const mapped = readFieldMap(fieldMap);
  const known: Campaign = {};
  const own: Campaign = {};
  if (!isObject(labels)) return known;
  for (const [name, value] of Object.entries(labels)) {
    const label = part(text(value) ?? text(value, 0));
    if (label === undefined) continue;
    const target = mapped(name);
    const field =
      target === undefined
        ? recogniseField(fieldPath(name))
        : typeof target === "object" && "field" in target
          ? target.field
          : undefined;
    const of = parts.find((one) => field === `campaign.${one}`);
    if (of) (target === undefined ? known : own)[of] ??= label;
  }
  return { ...known, ...own };
}

/**
 * The campaign of an e-mail, out of what names one, the most explicit first; the `utm_…` of the clicked link come last. Which campaign
 * it is, is said whole by the first that names one: an id of one and a name of another would be neither. Only where that has an
 * id without a name, the next name is shown for it. Source, medium, term and content are each filled by the first that has it.
 */
export function emailCampaign(named: readonly Campaign[], link?: string): Campaign | undefined {
  const all = link === undefined ? named : [...named, readPageUrl(link).campaign];
  const first = all.find(({ id, name }) => part(id) ?? part(name));
  const firstWith = (one: (typeof parts)[number]) => part(all.find((campaign) => part(campaign[one]))?.[one]);
  return present<Campaign>({
    id: part(first?.id),
    name: part(first?.name) ?? firstWith("name"),
    source: firstWith("source"),
    medium: firstWith("medium"),
    term: firstWith("term"),
    content: firstWith("content"),
  });
}
