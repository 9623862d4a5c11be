import { maximumBodyBytes, type ParsedBody, parseBody } from "./body.ts";
import { multipartBoundary, parseMultipart } from "./multipart.ts";
import { UnusableBody } from "./unusable-body.ts";

/**
 * The same as `parseBody`, and multipart: told by a boundary line at the start, whatever the label.
 * @throws UnusableBody where nothing can be read
 */
export async function parseFormBody(bytes: Buffer, contentType: string | undefined): Promise<ParsedBody> {
  const boundary = bytes.length > maximumBodyBytes ? undefined : multipartBoundary(bytes, contentType);
  if (boundary !== undefined) return { kind: "form", fields: await parseMultipart(bytes, boundary) };
  if (/^\s*multipart\//i.test(contentType ?? "")) {
    throw new UnusableBody(
      400,
      "multipart_boundary",
      "The body is labelled as multipart and names no boundary.",
    );
  }
  return parseBody(bytes, contentType);
}
