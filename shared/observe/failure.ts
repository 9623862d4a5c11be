/** An error and what caused it, outermost first. */
export function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

/** What a log may tell of an error: names and places. Its message may quote data, on several lines. */
export function failureOf(error: unknown): { errors: string[]; stack: string[] } {
  const causes = causesOf(error);
  const places = (causes.at(-1)?.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { errors: causes.map(({ name }) => name), stack: places.slice(0, 5) };
}

/** Whether AWS, or the way to it, is at fault: an error that the SDK answered with, or one of the network. */
export const isOutage = (error: unknown): boolean =>
  error instanceof Error && ("$metadata" in error || "$service" in error || "code" in error);
