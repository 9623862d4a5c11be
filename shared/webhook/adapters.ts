import type { Provider } from "../access/provider.ts";
import type { WebhookAdapter } from "./adapter.ts";
import { brevo } from "./brevo.ts";
import { calendly } from "./calendly.ts";
import { eventbrite } from "./eventbrite.ts";
import { mailgun } from "./mailgun.ts";
import { postmark } from "./postmark.ts";
import { resend } from "./resend.ts";
import { sendgrid } from "./sendgrid.ts";
import { ses } from "./ses.ts";
import { standard } from "./standard.ts";
import { tally } from "./tally.ts";
import { tito } from "./tito.ts";
import { typeform } from "./typeform.ts";
import { webflow } from "./webflow.ts";
import { zoom } from "./zoom.ts";

/** Every provider's adapter. A new provider is a file, its name in `shared/access/provider.ts`, and a line here. */
export const webhookAdapters: Record<Provider, WebhookAdapter> = {
  brevo,
  calendly,
  eventbrite,
  mailgun,
  postmark,
  resend,
  sendgrid,
  ses,
  standard,
  tally,
  tito,
  typeform,
  webflow,
  zoom,
};
