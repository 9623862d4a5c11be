/**
 * Text as people meant it: well-formed Unicode in NFC, lines ended by LF, without control characters other than newline
 * and tab, and without white space around it. Cleaning twice changes nothing more.
 */
export function cleanText(value: string): string {
  return value
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .toWellFormed()
    .normalize("NFC")
    .trim();
}
