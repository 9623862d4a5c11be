import { unusable } from "../touchpoint/finding.ts";
import type { WebhookAdapter } from "./adapter.ts";
import { type Answer, formFinding } from "./form-response.ts";
import { at, isObject, text } from "./read.ts";
import { checkSigned, signedTime } from "./signed-request.ts";

/** Webflow's documentation asks for five minutes. */
const tolerance = 5 * 60 * 1000;

/**
 * Webflow: each form submission is a form touch. The signature is hex over `timestamp:body`, the timestamp in milliseconds. Hooks
 * made in Webflow's dashboard are not signed, so a source without a secret takes what has its write key.
 * https://developers.webflow.com/data/docs/working-with-webhooks
 */
export const webflow: WebhookAdapter = {
  headers: [],
  needs: [],
  takes: ["secrets"],

  verify({ body, headers }, credentials, now) {
    if (credentials.secrets.length === 0) return undefined;
    const timestamp = headers["x-webflow-timestamp"]?.trim();
    const signature = headers["x-webflow-signature"]?.trim();
    return checkSigned(
      {
        header: "x-webflow-signature with x-webflow-timestamp",
        given: signature && timestamp ? [signature] : [],
        data: Buffer.concat([Buffer.from(`${timestamp}:`), body]),
        encoding: "hex",
        signedAt: signedTime(timestamp, "milliseconds"),
      },
      credentials,
      now,
      tolerance,
    );
  },

  findings(value, _request, settings) {
    const kind = text(value, "triggerType");
    if (kind !== undefined && kind !== "form_submission") return [{ ignored: kind }];
    // Version 1 of the API sends the submission itself.
    const submission = kind === undefined ? value : at(value, "payload");
    const data = at(submission, "data");
    if (!isObject(data)) {
      return [unusable(value, "unknown_event", "triggerType", "this is no form_submission of Webflow")];
    }
    const answers = Object.entries(data).map(([title, held]): Answer => ({ title, value: held }));
    answers.push({ title: "pageUrl", value: text(submission, "pageUrl"), kind: "page" });
    const id = text(submission, "id") ?? text(submission, "_id");
    const occurredAt = text(submission, "submittedAt") ?? text(submission, "d");
    const form = {
      id: text(submission, "formId") ?? text(submission, "formElementId"),
      name: text(submission, "name"),
    };
    return [formFinding(value, { id, occurredAt, form, answers }, settings)];
  },
};
