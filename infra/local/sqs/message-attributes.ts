import { createHash } from "node:crypto";
import { QueueError } from "./errors.ts";

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  /** Base64, as it stands in JSON. */
  readonly BinaryValue?: string | undefined;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const MOST_ATTRIBUTES = 10;
const NAME = /^(?!\.)(?!.*\.\.)(?!(?:aws|amazon)\.)[a-z0-9_.-]{1,256}(?<!\.)$/i;
const DATA_TYPE = /^(String|Number|Binary)(\..+)?$/;
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Reads the member `MessageAttributes` of a request; undefined where there are none.
 * @throws {QueueError} InvalidParameterValue for a name, type or value that SQS would refuse.
 */
export function readMessageAttributes(value: unknown): MessageAttributes | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new QueueError("SerializationException", "MessageAttributes must be an object.");
  }
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length === 0) return undefined;
  if (entries.length > MOST_ATTRIBUTES) {
    throw invalid(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`);
  }
  return Object.fromEntries(entries.map(([name, attribute]) => [name, readAttribute(name, attribute)]));
}

function readAttribute(name: string, value: unknown): MessageAttribute {
  if (!NAME.test(name)) throw invalid("A message attribute name is not allowed.");
  if (typeof value !== "object" || value === null) throw invalid(`The message attribute '${name}' is empty.`);
  const { DataType, StringValue, BinaryValue } = value as Record<string, unknown>;
  const kind =
    typeof DataType === "string" && DataType.length <= 256 ? DATA_TYPE.exec(DataType)?.[1] : undefined;
  if (kind === undefined)
    throw invalid(`The message attribute '${name}' has an invalid message attribute type.`);
  if (kind === "Binary") {
    if (typeof BinaryValue !== "string" || !BASE64.test(BinaryValue)) {
      throw invalid(`The message attribute '${name}' must contain a non-empty binary value.`);
    }
    return { DataType: DataType as string, BinaryValue };
  }
  if (typeof StringValue !== "string" || StringValue === "") {
    throw invalid(`The message attribute '${name}' must contain a non-empty string value.`);
  }
  if (kind === "Number" && !NUMBER.test(StringValue)) {
    throw invalid(`The message attribute '${name}' is not a number.`);
  }
  return { DataType: DataType as string, StringValue };
}

/** Bytes that the attributes take of a message's size: names, types and values. */
export function sizeOfAttributes(attributes: MessageAttributes | undefined): number {
  let size = 0;
  for (const name in attributes) {
    const { DataType, StringValue, BinaryValue } = attributes[name]!;
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    size +=
      BinaryValue === undefined ? Buffer.byteLength(StringValue!) : Buffer.byteLength(BinaryValue, "base64");
  }
  return size;
}

/**
 * Digest of attributes: for each, in the order of names, length and bytes of name and type, the kind of transport
 * (1 string, 2 binary), length and bytes of the value. Source: Amazon SQS Developer Guide, "Calculating the MD5 message
 * digest for message attributes".
 * @returns hexadecimal; undefined without attributes.
 */
export function md5OfAttributes(attributes: MessageAttributes | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort();
  if (attributes === undefined || names.length === 0) return undefined;
  const hash = createHash("md5");
  const addWithLength = (bytes: Buffer) => {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType, StringValue, BinaryValue } = attributes[name]!;
    addWithLength(Buffer.from(name));
    addWithLength(Buffer.from(DataType));
    hash.update(Buffer.of(BinaryValue === undefined ? 1 : 2));
    addWithLength(BinaryValue === undefined ? Buffer.from(StringValue!) : Buffer.from(BinaryValue, "base64"));
  }
  return hash.digest("hex");
}

/** The attributes that a receive asked for: by name, by `prefix.*`, or all by `All` or `.*`. */
export function selectAttributes(
  attributes: MessageAttributes | undefined,
  wanted: readonly string[],
): MessageAttributes | undefined {
  if (attributes === undefined || wanted.length === 0) return undefined;
  if (wanted.includes("All") || wanted.includes(".*")) return attributes;
  const isWanted = (name: string) =>
    wanted.some((pattern) =>
      pattern.endsWith(".*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
  const selected = Object.entries(attributes).filter(([name]) => isWanted(name));
  return selected.length === 0 ? undefined : Object.fromEntries(selected);
}

function invalid(message: string): QueueError {
  return new QueueError("InvalidParameterValue", message);
}
