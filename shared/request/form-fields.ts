import type { Campaign, Traits } from "../touchpoint/touch.ts";
import { addProperty, cutName, FormCollection, type FormOptions } from "./form-collection.ts";
import { consentsByPurpose, type FormConsent } from "./form-consent.ts";
import { settle } from "./form-settlement.ts";
import { maximumJsonDepth } from "./json.ts";
import { cleanText } from "./text.ts";
import type { FormFields } from "./unusable-body.ts";

export type { FormOptions } from "./form-collection.ts";

/** What a form says, sorted. Nothing in it is validated beyond its length: an e-mail address is as the person wrote it. */
export interface FormSubmission {
  /** The sender's own id of this submission. */
  messageId?: string;
  email?: string;
  anonymous?: string;
  user?: string;
  /** `system:id`. */
  crm?: string;
  /** ISO 8601 UTC with milliseconds, where the form says when it was filled. The field stays in the properties too. */
  occurredAt?: string;
  traits: Traits;
  campaign: Campaign;
  asset?: { url?: string };
  properties: Record<string, unknown>;
  /** What the person allowed or no longer allows, each purpose once; absent where the form says nothing of it. */
  consents?: FormConsent[];
  /** Where the form wants the browser sent: not checked against anything. */
  redirect?: string;
  /** Whether a field was filled that people do not see. */
  honeypot: boolean;
}

/**
 * Reads a form's fields by their usual names in their usual spellings. Empty fields, secrets and the machinery of forms
 * (captcha, CSRF, WordPress) are left out; all else that is no known field becomes a property, repeated ones an array. Takes any input.
 */
export function readForm(fields: FormFields, options: FormOptions): FormSubmission {
  const collection = new FormCollection(options);
  for (const [name, values] of fields) {
    const texts = values.map(cleanText).filter((text) => text !== "");
    if (texts.length === 0 || collection.take([name], texts)) continue;
    const isList = texts.length > 1 || name.endsWith("[]");
    addProperty(collection.properties, name.replace(/\[\]$/, ""), isList ? texts : texts[0]);
  }
  return settle(collection);
}

/**
 * The same for JSON: a flat object of fields; objects in objects (`{"email", "traits": {…}, "utm": {"source"}}`), where a
 * name is understood together with those around it; and lists of fields (`{"fields": [{"name", "value"}]}`). What is not
 * recognised keeps its shape. Takes any input.
 * @throws UnusableBody `too_many_fields`, by the same count as for a form
 */
export function readJsonForm(value: unknown, options: FormOptions): FormSubmission {
  const collection = new FormCollection(options);
  const list = namedValues(value);
  const rest = list
    ? remainder({ fields: value }, [], collection)
    : isObject(value)
      ? remainder(value, [], collection)
      : {};
  for (const [name, item] of Object.entries(rest)) addProperty(collection.properties, name, item);
  return settle(collection);
}

type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Names around fields that say nothing about them, so what is left inside stands as if they were not there. */
const transparent = new Set(
  "traits properties fields form_fields formFields data formData form_data submission payload answers values identifiers".split(
    " ",
  ),
);

/** The fields of `[{"name": "email", "value": "…"}]`, whatever the builder calls the two, or undefined. */
function namedValues(value: unknown): [string, unknown][] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const pairs: [string, unknown][] = [];
  for (const item of value) {
    if (!isObject(item)) return undefined;
    const name = [item.name, item.key, item.field, item.label, item.title, item.id].find(
      (candidate) => typeof candidate === "string" && candidate !== "",
    );
    const held = Object.hasOwn(item, "value")
      ? item.value
      : Object.hasOwn(item, "values")
        ? item.values
        : item.answer;
    if (typeof name !== "string" || held === undefined) return undefined;
    pairs.push([name, held]);
  }
  return pairs;
}

/** The value of `{"id": "email", "type": "email", "value": "…"}`, as builders describe a field by its name. */
const describedValue = (value: JsonObject): { value: unknown } | undefined =>
  Object.hasOwn(value, "value") &&
  ["type", "label", "title", "id", "raw_value"].some((name) => Object.hasOwn(value, name))
    ? { value: value.value }
    : undefined;

/** What of an object is no known field; the known ones have been handed to the collection. */
function remainder(object: JsonObject, around: readonly string[], collection: FormCollection): JsonObject {
  const rest: JsonObject = {};
  if (around.length > maximumJsonDepth) return rest;
  for (const [name, sent] of Object.entries(object)) {
    if (collection.isDropped(name)) continue;
    const path = [...around, cutName(name)];
    const described = isObject(sent) ? describedValue(sent) : undefined;
    const value = consentsByPurpose(path, described ? described.value : sent);
    const list = namedValues(value);
    const inside = list
      ? listRemainder(list, path, collection)
      : isObject(value)
        ? remainder(value, path, collection)
        : undefined;
    if (inside) {
      if (transparent.has(name))
        for (const [key, item] of Object.entries(inside)) addProperty(rest, key, item);
      else if (Object.keys(inside).length > 0) addProperty(rest, name, inside);
      continue;
    }
    collection.countFields(Array.isArray(value) ? Math.max(value.length, 1) : 1);
    const kept = cleaned(value, collection, around.length);
    if (kept === undefined) continue;
    const scalars = (Array.isArray(kept) ? kept : [kept]).filter((item) => isScalar(item));
    const known = scalars.length > 0 && scalars.length === (Array.isArray(kept) ? kept.length : 1);
    if (!known || !collection.take(path, scalars)) addProperty(rest, name, kept);
  }
  return rest;
}

function listRemainder(
  list: [string, unknown][],
  around: readonly string[],
  collection: FormCollection,
): JsonObject {
  const rest: JsonObject = {};
  for (const [name, value] of list) {
    for (const [key, item] of Object.entries(remainder({ [name]: value }, around, collection)))
      addProperty(rest, key, item);
  }
  return rest;
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** A value with clean texts and without secrets and empty values; undefined where nothing is left. */
function cleaned(value: unknown, collection: FormCollection, depth: number): unknown {
  if (depth > maximumJsonDepth) return undefined;
  if (typeof value === "string") return cleanText(value) || undefined;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) {
    const items = value
      .map((item) => cleaned(item, collection, depth + 1))
      .filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (!isObject(value)) return undefined;
  const kept: JsonObject = {};
  for (const [name, item] of Object.entries(value)) {
    const clean = collection.isDropped(name) ? undefined : cleaned(item, collection, depth + 1);
    if (clean !== undefined) addProperty(kept, name, clean);
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}
