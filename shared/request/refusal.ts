import * as z from "zod/mini";
import english from "zod/v4/locales/en.js";

// The small build of zod says "Invalid input" to everything unless it is given words.
z.config(english());

/** Why an item was refused, as its sender sees it. */
export interface Refusal {
  code: string;
  /** The path of the field that is wrong, `identifiers.email`; empty where it is the item as a whole. */
  field: string;
  detail: string;
}

/**
 * The first thing wrong with a value, as a caller can mend it.
 * @param what the value is called in a sentence: `a touchpoint`
 */
export function refusalOf(issues: readonly z.core.$ZodIssue[], what: string): Refusal {
  const issue = issues[0];
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === "unrecognized_keys") {
    const field = [...path, ...issue.keys.slice(0, 1)].join(".");
    return { code: "unknown_field", field, detail: `${what} has no such field` };
  }
  const detail = issue?.message.replace(/^Invalid input(: ?|$)/, "") || "this cannot be read";
  const field = path.join(".");
  return { code: "invalid_field", field, detail: field ? detail : `${what} is a JSON object: ${detail}` };
}
