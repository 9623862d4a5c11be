/** A form's fields by name, in the order in which they were sent; a repeated name keeps all its values in order. */
export type FormFields = Map<string, string[]>;

/** More fields than any form has; a limit on what one request can make us do. */
export const maximumFormFields = 1000;

/**
 * A body from which nothing can be read. `detail` tells the sender what to change; it never quotes what was sent,
 * which may be personal.
 */
export class UnusableBody extends Error {
  readonly status: 400 | 413 | 415;
  readonly code: string;
  readonly detail: string;

  constructor(status: 400 | 413 | 415, code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.name = "UnusableBody";
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** The refusal of a form, in whatever shape it came, with more fields than any has. */
export const tooManyFields = (): UnusableBody =>
  new UnusableBody(413, "too_many_fields", `A form may have ${maximumFormFields} fields at most.`);

/** Adds a value to a form, and refuses the form that has too many. */
export function addField(fields: FormFields, name: string, value: string, count: number): void {
  if (count > maximumFormFields) throw tooManyFields();
  const values = fields.get(name);
  if (values) values.push(value);
  else fields.set(name, [value]);
}
