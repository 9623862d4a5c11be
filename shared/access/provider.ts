/** Whose webhooks are understood: the last part of `/v1/webhooks/{provider}`, and the kind of a source that takes them. */
export const providers = [
  "brevo",
  "calendly",
  "eventbrite",
  "mailgun",
  "postmark",
  "resend",
  "sendgrid",
  "ses",
  "standard",
  "tally",
  "tito",
  "typeform",
  "webflow",
  "zoom",
] as const;
export type Provider = (typeof providers)[number];

export const isProvider = (text: string): text is Provider => (providers as readonly string[]).includes(text);
