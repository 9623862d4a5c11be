import { type FactInput, type Finding, unusable } from "../touchpoint/finding.ts";
import type { Traits } from "../touchpoint/touch.ts";
import { LookUpFailed, type WebhookAdapter } from "./adapter.ts";
import { attended, namesOf } from "./check-in.ts";
import { type Answer, readAnswers } from "./form-response.ts";
import { at, cut, isObject, list, present, text } from "./read.ts";

/** The names of the API and those that its webhooks carry. */
const checkIns = new Set(["barcode.checked_in", "attendee.checked_in"]);
const checkOuts = new Set(["barcode.un_checked_in", "attendee.checked_out"]);

/** Orders and changes to them are not yet anybody's coming; `test` is what the dashboard's button sends. */
const unwanted = /^(test|(event|order|attendee|organizer|ticket_class|venue)\.[a-z_]+)$/;

/** The only address that is ever asked: anything else in a body that nobody signed is a stranger's wish. */
const attendeeAddress =
  /^https:\/\/www\.eventbriteapi\.com\/v3\/events\/(\d{1,20})\/attendees\/(\d{1,20})\/?$/;

/** An attendee's address in one spelling, or undefined where it is none. */
const attendeeUrl = (item: unknown): string | undefined => {
  const match = attendeeAddress.exec(text(item, "api_url") ?? "");
  return match ? `https://www.eventbriteapi.com/v3/events/${match[1]}/attendees/${match[2]}/` : undefined;
};

/**
 * Eventbrite: a check-in is a touch, and one that is undone takes it back. Its webhooks carry no signature and say only where to
 * look, so nothing of them is believed: the attendee is asked for at Eventbrite's own API with the account's token.
 *
 * A check-in is one per attendee and barcode, since Eventbrite does not say which check-in an undoing undoes; so one that
 * was undone stays so, even if the same ticket is let in again later. Eventbrite sends the same for people scanned out as they leave:
 * who does that leaves "checked out" unticked. https://www.eventbrite.com/platform/docs/webhooks
 */
export const eventbrite: WebhookAdapter = {
  headers: [],
  needs: ["apiToken"],

  verify(_request, { apiToken }) {
    const detail = "the source has no apiToken, which Eventbrite's attendees are asked for with";
    return apiToken ? undefined : { code: "missing_credentials", detail };
  },

  findings(value) {
    const action = text(value, "config", "action");
    if (action === undefined) {
      return [unusable(value, "unknown_event", "config.action", "this is no webhook of Eventbrite")];
    }
    if (checkIns.has(action) || checkOuts.has(action)) {
      return [attendeeUrl(value) === undefined ? forbidden(value) : { item: value, lookUp: true }];
    }
    if (unwanted.test(action)) return [{ ignored: action }];
    return [
      unusable(value, "unknown_event", "config.action", "this is no action of Eventbrite that is known here"),
    ];
  },

  async lookUp(item, { apiToken }, ask) {
    const url = attendeeUrl(item);
    if (url === undefined) return forbidden(item);
    if (!apiToken) throw new LookUpFailed("no apiToken is set for Eventbrite");
    const headers = { authorization: `Bearer ${apiToken}`, accept: "application/json" };
    const { status, value } = await ask(`${url}?expand=event,promotional_code`, { headers });
    if (status === 404 || status === 410) {
      const detail = "Eventbrite has no such attendee, or not in the account of the apiToken";
      return unusable(item, "not_found", "api_url", detail);
    }
    if (status !== 200 || !isObject(value))
      throw new LookUpFailed(`Eventbrite's attendee answered ${status}`);
    return checkOuts.has(text(item, "config", "action") ?? "")
      ? undone(item, url, value)
      : arrived(item, url, value);
  },
};

const forbidden = (item: unknown): Finding =>
  unusable(
    item,
    "forbidden_address",
    "api_url",
    "this is no address of an attendee at www.eventbriteapi.com",
  );

const noAddress = (item: unknown): Finding =>
  unusable(
    item,
    "missing_identifier",
    "profile.email",
    "the attendee has no e-mail address; let Eventbrite collect one of each attendee",
  );

/** What Eventbrite shows where a buyer has not yet said who the guest is. */
const isKnown = (said: string | undefined): said is string =>
  said !== undefined && said.toLowerCase() !== "info requested";

const known = (attendee: unknown, ...path: readonly string[]): string | undefined => {
  const said = text(attendee, ...path);
  return isKnown(said) ? said : undefined;
};

const idOf = (url: string, barcode: unknown): string =>
  [url, text(barcode, "barcode")].filter((part) => part !== undefined).join("#");

function arrived(item: unknown, url: string, attendee: unknown): Finding {
  const used = list(attendee, "barcodes")
    .filter((barcode) => text(barcode, "status") === "used")
    .sort((a, b) => ((text(a, "changed") ?? "") < (text(b, "changed") ?? "") ? 1 : -1))[0];
  if (used === undefined && at(attendee, "checked_in") !== true) {
    const detail = "Eventbrite says that this attendee is not checked in";
    return unusable(item, "not_checked_in", "checked_in", detail);
  }
  const answers = readAnswers(item, questionsOf(attendee), {});
  if ("refusal" in answers) return answers;
  const email = known(attendee, "profile", "email") ?? answers.email;
  if (email === undefined) return noAddress(item);
  const touch = attended({
    id: idOf(url, used),
    occurredAt: text(used, "changed") ?? text(attendee, "changed"),
    identifiers: { email },
    traits: { ...answers.traits, ...traitsOf(attendee) },
    event: {
      id: text(attendee, "event_id") ?? text(attendee, "event", "id"),
      name: text(attendee, "event", "name", "text") ?? text(attendee, "event", "name"),
      url: cut(text(attendee, "event", "url"), 4096),
    },
    campaign: present({
      name: cut(text(attendee, "promotional_code", "code") ?? text(attendee, "promotional_code"), 300),
      source: cut(text(attendee, "affiliate"), 300),
    }),
    properties: {
      ...answers.properties,
      ...present({ ticket: text(attendee, "ticket_class_name"), order: text(attendee, "order_id") }),
    },
  });
  return { item, facts: [{ touch }] };
}

function undone(item: unknown, url: string, attendee: unknown): Finding {
  const barcodes = list(attendee, "barcodes");
  const isUsed = (barcode: unknown) => text(barcode, "status") === "used";
  // By now the attendee is in again: there is nothing to take back.
  if (at(attendee, "checked_in") === true || barcodes.some(isUsed)) return { ignored: "checked_in_again" };
  const email = known(attendee, "profile", "email");
  if (email === undefined) return noAddress(item);
  const facts = (barcodes.length > 0 ? barcodes : [undefined]).map((barcode): FactInput => {
    const id = idOf(url, barcode);
    const occurredAt = text(barcode, "changed") ?? text(attendee, "changed");
    const detail = "checked out";
    return { person: { type: "cancellation", id, of: id, occurredAt, identifiers: { email }, detail } };
  });
  return { item, facts };
}

const questionsOf = (attendee: unknown): Answer[] =>
  list(attendee, "answers").flatMap((answer) => {
    const title = text(answer, "question");
    const id = text(answer, "question_id");
    return title === undefined ? [] : [{ title, aliases: id ? [id] : [], value: at(answer, "answer") }];
  });

function traitsOf(attendee: unknown): Traits {
  const profile = (name: string) => known(attendee, "profile", name);
  const country = ["work", "home", "bill", "ship"]
    .map((kind) => text(attendee, "profile", "addresses", kind, "country"))
    .find((found) => found !== undefined);
  return {
    ...namesOf({ firstName: profile("first_name"), lastName: profile("last_name") }, profile("name")),
    ...present<Traits>({
      company: cut(profile("company"), 300),
      jobTitle: cut(profile("job_title"), 300),
      phone: cut(profile("cell_phone") ?? profile("work_phone"), 100),
      country: cut(country, 100),
    }),
  };
}
