import { type Finding, unusable } from "../touchpoint/finding.ts";
import type { Campaign, Traits } from "../touchpoint/touch.ts";
import type { ReadingSettings, WebhookAdapter } from "./adapter.ts";
import { namesOf } from "./check-in.ts";
import { type Answer, formFinding, readAnswers } from "./form-response.ts";
import { at, cut, isObject, list, present, text } from "./read.ts";
import { checkSigned, signedTime } from "./signed-request.ts";

/** Calendly's documentation asks for three minutes. */
const tolerance = 3 * 60 * 1000;

/** Kinds that say nothing about a booking: who stayed away had still booked. */
const unwanted = /^(invitee_no_show|event_type|user|organization|scheduled_event)\./;

/**
 * Calendly: a meeting booked is a touch under its invitee's URI; a cancelled one takes that touch back. A meeting moved is the
 * cancellation of the old invitee and the booking of a new one, which names the old: each of the two takes the old one back, so that
 * one meeting stands, whichever comes first or alone. A filled routing form is a form touch.
 * The signature is `t=…,v1=…`, hex over `t.body`. https://developer.calendly.com/api-docs/ZG9jOjM2MzE2MDM4-webhook-signatures
 */
export const calendly: WebhookAdapter = {
  headers: [],
  needs: ["secrets"],

  verify({ body, headers }, credentials, now) {
    const parts = (headers["calendly-webhook-signature"] ?? "").split(",").map((part) => part.trim());
    const valuesOf = (name: string) =>
      parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
    const timestamp = valuesOf("t")[0];
    return checkSigned(
      {
        header: "Calendly-Webhook-Signature",
        given: timestamp ? valuesOf("v1") : [],
        data: Buffer.concat([Buffer.from(`${timestamp}.`), body]),
        encoding: "hex",
        signedAt: signedTime(timestamp, "seconds"),
      },
      credentials,
      now,
      tolerance,
    );
  },

  findings(value, _request, settings) {
    const payload = at(value, "payload");
    const kind = text(value, "event") ?? (isObject(payload) ? kindOf(payload) : undefined);
    if (kind === "invitee.created") return [booked(value, payload, settings)];
    if (kind === "invitee.canceled") return [cancelled(value, payload)];
    if (kind === "routing_form_submission.created") return [routed(value, payload, settings)];
    if (kind !== undefined && unwanted.test(kind)) return [{ ignored: kind }];
    return [unusable(value, "unknown_event", "event", "this is no event of Calendly that is known here")];
  },
};

/** Some senders pass on the invitee without the event's name: its status tells. */
function kindOf(payload: unknown): string | undefined {
  if (text(payload, "uri") === undefined) return undefined;
  const status = text(payload, "status");
  if (status === "canceled" || at(payload, "canceled") === true) return "invitee.canceled";
  return status === "active" ? "invitee.created" : undefined;
}

const noInvitee = (item: unknown): Finding =>
  unusable(item, "missing_field", "payload.uri", "the invitee has no URI, which is the id of the booking");

const noAddress = (item: unknown): Finding =>
  unusable(item, "missing_identifier", "payload.email", "the invitee has no e-mail address");

function booked(item: unknown, payload: unknown, settings: ReadingSettings): Finding {
  const uri = text(payload, "uri");
  if (uri === undefined) return noInvitee(item);
  const answers = readAnswers(item, questionsOf(payload), settings);
  if ("refusal" in answers) return answers;
  const email = text(payload, "email") ?? answers.email;
  if (email === undefined) return noAddress(item);
  const occurredAt = text(payload, "created_at") ?? text(item, "created_at");
  const meeting = at(payload, "scheduled_event");
  const old = text(payload, "old_invitee");
  const identifiers = { email };
  const moved = {
    type: "cancellation",
    id: old,
    of: old ?? "",
    occurredAt,
    identifiers,
    detail: "rescheduled",
  } as const;
  return {
    item,
    facts: [
      {
        touch: {
          id: uri,
          channel: "meeting",
          occurredAt,
          identifiers,
          traits: { ...answers.traits, ...traitsOf(payload) },
          campaign: { ...answers.campaign, ...trackingOf(payload) },
          asset: {
            id: cut(text(meeting, "event_type") ?? text(payload, "event"), 300),
            name: cut(text(meeting, "name"), 500),
          },
          properties: {
            ...answers.properties,
            ...present({
              startTime: text(meeting, "start_time"),
              endTime: text(meeting, "end_time"),
              timeZone: text(payload, "timezone"),
              salesforceId: text(payload, "tracking", "salesforce_uuid"),
            }),
          },
        },
      },
      ...(old === undefined ? [] : [{ person: moved }]),
    ],
  };
}

function cancelled(item: unknown, payload: unknown): Finding {
  const uri = text(payload, "uri");
  if (uri === undefined) return noInvitee(item);
  const email = text(payload, "email");
  if (email === undefined) return noAddress(item);
  const by = text(payload, "cancellation", "canceler_type");
  const detail =
    at(payload, "rescheduled") === true
      ? "rescheduled"
      : by === "host" || by === "invitee"
        ? `cancelled by the ${by}`
        : undefined;
  const occurredAt =
    text(payload, "cancellation", "created_at") ?? text(item, "created_at") ?? text(payload, "updated_at");
  const person = {
    type: "cancellation",
    id: uri,
    of: uri,
    occurredAt,
    identifiers: { email },
    detail,
  } as const;
  return { item, facts: [{ person }] };
}

function routed(item: unknown, payload: unknown, settings: ReadingSettings): Finding {
  const id = text(payload, "uri");
  const occurredAt = text(payload, "created_at");
  const form = { id: text(payload, "routing_form"), name: undefined };
  const tracking = Object.entries(trackingOf(payload)).map(
    ([part, value]): Answer => ({ title: part === "name" ? "utm_campaign" : `utm_${part}`, value }),
  );
  const answers = [...questionsOf(payload), ...tracking];
  return formFinding(item, { id, occurredAt, form, answers }, settings);
}

const questionsOf = (payload: unknown): Answer[] =>
  list(payload, "questions_and_answers").flatMap((pair) => {
    const title = text(pair, "question");
    const uuid = text(pair, "question_uuid");
    return title === undefined ? [] : [{ title, aliases: uuid ? [uuid] : [], value: at(pair, "answer") }];
  });

const traitsOf = (payload: unknown): Traits => ({
  ...namesOf(
    { firstName: text(payload, "first_name"), lastName: text(payload, "last_name") },
    text(payload, "name"),
  ),
  ...present<Traits>({ phone: cut(text(payload, "text_reminder_number"), 100) }),
});

const trackingOf = (payload: unknown): Campaign => ({
  ...present({
    name: cut(text(payload, "tracking", "utm_campaign"), 300),
    source: cut(text(payload, "tracking", "utm_source"), 300),
    medium: cut(text(payload, "tracking", "utm_medium"), 300),
    term: cut(text(payload, "tracking", "utm_term"), 300),
    content: cut(text(payload, "tracking", "utm_content"), 300),
  }),
});
