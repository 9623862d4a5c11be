import { pageAddress } from "./arrival.ts";
import type { Memory } from "./memory.ts";

export type Field = [name: string, value: string];

/** Nothing that is secret leaves the page: also not where a page shows the password as text while the form is sent. */
const ignored =
  "[type=password],[name*=passw i],[name*=passp i],[name*=pwd i],[name*=cardn i],[name*=cvv i],[name*=cvc i],[name*=iban i]," +
  "[autocomplete*=password],[autocomplete*=cc-],[autocomplete*=one-time],[data-touchline-ignore],[data-touchline-ignore] *";

/** The fields of a form as the browser would send them, without secrets, files and what the page wants left out. */
export function formFields(form: HTMLFormElement, submitter: HTMLElement | null): Field[] {
  // A browser that does not know the submitter ignores it.
  const data = new FormData(form, submitter);
  // Fields may stand outside their form, and a field may hide a property of the form, so the page is asked.
  document.querySelectorAll<HTMLInputElement>(ignored).forEach((element) => {
    if (element.form === form) data.delete(element.name);
  });
  const fields: Field[] = [];
  data.forEach((value, name) => {
    if (typeof value === "string") fields.push([name, value]);
  });
  return fields;
}

/** `{"interest": ["a", "b"]}` as fields. */
export function objectFields(object: Record<string, unknown>): Field[] {
  const fields: Field[] = [];
  for (const [name, value] of Object.entries(object)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) fields.push([name, String(one)]);
    }
  }
  return fields;
}

/** What a submission says beside its own fields. A campaign that the form names itself is not mixed with ours. */
export function addedFields(
  own: readonly Field[],
  id: string,
  { id: browser, first, last }: Memory,
): Field[] {
  const fields: Field[] = [
    ["submissionId", id],
    ["submittedAt", new Date().toISOString()],
    ["page", pageAddress()],
    ["referrer", document.referrer],
  ];
  const named = own.some(([name, value]) => value && /^utm_/i.test(name));
  if (last && !named) fields.push(...Object.entries(last.query));
  // Without consent there is no id, and nothing is known of an earlier visit, so nothing is said of the first.
  if (browser && first) {
    fields.push(["anonymousId", browser], ["first_page", first.page], ["first_referrer", first.referrer]);
    for (const [name, value] of Object.entries(first.query)) fields.push([`first_${name}`, value]);
  }
  return fields.filter(([, value]) => value);
}
