import { readFieldMap } from "./field-map.ts";
import { fieldPath, isHoneypot, isTechnical, type KnownField, recogniseField } from "./field-names.ts";
import { ConsentCollection, consentField } from "./form-consent.ts";
import { cleanText } from "./text.ts";
import { maximumFormFields, tooManyFields } from "./unusable-body.ts";

/** What a source says about its own forms. */
export interface FormOptions {
  /** `{"Ihre Mail": "email", "budget": "properties.budget"}`: wins over every rule of ours; `ignore` drops a field. */
  fieldMap?: Record<string, string>;
  /** Names of fields that only machines fill, beside the usual ones. */
  honeypot?: string[];
}

/** A value that a name claims for a field; which claim wins is decided when all are known. */
export interface Claim {
  field: KnownField;
  /** The name under which the value is kept where another claim wins. */
  label: string;
  value: string;
}

/** Longer names are not names; what they label is kept under what fits. */
const maximumLabel = 200;

/** A name cut to the length of a label, so that one long name around many fields is not handled whole with each. */
export const cutName = (name: string): string => name.slice(0, maximumLabel);

/**
 * Adds a value to the properties; one name's second value makes an array of both. A list is copied once, and later values
 * are pushed into the copy, so every array in the properties must have come through here.
 */
export function addProperty(properties: Record<string, unknown>, name: string, value: unknown): void {
  const label = cutName(cleanText(name.trimStart().slice(0, 2 * maximumLabel))).trim() || "unnamed";
  if (label === "__proto__") return;
  const held = Object.hasOwn(properties, label) ? properties[label] : undefined;
  if (held === undefined) {
    properties[label] = Array.isArray(value) ? [...value] : value;
    return;
  }
  const list: unknown[] = Array.isArray(held) ? held : [held];
  for (const item of Array.isArray(value) ? value : [value]) list.push(item);
  properties[label] = list;
}

/** Sorts the fields of one form, one after the other, into claims on known fields and properties. */
export class FormCollection {
  readonly claims: Claim[] = [];
  readonly mapped: Claim[] = [];
  readonly properties: Record<string, unknown> = {};
  readonly consents = new ConsentCollection();
  honeypot = false;
  #count = 0;
  readonly #target: ReturnType<typeof readFieldMap>;
  readonly #honeypots: readonly string[];

  constructor({ fieldMap, honeypot }: FormOptions) {
    this.#target = readFieldMap(fieldMap);
    this.#honeypots = honeypot ?? [];
  }

  /**
   * Counts fields, each value of a list as one, as a form sends it.
   * @throws UnusableBody `too_many_fields`
   */
  countFields(values: number): void {
    this.#count += values;
    if (this.#count > maximumFormFields) throw tooManyFields();
  }

  /** Whether the source's own map says where a field belongs. */
  isMapped = (name: string): boolean => this.#target(name) !== undefined;

  /** Whether nothing under this name is looked at or kept. */
  isDropped = (name: string): boolean => name === "__proto__" || (!this.isMapped(name) && isTechnical(name));

  /**
   * Takes one field, or says that it is no known one, for the caller to keep as a property.
   * @param path the name with the names around it, outermost first, as the sender spelt them
   * @param values not empty
   */
  take(path: readonly string[], values: readonly (string | number | boolean)[]): boolean {
    const name = path.at(-1) ?? "";
    const label = path.join(".");
    const target = this.#target(name) ?? this.#target(label);
    if (target === "ignore") return true;
    if (target && "property" in target) {
      for (const value of values) addProperty(this.properties, target.property, value);
      return true;
    }
    if (target && "consent" in target) return this.consents.take(target.consent, label, values);
    if (target) {
      this.#claim(this.mapped, target.field, label, values);
      return true;
    }
    if (isHoneypot(name, this.#honeypots)) {
      this.honeypot ||= values.some((value) => value !== false && value !== "false");
      return true;
    }
    if (this.isDropped(name)) return true;
    const consent = consentField(path);
    if (consent) return this.consents.take(consent, label, values);
    const field = knownField(name, path);
    if (!field || values.some((value) => typeof value === "boolean")) return false;
    if (field === "crm" && !values.some((value) => /^[a-z][\w-]*:\S/i.test(String(value)))) return false;
    this.#claim(this.claims, field, label, values);
    return true;
  }

  #claim(
    claims: Claim[],
    field: KnownField,
    label: string,
    values: readonly (string | number | boolean)[],
  ): void {
    for (const value of values) claims.push({ field, label, value: String(value) });
  }
}

/** `_id` and `_anonymous` mean something that `id` and `anonymous`, a form's number and a tick box, do not. */
function knownField(name: string, path: readonly string[]): KnownField | undefined {
  if (name === "_id") return "messageId";
  if (name === "_anonymous") return "anonymous";
  return recogniseField(path.flatMap(fieldPath));
}
