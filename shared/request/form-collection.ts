import { readFieldMap } from "./field-map.ts";
import { fieldPath, isHoneypot, isTechnical, type KnownField, recogniseField } from "./field-names.ts";
import { cleanText } from "./text.ts";

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

/** Adds a value to the properties; one name's second value makes an array of both. */
export function addProperty(properties: Record<string, unknown>, name: string, value: unknown): void {
  const label = cleanText(name).slice(0, maximumLabel).trim() || "unnamed";
  if (label === "__proto__") return;
  const held = Object.hasOwn(properties, label) ? properties[label] : undefined;
  properties[label] =
    held === undefined
      ? value
      : [...(Array.isArray(held) ? held : [held]), ...(Array.isArray(value) ? value : [value])];
}

/** Sorts the fields of one form, one after the other, into claims on known fields and properties. */
export class FormCollection {
  readonly claims: Claim[] = [];
  readonly mapped: Claim[] = [];
  readonly properties: Record<string, unknown> = {};
  honeypot = false;
  readonly #target: ReturnType<typeof readFieldMap>;
  readonly #honeypots: readonly string[];

  constructor({ fieldMap, honeypot }: FormOptions) {
    this.#target = readFieldMap(fieldMap);
    this.#honeypots = honeypot ?? [];
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
    if (target) {
      this.#claim(this.mapped, target.field, label, values);
      return true;
    }
    if (isHoneypot(name, this.#honeypots)) {
      this.honeypot ||= values.some((value) => value !== false && value !== "false");
      return true;
    }
    if (this.isDropped(name)) return true;
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
