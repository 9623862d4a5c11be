const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A line of CSV, quoted as RFC 4180 says, with its end. */
export const csvLine = (cells: readonly string[], lineEnding = "\r\n"): string =>
  `${cells.map(quoted).join(",")}${lineEnding}`;

/** How much one file may hold. */
export interface FileLimits {
  /** In UTF-8, the header among them. */
  bytes: number;
  /** Without the header. */
  rows: number;
}

/**
 * Lines in as many texts as they need, each with the header; one with the header alone where there is none. A line that is longer than a
 * text may be has one of its own.
 */
export function splitLines(
  header: string,
  lines: readonly string[],
  { bytes: most, rows: mostRows }: FileLimits,
): string[] {
  const texts: string[][] = [[header]];
  const headerBytes = Buffer.byteLength(header);
  let bytes = headerBytes;
  for (const line of lines) {
    const length = Buffer.byteLength(line);
    const rows = texts.at(-1)!.length - 1;
    if (rows > 0 && (bytes + length > most || rows >= mostRows)) {
      texts.push([header]);
      bytes = headerBytes;
    }
    texts.at(-1)!.push(line);
    bytes += length;
  }
  return texts.map((text) => text.join(""));
}
