/** A page view, and what its address says of how the person came there. */
export interface Arrival {
  /** Milliseconds since 1970. */
  at: number;
  page: string;
  referrer: string;
  /** `utm_…` and click ids by their names, in lower case. */
  query: Record<string, string>;
}

/** A campaign's parameters, and those that advertising networks add to an address; the server knows the same names. */
const campaignParameter =
  /^(utm_\w+|gclid|gbraid|wbraid|gclsrc|dclid|fbclid|msclkid|li_fat_id|ttclid|twclid|yclid|rdt_cid|epik|sccid|irclickid)$/;

/** What the server takes of a parameter. */
const longestValue = 300;

/** The address of the page without its fragment, which is the page's own affair. */
export const pageAddress = (): string => location.href.split("#")[0]!;

/** The view of the page as it stands now. */
export function arrivalNow(): Arrival {
  const query: Record<string, string> = {};
  new URLSearchParams(location.search).forEach((value, name) => {
    const lower = name.toLowerCase();
    if (value && value.length <= longestValue && campaignParameter.test(lower)) query[lower] = value;
  });
  return { at: Date.now(), page: pageAddress(), referrer: document.referrer, query };
}

/** Whether a campaign or an advertisement brought the person. */
export const isCampaign = (arrival: Arrival): boolean => Object.keys(arrival.query).length > 0;
