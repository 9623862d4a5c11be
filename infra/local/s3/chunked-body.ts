import { S3Error } from "./errors.ts";

const LONGEST_LINE = 8 * 1024;

function incomplete(message: string): S3Error {
  return new S3Error(400, "IncompleteBody", message);
}

/** Reads lines and counted bytes from pieces that arrive cut anywhere. */
class PieceReader {
  #pending: Buffer = Buffer.alloc(0);
  readonly #pieces: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) return false;
    this.#pending = this.#pending.length === 0 ? value : Buffer.concat([this.#pending, value]);
    return true;
  }

  /** The next line without its CRLF; at the end of the body what is left, or undefined where nothing is. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#pending.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#pending.toString("latin1", 0, end);
        this.#pending = this.#pending.subarray(end + 2);
        return line;
      }
      if (this.#pending.length > LONGEST_LINE) throw incomplete("A line of the chunked body is too long");
      if (!(await this.#more())) {
        if (this.#pending.length === 0) return undefined;
        const rest = this.#pending.toString("latin1");
        this.#pending = Buffer.alloc(0);
        return rest;
      }
    }
  }

  /** The next `count` bytes, in pieces, as they arrive. */
  async *take(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      if (this.#pending.length === 0 && !(await this.#more()))
        throw incomplete("The body ended inside a chunk");
      const piece = this.#pending.subarray(0, left);
      this.#pending = this.#pending.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}

/**
 * The payload of an `aws-chunked` body: `size-in-hex[;chunk-signature=…] CRLF bytes CRLF`, ended by a chunk of size 0
 * and trailing headers ("Signature Calculations for the Authorization Header: Transferring Payload in Multiple
 * Chunks", S3 API reference). Trailers are put into `trailers` with lower-case names before the last piece's reader
 * is released; chunk signatures are not checked. Errors: `IncompleteBody`.
 */
export async function* decodeChunkedBody(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new PieceReader(source);
  for (;;) {
    const header = await reader.line();
    const size = /^([0-9a-f]{1,10})(?:;.*)?$/i.exec(header ?? "")?.[1];
    if (size === undefined) throw incomplete("The body has no valid chunk header where one is due");
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    yield* reader.take(length);
    if ((await reader.line()) !== "") throw incomplete("A chunk is longer than its header says");
  }
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    const colon = line.indexOf(":");
    if (colon > 0) trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    else if (line !== "") throw incomplete("A trailing header of the body is malformed");
  }
}
