export type Row = readonly (string | number)[];

export const number = (value: number): string => value.toLocaleString("en-US");

/** Columns as wide as their widest cell; those that hold numbers stand right. */
export function columns(rows: readonly Row[]): string[] {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => String(row[column] ?? "").length)),
  );
  const align = (cell: string | number, column: number): string =>
    typeof cell === "number"
      ? number(cell).padStart(widths?.[column] ?? 0)
      : cell.padEnd(widths?.[column] ?? 0);
  return rows.map((row) => `  ${row.map(align).join("  ")}`.trimEnd());
}
