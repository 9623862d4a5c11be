import { cleanText } from "./text.ts";

/** A consent as a form says it: what for, whether it is given, on which legal basis, and to which words. */
export interface FormConsent {
  purpose: string;
  status: "granted" | "withdrawn";
  basis?: string;
  wording?: string;
}

/** What a field says of a consent: the tick itself, or one of the things around it. */
export const consentMembers = ["status", "basis", "wording"] as const;
export type ConsentMember = (typeof consentMembers)[number];

/** The consent that a field is about; `tick` is the checkbox itself. */
export interface ConsentField {
  purpose: string;
  member: ConsentMember | "tick";
}

/** A form that asks for more is no form; what it says of further purposes stays a property. */
const mostPurposes = 20;

/** The most that a consent fact takes of each. */
export const consentLengths = { basis: 100, wording: 4000 } as const;

/** Names beside `consent` that say something about it and are not what it is for: `consent_date`, `consent_given`. */
const notPurposes = new Set(
  (
    "given granted accepted agreed agree accept checked checkbox check box status state basis wording text label message title " +
    "description date time timestamp at on by version id ids url link ip source method type value values required name form purpose " +
    "purposes policy copy language lang signature mode category categories banner cookie string hash token"
  ).split(" "),
);

/**
 * The one spelling of a purpose: lower case, words joined by `_`. Undefined where a text is no purpose: an address, a sentence.
 */
export function purposeOf(text: string): string | undefined {
  const purpose = cleanText(text.slice(0, 400))
    .toLowerCase()
    .replace(/[\s-]+/g, "_");
  return /^[\p{L}\p{N}_]{1,100}$/u.test(purpose) && !/^[\d_]+$/.test(purpose) && !notPurposes.has(purpose)
    ? purpose
    : undefined;
}

/** What may stand around a consent without meaning another thing: `form_fields[consent][newsletter]`. */
const around = /^(form_?(fields|data)|fields|data|submission|payload|answers|values|traits|properties)$/i;

const isMember = (name: string): name is ConsentMember =>
  (consentMembers as readonly string[]).includes(name);

/**
 * The consent that a field's name speaks of: `consent[newsletter]`, `consent.newsletter`, `consent_newsletter`, each with
 * `wording`, `basis` or `status` behind it. A name that says no purpose (`consent`, `gdpr`, `acceptance-12`, `opt_in`) is none: a
 * tick says yes to the words beside it, and only the form's owner knows which they were.
 * @param path the name with the names around it, outermost first, as the sender spelt them
 */
export function consentField(path: readonly string[]): ConsentField | undefined {
  const parts = path.flatMap((name) => name.slice(0, 400).split(/[[\].]+/)).filter((part) => part !== "");
  while (parts[0] !== undefined && around.test(parts[0])) parts.shift();
  const [first = "", ...rest] = parts;
  const joined = /^consents?(?:[_-](.+))?$/i.exec(first);
  if (!joined) return undefined;
  const named = joined[1] === undefined ? rest : [...withoutMember(joined[1]), ...rest];
  const [purposeText, member = "tick", ...more] = named;
  const purpose = purposeText === undefined ? undefined : purposeOf(purposeText);
  const what = member.toLowerCase();
  if (purpose === undefined || more.length > 0 || (what !== "tick" && !isMember(what))) return undefined;
  return { purpose, member: what };
}

/**
 * Consents that name their purpose inside (`{"purpose": "newsletter", "status": "granted"}`, one or a list) with it as their name, as
 * every other spelling has it; any other value as it is.
 */
export function consentsByPurpose(path: readonly string[], value: unknown): unknown {
  if (!/^consents?$/i.test(path.at(-1) ?? "") || value === null || typeof value !== "object") return value;
  const named = (Array.isArray(value) ? value : [value]).map((one: unknown) => {
    if (one === null || typeof one !== "object") return undefined;
    const { purpose, ...rest } = one as Record<string, unknown>;
    return typeof purpose === "string" && purposeOf(purpose) !== undefined
      ? ([purpose, rest] as const)
      : undefined;
  });
  const whole = named.filter((one) => one !== undefined);
  return whole.length > 0 && whole.length === named.length ? Object.fromEntries(whole) : value;
}

/** `newsletter_wording` is the wording of `newsletter`. */
function withoutMember(text: string): string[] {
  const [, purpose, member] = /^(.+)[_-](status|basis|wording)$/i.exec(text) ?? [];
  return purpose === undefined || member === undefined ? [text] : [purpose, member];
}

/** The consent that a source's field map sends a field to: `consent.newsletter`, `consent.newsletter.wording`. */
export const consentTarget = (target: string): ConsentField | undefined =>
  /^consent\./.test(target) ? consentField([target]) : undefined;

const granted = new Set(["on", "yes", "y", "true", "1", "checked", "granted", "accepted", "agreed"]);
const withdrawn = new Set(["off", "no", "n", "false", "0", "unchecked", "withdrawn", "denied", "declined"]);

/** What a checkbox's value says; undefined where it says neither, so that no consent is made up. */
export function consentStatusOf(value: string | number | boolean): FormConsent["status"] | undefined {
  const word = String(value).trim().toLowerCase();
  return granted.has(word) ? "granted" : withdrawn.has(word) ? "withdrawn" : undefined;
}

/** What the fields of one purpose said so far. */
interface Said {
  status?: FormConsent["status"];
  tick?: FormConsent["status"];
  basis?: string;
  wording?: string;
  /** A field said something that is neither yes nor no. */
  unclear: boolean;
  /** Every field that was taken, to be a property where no consent comes of it. */
  fields: { label: string; values: readonly (string | number | boolean)[] }[];
}

/** Gathers the consents of one form, field by field. */
export class ConsentCollection {
  readonly #said = new Map<string, Said>();

  /**
   * Takes a field, or says that it is to be kept as a property: what is neither yes nor no is no consent. Of several values the last
   * counts, as in frameworks that send a hidden 0 before the checkbox.
   * @param values not empty
   */
  take(
    { purpose, member }: ConsentField,
    label: string,
    values: readonly (string | number | boolean)[],
  ): boolean {
    const known = this.#said.get(purpose);
    if (!known && this.#said.size >= mostPurposes) return false;
    const said: Said = known ?? { unclear: false, fields: [] };
    this.#said.set(purpose, said);
    if (member === "basis" || member === "wording") {
      const text = cleanText(values.map(String).join("\n"));
      if (text.length > consentLengths[member] || said[member] !== undefined) return false;
      said[member] = text;
    } else {
      const statuses = values.map(consentStatusOf);
      const last = statuses.at(-1);
      if (last === undefined || statuses.includes(undefined)) {
        said.unclear = true;
        return false;
      }
      if (member === "status") said.status = last;
      else said.tick = last;
    }
    said.fields.push({ label, values });
    return true;
  }

  /**
   * The consents, and the fields of those that are none: an unticked checkbox sends nothing, so a wording alone says nothing.
   */
  settle(): { consents: FormConsent[]; left: Said["fields"] } {
    const consents: FormConsent[] = [];
    const left: Said["fields"] = [];
    for (const [purpose, { status, tick, basis, wording, unclear, fields }] of this.#said) {
      const said = status ?? tick;
      if (said === undefined || unclear) left.push(...fields);
      else
        consents.push({
          purpose,
          status: said,
          ...(basis ? { basis } : {}),
          ...(wording ? { wording } : {}),
        });
    }
    return { consents, left };
  }
}
