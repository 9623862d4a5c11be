/** Text that can be written in UTF-8 and that no importer stumbles over: without control characters but line feeds. */
const clean = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "");

/** One line: a CRM's fields for names and titles have no more. */
export const oneLine = (text: string | null | undefined): string =>
  clean(text ?? "")
    .replace(/\s+/g, " ")
    .trim();

/** Several lines, none of them more than it was. */
export const manyLines = (text: string): string => clean(text).trim();

/**
 * Cut to so many characters, the last then an ellipsis. Counted in UTF-16, in which whatever a CRM counts in is not more; never through
 * the middle of a character.
 */
export function cutTo(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "");
  return `${kept.trimEnd()}…`;
}
