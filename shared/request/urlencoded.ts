import { decodeText } from "./character-set.ts";
import { addField, type FormFields } from "./unusable-body.ts";

/**
 * One name or value of application/x-www-form-urlencoded (WHATWG URL): `+` is a space, `%2B` a plus, and a percent sign
 * that starts no sequence is itself.
 */
function decodeComponent(text: string): string {
  if (!/[+%\x80-\xff]/.test(text)) return text;
  const binary = text
    .replaceAll("+", " ")
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return decodeText(Buffer.from(binary, "latin1"));
}

/** A body typed into a file ends with a newline, which no encoder writes unencoded. */
function withoutLineEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n" || text[end - 1] === "\r") end--;
  return text.slice(0, end);
}

/**
 * The fields of a urlencoded form. A component that is not UTF-8 is read as windows-1252, as a page in that character set sends it.
 * @throws UnusableBody `too_many_fields`
 */
export function parseUrlencoded(bytes: Buffer): FormFields {
  const fields: FormFields = new Map();
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let count = 0;
  for (const pair of bytes.toString("latin1", start).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals));
    const value = decodeComponent(equals < 0 ? "" : withoutLineEnd(pair.slice(equals + 1)));
    addField(fields, name, value, ++count);
  }
  return fields;
}

/** The fields of a form sent with `enctype="text/plain"`: `name=value` lines; a line without `=` continues a value. */
export function parsePlainForm(text: string): FormFields {
  const fields: FormFields = new Map();
  let count = 0;
  let last: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals > 0) {
      const name = line.slice(0, equals);
      addField(fields, name, line.slice(equals + 1), ++count);
      last = fields.get(name);
    } else if (last && line !== "") last.push(`${last.pop()}\n${line}`);
  }
  return fields;
}
