import { type Finding, unusable } from "../touchpoint/finding.ts";
import type { Traits } from "../touchpoint/touch.ts";
import type { ReadingSettings, WebhookAdapter } from "./adapter.ts";
import { attended, namesOf } from "./check-in.ts";
import { type Answer, readAnswers } from "./form-response.ts";
import { at, cut, list, present, text } from "./read.ts";
import { checkSigned } from "./signed-request.ts";

/** Whoever registers has not come yet, often registers for others, and is heard of again at the door. */
const unwanted = /^(ticket|registration)(\.|$)/;

/**
 * Tito: a check-in is a touch under its `checkin_uuid`, and one that is deleted takes that touch back. Only the header
 * `X-Webhook-Name` says which of the two a payload is. The signature is base64 over the body, without a time.
 * https://help.tito.io/en/articles/2011381-webhooks, https://ti.to/docs/api/admin/3.1#webhooks
 */
export const tito: WebhookAdapter = {
  headers: ["x-webhook-name"],
  needs: ["secrets"],

  verify({ body, headers }, credentials, now) {
    const header = "Tito-Signature";
    const signature = headers["tito-signature"]?.trim();
    const given = signature ? [signature] : [];
    return checkSigned({ header, given, data: body, encoding: "base64" }, credentials, now);
  },

  findings(value, { headers }, settings) {
    // A ticket and a registration name their type in the payload, a check-in does not.
    const kind = headers["x-webhook-name"]?.trim() || text(value, "_type");
    if (kind === "checkin.created") return [created(value, settings)];
    if (kind === "checkin.deleted") return [deleted(value)];
    if (kind !== undefined && unwanted.test(kind)) return [{ ignored: kind }];
    return [
      unusable(value, "unknown_event", "X-Webhook-Name", "this is no event of Tito that is known here"),
    ];
  },
};

const noId = (item: unknown): Finding =>
  unusable(item, "missing_field", "checkin_uuid", "the check-in has no checkin_uuid");

const noAddress = (item: unknown): Finding =>
  unusable(
    item,
    "missing_identifier",
    "email",
    "the ticket has no e-mail address; let Tito ask for the e-mail of each attendee",
  );

function created(item: unknown, settings: ReadingSettings): Finding {
  const id = text(item, "checkin_uuid");
  if (id === undefined) return noId(item);
  const answers = readAnswers(item, questionsOf(item), settings);
  if ("refusal" in answers) return answers;
  const email = text(item, "email") ?? answers.email;
  if (email === undefined) return noAddress(item);
  const touch = attended({
    id,
    occurredAt: text(item, "checked_in_at"),
    identifiers: { email },
    traits: { ...answers.traits, ...traitsOf(item) },
    event: {
      id: text(item, "event", "slug") ?? text(item, "event", "id"),
      name: text(item, "event", "title"),
      url: text(item, "event", "url"),
    },
    campaign: present(answers.campaign),
    properties: {
      ...answers.properties,
      ...present({
        ticket: text(item, "release_title"),
        reference: text(item, "reference"),
        checkInList: text(item, "checkin_list", "title"),
      }),
    },
  });
  return { item, facts: [{ touch }] };
}

function deleted(item: unknown): Finding {
  const id = text(item, "checkin_uuid");
  if (id === undefined) return noId(item);
  const email = text(item, "email");
  if (email === undefined) return noAddress(item);
  // Tito says when the person was checked in, not when that was undone.
  const person = {
    type: "cancellation",
    id,
    of: id,
    identifiers: { email },
    detail: "check-in deleted",
  } as const;
  return { item, facts: [{ person }] };
}

const questionsOf = (item: unknown): Answer[] =>
  list(item, "answers").flatMap((answer) => {
    const title = text(answer, "question") ?? text(answer, "question", "title");
    const value = at(answer, "humanized_response") ?? at(answer, "response");
    return title === undefined ? [] : [{ title, value }];
  });

const traitsOf = (item: unknown): Traits => ({
  ...namesOf({ firstName: text(item, "first_name"), lastName: text(item, "last_name") }, text(item, "name")),
  ...present<Traits>({
    company: cut(text(item, "company_name"), 300),
    jobTitle: cut(text(item, "job_title"), 300),
    phone: cut(text(item, "phone_number"), 100),
  }),
});
