import { type CfnQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Duration, RemovalPolicy } from "aws-cdk-lib/core";
import { Construct } from "constructs";

export interface QueueWithDeadLettersProps {
  /** The logical id of the queue in the template; its dead letters' is `<logicalId>DeadLetters`. */
  logicalId: string;
  /** How long a message is hidden from others while one consumer works on it. */
  visibilityTimeout: Duration;
  /** How long a message waits to be processed before it is lost. */
  retention: Duration;
  /** How often a message is received before it goes to the dead letters. */
  maxReceiveCount?: number;
  /** Where something consumes the dead letters: their own visibility. */
  deadLetterVisibilityTimeout?: Duration;
}

/** How often a message is received before it goes to the dead letters, where a queue says nothing else. */
const usualReceiveCount = 5;

/**
 * The visibility a queue needs so that no message comes back while its function still works on it: six times the
 * function's timeout and the batching window, as AWS advises, which leaves room for throttled invocations.
 *
 * @param timeout of the function, in seconds
 * @param batchingWindow of the event source mapping, in seconds
 */
export const visibilityFor = (timeout: number, batchingWindow: number): Duration =>
  Duration.seconds(6 * timeout + batchingWindow);

/**
 * A queue and the queue of its dead letters. Both are retained: what is in them has been acknowledged to its sender and
 * may be nowhere else.
 */
export class QueueWithDeadLetters extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: QueueWithDeadLettersProps) {
    super(scope, id);
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    this.deadLetters = new Queue(this, "DeadLetters", {
      ...common,
      // SQS counts a dead letter's age from its first sending, so this must be longer than the queue's retention.
      retentionPeriod: Duration.days(14),
      ...(props.deadLetterVisibilityTimeout && { visibilityTimeout: props.deadLetterVisibilityTimeout }),
    });
    this.queue = new Queue(this, "Queue", {
      ...common,
      retentionPeriod: props.retention,
      visibilityTimeout: props.visibilityTimeout,
      deadLetterQueue: {
        queue: this.deadLetters,
        maxReceiveCount: props.maxReceiveCount ?? usualReceiveCount,
      },
    });
    (this.queue.node.defaultChild as CfnQueue).overrideLogicalId(props.logicalId);
    (this.deadLetters.node.defaultChild as CfnQueue).overrideLogicalId(`${props.logicalId}DeadLetters`);
  }
}
