import type { Message } from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSMessageAttributes, SQSRecord } from "aws-lambda";
import { isRecord, localRegion } from "./intrinsics.ts";

/** Lambda hands a function 6 MB at most; room is left for what surrounds the bodies. */
const largestEvent = 5 * 1024 * 1024;

/** Messages as the events of one or more invocations, so that none is over Lambda's limit. */
export function sqsEvents(messages: Message[], queueArn: string): { event: SQSEvent; messages: Message[] }[] {
  const events: { event: SQSEvent; messages: Message[] }[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const bytes = Buffer.byteLength(message.Body ?? "");
    if (size + bytes > largestEvent) {
      events.push({ event: { Records: [] }, messages: [] });
      size = 0;
    }
    size += bytes;
    const last = events.at(-1)!;
    last.event.Records.push(record(message, queueArn));
    last.messages.push(message);
  }
  return events;
}

function record(message: Message, queueArn: string): SQSRecord {
  const attributes: SQSMessageAttributes = {};
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(
    message.MessageAttributes ?? {},
  )) {
    attributes[name] = {
      dataType: DataType as SQSMessageAttributes[string]["dataType"],
      ...(StringValue !== undefined && { stringValue: StringValue }),
      ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
      stringListValues: [],
      binaryListValues: [],
    };
  }
  return {
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body ?? "",
    attributes: (message.Attributes ?? {}) as unknown as SQSRecord["attributes"],
    messageAttributes: attributes,
    md5OfBody: message.MD5OfBody ?? "",
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: localRegion,
  };
}

/**
 * Which messages of an invocation failed.
 *
 * With ReportBatchItemFailures these are the ones that the answer names; an answer that names none is success, and
 * one that is malformed, or names a message that was not in the batch, fails all: as AWS describes it,
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 *
 * @param answer of the function
 * @param ids of the batch's messages
 */
export function failedMessages(answer: unknown, ids: string[]): Set<string> {
  if (answer === null || answer === undefined) return new Set();
  const all = new Set(ids);
  if (!isRecord(answer)) return all;
  const failures = answer.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return all;
  const named = failures.map((failure: unknown) => (isRecord(failure) ? failure.itemIdentifier : undefined));
  const wellFormed = named.every((id): id is string => typeof id === "string" && all.has(id));
  return wellFormed ? new Set(named) : all;
}
