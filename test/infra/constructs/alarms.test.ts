import { readFileSync } from "node:fs";
import { Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, describe, expect, test } from "vitest";
import { functionNames, pascalCase } from "../../../infra/functions.ts";
import { synthesizeForTest } from "../synthesized.ts";

const app = synthesizeForTest({ stage: "test", alarmEmail: "ops@example.com" });
const template = Template.fromJSON(app.template);
afterAll(() => app.remove());

const alarms = app.resources("AWS::CloudWatch::Alarm").map(([, properties]) => properties);
const alarm = (name: string) => alarms.find((it) => it.AlarmName === `touchline-test-${name}`);

describe("alarms", () => {
  test("cover queues, functions, callers and the night", () => {
    expect(alarms.map((it) => it.AlarmName.replace("touchline-test-", "")).toSorted()).toEqual(
      [
        "clicks-lost",
        "contacts-failed",
        "deliveries-dead-letters",
        "fast-track-age",
        "fast-track-dead-letters",
        "http-5xx",
        "imports-dead-letters",
        "look-ups-dead-letters",
        "night-age",
        "night-dead-letters",
        "night-not-completed",
        "source-silent",
        "touchpoints-age",
        "touchpoints-dead-letters",
        "touchpoints-quarantined",
        "what-if-dead-letters",
        ...functionNames.map((name) => `${name}-errors`),
      ].toSorted(),
    );
  });

  test("tell the topic when they begin and when they end", () => {
    const [topic] = app.resources("AWS::SNS::Topic");
    for (const it of alarms) {
      expect(it.AlarmActions).toEqual([{ Ref: topic?.[0] }]);
      expect(it.OKActions).toEqual([{ Ref: topic?.[0] }]);
    }
    template.hasResourceProperties("AWS::SNS::Subscription", {
      Protocol: "email",
      Endpoint: "ops@example.com",
    });
  });

  test("each names a section of the runbook that is there", () => {
    const readme = readFileSync("infra/README.md", "utf8");
    const sections = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title);
    for (const it of alarms) {
      const section = /infra\/README\.md#([a-z0-9-]+)$/.exec(it.AlarmDescription)?.[1];
      expect(sections, it.AlarmName).toContain(section);
    }
  });

  test.each(functionNames)("%s: one error in five minutes", (name) => {
    expect(alarm(`${name}-errors`)).toMatchObject({
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [{ Name: "FunctionName", Value: { Ref: `${pascalCase(name)}Function` } }],
      Period: 300,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
  });

  test.each([
    ["touchpoints-age", "TouchpointsQueue", 900],
    ["night-age", "NightQueue", 7200],
    ["fast-track-age", "FastTrackQueue", 300],
  ])("%s: the oldest message of %s is older than %i seconds", (name, queue, threshold) => {
    expect(alarm(name)).toMatchObject({
      MetricName: "ApproximateAgeOfOldestMessage",
      Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue, "QueueName"] } }],
      Statistic: "Maximum",
      Threshold: threshold,
    });
  });

  test.each([
    ["touchpoints-dead-letters", "TouchpointsQueueDeadLetters"],
    ["night-dead-letters", "NightQueueDeadLetters"],
    ["imports-dead-letters", "ImportsQueueDeadLetters"],
    ["deliveries-dead-letters", "DeliveriesQueueDeadLetters"],
    ["fast-track-dead-letters", "FastTrackQueueDeadLetters"],
    ["what-if-dead-letters", "WhatIfQueueDeadLetters"],
  ])("%s: %s holds a message, be it waiting or in flight", (name, queue) => {
    const metrics = alarm(name)?.Metrics.flatMap(
      (it: { MetricStat?: { Metric: { MetricName: string; Dimensions: unknown } } }) =>
        it.MetricStat?.Metric ?? [],
    );
    const dimensions = [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue, "QueueName"] } }];
    expect(metrics).toEqual([
      expect.objectContaining({ MetricName: "ApproximateNumberOfMessagesVisible", Dimensions: dimensions }),
      expect.objectContaining({
        MetricName: "ApproximateNumberOfMessagesNotVisible",
        Dimensions: dimensions,
      }),
    ]);
    expect(alarm(name)?.Threshold).toBe(1);
  });

  test("a source that is silent: one look that finds one is enough", () => {
    expect(alarm("source-silent")).toMatchObject({
      Namespace: "Touchline",
      MetricName: "SourceSilent",
      Dimensions: [{ Name: "service", Value: "touchline-test" }],
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: "notBreaching",
    });
    // The alarm must not end between two looks.
    expect(alarm("source-silent")?.Period).toBeGreaterThan(15 * 60);
  });

  test("a night that did not complete: silence is the alarm", () => {
    const night = alarm("night-not-completed");
    expect(night).toMatchObject({
      Namespace: "Touchline",
      MetricName: "RunCompleted",
      Dimensions: [{ Name: "service", Value: "touchline-test" }],
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      TreatMissingData: "breaching",
    });
    const seconds = night?.Period * night?.EvaluationPeriods;
    expect(seconds).toBeGreaterThan(25 * 3600);
    // CloudWatch's limit for periods of an hour and more.
    expect(seconds).toBeLessThanOrEqual(7 * 24 * 3600);
    // The function emits under the same names.
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "touchline-test-nightly",
      Environment: {
        Variables: Match.objectLike({
          POWERTOOLS_METRICS_NAMESPACE: "Touchline",
          POWERTOOLS_SERVICE_NAME: "touchline-test",
        }),
      },
    });
  });
});
