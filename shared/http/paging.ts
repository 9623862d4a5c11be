import * as z from "zod/mini";
import { badRequest, type Problem } from "./problem.ts";

/** `limit` and `cursor`, as every list takes them. */
export const pagingSchema = {
  limit: z.optional(
    z.pipe(
      z.string().check(z.regex(/^\d{1,4}$/, "a whole number from 1 to 200")),
      z.pipe(
        z.transform((text: string) => Number(text)),
        z.int().check(z.minimum(1), z.maximum(200)),
      ),
    ),
  ),
  cursor: z.optional(z.string().check(z.maxLength(1000))),
};

export const defaultLimit = 50;

/** Where a list goes on, opaque to callers. */
export const encodeCursor = (position: readonly string[]): string =>
  Buffer.from(JSON.stringify(position)).toString("base64url");

/** The position of a cursor of so many parts. Throws Problem 400 where it is none of ours. */
export function decodeCursor(cursor: string, parts: number): string[] {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    const whole =
      Array.isArray(position) &&
      position.length === parts &&
      position.every((part) => typeof part === "string" && part);
    if (whole) return position;
  } catch {
    // Told below: not JSON is not ours.
  }
  throw invalidCursor();
}

export const invalidCursor = (): Problem =>
  badRequest("invalid_cursor", "cursor", "take it from the `next` of the page before");
