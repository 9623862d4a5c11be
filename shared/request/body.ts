import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { decodeText } from "./character-set.ts";
import { parseJson, parseJsonLines } from "./json.ts";
import { type FormFields, UnusableBody } from "./unusable-body.ts";
import { parsePlainForm, parseUrlencoded } from "./urlencoded.ts";

export { type FormFields, UnusableBody } from "./unusable-body.ts";

/** The most bytes that a body may have, compressed or not: 1 MiB. */
export const maximumBodyBytes = 1024 * 1024;

const tooLarge = (most: number) =>
  new UnusableBody(413, "body_too_large", `The body is larger than ${most / 2 ** 20} MiB.`);

const gzipAsText = () =>
  new UnusableBody(
    415,
    "gzip_as_text",
    "The body is gzip, but its Content-Type is a text type, so it was damaged on the way. Send it as application/octet-stream.",
  );

/** A request as API Gateway (payload 2.0) hands it over; header names in lower case. */
export interface RequestBody {
  body?: string;
  isBase64Encoded?: boolean;
  headers: Record<string, string | undefined>;
}

/**
 * The bytes of a request, decompressed. Gzip is told by its first bytes, whatever the headers say: senders label
 * plain bodies as gzip and gzip as anything.
 * @param most bytes, whole MiB
 * @throws UnusableBody `body_too_large` (also where it only becomes so by decompression), `gzip_as_text`,
 * `invalid_gzip`, `unsupported_encoding`
 */
export function bodyBytes(event: RequestBody, most = maximumBodyBytes): Buffer {
  const body = event.body ?? "";
  if (body.length > most * 2) throw tooLarge(most);
  if (!event.isBase64Encoded && body.startsWith("\u001f")) throw gzipAsText();
  const bytes = Buffer.from(body, event.isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > most) throw tooLarge(most);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return gunzipSync(bytes, { maxOutputLength: most });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(most);
      throw new UnusableBody(400, "invalid_gzip", "The body is damaged or incomplete gzip.");
    }
  }
  if (/\b(br|deflate|zstd|compress)\b/i.test(event.headers["content-encoding"] ?? "")) {
    throw new UnusableBody(415, "unsupported_encoding", "Send the body uncompressed or as gzip.");
  }
  return bytes;
}

/** What a body holds. Newline-delimited JSON is the array of its lines. */
export type ParsedBody =
  | { kind: "json"; value: unknown }
  | { kind: "form"; fields: FormFields }
  | { kind: "csv"; text: string };

const isJsonType = (type: string): boolean => /[/+]json$/.test(type);
const isJsonLinesType = (type: string): boolean => /\b(x-)?(ndjson|jsonl|jsonlines|json-lines)$/.test(type);
const isCsvType = (type: string): boolean =>
  /^(text|application)\/(x-)?(csv|tab-separated-values)$/.test(type);

/** A table: a first line with a delimiter and without the `=` of a form, and a second line. */
function looksLikeCsv(text: string): boolean {
  const end = text.indexOf("\n");
  const first = text.slice(0, Math.max(end, 0)).replace(/\r$/, "");
  return /[,;\t|]/.test(first) && !/[\r=]/.test(first) && text.slice(end + 1).trim() !== "";
}

const looksLikeForm = (text: string): boolean => /^[^=<>{}[\]"\r\n]{1,200}=/.test(text);

function jsonBody(bytes: Buffer, text: string, lines: boolean): ParsedBody {
  if (!isUtf8(bytes))
    throw new UnusableBody(400, "invalid_utf8", "The body is JSON that is not encoded as UTF-8.");
  return { kind: "json", value: lines ? parseJsonLines(text) : parseJson(text) };
}

/**
 * What a body holds, told by its content before its label, because browsers, command lines and SDKs mislabel: a `{` or
 * `[` at the start is JSON, a table is CSV. Multipart is for forms alone: see `parseFormBody`, whose parser is not small.
 * @throws UnusableBody where nothing can be read
 */
export function parseBody(
  bytes: Buffer,
  contentType: string | undefined,
  most = maximumBodyBytes,
): ParsedBody {
  if (bytes.length > most) throw tooLarge(most);
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type.startsWith("multipart/")) {
    throw new UnusableBody(
      415,
      "multipart",
      "The body is multipart, which is for forms. Send the data itself as the body.",
    );
  }
  const text = decodeText(bytes);
  const start = text.trimStart();
  if (start === "") throw new UnusableBody(400, "empty_body", "The request has no body.");
  if (start.startsWith("\u001f")) throw gzipAsText();
  if (/^[{[]/.test(start)) return jsonBody(bytes, text, isJsonLinesType(type));
  if (isCsvType(type)) return { kind: "csv", text };
  if (isJsonType(type) && !looksLikeForm(start)) return jsonBody(bytes, text, false);
  if (!text.includes("\0")) {
    if (type === "text/plain" && looksLikeForm(start) && text.trimEnd().includes("\n")) {
      return { kind: "form", fields: parsePlainForm(text) };
    }
    if (looksLikeCsv(start)) return { kind: "csv", text };
    if (type === "application/x-www-form-urlencoded" || looksLikeForm(start)) {
      return { kind: "form", fields: parseUrlencoded(bytes) };
    }
  }
  throw new UnusableBody(
    415,
    "unsupported_media_type",
    "The body is neither JSON nor a form (application/x-www-form-urlencoded or multipart/form-data) nor CSV.",
  );
}
