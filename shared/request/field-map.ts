import { fieldKey, type KnownField, knownFields } from "./field-names.ts";
import { type ConsentField, consentTarget } from "./form-consent.ts";

/** Where a source's own field map sends a field. */
export type FieldTarget = { field: KnownField } | { property: string } | { consent: ConsentField } | "ignore";

const known = new Map<string, KnownField>(
  knownFields.flatMap((field) => [
    [field, field],
    [`traits.${field}`, field],
    [`identifiers.${field}`, field],
  ]),
);

const spelling = new Map<string, KnownField>([
  ["id", "messageId"],
  ["name", "fullName"],
  ["asset.url", "page"],
  ["url", "page"],
  ["utm_id", "campaign.id"],
  ["utm_campaign", "campaign.name"],
  ["utm_source", "campaign.source"],
  ["utm_medium", "campaign.medium"],
  ["utm_term", "campaign.term"],
  ["utm_content", "campaign.content"],
  ["campaign", "campaign.name"],
]);

/**
 * Reads `{"Ihre Mail": "email", "budget": "properties.budget", "acceptance-7": "consent.newsletter", "x": "ignore"}`. A target
 * that names no field is a property of that name.
 * @returns the target of a field by its name: as written in the map, else in another spelling of it
 */
export function readFieldMap(
  fieldMap: Record<string, string> = {},
): (name: string) => FieldTarget | undefined {
  const exact = new Map<string, FieldTarget>();
  const loose = new Map<string, FieldTarget>();
  for (const [name, target] of Object.entries(fieldMap)) {
    const field = known.get(target) ?? spelling.get(target);
    const consent = consentTarget(target);
    const meant: FieldTarget =
      target === "ignore" || target === ""
        ? "ignore"
        : field
          ? { field }
          : consent
            ? { consent }
            : { property: target.replace(/^properties\.(?=.)/, "") };
    exact.set(name, meant);
    if (fieldKey(name) !== "") loose.set(fieldKey(name), meant);
  }
  return (name) => exact.get(name) ?? loose.get(fieldKey(name));
}
