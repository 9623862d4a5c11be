/** Anything at a path in parsed JSON, or undefined where there is no such path. Never throws; own members only. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Record<string | number, unknown>)[name];
  }
  return current;
}

/** The text at a path, trimmed; a finite number counts as its text. Undefined where there is none or it is empty. */
export function text(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  if (typeof found === "number" && Number.isFinite(found)) return String(found);
  return typeof found === "string" ? found.trim() || undefined : undefined;
}

/** Text cut to so many characters, for what is only shown. Undefined where there is none. */
export const cut = (value: string | undefined, maximum: number): string | undefined =>
  value?.slice(0, maximum) || undefined;

/** Text that has no more than so many characters, for what means nothing when it is cut. Undefined where it is longer. */
export const dropLonger = (value: string | undefined, maximum: number): string | undefined =>
  value && value.length <= maximum ? value : undefined;

/** The list at a path; empty where there is none. */
export function list(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Whether a value is a JSON object, no list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The members that have a value, or undefined where none has: an empty object says nothing. */
export function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T | undefined {
  const entries = Object.entries(members).filter(([, member]) => member !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as T) : undefined;
}
