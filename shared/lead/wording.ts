import { dayNumber, dayText } from "../policy/calendar.ts";
import type { Reason } from "../policy/reason.ts";
import type { Asset, Campaign, Channel } from "../touchpoint/touch.ts";
import type { LeadStatus, Withdrawal } from "./ledger.ts";

/** What a salesperson calls each channel. */
export const channelNames: Record<Channel, string> = {
  form: "form",
  check_in: "event check-in",
  email_click: "e-mail click",
  meeting: "meeting",
  call: "call",
  direct_mail: "direct mail",
  page: "page view",
};

/** Why a touch does not count, for someone who has never seen the rules. */
export const reasonTexts: Record<Reason, string> = {
  repeat: "Repeats a touch that is already counted",
  conflict: "Contradicts another record of the same event",
  machine: "Probably opened by a security scanner, not by a person",
  out_of_window: "Too long ago",
  outbound: "Our own outreach, not something the person did",
  channel_weight_zero: "This kind of touch is not counted",
  capped: "Enough of this kind, from this campaign or from this source are counted already",
  excluded_domain: "Comes from a company that is left out",
  internal: "One of our own people",
  role_address: "From a shared mailbox such as info@, not from a person",
  unsubscribed: "The person has unsubscribed",
  do_not_contact: "The person asked not to be contacted",
  cancelled: "Was cancelled",
  earlier_cycle: "Belongs to an earlier lead of this person",
};

/** Where a lead stands, for someone who has never seen the states. */
export const statusTexts: Record<LeadStatus, string> = {
  qualified: "Not handed over yet",
  baseline: "Known before the rules went live",
  exported: "Handed over, not answered yet",
  contacted: "Contacted",
  accepted: "Accepted",
  rejected: "Rejected",
  recycled: "Put off",
  withdrawn: "Withdrawn",
};

/** Why a lead was withdrawn. */
export const withdrawalTexts: Record<Withdrawal["reason"], string> = {
  verdict: "what counted turned out to be a machine’s, not a person’s",
  separation: "it was put together from two people, who are told apart now",
  erasure: "somebody whose touches were in it was erased",
  evidence: "what counted is no longer there",
  duplicate: "it is the same person as in another lead",
};

/** What a policy may require, as a person calls it; what is missing here is called by its name. */
export const traitTexts: Readonly<Record<string, string>> = {
  firstName: "first name",
  lastName: "last name",
  jobTitle: "job title",
  email: "e-mail",
};

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The local day of an ISO time as `12 Nov 2026`: no language can read it two ways. */
export function dateText(time: string, timeZone: string): string {
  const [year = "", month = "1", day = "1"] = dayText(dayNumber(Date.parse(time), timeZone)).split("-");
  return `${Number(day)} ${months[Number(month) - 1]} ${year}`;
}

/** `1 touch`, `2 touches`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** A name to show, unless it is long, a link, or holds an address, which belongs to somebody. */
function presentable(name: string | undefined): string {
  const text = name?.trim().replace(/\s+/g, " ") ?? "";
  return text.length > 80 || /@|:\/\//.test(text) ? "" : text;
}

const withArticle = (words: string): string => `${/^[aeio]/i.test(words) ? "an" : "a"} ${words}`;

/** One touch in words: `a demo-request form of campaign “Autumn Webinar”`. */
export function touchText(touch: {
  channel: Channel;
  campaign?: Campaign | null;
  asset?: Asset | null;
}): string {
  const asset = presentable(touch.asset?.name) || presentable(touch.asset?.id);
  const campaign = presentable(touch.campaign?.name) || presentable(touch.campaign?.id);
  const name = channelNames[touch.channel];
  let what = withArticle(name);
  if (asset && touch.channel === "form") what = withArticle(/\bform$/i.test(asset) ? asset : `${asset} form`);
  else if (asset && touch.channel === "check_in") what = `${what} at “${asset}”`;
  else if (asset) what = `${what} (“${asset}”)`;
  return campaign ? `${what} of campaign “${campaign}”` : what;
}
