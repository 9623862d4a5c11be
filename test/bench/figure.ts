/** What a figure should reach. */
export interface Aim {
  bound: "at least" | "at most";
  value: number;
}

/** One measured number. */
export interface Figure {
  /** The heading it stands under. */
  section: string;
  name: string;
  value: number;
  unit: string;
  aim?: Aim;
}

/** Whether a figure reached its aim, by the value as it is printed; undefined where it has none. */
export function isMet({ value, aim }: Figure): boolean | undefined {
  if (!aim) return undefined;
  const printed = Number(value.toPrecision(precision));
  return aim.bound === "at least" ? printed >= aim.value : printed <= aim.value;
}

const precision = 4;

/** The value below which a share of the values lies, of values in ascending order. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN;
}

/** p50 and p99 of durations in ascending order. */
export const durations = (section: string, name: string, ascending: readonly number[]): Figure[] =>
  ([0.5, 0.99] as const).map((share) => ({
    section,
    name: `${name}, p${share * 100}`,
    value: percentile(ascending, share),
    unit: "ms",
  }));

const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: precision });
const wholeNumbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const written = (value: number): string => (value >= 1_000 ? wholeNumbers : numbers).format(value);

/** The figures as a table of text, section by section. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const met = isMet(figure);
    return {
      section: figure.section,
      name: figure.name,
      value: written(figure.value),
      unit: figure.unit,
      aim: figure.aim ? `${figure.aim.bound} ${written(figure.aim.value)}: ${met ? "met" : "NOT MET"}` : "",
    };
  });
  const width = (column: "name" | "value" | "unit") => Math.max(...rows.map((row) => row[column].length));
  const [names, values, units] = [width("name"), width("value"), width("unit")];
  let section = "";
  return rows
    .flatMap((row) => {
      const heading = row.section === section ? [] : ["", row.section];
      section = row.section;
      const line = `  ${row.name.padEnd(names)}  ${row.value.padStart(values)} ${row.unit.padEnd(units)}  ${row.aim}`;
      return [...heading, line.trimEnd()];
    })
    .join("\n");
}
