import { Busboy } from "@fastify/busboy";
import { decodeText } from "./character-set.ts";
import {
  addField,
  type FormFields,
  maximumFormFields,
  tooManyFields,
  UnusableBody,
} from "./unusable-body.ts";

const malformed = () =>
  new UnusableBody(
    400,
    "invalid_multipart",
    "The body is not complete multipart/form-data: it ends before its closing boundary.",
  );

/**
 * The boundary of a multipart form: the one that its first line shows, since clients that set the header by hand
 * forget or change it, else the one of the header (where text precedes the first part).
 * @returns undefined where the body is no multipart form
 */
export function multipartBoundary(bytes: Buffer, contentType: string | undefined): string | undefined {
  const head = bytes.toString("latin1", 0, 2048);
  const shown = /^(?:\r\n)*--([\x21\x23-\x5b\x5d-\x7e]{1,200})\r\nContent-Disposition: *form-data/i.exec(
    head,
  )?.[1];
  if (shown) return shown;
  if (!/^\s*multipart\/form-data\b/i.test(contentType ?? "")) return undefined;
  const named = /;\s*boundary=(?:"([^"\\]{1,200})"|([^\s;"\\]{1,200}))/i.exec(contentType ?? "");
  return named?.[1] ?? named?.[2];
}

/**
 * The fields of a multipart form. Files are not kept: a file is a field whose value is its name and size.
 * @throws UnusableBody `invalid_multipart`, `too_many_fields`
 */
export function parseMultipart(bytes: Buffer, boundary: string): Promise<FormFields> {
  return new Promise((resolve, reject) => {
    const fields: FormFields = new Map();
    let count = 0;
    const add = (name: string | undefined, value: string) => {
      if (name === undefined) return;
      try {
        addField(fields, name, value, ++count);
      } catch (error) {
        reject(error);
      }
    };
    const tooMany = () => reject(tooManyFields());
    try {
      const parser = new Busboy({
        headers: { "content-type": `multipart/form-data; boundary="${boundary}"` },
        // Values as bytes, so that we decide on the character set; a part's own charset has been applied already.
        defCharset: "latin1",
        limits: {
          fields: maximumFormFields,
          files: 100,
          parts: maximumFormFields + 100,
          headerPairs: 50,
          headerSize: 16_384,
        },
      });
      parser.on("field", (name: string | undefined, value: string) => {
        add(name, /[\u0100-\uffff]/.test(value) ? value : decodeText(Buffer.from(value, "latin1")));
      });
      parser.on("file", (name, stream, fileName) => {
        let size = 0;
        stream.on("data", (chunk: Buffer) => {
          size += chunk.length;
        });
        stream.on("error", () => reject(malformed()));
        // A file input that was left empty is sent without a name and without a byte.
        stream.on("end", () => {
          if (fileName || size > 0)
            add(name, `${fileName || "file"} (${size.toLocaleString("en-US")} bytes)`);
        });
      });
      parser.on("fieldsLimit", tooMany);
      parser.on("filesLimit", tooMany);
      parser.on("partsLimit", tooMany);
      parser.on("error", () => reject(malformed()));
      parser.on("finish", () => resolve(fields));
      parser.end(bytes);
    } catch {
      reject(malformed());
    }
    // All bytes are there, and streams go on by ticks only: what has not finished by the next turn never will.
    setImmediate(() => reject(malformed()));
  });
}
