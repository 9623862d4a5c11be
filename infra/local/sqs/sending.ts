import { hash, randomUUID } from "node:crypto";
import type { QueueDefinition } from "./durable-queue.ts";
import { QueueError } from "./errors.ts";
import { md5OfAttributes, readMessageAttributes, sizeOfAttributes } from "./message-attributes.ts";
import type { Message } from "./queue.ts";
import { type Request, readOptionalInteger, readOptionalText, readText } from "./request.ts";

/** 1 MiB: the limit of a message and of a batch since August 2025. */
export const LARGEST_PAYLOAD = 1_048_576;
const LONGEST_DELAY_SECONDS = 900;
// The characters that SQS allows: those of XML 1.0.
const ALLOWED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** Bytes of a SendMessage request, or of an entry of a batch, that count towards the limit of its payload. */
export function sizeOfPayload(request: Request): number {
  const attributes = readMessageAttributes(request.MessageAttributes);
  return Buffer.byteLength(readOptionalText(request, "MessageBody") ?? "") + sizeOfAttributes(attributes);
}

/**
 * Makes the message that a SendMessage request, or an entry of a batch, describes.
 * @param now milliseconds
 * @throws {QueueError} for what SQS would refuse.
 */
export function readMessage(request: Request, definition: QueueDefinition, now: number): Message {
  const body = readText(request, "MessageBody");
  if (body === "")
    throw new QueueError("MissingParameter", "The request must contain the parameter MessageBody.");
  const attributes = readMessageAttributes(request.MessageAttributes);
  const limit = definition.maximumMessageSize ?? LARGEST_PAYLOAD;
  if (Buffer.byteLength(body) + sizeOfAttributes(attributes) > limit) {
    throw new QueueError(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
    );
  }
  if (!ALLOWED.test(body)) {
    throw new QueueError(
      "InvalidMessageContents",
      "The message contains characters outside the allowed set.",
    );
  }
  if (request.MessageDeduplicationId !== undefined) {
    throw new QueueError(
      "InvalidParameterValue",
      "MessageDeduplicationId is for FIFO queues; this queue is none.",
    );
  }
  const delaySeconds =
    readOptionalInteger(request, "DelaySeconds", 0, LONGEST_DELAY_SECONDS) ?? definition.delaySeconds ?? 0;
  return {
    id: randomUUID(),
    body,
    bodyMd5: hash("md5", body),
    attributes,
    attributesMd5: md5OfAttributes(attributes),
    traceHeader: readTraceHeader(request),
    sentAt: now,
    delayedUntil: delaySeconds > 0 ? now + delaySeconds * 1_000 : undefined,
    receiveCount: 0,
  };
}

/** What SQS answers for a stored message. */
export function describeSent(message: Message) {
  const { traceHeader } = message;
  return {
    MessageId: message.id,
    MD5OfMessageBody: message.bodyMd5,
    MD5OfMessageAttributes: message.attributesMd5,
    MD5OfMessageSystemAttributes:
      traceHeader === undefined
        ? undefined
        : md5OfAttributes({ AWSTraceHeader: { DataType: "String", StringValue: traceHeader } }),
  };
}

// The only system attribute that a sender may set.
function readTraceHeader(request: Request): string | undefined {
  const attributes = readMessageAttributes(request.MessageSystemAttributes);
  if (attributes === undefined) return undefined;
  const { AWSTraceHeader, ...others } = attributes;
  if (AWSTraceHeader?.StringValue === undefined || Object.keys(others).length > 0) {
    throw new QueueError(
      "InvalidParameterValue",
      "Only AWSTraceHeader, a string, can be a system attribute.",
    );
  }
  return AWSTraceHeader.StringValue;
}
