import { QueueError } from "./errors.ts";
import type { Receipt } from "./queue.ts";

/** The JSON object of a request or of one entry of a batch, not yet checked. */
export type Request = Readonly<Record<string, unknown>>;

const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;
const MOST_ENTRIES = 10;

export function isRequest(value: unknown): value is Request {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {QueueError} MissingParameter, or SerializationException where the member is no string. */
export function readText(request: Request, member: string): string {
  const value = readOptionalText(request, member);
  if (value === undefined) {
    throw new QueueError("MissingParameter", `The request must contain the parameter ${member}.`);
  }
  return value;
}

export function readOptionalText(request: Request, member: string): string | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw new QueueError("SerializationException", `${member} must be a string.`);
}

/** @throws {QueueError} InvalidParameterValue outside `least` to `most`. */
export function readOptionalInteger(
  request: Request,
  member: string,
  least: number,
  most: number,
): number | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new QueueError("SerializationException", `${member} must be an integer.`);
  }
  if (value < least || value > most) {
    throw new QueueError(
      "InvalidParameterValue",
      `Value ${value} for parameter ${member} is invalid. Reason: Must be between ${least} and ${most}.`,
    );
  }
  return value;
}

export function readTexts(request: Request, member: string): string[] {
  const value = request[member] ?? [];
  if (Array.isArray(value) && value.every((text) => typeof text === "string")) return value as string[];
  throw new QueueError("SerializationException", `${member} must be a list of strings.`);
}

/** The name at the end of `QueueUrl`: the port before it may be that of an earlier run. */
export function readQueueName(request: Request): string {
  const url = readText(request, "QueueUrl");
  return url.slice(url.lastIndexOf("/") + 1);
}

/**
 * The entries of a batch, each with its id.
 * @throws {QueueError} the errors that SQS has for a batch as a whole.
 */
export function readEntries(request: Request): { id: string; entry: Request }[] {
  const { Entries } = request;
  if (Entries === undefined || Entries === null || (Array.isArray(Entries) && Entries.length === 0)) {
    throw new QueueError("EmptyBatchRequest", "There should be at least one entry in the request.");
  }
  if (!Array.isArray(Entries) || !Entries.every(isRequest)) {
    throw new QueueError("SerializationException", "Entries must be a list of objects.");
  }
  if (Entries.length > MOST_ENTRIES) {
    throw new QueueError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${MOST_ENTRIES}. You have sent ${Entries.length}.`,
    );
  }
  const entries = Entries.map((entry) => ({ id: readText(entry, "Id"), entry }));
  if (!entries.every(({ id }) => ENTRY_ID.test(id))) {
    throw new QueueError(
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores, 80 at most.",
    );
  }
  if (new Set(entries.map(({ id }) => id)).size !== entries.length) {
    throw new QueueError(
      "BatchEntryIdsNotDistinct",
      "Two or more batch entries in the request have the same Id.",
    );
  }
  return entries;
}

/** A receipt handle names the queue, the message and which of its receives it was. */
export function formatReceiptHandle(queueName: string, { id, receiveCount }: Receipt): string {
  return Buffer.from(`${queueName} ${id} ${receiveCount}`).toString("base64url");
}

/** @throws {QueueError} ReceiptHandleIsInvalid for what is no handle of this queue. */
export function readReceipt(request: Request, queueName: string): Receipt {
  const handle = readText(request, "ReceiptHandle");
  const [name, id, count, ...rest] = Buffer.from(handle, "base64url").toString("utf8").split(" ");
  const receiveCount = Number(count);
  if (name !== queueName || !id || !Number.isInteger(receiveCount) || receiveCount < 1 || rest.length > 0) {
    throw new QueueError("ReceiptHandleIsInvalid", "The input receipt handle is not valid for this queue.");
  }
  return { id, receiveCount };
}
