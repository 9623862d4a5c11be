import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { Aws } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { Settings } from "../settings.ts";

export interface SchedulesProps {
  nightly: IFunction;
  watchSources: IFunction;
  watchHandOff: IFunction;
  at: Settings["nightAt"];
  timeZone: string;
}

const everyQuarter = { scheduleExpression: "rate(15 minutes)", flexibleTimeWindow: { mode: "OFF" } };

/** One that was not delivered is made up for by the next. */
const noRetry = { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 };

/**
 * When the night begins, and every quarter of an hour a look whether a run that began has died, to resume it, one after the
 * sources, and one after the leads that wait for sales. There is no dead-letter queue: a night that was not delivered is a night that did not complete, and that has its alarm.
 */
export class Schedules extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { nightly, watchSources, watchHandOff, at, timeZone }: SchedulesProps,
  ) {
    super(scope, id);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        touchline: new PolicyDocument({
          statements: [
            new PolicyStatement({
              effect: Effect.ALLOW,
              actions: ["lambda:InvokeFunction"],
              resources: [nightly.functionArn, watchSources.functionArn, watchHandOff.functionArn],
            }),
          ],
        }),
      },
    });
    const target = (invoked: IFunction, input: object) => ({
      arn: invoked.functionArn,
      roleArn: role.roleArn,
      input: JSON.stringify({ v: 1, ...input }),
    });
    new CfnSchedule(this, "Night", {
      description: "Begins the nightly run",
      scheduleExpression: `cron(${at.minute} ${at.hour} * * ? *)`,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        ...target(nightly, { kind: "schedule", scheduledTime: "<aws.scheduler.scheduled-time>" }),
        // Delivery is tried for six hours: a late night loses no lead.
        retryPolicy: { maximumEventAgeInSeconds: 6 * 3600, maximumRetryAttempts: 185 },
      },
    }).overrideLogicalId("NightSchedule");
    new CfnSchedule(this, "Resume", {
      ...everyQuarter,
      description: "Resumes a run that died",
      target: { ...target(nightly, { kind: "resume" }), retryPolicy: noRetry },
    }).overrideLogicalId("ResumeSchedule");
    new CfnSchedule(this, "Sources", {
      ...everyQuarter,
      description: "Looks for sources that are silent",
      target: { ...target(watchSources, { kind: "watch" }), retryPolicy: noRetry },
    }).overrideLogicalId("WatchSourcesSchedule");
    new CfnSchedule(this, "HandOff", {
      ...everyQuarter,
      description: "Looks for leads that wait too long",
      target: { ...target(watchHandOff, { kind: "watch" }), retryPolicy: noRetry },
    }).overrideLogicalId("WatchHandOffSchedule");
  }
}
