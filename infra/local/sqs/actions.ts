import type { Broker } from "./broker.ts";
import { QueueError } from "./errors.ts";
import { formatQueueUrl } from "./queue-address.ts";
import { describeQueue } from "./queue-attributes.ts";
import { LONGEST_VISIBILITY_SECONDS } from "./receiving.ts";
import {
  type Request,
  readEntries,
  readOptionalInteger,
  readOptionalText,
  readQueueName,
  readReceipt,
  readText,
  readTexts,
} from "./request.ts";
import { describeSent, LARGEST_PAYLOAD, readMessage, sizeOfPayload } from "./sending.ts";

interface Context {
  readonly broker: Broker;
  readonly origin: string;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Carries out one action and returns its answer, or throws a QueueError. The answer may be sent when the broker has
 * written. All actions but ReceiveMessage, which waits.
 */
export type Action = (request: Request, context: Context) => object;

export const ACTIONS: Readonly<Record<string, Action>> = {
  SendMessage: (request, { broker, now }) => {
    const name = readQueueName(request);
    const message = readMessage(request, broker.queue(name).definition, now);
    broker.send(name, message, now);
    return describeSent(message);
  },

  SendMessageBatch: (request, { broker, now }) => {
    const name = readQueueName(request);
    const { definition } = broker.queue(name);
    const entries = readEntries(request);
    const size = entries.reduce((sum, { entry }) => sum + sizeOfPayloadIfReadable(entry), 0);
    if (size > LARGEST_PAYLOAD) {
      throw new QueueError(
        "BatchRequestTooLong",
        `Batch requests cannot be longer than ${LARGEST_PAYLOAD} bytes. You have sent ${size} bytes.`,
      );
    }
    return answerBatch(entries, (entry) => {
      const message = readMessage(entry, definition, now);
      broker.send(name, message, now);
      return describeSent(message);
    });
  },

  DeleteMessage: (request, context) => deleteMessage(request, readQueueName(request), context),

  DeleteMessageBatch: (request, context) => {
    const name = readQueueName(request);
    context.broker.queue(name);
    return answerBatch(readEntries(request), (entry) => deleteMessage(entry, name, context));
  },

  ChangeMessageVisibility: (request, context) => changeVisibility(request, readQueueName(request), context),

  ChangeMessageVisibilityBatch: (request, context) => {
    const name = readQueueName(request);
    context.broker.queue(name);
    return answerBatch(readEntries(request), (entry) => changeVisibility(entry, name, context));
  },

  GetQueueUrl: (request, { broker, origin }) => {
    const { name } = broker.queue(readText(request, "QueueName")).definition;
    return { QueueUrl: formatQueueUrl(origin, name) };
  },

  GetQueueAttributes: (request, { broker, now }) => {
    const queue = broker.queue(readQueueName(request));
    return { Attributes: describeQueue(queue, readTexts(request, "AttributeNames"), now) };
  },

  ListQueues: (request, { broker, origin }) => {
    const prefix = readOptionalText(request, "QueueNamePrefix") ?? "";
    const limit = readOptionalInteger(request, "MaxResults", 1, 1_000) ?? 1_000;
    const after = readOptionalText(request, "NextToken") ?? "";
    const names = broker.names().filter((name) => name.startsWith(prefix) && name > after);
    const page = names.slice(0, limit);
    return {
      QueueUrls: page.map((name) => formatQueueUrl(origin, name)),
      NextToken: names.length > limit ? page.at(-1) : undefined,
    };
  },

  PurgeQueue: (request, { broker }) => {
    broker.purge(readQueueName(request));
    return {};
  },
};

// An entry that cannot be read fails alone, so it has no part in the size of the batch.
function sizeOfPayloadIfReadable(entry: Request): number {
  try {
    return sizeOfPayload(entry);
  } catch {
    return 0;
  }
}

function answerBatch(
  entries: readonly { id: string; entry: Request }[],
  act: (entry: Request) => object,
): object {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const { id, entry } of entries) {
    try {
      Successful.push({ Id: id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      Failed.push({ Id: id, SenderFault: error.isSenderFault, Code: error.code, Message: error.message });
    }
  }
  return { Successful, Failed };
}

function deleteMessage(request: Request, queueName: string, { broker }: Context): object {
  broker.queue(queueName);
  broker.delete(queueName, readReceipt(request, queueName));
  return {};
}

function changeVisibility(request: Request, queueName: string, { broker, now }: Context): object {
  broker.queue(queueName);
  const receipt = readReceipt(request, queueName);
  const seconds = readOptionalInteger(request, "VisibilityTimeout", 0, LONGEST_VISIBILITY_SECONDS);
  if (seconds === undefined) {
    throw new QueueError("MissingParameter", "The request must contain the parameter VisibilityTimeout.");
  }
  const outcome = broker.changeVisibility(queueName, receipt, seconds, now);
  if (outcome === "gone") {
    throw new QueueError("InvalidParameterValue", "The message does not exist any more.");
  }
  if (outcome === "not in flight") {
    throw new QueueError("MessageNotInflight", "The message is not in flight by this receipt handle.");
  }
  if (outcome === "too long") {
    throw new QueueError(
      "InvalidParameterValue",
      `Total VisibilityTimeout for the message is beyond the limit [${LONGEST_VISIBILITY_SECONDS} seconds].`,
    );
  }
  return {};
}
