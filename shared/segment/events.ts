import { fieldKey } from "../request/field-names.ts";
import type { Channel } from "../touchpoint/touch.ts";

/** What an event's name says: a touch over a channel, what became of an e-mail, or what is known and not wanted. */
export type Meaning =
  | { channel: Channel }
  | { delivery: "delivered" | "bounced" | "complained" }
  | { consent: "withdrawn" }
  | { ignored: string };

/**
 * Events by the names that people and specifications give them. Of the e-mail events of Segment's specification only the click
 * is a touch; an open is none, since mail programs open by themselves.
 * https://www.twilio.com/docs/segment/connections/spec/email
 */
const known: [Meaning, string][] = [
  [
    { channel: "form" },
    "Form Submitted, Form Submission, Form Submit, Form Filled, Form Filled Out, Form Completed, Form Sent, Submitted Form, " +
      "Lead Captured, Lead Submitted, Lead Form Submitted, Contact Form Submitted, Demo Requested, Demo Request Submitted, " +
      "Contact Requested, Quote Requested",
  ],
  [{ channel: "email_click" }, "Email Link Clicked, Email Clicked, Clicked Email Link"],
  [
    { channel: "check_in" },
    "Event Checked In, Checked In, Event Check In, Check In, Checked In To Event, Event Attended, Attended Event, " +
      "Webinar Attended, Attended Webinar",
  ],
  [
    { channel: "meeting" },
    "Meeting Booked, Meeting Scheduled, Booked Meeting, Meeting Held, Meeting Completed, Demo Booked, Demo Scheduled, " +
      "Appointment Booked, Appointment Scheduled, Call Booked, Call Scheduled",
  ],
  [
    { channel: "call" },
    "Call Completed, Call Received, Call Answered, Call Connected, Call Ended, Call Logged, Call Held, Phone Call, " +
      "Phone Call Received, Phone Call Completed",
  ],
  [{ delivery: "delivered" }, "Email Delivered"],
  [{ delivery: "bounced" }, "Email Bounced"],
  [{ delivery: "complained" }, "Email Marked as Spam"],
  [{ consent: "withdrawn" }, "Unsubscribed, Email Unsubscribed"],
  [{ ignored: "an e-mail sent or opened" }, "Email Opened, Email Sent"],
];

const meanings = new Map<string, Meaning>(
  known.flatMap(([meaning, names]) =>
    names.split(", ").map((name): [string, Meaning] => [fieldKey(name), meaning]),
  ),
);

/**
 * How events are understood: by the source's own table first, then by the usual names. Case, spaces, underscores and hyphens make
 * no difference: `form_submitted` is `Form Submitted`. Any other event is of channel `page`: something that a visitor did.
 * @param events the source's own: `{"Whitepaper Downloaded": "form"}`
 */
export function eventMeanings(events: Readonly<Record<string, Channel>> = {}): (name: string) => Meaning {
  const own = new Map(Object.entries(events).map(([name, channel]) => [fieldKey(name), channel]));
  return (name) => {
    const key = fieldKey(name);
    const channel = own.get(key);
    return channel ? { channel } : (meanings.get(key) ?? { channel: "page" });
  };
}
