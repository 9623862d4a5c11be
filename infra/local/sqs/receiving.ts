import type { ReceiveRequest } from "./broker.ts";
import type { QueueDefinition } from "./durable-queue.ts";
import { md5OfAttributes, selectAttributes } from "./message-attributes.ts";
import type { Message } from "./queue.ts";
import { ACCOUNT, queueArn } from "./queue-address.ts";
import { formatReceiptHandle, type Request, readOptionalInteger, readTexts } from "./request.ts";

export const LONGEST_VISIBILITY_SECONDS = 43_200;
const LONGEST_WAIT_SECONDS = 20;
const MOST_MESSAGES = 10;

/** Reads a ReceiveMessage request; what it does not say, the queue does. */
export function readReceive(request: Request, definition: QueueDefinition): ReceiveRequest {
  return {
    limit: readOptionalInteger(request, "MaxNumberOfMessages", 1, MOST_MESSAGES) ?? 1,
    visibilitySeconds:
      readOptionalInteger(request, "VisibilityTimeout", 0, LONGEST_VISIBILITY_SECONDS) ??
      definition.visibilityTimeout,
    waitSeconds:
      readOptionalInteger(request, "WaitTimeSeconds", 0, LONGEST_WAIT_SECONDS) ??
      definition.receiveMessageWaitTimeSeconds ??
      0,
  };
}

/**
 * Makes the function that describes a message as the request asked for it.
 * @throws {QueueError} for lists of names that are none.
 */
export function readDescription(request: Request, queueName: string): (message: Message) => object {
  const wanted = readTexts(request, "MessageAttributeNames");
  const system = new Set([
    ...readTexts(request, "MessageSystemAttributeNames"),
    ...readTexts(request, "AttributeNames"),
  ]);
  return (message) => {
    const attributes = selectAttributes(message.attributes, wanted);
    const isWhole = attributes === message.attributes;
    return {
      MessageId: message.id,
      ReceiptHandle: formatReceiptHandle(queueName, message),
      MD5OfBody: message.bodyMd5,
      Body: message.body,
      Attributes: describeSystemAttributes(message, system),
      MessageAttributes: attributes,
      // The digest is of what the client gets, since that is what it can check.
      MD5OfMessageAttributes: isWhole ? message.attributesMd5 : md5OfAttributes(attributes),
    };
  };
}

function describeSystemAttributes(message: Message, wanted: Set<string>): Record<string, string> | undefined {
  if (wanted.size === 0) return undefined;
  const values: Record<string, string | undefined> = {
    SenderId: ACCOUNT,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    DeadLetterQueueSourceArn:
      message.deadLetterSource === undefined ? undefined : queueArn(message.deadLetterSource),
    AWSTraceHeader: message.traceHeader,
  };
  if (wanted.has("All")) return values as Record<string, string>;
  return Object.fromEntries(
    Object.entries(values).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && wanted.has(pair[0]),
    ),
  );
}
