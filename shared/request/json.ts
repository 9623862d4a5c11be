import { UnusableBody } from "./unusable-body.ts";

/** Deeper than any sender nests, and shallow enough for every recursion over a parsed value. */
export const maximumJsonDepth = 64;

function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (quoted) {
      if (character === 0x5c) index++;
      else if (character === 0x22) quoted = false;
    } else if (character === 0x22) quoted = true;
    else if (character === 0x5b || character === 0x7b) {
      if (++depth > maximumJsonDepth) return true;
    } else if (character === 0x5d || character === 0x7d) depth--;
  }
  return false;
}

const withoutPrototype = (name: string, value: unknown): unknown =>
  name === "__proto__" ? undefined : value;

/**
 * The value of a JSON text, without `__proto__` keys, which would reach a prototype once somebody assigned them.
 * @param where names the text in the error, e.g. `line 3`
 * @throws UnusableBody `invalid_json` or `json_too_deep`
 */
export function parseJson(text: string, where = "The body"): unknown {
  if (nestsTooDeep(text)) {
    throw new UnusableBody(400, "json_too_deep", `${where} nests deeper than ${maximumJsonDepth} levels.`);
  }
  try {
    // The reviver costs several times the parsing; a key can only be spelt plainly or with escapes.
    return text.includes("__proto__") || text.includes("\\u")
      ? JSON.parse(text, withoutPrototype)
      : JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text; only the place is free of personal data.
    const place = / at position \d+( \(line \d+ column \d+\))?/.exec(String(error))?.[0] ?? "";
    throw new UnusableBody(
      400,
      "invalid_json",
      `${where} is not valid JSON${place && `: it breaks${place}`}.`,
    );
  }
}

/** The value of JSON as it came over the wire: UTF-8, with or without a byte order mark. Throws as `parseJson` does. */
export const parseJsonBytes = (bytes: Buffer): unknown =>
  parseJson(bytes.toString("utf8").replace(/^\ufeff/, ""));

/** The values of newline-delimited JSON, one a line; empty lines are skipped. */
export const parseJsonLines = (text: string): unknown[] =>
  text
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === "" ? [] : [parseJson(line, `Line ${index + 1} of the body`)]));
