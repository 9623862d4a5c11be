import { isUtf8 } from "node:buffer";

const utf8 = new TextDecoder("utf-8");
const windows1252 = new TextDecoder("windows-1252");

/** Bytes that are looked at for the zeros of UTF-16: header cells, which are mostly ASCII. */
const lookedAt = 1024;

/**
 * UTF-16, where a byte order mark says so (Excel's "Unicode text"), or where every other byte is zero: in UTF-16 a letter
 * of ASCII has one zero byte, and no other character set of today writes any.
 * @param head the first bytes of a text, or all
 */
export function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const zeros = [0, 0];
  const length = Math.min(head.length, lookedAt) & ~1;
  for (let index = 0; index < length; index++) if (head[index] === 0) zeros[index & 1]!++;
  const [first = 0, second = 0] = zeros;
  if (first === 0 && second > length / 4) return "utf-16le";
  return second === 0 && first > length / 4 ? "utf-16be" : undefined;
}

/**
 * The text of bytes whose character set nobody states reliably: UTF-16 where the bytes show it, UTF-8 where they are valid UTF-8,
 * else windows-1252, which is what browsers and spreadsheets write where they do not write UTF-8 (WHATWG Encoding gives that
 * meaning to "latin1" too). No byte order mark is left.
 */
export function decodeText(bytes: Buffer): string {
  const utf16 = utf16Of(bytes);
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  return isUtf8(bytes) ? utf8.decode(bytes) : windows1252.decode(bytes);
}
