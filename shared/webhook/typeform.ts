import { unusable } from "../touchpoint/finding.ts";
import type { WebhookAdapter } from "./adapter.ts";
import { type Answer, formFinding } from "./form-response.ts";
import { at, isObject, list, text } from "./read.ts";
import { checkSigned } from "./signed-request.ts";

/**
 * Typeform: each response is a form touch. The signature is `sha256=` and base64 over the body, without a time.
 * https://www.typeform.com/developers/webhooks/secure-your-webhooks/
 */
export const typeform: WebhookAdapter = {
  headers: [],
  needs: ["secrets"],

  verify({ body, headers }, credentials, now) {
    const signature = /^sha256=(\S+)$/.exec(headers["typeform-signature"]?.trim() ?? "")?.[1];
    const given = signature === undefined ? [] : [signature];
    const header = "Typeform-Signature";
    return checkSigned({ header, given, data: body, encoding: "base64" }, credentials, now);
  },

  findings(value, _request, settings) {
    const kind = text(value, "event_type");
    const response = at(value, "form_response");
    // A partial response is of somebody who did not send the form.
    if (kind === "form_response_partial") return [{ ignored: kind }];
    if (!isObject(response) || (kind !== undefined && kind !== "form_response")) {
      return [unusable(value, "unknown_event", "event_type", "this is no form_response of Typeform")];
    }
    const id = text(value, "event_id") ?? text(response, "token");
    const form = {
      id: text(response, "form_id") ?? text(response, "definition", "id"),
      name: text(response, "definition", "title"),
    };
    const occurredAt = text(response, "submitted_at");
    return [formFinding(value, { id, occurredAt, form, answers: answersOf(response) }, settings)];
  },
};

/** Answers in the form's order, then hidden fields, then what the form worked out. */
function answersOf(response: unknown): Answer[] {
  const titles = titlesOf(list(response, "definition", "fields"));
  const answers = list(response, "answers").map((answer): Answer => {
    const id = text(answer, "field", "id");
    const ref = text(answer, "field", "ref");
    const aliases = [ref, id].filter((name) => name !== undefined);
    const title = titles.get(id ?? "") ?? titles.get(ref ?? "") ?? aliases[0] ?? "answer";
    const kind = kindOf(text(answer, "type"));
    return { title, aliases, value: said(answer), ...(kind ? { kind } : {}) };
  });
  const hidden = at(response, "hidden");
  if (isObject(hidden)) {
    for (const [title, value] of Object.entries(hidden)) answers.push({ title, value });
  }
  for (const variable of list(response, "variables")) {
    const type = text(variable, "type") ?? "";
    const title = text(variable, "key");
    if (title !== undefined) answers.push({ title, value: at(variable, type), opaque: true });
  }
  return answers;
}

/** The titles of questions by id and by reference, those in groups too, which stand one level deeper. */
function titlesOf(fields: readonly unknown[]): Map<string, string> {
  const titles = new Map<string, string>();
  const inGroups = fields.flatMap((field) => list(field, "properties", "fields"));
  for (const field of [...fields, ...inGroups]) {
    const title = text(field, "title");
    if (title === undefined) continue;
    for (const name of [text(field, "ref"), text(field, "id")]) {
      if (name !== undefined) titles.set(name, title);
    }
  }
  return titles;
}

const kindOf = (type: string | undefined): "email" | "phone" | undefined =>
  type === "email" ? "email" : type === "phone_number" ? "phone" : undefined;

/** An answer stands under the name of its type; of choices only their labels are meant for reading. */
function said(answer: unknown): unknown {
  const type = text(answer, "type") ?? "";
  const value = at(answer, type);
  if (type === "choice") return at(value, "label") ?? at(value, "other");
  if (type === "choices") return [...list(value, "labels"), at(value, "other")];
  // The rest of a payment is the payer's card.
  if (type === "payment") return at(value, "amount");
  return value;
}
