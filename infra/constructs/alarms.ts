import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Duration } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { Settings } from "../settings.ts";
import type { ProductFunction } from "./product-function.ts";
import type { QueueWithDeadLetters } from "./queue-with-dead-letters.ts";

export interface AlarmsProps {
  settings: Settings;
  functions: readonly ProductFunction[];
  deadLetterFunction: ProductFunction;
  touchpoints: QueueWithDeadLetters;
  lookUps: QueueWithDeadLetters;
  night: QueueWithDeadLetters;
  imports: QueueWithDeadLetters;
  deliveries: QueueWithDeadLetters;
  fastTrack: QueueWithDeadLetters;
  whatIf: QueueWithDeadLetters;
  api: HttpApi;
}

interface AlarmRule {
  metric: IMetric;
  threshold: number;
  /** Periods in a row that must be at or over the threshold (under it, where `below`). */
  periods: number;
  below?: true;
  missing?: TreatMissingData;
  /** The section of the runbook in infra/README.md. */
  runbook: string;
  says: string;
}

/** Every alarm tells one topic, to which the alarm e-mail is subscribed if there is one. */
export class Alarms extends Construct {
  readonly topic: Topic;
  private readonly stage: string;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.stage = props.settings.stage;
    this.topic = new Topic(this, "Topic", { displayName: `Touchline ${this.stage}` });
    if (props.settings.alarmEmail)
      this.topic.addSubscription(new EmailSubscription(props.settings.alarmEmail));

    this.addQueueAlarms(props);
    for (const product of props.functions) {
      this.add(`${product.name}-errors`, {
        metric: product.function.metricErrors({ period: Duration.minutes(5), statistic: "Sum" }),
        threshold: 1,
        periods: 1,
        runbook: "function-errors",
        says: `The function ${product.name} failed or ran out of time.`,
      });
    }
    this.add("http-5xx", {
      metric: props.api.metricServerError({ period: Duration.minutes(5), statistic: "Sum" }),
      threshold: 5,
      periods: 1,
      runbook: "http-5xx",
      says: "Callers got answers of 500 and above: a function failed, was throttled, or the queue was unreachable.",
    });
    this.add("clicks-lost", {
      metric: this.productMetric("ClickLost", Duration.minutes(5)),
      threshold: 1,
      periods: 1,
      runbook: "clicks-lost",
      says: "Readers of e-mails were redirected, but their clicks could not be recorded.",
    });
    this.add("source-silent", {
      // Looked for every quarter of an hour; two looks, so that one that comes a little late does not end the alarm.
      metric: this.productMetric("SourceSilent", Duration.minutes(30)),
      threshold: 1,
      periods: 1,
      runbook: "source-silent",
      says: "A source has sent nothing usable for longer than its silentAfterHours.",
    });
    this.add("contacts-failed", {
      metric: this.productMetric("FoldFailed", Duration.hours(1)),
      threshold: 1,
      periods: 1,
      runbook: "contacts-failed",
      says: "The nightly run could not evaluate some contacts.",
    });
    this.add("night-not-completed", {
      metric: this.productMetric("RunCompleted", Duration.hours(1)),
      threshold: 1,
      below: true,
      // 26 hours: a day of 25 hours, once a year, and one for the run itself. CloudWatch allows 7 days at this period.
      periods: 26,
      missing: TreatMissingData.BREACHING,
      runbook: "night-not-completed",
      says: "No nightly run has completed for 26 hours.",
    });
  }

  /** What the functions count themselves, in CloudWatch's embedded metric format. */
  private productMetric(metricName: string, period: Duration): Metric {
    const dimensionsMap = { service: `touchline-${this.stage}` };
    return new Metric({ namespace: "Touchline", metricName, dimensionsMap, period, statistic: "Sum" });
  }

  private addQueueAlarms(props: AlarmsProps): void {
    const { touchpoints, lookUps, night, deadLetterFunction } = props;
    this.add("touchpoints-dead-letters", {
      metric: held(touchpoints.deadLetters),
      threshold: 1,
      periods: 3,
      runbook: "touchpoints-dead-letters",
      says: "Dead letters wait: they could not even be put into quarantine.",
    });
    this.add("look-ups-dead-letters", {
      metric: held(lookUps.deadLetters),
      threshold: 1,
      periods: 3,
      runbook: "touchpoints-dead-letters",
      says: "Look-ups that were given up wait: they could not even be put into quarantine.",
    });
    this.add("touchpoints-quarantined", {
      metric: deadLetterFunction.function.metricInvocations({
        period: Duration.minutes(5),
        statistic: "Sum",
      }),
      threshold: 1,
      periods: 1,
      runbook: "touchpoints-quarantined",
      says: "Touchpoints or look-ups came back too often; each was tried once more, alone, or quarantined.",
    });
    this.add("night-dead-letters", {
      metric: held(night.deadLetters),
      threshold: 1,
      periods: 1,
      runbook: "night-dead-letters",
      says: "A part of a nightly run failed five times.",
    });
    for (const [name, queue, says] of [
      ["imports", props.imports, "An uploaded list could not be taken in, five times."],
      ["deliveries", props.deliveries, "A webhook took something on no attempt of a whole day."],
      [
        "fast-track",
        props.fastTrack,
        "Somebody who should be a lead at once could not be looked at, five times.",
      ],
      ["what-if", props.whatIf, "A part of a what-if failed five times."],
    ] as const)
      this.add(`${name}-dead-letters`, {
        metric: held(queue.deadLetters),
        threshold: 1,
        periods: 1,
        runbook: `${name}-dead-letters`,
        says,
      });
    this.add("touchpoints-age", {
      metric: touchpoints.queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(5),
        statistic: "Maximum",
      }),
      threshold: 900,
      periods: 2,
      runbook: "touchpoints-age",
      says: "Touchpoints have waited over 15 minutes to be processed.",
    });
    this.add("fast-track-age", {
      metric: props.fastTrack.queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(5),
        statistic: "Maximum",
      }),
      threshold: 300,
      periods: 1,
      runbook: "fast-track-age",
      says: "Somebody who should be a lead within a minute has waited over five.",
    });
    this.add("night-age", {
      metric: night.queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(5),
        statistic: "Maximum",
      }),
      threshold: 7200,
      periods: 1,
      runbook: "night-age",
      says: "Parts of a nightly run have waited over two hours.",
    });
  }

  private add(name: string, rule: AlarmRule): void {
    const alarm = new Alarm(this, name, {
      alarmName: `touchline-${this.stage}-${name}`,
      alarmDescription: `${rule.says} What to do: infra/README.md#${rule.runbook}`,
      metric: rule.metric,
      threshold: rule.threshold,
      evaluationPeriods: rule.periods,
      comparisonOperator: rule.below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: rule.missing ?? TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }
}

/** All messages in a queue, whether or not somebody is working on them just now. */
function held(queue: Queue): IMetric {
  const period = Duration.minutes(5);
  return new MathExpression({
    expression: "visible + inFlight",
    period,
    usingMetrics: {
      visible: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" }),
      inFlight: queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic: "Maximum" }),
    },
  });
}
