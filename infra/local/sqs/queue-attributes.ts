import type { DurableQueue } from "./durable-queue.ts";
import { QueueError } from "./errors.ts";
import { queueArn } from "./queue-address.ts";
import { LARGEST_PAYLOAD } from "./sending.ts";

// Names that SQS knows and that no local queue has a value for.
const ABSENT = [
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoQueue",
  "FifoThroughputLimit",
  "KmsDataKeyReusePeriodSeconds",
  "KmsMasterKeyId",
  "Policy",
  "RedriveAllowPolicy",
];

/**
 * The queue's attributes of these names, `All` for all of them; undefined if no name is given, as SQS answers.
 * @throws {QueueError} InvalidAttributeName
 */
export function describeQueue(
  queue: DurableQueue,
  names: readonly string[],
  now: number,
): Record<string, string> | undefined {
  if (names.length === 0) return undefined;
  const { definition } = queue;
  const { visible, inFlight, delayed } = queue.counts(now);
  const created = String(Math.floor(queue.createdAt / 1_000));
  const attributes: Record<string, string> = {
    QueueArn: queueArn(definition.name),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: created,
    LastModifiedTimestamp: created,
    VisibilityTimeout: String(definition.visibilityTimeout),
    MaximumMessageSize: String(definition.maximumMessageSize ?? LARGEST_PAYLOAD),
    MessageRetentionPeriod: String(definition.messageRetentionPeriod),
    DelaySeconds: String(definition.delaySeconds ?? 0),
    ReceiveMessageWaitTimeSeconds: String(definition.receiveMessageWaitTimeSeconds ?? 0),
    SqsManagedSseEnabled: "false",
  };
  if (definition.redrive !== undefined) {
    attributes.RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: queueArn(definition.redrive.deadLetterQueueName),
      maxReceiveCount: definition.redrive.maxReceiveCount,
    });
  }
  if (names.includes("All")) return attributes;
  const known = new Set([...Object.keys(attributes), ...ABSENT, "RedrivePolicy"]);
  if (!names.every((name) => known.has(name))) {
    throw new QueueError("InvalidAttributeName", "Unknown attribute name.");
  }
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}
