import { isUtf8 } from "node:buffer";

const utf8 = new TextDecoder("utf-8");
const windows1252 = new TextDecoder("windows-1252");

/**
 * The text of bytes whose character set nobody states reliably: UTF-16 where its byte order mark says so (Excel's
 * "Unicode text"), UTF-8 where they are valid UTF-8, else windows-1252, which is what browsers and spreadsheets
 * write where they do not write UTF-8 (WHATWG Encoding gives that meaning to "latin1" too). No byte order mark is left.
 */
export function decodeText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return isUtf8(bytes) ? utf8.decode(bytes) : windows1252.decode(bytes);
}
