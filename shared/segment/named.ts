import { fieldKey } from "../request/field-names.ts";
import { isObject, text } from "../webhook/read.ts";

/** No event has more properties; a limit on what one message can make us do. */
const maximumProperties = 500;

/**
 * Looks names up in a record whatever their spelling: `form_name`, `formName` and `Form Name` are `formname`.
 * @returns the text of the first of the names that has one
 */
export function named(record: unknown): (...keys: readonly string[]) => string | undefined {
  const values = new Map<string, string>();
  if (isObject(record)) {
    for (const name of Object.keys(record).slice(0, maximumProperties)) {
      const key = fieldKey(name);
      const value = text(record, name);
      if (value !== undefined && !values.has(key)) values.set(key, value);
    }
  }
  return (...keys) => keys.map((key) => values.get(key)).find((value) => value !== undefined);
}
