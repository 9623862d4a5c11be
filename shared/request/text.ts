/** More accents on one letter than any script writes; to order such a pile takes the square of its height. */
const piledMarks = /\p{M}{31}/u;

/**
 * Text as people meant it: well-formed Unicode in NFC, lines ended by LF, without control characters other than newline
 * and tab, and without white space around it. Cleaning twice changes nothing more. A text with more than 30 accents on one
 * letter is noise and not brought into NFC.
 */
export function cleanText(value: string): string {
  const text = value
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .toWellFormed();
  return (piledMarks.test(text) ? text : text.normalize("NFC")).trim();
}
