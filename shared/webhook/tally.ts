import { unusable } from "../touchpoint/finding.ts";
import type { WebhookAdapter } from "./adapter.ts";
import { type Answer, formFinding } from "./form-response.ts";
import { at, isObject, list, text } from "./read.ts";
import { checkSigned } from "./signed-request.ts";

/**
 * Tally: each response is a form touch. The signature is base64 over the body, without a time.
 * https://tally.so/help/webhooks
 */
export const tally: WebhookAdapter = {
  headers: [],
  needs: ["secrets"],

  verify({ body, headers }, credentials, now) {
    const header = "Tally-Signature";
    const signature = headers["tally-signature"]?.trim();
    const given = signature ? [signature] : [];
    return checkSigned({ header, given, data: body, encoding: "base64" }, credentials, now);
  },

  findings(value, _request, settings) {
    const kind = text(value, "eventType");
    const data = at(value, "data");
    if (!isObject(data) || (kind !== undefined && kind !== "FORM_RESPONSE")) {
      return [unusable(value, "unknown_event", "eventType", "this is no FORM_RESPONSE of Tally")];
    }
    const id = text(value, "eventId") ?? text(data, "responseId");
    const occurredAt = text(value, "createdAt") ?? text(data, "createdAt");
    const form = { id: text(data, "formId"), name: text(data, "formName") };
    return [formFinding(value, { id, occurredAt, form, answers: answersOf(data) }, settings)];
  },
};

const kinds: Record<string, "email" | "phone"> = { INPUT_EMAIL: "email", INPUT_PHONE_NUMBER: "phone" };

/** What is worked out, paid, drawn or uploaded, whose labels say nothing about the person. */
const opaque = new Set(["CALCULATED_FIELDS", "PAYMENT", "SIGNATURE", "FILE_UPLOAD", "MATRIX", "RANKING"]);

function answersOf(data: unknown): Answer[] {
  const fields = list(data, "fields");
  const choices = new Set(
    fields.flatMap((field) => (list(field, "options").length > 0 ? [text(field, "key") ?? ""] : [])),
  );
  return fields.flatMap((field): Answer[] => {
    const key = text(field, "key") ?? "";
    const value = at(field, "value");
    // Beside the list of what was ticked, each box of it comes again as yes or no.
    if (typeof value === "boolean" && choices.has(key.slice(0, Math.max(key.lastIndexOf("_"), 0)))) return [];
    const type = text(field, "type") ?? "";
    const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    return [
      {
        title: text(field, "label") ?? (key || "answer"),
        aliases: key ? [key] : [],
        value: resolved(field, type, value),
        opaque: opaque.has(type),
        ...(kind ? { kind } : {}),
      },
    ];
  });
}

/** What was chosen, in the form's words; what is no option (somebody's own "other") stays as it is. */
function resolved(field: unknown, type: string, value: unknown): unknown {
  if (type === "MATRIX" && isObject(value)) {
    const rows = textsOf(list(field, "rows"));
    const columns = textsOf(list(field, "columns"));
    return Object.fromEntries(
      Object.entries(value).map(([row, chosen]) => [rows.get(row) ?? row, single(named(chosen, columns))]),
    );
  }
  const options = list(field, "options");
  if (options.length === 0) return value;
  const chosen = named(value, textsOf(options));
  return type === "MULTIPLE_CHOICE" || type === "DROPDOWN" ? single(chosen) : chosen;
}

const textsOf = (options: readonly unknown[]): Map<unknown, string> =>
  new Map(
    options.flatMap((option) => {
      const label = text(option, "text") ?? text(option, "name");
      return label === undefined ? [] : [[at(option, "id"), label] as const];
    }),
  );

const named = (value: unknown, texts: ReadonlyMap<unknown, string>): unknown =>
  Array.isArray(value) ? value.map((id: unknown) => texts.get(id) ?? id) : (texts.get(value) ?? value);

const single = (value: unknown): unknown => (Array.isArray(value) && value.length === 1 ? value[0] : value);
