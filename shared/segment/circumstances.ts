import { readPageUrl } from "../request/page-url.ts";
import type { Asset, Campaign, Channel, Client } from "../touchpoint/touch.ts";
import { at, cut, dropLonger, present, text } from "../webhook/read.ts";
import type { Message } from "./message.ts";
import { named } from "./named.ts";

/**
 * The campaign of a message: `context.campaign`, else the `utm_…` of the page's address, else those of the event's own
 * properties (`campaign_id` and `campaign_name`, as the specification's e-mail events have them).
 */
export function campaignOf(message: Message): Campaign | undefined {
  const find = named(at(message, "context", "campaign"));
  const part = (...names: string[]) => dropLonger(find(...names), 300);
  const told = present<Campaign>({
    id: part("id"),
    name: part("name"),
    source: part("source"),
    medium: part("medium"),
    term: part("term"),
    content: part("content"),
  });
  if (told) return told;
  for (const place of [at(message, "context", "page"), at(message, "properties")]) {
    for (const name of ["url", "search"]) {
      const { campaign } = readPageUrl(text(place, name) ?? "");
      if (Object.keys(campaign).length > 0) return campaign;
    }
  }
  const property = named(at(message, "properties"));
  const own = (...names: string[]) => dropLonger(property(...names), 300);
  return present<Campaign>({
    id: own("utmid", "campaignid"),
    name: own("utmcampaign", "campaignname", "campaign"),
    source: own("utmsource"),
    medium: own("utmmedium"),
    term: own("utmterm"),
    content: own("utmcontent"),
  });
}

/** Under which names the properties of an event say what it was about, beside `label`, `name` and `title`. */
const assetNames: Record<Channel, Record<"id" | "name" | "url", readonly string[]>> = {
  form: { id: ["formid"], name: ["formname", "formtitle", "form"], url: ["formurl"] },
  email_click: {
    id: ["emailid", "messageid"],
    name: ["emailname", "emailsubject", "subject", "linkname", "linktext"],
    url: ["linkurl", "link", "href"],
  },
  check_in: { id: ["eventid"], name: ["eventname", "eventtitle", "event"], url: ["eventurl"] },
  meeting: {
    id: ["meetingtypeid", "eventtypeid"],
    name: ["meetingtype", "meetingname", "meetingtitle", "eventtype"],
    url: [],
  },
  call: { id: [], name: ["callname", "callsubject", "subject"], url: [] },
  direct_mail: { id: ["mailingid"], name: ["mailingname", "mailing"], url: [] },
  page: { id: [], name: [], url: [] },
};

/**
 * What a message was about: by the names its channel uses, else by the label or the event itself; the page, where it happened
 * on one.
 * @param event the event's name, where it is one
 */
export function assetOf(message: Message, channel: Channel, event: string | undefined): Asset | undefined {
  const { id, name, url } = assetNames[channel];
  const find = named(at(message, "properties"));
  const title = find("title") ?? text(message, "context", "page", "title");
  // An event that means no touch in particular is known by its own name; a page by the name it was given.
  const label =
    event === undefined
      ? (text(message, "name") ?? find("name") ?? title)
      : channel === "page"
        ? event
        : (find(...name, "label", "name", "title") ?? event);
  return present<Asset>({
    // Where no campaign is known the id tells one form from another: a name must do where there is no id.
    id: dropLonger(find(...id, ...name), 300),
    name: dropLonger(label, 500),
    url: dropLonger(find(...url, "url") ?? text(message, "context", "page", "url"), 4096),
  });
}

/** The program and the address that a message came from, as its library says. */
export const clientOf = (message: Message): Client | undefined =>
  present<Client>({
    userAgent: cut(text(message, "context", "userAgent"), 1024),
    ip: dropLonger(text(message, "context", "ip"), 64),
  });
