import { fieldPath, type KnownField, recogniseField } from "../request/field-names.ts";
import { addProperty, FormCollection } from "../request/form-collection.ts";
import type { FormSubmission } from "../request/form-fields.ts";
import { settle } from "../request/form-settlement.ts";
import { maximumJsonDepth } from "../request/json.ts";
import { cleanText } from "../request/text.ts";
import { UnusableBody } from "../request/unusable-body.ts";
import { type Finding, unusable } from "../touchpoint/finding.ts";
import { normaliseEmail } from "../touchpoint/identifier.ts";
import type { ReadingSettings } from "./adapter.ts";
import { cut, present } from "./read.ts";

/** One answer of a form, a question of a booking, a hidden field. */
export interface Answer {
  /** What the question is called, as the property of its answer will be. */
  title: string;
  /** Other names under which a `fieldMap` may know it: its reference, its id. */
  aliases?: readonly string[];
  value: unknown;
  /** What the form builder itself knows it to be, whatever it is called. */
  kind?: "email" | "phone" | "page";
  /** Whether its name says nothing about the person: a score, a payment. */
  opaque?: boolean;
}

/** A filled form, in the sender's own words. */
export interface FormResponse {
  /** The sender's id of the response. */
  id: string | undefined;
  occurredAt: string | undefined;
  form: { id: string | undefined; name: string | undefined };
  answers: readonly Answer[];
}

type Scalar = string | number | boolean;

const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/**
 * Words that ask for something named in what follows, in the languages of the usual names: form builders title a field
 * `What is your first name?` where a web page labels it `First name`.
 */
const asking =
  /^(?:(?:and|so|ok(?:ay)?|great|hi|hello|first|lastly|please|bitte)[,!]?\s+)*(?:what(?:['’]s|\s+is|\s+are)|(?:can|could|may)\s+(?:we|i)\s+(?:have|get)|enter|type(?:\s+in)?|tell\s+us|give\s+us|share|provide|wie\s+(?:ist|lautet|heißt)|quel(?:le)?s?\s+(?:est|sont)|cu[aá]l(?:es)?\s+(?:es|son)|¿\s*cu[aá]l(?:es)?\s+(?:es|son)|qual(?:\s+è|['’]\s*è|\s+é)|wat\s+(?:is|zijn)|vad\s+är)\s+/iu;

/** Longer titles are statements, not names. */
const longestName = 200;

/** What a question asks for: `your first name` of `What is your first name?`. */
export function askedFor(title: string): string | undefined {
  if (title.length > longestName || !asking.test(title)) return undefined;
  return title.replace(asking, "").replace(/[\s?.!:*]+$/u, "") || undefined;
}

/** A value without control characters and broken Unicode; undefined where nothing is left. */
function clean(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return cleanText(value) || undefined;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value === null || typeof value !== "object" || depth > maximumJsonDepth) return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => clean(item, depth + 1)).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  const kept: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const held = clean(member, depth + 1);
    if (held !== undefined) addProperty(kept, name, held);
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

const isAddress = (value: Scalar): boolean =>
  typeof value === "string" && normaliseEmail(value) !== undefined;

/** The name by which a field is known that the source's own map does not name, and the field it means. */
function recognised({ title, aliases = [] }: Answer): { name: string; field: KnownField } | undefined {
  for (const name of [title, askedFor(title), ...aliases]) {
    const field = name === undefined ? undefined : recogniseField(fieldPath(name));
    if (name !== undefined && field) return { name, field };
  }
  return undefined;
}

function take(answer: Answer, collection: FormCollection): void {
  const { title, aliases = [], kind, opaque } = answer;
  const value = clean(answer.value);
  if (value === undefined) return;
  const values = Array.isArray(value) ? value : [value];
  collection.countFields(values.length - 1);
  if (values.every(isScalar)) {
    const mapped = [title, ...aliases].find(collection.isMapped);
    if (mapped !== undefined && collection.take([mapped], values)) return;
    const known = opaque ? undefined : recognised(answer);
    if (kind && (!known || (kind === "email" && !known.field.startsWith(kind)))) {
      for (const one of values) collection.claims.push({ field: kind, label: title, value: String(one) });
      return;
    }
    // An address under "What is your name?" is no name: somebody asked for both in one field.
    const misplaced = known && !known.field.startsWith("email") && values.every(isAddress);
    if (!opaque && !misplaced && collection.take([known?.name ?? title], values)) return;
  }
  if (!collection.isDropped(title)) addProperty(collection.properties, title, value);
}

/** Answers that the builder knows to be addresses come first, those called so before the others. */
const rank = (answer: Answer): number =>
  answer.kind !== "email" ? 2 : recognised(answer)?.field === "email" ? 0 : 1;

function sorted(answers: readonly Answer[], { fieldMap }: ReadingSettings): FormSubmission {
  const collection = new FormCollection(fieldMap ? { fieldMap } : {});
  collection.countFields(answers.length);
  const ranked = answers.map((answer) => ({ answer, rank: rank(answer) }));
  for (const { answer } of ranked.sort((a, b) => a.rank - b.rank)) take(answer, collection);
  const submission = settle(collection);
  // They mean something to our own forms only.
  if (submission.redirect !== undefined) addProperty(submission.properties, "redirect", submission.redirect);
  return submission;
}

/**
 * Sorts answers into traits, campaign, identifiers and properties, by the source's `fieldMap` and the names that our own
 * forms know. Where no field is an e-mail address, a text that alone looks like one is it.
 * @param item the sender's payload, of which a refusal is made where it has more answers than any form
 */
export function readAnswers(
  item: unknown,
  answers: readonly Answer[],
  settings: ReadingSettings,
): FormSubmission | Extract<Finding, { refusal: unknown }> {
  try {
    return sorted(answers, settings);
  } catch (error) {
    if (!(error instanceof UnusableBody)) throw error;
    return { item, refusal: { code: error.code, field: "", detail: error.detail } };
  }
}

/** The identifiers that answers hold, or undefined where they name nobody. */
export const identifiersOf = ({ email, crm, user, anonymous }: FormSubmission) =>
  present({ email, crm, user, anonymous });

/** What to do about a response that names nobody. */
const noAddress =
  'no answer is an e-mail address; if one field holds it, name it in the fieldMap of the source, for example {"Your field": "email"}';

/**
 * The touch that a filled form is.
 * @param item the sender's payload
 */
export function formFinding(item: unknown, response: FormResponse, settings: ReadingSettings): Finding {
  const submission = readAnswers(item, response.answers, settings);
  if ("refusal" in submission) return submission;
  if (submission.honeypot)
    return unusable(item, "honeypot", "", "a field was filled that people are not shown");
  const identifiers = identifiersOf(submission);
  if (!identifiers) return unusable(item, "missing_identifier", "identifiers.email", noAddress);
  const { traits, campaign, properties, asset, consents } = submission;
  const { id, name } = response.form;
  return {
    item,
    facts: [
      {
        touch: {
          id: response.id,
          channel: "form",
          occurredAt: response.occurredAt,
          identifiers,
          traits,
          campaign,
          // Without an id, the name is what tells one form from another.
          asset: { id: cut(id ?? name, 300), name: cut(name, 500), url: asset?.url },
          properties,
        },
        ...(consents ? { consents } : {}),
      },
    ],
  };
}
