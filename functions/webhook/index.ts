import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { openWebhookIntake, takeWebhook } from "../../shared/ingest/webhook.ts";

const intake = openWebhookIntake();

/** `POST /v1/webhooks/{provider}`: what e-mail providers, form builders and event apps send. */
export const handler = ingestHandler(intake, (event, sender, now) => takeWebhook(intake, event, sender, now));
